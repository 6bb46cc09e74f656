"""The office's own wording: templates in a folder that go before the packaged ones, checked as a whole.

What the check cannot foresee is met when a text is written: a template of the office that fails is replaced
by the packaged one, so that whoever has to be told is told in time. Source: ADR-0026.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

from models.documents.official import Block, OfficialDocument, check_document
from models.documents.vocabulary import DocumentKind
from models.errors import InputError, NotFound, RuleViolation
from models.messages.kinds import DOCUMENT_VALUES, MAIL_VALUES, MessageKind
from notifications.texts.rendering import (
    RenderedMessage,
    render_document,
    render_mail,
    render_message,
    rooms,
    searched,
    unknown_names,
)
from notifications.texts.samples import sample

_LONGEST_REASON = 200
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class WordingFault:
    """A template that failed when a text was to be written.

    Attributes:
        template: Its file name, as remind.txt.j2.
        what: What was to be written, as 提醒.
        reason: What is wrong with it, without a full stop.
        is_replaced: Whether the packaged template took its place; else nothing was written.
    """

    template: str
    what: str
    reason: str
    is_replaced: bool


def worded(
    template: str, what: str, render: Callable[[Path | None], _Result], wording: Path | None
) -> tuple[_Result | None, WordingFault | None]:
    """Return a text in the office's words, else in the packaged ones, and what was wrong.

    Args:
        template: The file name of the template, for the account.
        what: What is written, for the account.
        render: Renders it with the templates of a folder before the packaged ones.
        wording: The folder of the office's own templates.
    """
    try:
        return render(wording), None
    except Exception as error:  # noqa: BLE001 - a template can fail in every way an expression can
        fault = WordingFault(template, what, _reason(error), is_replaced=False)
    try:
        return render(None), replace(fault, is_replaced=True)
    except Exception:  # noqa: BLE001 - as above; the first reason is the one that is told
        return None, fault


def worded_message(
    kind: MessageKind, values: Mapping[str, object], wording: Path | None
) -> tuple[RenderedMessage | None, WordingFault | None]:
    """Return a message in words; see ``worded``."""
    return worded(_text_of(kind), kind.label, lambda folder: _message(kind, values, folder), wording)


def worded_mail(
    kind: MessageKind, text: RenderedMessage, document: str, wording: Path | None
) -> tuple[str, WordingFault | None]:
    """Return the HTML form of a message; see ``worded``. Blank is as good: the plain text says the same."""
    html, fault = worded(
        _mail_of(kind, wording),
        f"{kind.label}（邮件）",
        lambda folder: render_mail(kind, text.subject, text.body, document, folder),
        wording,
    )
    return html or "", fault and replace(fault, is_replaced=True)


def document_template(kind: DocumentKind) -> str:
    """Return the file name of a document's template."""
    return f"documents/{kind.value}.txt.j2"


def preview(kind: str, wording: Path | None) -> RenderedMessage:
    """Return a message of a kind with sample values.

    Raises:
        NotFound: There is no such kind.
        InputError: The office's own template is wrong.
    """
    if kind not in set(MessageKind):
        raise NotFound(f"没有名为“{kind}”的消息模板，可用：{'、'.join(sorted(MessageKind))}。")
    known = MessageKind(kind)
    return _tried(_text_of(known), "txt", known.values, wording, partial(_message, known))


def preview_mail(kind: str, wording: Path | None) -> str:
    """Return the HTML form of the same."""
    text, known = preview(kind, wording), MessageKind(kind)
    return _tried(
        _mail_of(known, wording),
        "html",
        MAIL_VALUES,
        wording,
        lambda values, folder: render_mail(known, text.subject, text.body, str(values["document"]), folder),
    )


def check_wording(folder: Path) -> list[str]:
    """Try every template of the office's folder; returns their paths, empty where there is no folder.

    A template lies in the folder itself, or where the packaged one lies: ``remind.txt.j2`` and
    ``ladder/remind.txt.j2`` replace the same one.

    Raises:
        InputError: A file replaces nothing or the same as another, or a template is wrong; told with its
            name and the reason.
    """
    if not folder.is_dir():
        return []
    known, tried = _checks(folder), dict[str, str]()
    for path in sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file()):
        name = "/".join(path.parts[1:] if path.parts[0] in rooms() else path.parts)
        if name not in known:
            raise InputError(f"模板文件夹中的 {path} 不对应任何自带模板，请核对文件名。")
        if name in tried:
            raise InputError(f"模板文件夹中的 {path} 与 {tried[name]} 是同一种模板，请只保留一个。")
        tried[name] = str(path)
        known[name]()
    return list(tried.values())


