"""Handing on what a unit can no longer do: to its successor for good, to a substitute for a time.

Source: ADR-0032. The import of a directory hands on at once, every patrol what is left: a substitution that
begins or ends, a message that was just being sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from models.errors import InputError
from models.matters.tables import Assignment, Matter
from models.office.directory import Office, UnitFact
from models.office.tenure import DECIDING
from models.petitions.tables import Petition
from tasks.desks import Act, Mechanisms
from tasks.matters.reading import key_of
from tasks.office.handover import Handover, hand_over, pass_shares
from tasks.office.held_messages import pass_messages
from tasks.workplace import Workplace, office_of


@dataclass(frozen=True)
class HandedOn:
    """How many open duties and how many waiting messages went to another unit."""

    duties: int = 0
    messages: int = 0

    @property
    def told(self) -> str:
        """What was handed on, in words; blank where nothing was."""
        counted = (("未结事项", self.duties), ("未发消息", self.messages))
        return "，".join(f"转交{what}{count}条" for what, count in counted if count)


def hand_on_duties(place: Workplace, now: datetime) -> HandedOn:
    """Hand on what stands with units that are no more, and what absent units have to decide.

    Args:
        place: The workplace.
        now: The moment (aware).
    """
    with place.writing() as session:
        return hand_on(Act(session, office_of(session, place), place.mechanisms, now))


def hand_on(act: Act) -> HandedOn:
    """Hand on within a transaction; see ``hand_on_duties``."""
    # Nothing is locked where nothing is to be handed on, as in nearly every patrol.
    concerned = {key_of(matter) for _, matter in _candidates(act)} | set(_shares(act))
    if concerned:
        _lock(act.session, concerned)
    duties = 0
    for row, matter in _candidates(act):
        handover = _due_handover(act, row, matter)
        # A circular that an earlier one has just made pointless is answered.
        if handover is not None and row.answered_at is None:
            hand_over(act, handover)
            duties += 1
    pass_shares(act, _shares(act))
    return HandedOn(duties, pass_messages(act))


def _lock(session: Session, keys: set[int]) -> None:
    """Lock matters in the order in which everybody locks them; an answer that is coming in is waited for."""
    query = select(Matter.id).where(col(Matter.id).in_(keys)).order_by(col(Matter.id))
    session.exec(query.with_for_update()).all()


def _candidates(act: Act) -> list[tuple[Assignment, Matter]]:
    """Return the open assignments that may have to go to another unit, in the order they were opened."""
    codes = [each.unit for each in act.office.substitutes]
    codes += [unit.code for unit in act.office.succeeded()]
    concerned = col(Assignment.unit_code).in_(codes) | col(Assignment.acting_for).is_not(None)
    query = select(Assignment, Matter).join(Matter).where(col(Assignment.answered_at).is_(None), concerned)
    found = act.session.exec(query.order_by(col(Assignment.id)).execution_options(populate_existing=True))
    return [pair for pair in found.all() if _due_handover(act, *pair) is not None]


def _shares(act: Act) -> Sequence[int]:
    """Return the keys of open shares of units that are no more."""
    ended = col(Matter.unit_code).in_([unit.code for unit in act.office.succeeded()])
    query = select(Matter.id).where(col(Matter.outcome).is_(None), ended).order_by(col(Matter.id))
    return [key for key in act.session.exec(query) if key is not None]


def _due_handover(act: Act, row: Assignment, matter: Matter) -> Handover | None:
    """Return to whom an open assignment has to go and why; None where it stands where it should."""
    office = act.office
    holder = office.heir(row.acting_for or row.unit_code)
    if act.kinds.duty(row.step).owed_by not in DECIDING:
        to = holder
    else:
        petition = act.session.get(Petition, key_of(matter))
        to = office.acting(holder, petition.unit_code if petition else "")
    if to.code == row.unit_code or not to.active:
        return None
    return Handover(row, matter, office.stored(row.unit_code), to, holder)


def check_owing(session: Session, office: Office, mechanisms: Mechanisms, ended: Sequence[UnitFact]) -> None:
    """Refuse that a unit ends while it owes something nobody can take on.

    Args:
        session: The transaction that ends it.
        office: The directory as it is to be.
        mechanisms: Say which duty needs which role.
        ended: The units that end.

    Raises:
        InputError: It owes something and has no successor, or the successor lacks the role for it.
    """
    for unit in ended:
        owed = session.exec(
            select(Assignment).where(Assignment.unit_code == unit.code, col(Assignment.answered_at).is_(None))
        ).all()
        shares = session.exec(
            select(Matter.id).where(Matter.unit_code == unit.code, col(Matter.outcome).is_(None))
        ).all()
        count = len({row.matter_id for row in owed} | set(shares))
        heir = office.heir(unit.code)
        if count and not heir.active:
            raise InputError(
                f"{unit.name}还有{count}件未结事项，停用时请用 succeeded_by 写明承继单位的代码，未予导入。"
            )
        for row in owed:
            role = mechanisms.kinds.duty(row.step).owed_by
            if row.acting_for is None and role not in heir.roles:
                raise InputError(
                    f"{unit.name}有未结的{row.step.label}，承继单位{heir.name}没有“{role.label}”职责，"
                    "请在 roles 中补充，未予导入。"
                )
