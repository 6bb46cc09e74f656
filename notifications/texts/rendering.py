"""Rendering: Jinja2 templates that refuse a missing value instead of printing a blank."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from models.documents.official import Block
from models.documents.vocabulary import DocumentKind
from models.messages.kinds import MessageKind

if TYPE_CHECKING:
    from jinja2 import BaseLoader, Environment

_PACKAGED = Path(__file__).parents[1] / "templates"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~!&$])")
# These stand for signs within values while a document is put together; no value holds them itself.
_HASH, _BREAK = "\x02", "\x03"
_HEADING = re.compile(r"(#{1,2}) ")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True)
class RenderedMessage:
    """A message as a person reads it: one line of subject and a plain text body."""

    subject: str
    body: str


def render_message(
    kind: MessageKind, values: Mapping[str, object], wording: Path | None = None
) -> RenderedMessage:
    """Render the text of a message.

    Args:
        kind: Its template bears its code, as ``verify.txt.j2``; the first line of it is the subject.
        values: What the template speaks of; a missing one raises ``jinja2.UndefinedError``.
        wording: The folder of the office's own templates, which go before the packaged ones.
    """
    text = _environment("txt", wording).get_template(f"{kind}.txt.j2").render(values).strip()
    subject, _, body = text.partition("\n")
    return RenderedMessage(subject.strip(), body.strip())


def render_mail(
    kind: MessageKind, subject: str, body: str, document: str, wording: Path | None = None
) -> str:
    """Render the HTML form of a message from the text that was stored, so that both say the same.

    Args:
        kind: Its own template is used where there is one, as ``verify.html.j2``, else ``mail.html.j2``.
        subject: The subject as it was stored.
        body: The text as it was stored.
        document: What is attached; blank where nothing is.
        wording: As for ``render_message``.
    """
    template = _environment("html", wording).select_template([f"{kind}.html.j2", "mail.html.j2"])
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    return template.render({"subject": subject, "body": body, "lines": lines, "document": document})


def render_document(
    kind: DocumentKind, values: Mapping[str, object], wording: Path | None = None
) -> tuple[str, tuple[Block, ...]]:
    """Render title and body of an official document; a line of the template is a paragraph.

    Lines that begin with ``#`` or ``##`` are headings. A value never is one, whatever it holds; its line
    breaks begin new paragraphs.
    """
    text = _environment("document", wording).get_template(f"documents/{kind.value}.txt.j2").render(values)
    title, *lines = [line.strip() for line in text.split("\n") if line.strip()]
    body = [block for line in lines for block in _blocks(line)]
    return " ".join(_restored(title).split()), tuple(body)


def unknown_names(name: str, form: str, values: Collection[str], wording: Path | None) -> list[str]:
    """Return what a template speaks of, on whichever of its branches, that is not among its values.

    Args:
        name: The file name of the template.
        form: ``txt``, ``html`` or ``document``.
        values: The names of its values.
        wording: As for ``render_message``.

    Raises:
        jinja2.TemplateError: It cannot be read as a template.
    """
    from jinja2.meta import find_undeclared_variables

    environment = _environment(form, wording)
    source, *_ = _loader(wording).get_source(environment, name)
    return sorted(find_undeclared_variables(environment.parse(source)) - set(values))


def _blocks(line: str) -> Iterator[Block]:
    """Give the paragraphs of one line of a document's template."""
    mark = _HEADING.match(line)
    level = len(mark[1]) if mark else 0
    for part in line[mark.end() if mark else 0 :].split(_BREAK):
        if part.strip():
            yield Block(_restored(part).strip(), level)


def _restored(text: str) -> str:
    """Return text with what stood for signs within values."""
    return text.replace(_HASH, "#").replace(_BREAK, " ")


def _within_paragraph(value: object) -> str:
    """Return a value that can neither begin a heading nor a line of the template."""
    return _plain(value).replace("#", _HASH).replace("\n", _BREAK)


def render_page(name: str, values: Mapping[str, object]) -> str:
    """Render what is shown to a person, by the name of its template, as ``story.md``.

    Its ending says what it is: Markdown of an artifact or a form, whose layout no value can steer, plain
    text of a terminal, or a picture in our own words.
    """
    form = name.rpartition(".")[2]
    return _environment(form).get_template(f"{name}.j2").render(values).strip() + "\n"


@cache
def _environment(form: str, wording: Path | None = None) -> "Environment":
    """Return the environment of a form; its values are made harmless before they are printed."""
    # Imported here: most commands render nothing and should not pay for it.
    from jinja2 import Environment, StrictUndefined

    return Environment(
        loader=_loader(wording),
        undefined=StrictUndefined,
        # Plain text and Markdown have no HTML to escape; ``finalize`` does for them what autoescape would.
        autoescape=form == "html",  # noqa: S701 - as above
        # Templates do not change while a process runs.
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize={"md": _markdown_safe, "document": _within_paragraph}.get(form, _plain),
    )


def _loader(wording: Path | None) -> "BaseLoader":
    """Return where templates are looked for: in the office's own folder, then among the packaged ones."""
    from jinja2 import FileSystemLoader

    return FileSystemLoader([*(searched(wording) if wording else ()), *searched(_PACKAGED)])


def searched(root: Path) -> list[Path]:
    """Return the folders of a root in which a template may lie: the root itself, then one for each room."""
    return [root, *(root / room for room in rooms())]


@cache
def rooms() -> tuple[str, ...]:
    """Return the names of the folders of packaged templates; each room or mechanism has one."""
    return tuple(sorted(folder.name for folder in _PACKAGED.iterdir() if folder.is_dir()))


def _plain(value: object) -> str:
    """Return a value without characters that steer a terminal or reverse the reading direction."""
    return _CONTROLS.sub("", str(value))


def _markdown_safe(value: object) -> str:
    """Return a value whose characters mean nothing to Markdown, on one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(_plain(value).split()))
