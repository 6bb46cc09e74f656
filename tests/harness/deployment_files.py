"""Reading the files under deployments/, and holding them against what the program knows."""

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import yaml

import deployments
from deployments.cli.main import cli
from deployments.installation.settings import SECRETS, Settings, load_settings
from models.errors import InputError

ROOT = Path(deployments.__file__).parents[1]
FOLDER = ROOT / "deployments"

Words = list[str]


def documents(path: Path) -> list[Any]:
    """Return the documents of a YAML file."""
    return [each for each in yaml.safe_load_all(path.read_text(encoding="utf-8")) if each]


def check_command(line: str) -> None:
    """Fail where the command line does not know a command with these options and arguments.

    Args:
        line: What stands after the name of the program, as a shell reads it.
    """
    name, *rest = shlex.split(re.sub(r"\$\([^)]*\)", "now", line), comments=True)
    context = click.Context(cli, info_name="zero137")
    command = cli.get_command(context, name)
    assert command is not None, f"no command {name}"
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        name, *rest = rest
        inner = command.get_command(context, name)
        assert inner is not None, f"no command {line}"
        command = inner
    if "--help" not in rest:
        command.make_context(name, rest, parent=context)


def check_settings(variables: Mapping[str, str], folder: Path, secrets: Mapping[str, str]) -> Settings:
    """Return the settings that these variables are read as.

    Args:
        variables: What a deployment file sets.
        folder: Where its secrets are written instead of where it says.
        secrets: What each of its secret files holds, by the name of the setting.
    """
    given = {name: value for name, value in variables.items() if name.startswith("ZERO137_")}
    for name in SECRETS:
        variable = f"ZERO137_{name.upper()}_FILE"
        if variable in given:
            (folder / name).write_text(secrets[name] + "\n", encoding="utf-8")
            given[variable] = str(folder / name)
    return load_settings(given)


def is_refused(variables: Mapping[str, str]) -> bool:
    """Tell whether the program refuses to start with these variables."""
    try:
        load_settings(variables)
    except InputError:
        return True
    return False


def seconds(text: str) -> float:
    """Return a span as Compose and systemd write it, in seconds."""
    units = {"": 1, "s": 1, "min": 60, "m": 60, "h": 3600}
    found = re.fullmatch(r"(\d+)(\w*)", text)
    assert found is not None, text
    return int(found[1]) * units[found[2]]


def read_unit(path: Path) -> dict[str, dict[str, Words]]:
    """Return a systemd unit by section and key; a key may stand there more than once."""
    found: dict[str, dict[str, Words]] = {}
    section: dict[str, Words] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith(("#", ";")):
            continue
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), {})
            continue
        key, equals, value = line.partition("=")
        assert equals, f"{path.name}: {line}"
        section.setdefault(key, []).append(value)
    return found


def variables_of(assignments: Words) -> dict[str, str]:
    """Return the variables of lines ``A=1 B=2``."""
    pairs = (each.partition("=") for line in assignments for each in line.split())
    return {name: value for name, _, value in pairs}


def read_instructions(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the instructions of a container file, each with the rest of its line."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            yield word, rest


def is_pinned(image: str) -> bool:
    """Tell whether an image is named with a release, neither without a tag nor by a moving one."""
    _, _, tag = image.rpartition("/")[2].partition(":")
    return re.match(r"\d+\.\d+", tag) is not None
