"""The operations handbook: every command, setting, figure and exit code in it is one the program has."""

import re

import pytest
from harness.deployment_files import FOLDER, ROOT, check_command

from deployments.cli.main import _INTERRUPTED, _UNEXPECTED, _USAGE, EXIT_CODES
from deployments.installation.settings import SECRETS, Settings

HANDBOOK = (ROOT / "docs" / "operations.zh-CN.md").read_text(encoding="utf-8")
# What runs a command elsewhere, up to the command itself.
_CARRIERS = re.compile(
    r"^.*(sudo -u zero137 zero137-command|run --rm( -\w+)*( -[ve] \S+)* zero137|zero137-worker -- zero137) "
)
VARIABLES = {f"ZERO137_{name.upper()}" for name in Settings.model_fields}


def _commands() -> list[str]:
    """Return every command of ours in the handbook, as it would be typed."""
    blocks = re.findall(r"^```sh\n(.*?)^```", HANDBOOK, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", HANDBOOK, flags=re.DOTALL | re.MULTILINE))
    found = [_CARRIERS.sub("zero137 ", each.strip()) for each in [*lines, *inline]]
    return sorted(
        {each for each in found if each.startswith("zero137 ") and not each.startswith("zero137 命令")}
    )


@pytest.mark.parametrize("command", _commands())
def test_every_command_of_the_handbook_can_be_typed(command: str) -> None:
    """With these options and arguments; what stands for a value may stand there."""
    check_command(command.removeprefix("zero137 "))


def test_the_commands_are_found() -> None:
    """Else nothing was checked."""
    assert len(_commands()) > 30
    assert "zero137 lead list --signal 逾期" in _commands()


def test_every_setting_is_explained_and_none_that_does_not_exist() -> None:
    """In the table at the end, with its default where there is one."""
    rows = dict(re.findall(r"^\| `(ZERO137_\w+)` \| ([^|]+) \|", HANDBOOK, re.MULTILINE))
    assert set(rows) == VARIABLES
    in_files = {f"ZERO137_{name.upper()}_FILE" for name in SECRETS}
    assert set(re.findall(r"ZERO137_[A-Z_]+[A-Z]", HANDBOOK)) - VARIABLES - in_files <= {
        "ZERO137_SERVER_PORT"
    }
    defaults = {f"ZERO137_{name.upper()}": field.default for name, field in Settings.model_fields.items()}
    for name, told in rows.items():
        if told.startswith("`"):
            assert told.strip("`") == str(defaults[name]) or name == "ZERO137_INFORMANT_KEY_FILE", name
    assert {name for name in rows if f"`{name}`" in HANDBOOK and _is_secret(name)} == {
        name.removesuffix("_FILE") for name in in_files
    }


def _is_secret(name: str) -> bool:
    """Tell whether the table calls a setting one that may lie in a file."""
    return re.search(rf"^\| `{name}` \| [^|]+ \| 密。", HANDBOOK, re.MULTILINE) is not None


def test_every_exit_code_is_explained() -> None:
    """Those of errors, of usage, and of an interruption."""
    told = set(map(int, re.findall(r"^\| (\d+) \| [^|]+ \|$", HANDBOOK, re.MULTILINE)))
    assert told == {0, _UNEXPECTED, _USAGE, _INTERRUPTED, *EXIT_CODES.values()}


def test_the_files_the_handbook_names_are_there() -> None:
    """Folders, scripts and other handbooks."""
    named = set(re.findall(r"deployments/[\w./-]*\w", HANDBOOK))
    made = {"deployments/kubernetes/secret.yaml"}
    assert {each for each in named - made if "secrets" not in each and not (ROOT / each).exists()} == set()
    units = set(re.findall(r"\bzero137-(?:server|services|worker@|backup)\b(?:\.\w+)?", HANDBOOK))
    for each in units:
        stem = each if "." in each else f"{each}.service"
        assert (FOLDER / "systemd" / stem).exists(), each
    for link in re.findall(r"\]\(([^)#]+)", HANDBOOK):
        assert (ROOT / "docs" / link).exists(), link


def test_what_goes_wrong_is_told_with_what_to_do() -> None:
    """At least a score of rows, each with a cause and a way out."""
    table = HANDBOOK.partition("## 五、")[2].partition("## 六、")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][2:]
    assert len(rows) >= 20
    assert all(all(cell.strip() for cell in row.strip("| ").split(" | ")) for row in rows)
