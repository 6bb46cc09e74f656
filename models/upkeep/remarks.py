"""What an examination of an installation finds, and how grave that is."""

from collections.abc import Iterable
from dataclasses import dataclass

from models.labels import Labelled


class Level(Labelled):
    """How grave a finding is; the label is the mark it is shown with."""

    FINE = "fine", "✓"
    DOUBTFUL = "doubtful", "!"
    WRONG = "wrong", "✗"
    # Wrong as well, but with something that should answer rather than with what was set.
    UNREACHED = "unreached", "✗"


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, what was found, and what to do (blank where nothing is)."""

    level: Level
    subject: str
    found: str
    advice: str = ""


def fine(subject: str, found: str) -> Finding:
    """Return that all is well."""
    return Finding(Level.FINE, subject, found)


def doubtful(subject: str, found: str, advice: str) -> Finding:
    """Return that something works but should be looked at."""
    return Finding(Level.DOUBTFUL, subject, found, advice)


def wrong(subject: str, found: str, advice: str) -> Finding:
    """Return that something was set up in a wrong way."""
    return Finding(Level.WRONG, subject, found, advice)


def unreached(subject: str, found: str, advice: str) -> Finding:
    """Return that something does not answer or cannot be used."""
    return Finding(Level.UNREACHED, subject, found, advice)


def gravest(findings: Iterable[Finding]) -> Level:
    """Return the level that decides how an examination ends: what was set first, then what is not reached."""
    levels = {finding.level for finding in findings}
    order = (Level.WRONG, Level.UNREACHED, Level.DOUBTFUL)
    return next((level for level in order if level in levels), Level.FINE)
