"""Using the command line in-process, as an operator would."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from deployments.cli.main import run
from deployments.installation.opening import open_workplace
from deployments.installation.settings import load_settings
from models.matters.facts import Await
from tasks.conduct.steps import take_step


@dataclass(frozen=True)
class Said:
    """What a command ended with: exit code, standard output and standard error."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Terminal:
    """A terminal whose environment points to a folder of its own, where no server is reached."""

    home: Path
    capture: pytest.CaptureFixture[str]

    def run(self, *arguments: object) -> Said:
        """Run a command."""
        code = run([str(argument) for argument in arguments])
        return Said(code, *self.capture.readouterr())

    def text(self, *arguments: object) -> str:
        """Run a command that succeeds, and return what it prints for people."""
        said = self.run(*arguments)
        assert (said.code, said.err) == (0, ""), said
        return said.out

    def json(self, *arguments: object) -> object:
        """Run a command that succeeds with ``--json``, and return what it prints for programs."""
        return json.loads(self.text(*arguments, "--json"))

    def advance(self, number: str) -> None:
        """Take the steps the flow engine would take, until somebody owes an answer."""
        place = open_workplace(load_settings())
        try:
            while not isinstance(step := take_step(place, number, place.clock()), Await) and step:
                pass
        finally:
            place.close()
