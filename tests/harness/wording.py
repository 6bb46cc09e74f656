"""How whatever a person sees has to be worded."""

import re


def assert_is_one_sentence(message: str) -> None:
    """What went wrong is told in one Chinese sentence on one line."""
    assert message.endswith("。"), message
    assert message.count("。") == 1, message
    assert "\n" not in message
    assert re.search(r"[\u4e00-\u9fff]", message)
