"""What an operator may start: forms whose fields bear Chinese titles, and hints that do not repeat them."""

import re

import pytest

from deployments.worker.catalogue import FLOWS, deployment_of


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_every_field_of_a_form_has_a_title(flow: object) -> None:
    """Short, Chinese, and not said again beneath."""
    schema = deployment_of("zero137", flow)._parameter_openapi_schema.properties  # noqa: SLF001 - no public way
    for field in schema.values():
        assert re.fullmatch(r"[\u4e00-\u9fff]{2,10}", field["title"]), field
        assert not field["description"].startswith(field["title"])
