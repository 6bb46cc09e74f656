"""Rendering: Jinja2 templates that refuse a missing value instead of printing a blank."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~!&$])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True)
class RenderedMessage:
    """A message as a person reads it: one line of subject and a plain text body."""

    subject: str
    body: str


def render_message(kind: str, values: Mapping[str, object]) -> RenderedMessage:
    """Render the text of a message.

    Args:
        kind: The name of its template, as ``verify``; the first line of the template is the subject.
        values: What the template speaks of; a missing one raises ``jinja2.UndefinedError``.
    """
    text = _environment("txt").get_template(f"{kind}.txt.j2").render(values).strip()
    subject, _, body = text.partition("\n")
    return RenderedMessage(subject.strip(), body.strip())


def render_markdown(name: str, values: Mapping[str, object]) -> str:
    """Render a template as Markdown, for an artifact or a form; values cannot steer the layout."""
    return _environment("md").get_template(f"{name}.md.j2").render(values).strip() + "\n"


def render_text(name: str, values: Mapping[str, object]) -> str:
    """Render a template as plain text, for a terminal."""
    return _environment("txt").get_template(f"{name}.txt.j2").render(values).strip() + "\n"


def render_svg(name: str, values: Mapping[str, object]) -> str:
    """Render a template as a picture; the words in it are our own."""
    return _environment("svg").get_template(f"{name}.svg.j2").render(values).strip() + "\n"


@cache
def _environment(form: str) -> "Environment":
    """Return the environment of a form; its values are made harmless before they are printed."""
    # Imported here: most commands render nothing and should not pay for it.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("notifications"),
        undefined=StrictUndefined,
        # Plain text and Markdown have no HTML to escape; ``finalize`` does for them what autoescape would.
        autoescape=False,  # noqa: S701 - as above
        # Templates do not change while a process runs.
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_markdown_safe if form == "md" else _plain,
    )


def _plain(value: object) -> str:
    """Return a value without characters that steer a terminal or reverse the reading direction."""
    return _CONTROLS.sub("", str(value))


def _markdown_safe(value: object) -> str:
    """Return a value whose characters mean nothing to Markdown, on one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(_plain(value).split()))