def _checks(folder: Path) -> Mapping[str, Callable[[], object]]:
    """Return how each template is tried, by its file name."""
    checks: dict[str, Callable[[], object]] = {}
    # What tells of a template that failed is always in the packaged words.
    for kind in set(MessageKind) - {MessageKind.WORDING_FAULT}:
        checks[_text_of(kind)] = partial(preview, kind, folder)
        checks[f"{kind}.html.j2"] = partial(preview_mail, kind, folder)
    checks["mail.html.j2"] = partial(preview_mail, MessageKind.VERIFY, folder)
    for document in DOCUMENT_VALUES:
        checks[document_template(document)] = partial(_preview_document, document, folder)
    return checks


def _preview_document(kind: DocumentKind, folder: Path) -> None:
    """Put together a document of a kind with sample values, by the rules of its kind."""

    def compose(values: Mapping[str, object], wording: Path | None) -> None:
        title, body = render_document(kind, values, wording)
        issuer, addressee = str(values["issuer"]), str(values["addressee"])
        check_document(OfficialDocument(kind, "", issuer, addressee, title, body, issuer, date(2026, 12, 31)))

    _tried(document_template(kind), "document", DOCUMENT_VALUES[kind], folder, compose)


def _text_of(kind: MessageKind) -> str:
    """Return the file name of a message's template."""
    return f"{kind}.txt.j2"


def _mail_of(kind: MessageKind, wording: Path | None) -> str:
    """Return the file name of the template that gives a message its HTML form."""
    own = f"{kind}.html.j2"
    folders = searched(wording) if wording is not None else ()
    return own if any((folder / own).exists() for folder in folders) else "mail.html.j2"


def _message(kind: MessageKind, values: Mapping[str, object], wording: Path | None) -> RenderedMessage:
    """Return a message in words.

    Raises:
        RuleViolation: A circular has no text; it goes out as an official document too.
    """
    text = render_message(kind, values, wording)
    if not text.subject or (kind is MessageKind.CIRCULAR and not all(circular_of(text)[1:])):
        raise RuleViolation("没有标题或正文")
    return text


def circular_of(text: RenderedMessage) -> tuple[str, str, tuple[Block, ...]]:
    """Return recipient, title and body of the official document that a circular is as a message.

    The title is the subject without the mark that sorts a mailbox; own wording may address nobody.
    """
    lines = [line.strip() for line in text.body.splitlines() if line.strip()]
    recipient = "各有关单位"
    if lines and lines[0].endswith("："):
        recipient = lines.pop(0).rstrip("：")
    return recipient, text.subject.removeprefix("【通报】"), tuple(map(Block, lines))


def _tried(
    name: str,
    form: str,
    names: Collection[str],
    wording: Path | None,
    render: Callable[[Mapping[str, object], Path | None], _Result],
) -> _Result:
    """Return what a template renders to with sample values of its own kind.

    Raises:
        InputError: Something is wrong with it; told with its name.
    """
    try:
        # A sample takes one branch of a template; a real message may take another.
        unknown = unknown_names(name, form, names, wording)
        if not unknown:
            return render(sample(names), wording)
    except Exception as error:
        raise InputError(f"模板 {name} 无法使用：{_reason(error)}。") from error
    raise InputError(
        f"模板 {name} 无法使用：没有名为 {'、'.join(unknown)} 的值，可用的值有 {'、'.join(sorted(names))}。"
    )


def _reason(error: Exception) -> str:
    """Return what is wrong with a template, without a full stop and on one line."""
    from jinja2 import TemplateSyntaxError, UndefinedError

    reason = " ".join(str(error).split()).removesuffix("。").removesuffix(".")[:_LONGEST_REASON]
    match error:
        case TemplateSyntaxError():
            return f"第{error.lineno}行写法有误（{reason}）"
        case UndefinedError():
            return f"用到了没有的值（{reason}）"
        case UnicodeDecodeError():
            return "不是 UTF-8 编码的文本"
        case RuleViolation():
            return reason
    return f"{reason or type(error).__name__}"
