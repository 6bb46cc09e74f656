"""Asking other units for their opinion on a lead by letter (征询函). Source: 通知§1(三)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from models.codes import MatterKind
from models.days.terms import day_label
from models.documents.vocabulary import DocumentKind
from models.errors import RuleViolation
from models.matters.tables import Matter
from models.messages.kinds import MessageKind
from models.texts import check_person, check_text, visible
from tasks.documents.issuing import NewDocument, issue_documents
from tasks.informants.screening import Author, refuse_naming, screened
from tasks.matters.reading import find_matter, read_file
from tasks.messages.posting import tell_unit
from tasks.messages.values import matter_values
from tasks.workplace import Workplace, office_of

_LONGEST_QUESTION = 5_000


@dataclass(frozen=True)
class Consultation:
    """Which units are asked what, until when they are to reply, and who asks."""

    units: Sequence[str]
    question: str
    reply_by: date
    person: str


def consult(place: Workplace, number: str, asked: Consultation, now: datetime) -> str:
    """Issue a consultation letter and write to every unit it is addressed to; returns its number.

    Raises:
        NotFound: There is no such lead or unit.
        RuleViolation: The lead is closed or not handed to anybody yet, or something is missing.
    """
    _check(asked, place.policy.day_of(now))
    with screened(place) as session:
        matter = find_matter(session, number, for_change=True)
        file = read_file(session, matter, place.mechanisms)
        _check_matter(matter)
        if not file.assignments:
            raise RuleViolation("该线索尚未派发，请几秒后重试。")
        office = office_of(session, place)
        units = [office.unit(text) for text in asked.units]
        row = file.assignments[-1].row
        told = {"question": asked.question.strip(), "reply_by": day_label(asked.reply_by)}
        actor = f"{office.bureau().short_name} {asked.person.strip()}"
        author = Author(office.bureau().code, actor, now)
        refuse_naming(session, place, matter, author, asked.question)
        recipients = "、".join(unit.name for unit in units)
        values = {**matter_values(office, file, row, row.unit_code), **told, "addressee": recipients}
        letter = NewDocument(DocumentKind.CONSULTATION_LETTER, matter, recipients, values, actor=actor)
        (document,) = issue_documents(session, office, [letter], now)
        if not document:
            raise RuleViolation("征询函的模板无法使用，未发出，请用 zero137 doctor 核对。")
        told["document"] = document
        for unit in units:
            tell_unit(session, office, file, row, MessageKind.CONSULTATION, unit.code, now, **told)
        return document


def _check(asked: Consultation, today: date) -> None:
    """Refuse a question nobody could answer or account for."""
    check_person(asked.person)
    if not asked.units:
        raise RuleViolation("请填写征询的单位。")
    if not visible(asked.question) or len(asked.question) > _LONGEST_QUESTION:
        raise RuleViolation(f"请写明征询事项，不超过{_LONGEST_QUESTION}字。")
    if asked.reply_by < today:
        raise RuleViolation("回复期限不能早于今天。")
    check_text(asked.question, "填写的内容")


def _check_matter(matter: Matter) -> None:
    """Refuse what is no lead, or is closed."""
    if matter.kind is not MatterKind.LEAD:
        raise RuleViolation("征询函只就问题线索发出，请填写线索编号。")
    if matter.outcome is not None:
        raise RuleViolation(f"该线索已办结（{matter.outcome.label}），不再征询意见。")
