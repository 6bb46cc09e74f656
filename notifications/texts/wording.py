"""The office's own wording: templates in a folder that go before the packaged ones, checked as a whole."""

from collections.abc import Callable, Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from models.documents.official import OfficialDocument, check_document
from models.documents.vocabulary import DocumentKind
from models.errors import InputError, NotFound, RuleViolation
from notifications.texts.rendering import RenderedMessage, render_document, render_mail, render_message
from notifications.texts.samples import SAMPLE

# These are no messages: what a person reads on the screen or in an exported archive.
_NO_MESSAGES = frozenset({"story", "informant", "export_guide"})
_DOCUMENTS = "documents"
_Result = TypeVar("_Result")


def message_kinds() -> list[str]:
    """Return the kinds of messages, in alphabetical order."""
    packaged = files("notifications").joinpath("templates")
    kinds = {entry.name.removesuffix(".txt.j2") for entry in packaged.iterdir() if ".txt.j2" in entry.name}
    return sorted(kinds - _NO_MESSAGES)


def preview(kind: str, wording: Path | None) -> RenderedMessage:
    """Return a message of a kind with sample values.

    Raises:
        NotFound: There is no such kind.
        InputError: The office's own template is wrong.
    """
    if kind not in message_kinds():
        raise NotFound(f"没有名为“{kind}”的消息模板，可用：{'、'.join(message_kinds())}。")
    return _tried(f"{kind}.txt.j2", lambda: render_message(kind, SAMPLE, wording))


def preview_mail(kind: str, wording: Path | None) -> str:
    """Return the HTML form of the same."""
    text = preview(kind, wording)
    document = str(SAMPLE["document"])
    own = f"{kind}.html.j2"
    name = own if wording is not None and (wording / own).exists() else "mail.html.j2"
    return _tried(name, lambda: render_mail(kind, text.subject, text.body, document, wording))


def check_wording(folder: Path) -> list[str]:
    """Try every template of the office's folder; returns their names, empty where there is no folder.

    Raises:
        InputError: A file replaces nothing, or a template is wrong; told with its name and the reason.
    """
    if not folder.is_dir():
        return []
    known = _checks(folder)
    found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    for name in found:
        if name not in known:
            raise InputError(f"模板文件夹中的 {name} 不对应任何自带模板，请核对文件名。")
        known[name]()
    return found


def _checks(folder: Path) -> Mapping[str, Callable[[], object]]:
    """Return how each template is tried, by its file name."""
    checks: dict[str, Callable[[], object]] = {}
    for kind in message_kinds():
        checks[f"{kind}.txt.j2"] = lambda kind=kind: preview(kind, folder)  # type: ignore[misc]
        checks[f"{kind}.html.j2"] = lambda kind=kind: preview_mail(kind, folder)  # type: ignore[misc]
    checks["mail.html.j2"] = lambda: preview_mail("verify", folder)
    for each in DocumentKind:
        if each is not DocumentKind.CIRCULAR:
            name = f"{_DOCUMENTS}/{each.value}.txt.j2"
            checks[name] = lambda each=each: _preview_document(each, folder)  # type: ignore[misc]
    return checks


def _preview_document(kind: DocumentKind, folder: Path) -> None:
    """Put together a document of a kind with sample values, by the rules of its kind."""

    def compose() -> None:
        title, body = render_document(kind, SAMPLE, folder)
        issuer = str(SAMPLE["issuer"])
        check_document(
            OfficialDocument(kind, "", issuer, str(SAMPLE["unit"]), title, body, issuer, date(2026, 12, 31))
        )

    _tried(f"{_DOCUMENTS}/{kind.value}.txt.j2", compose)


def _tried(name: str, render: Callable[[], _Result]) -> _Result:
    """Return what a template renders to, or tell what is wrong with it."""
    from jinja2 import TemplateError, TemplateSyntaxError

    try:
        return render()
    except TemplateSyntaxError as error:
        raise InputError(f"模板 {name} 第{error.lineno}行写法有误：{error.message}。") from error
    except (TemplateError, RuleViolation, TypeError, ValueError) as error:
        raise InputError(f"模板 {name} 无法使用：{str(error).removesuffix('。')}。") from error
