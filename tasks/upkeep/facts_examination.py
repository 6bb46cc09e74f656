"""What the facts say of how an installation is looked after: units, calendars, messages, the ledger."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from models.messages.tables import Message
from models.messages.vocabulary import WAITING, Delivery
from models.office.vocabulary import Role
from models.record.tables import LedgerHead
from models.upkeep.remarks import Finding, doubtful, fine, wrong
from tasks.record.seals import newest_seal
from tasks.workplace import Workplace, read_office, work_calendar

_NEEDED = (Role.BUREAU, Role.AUTHORITY, Role.RESPONSIBLE, Role.APPROVER, Role.GOVERNMENT)
_DECEMBER = 12
# The patrol tries again and again; what waits longer than this waits for a person.
_STUCK = timedelta(days=1)
# A seal a day, but none on days on which nothing runs.
_SEAL_AGE = timedelta(days=3)


def examine_units(place: Workplace, now: datetime) -> Iterator[Finding]:
    """Tell whether the unit directory names somebody for every part."""
    del now
    office = read_office(place)
    missing = [role.label for role in _NEEDED if not office.all_with(role)]
    if missing:
        yield wrong(
            "单位目录", f"没有启用的{'、'.join(missing)}", "请补充单位文件后运行 zero137 units import"
        )
    else:
        yield fine("单位目录", f"启用的单位{sum(unit.active for unit in office.units)}个，各类职责齐全")


def examine_calendar(place: Workplace, now: datetime) -> Iterator[Finding]:
    """Tell whether the notice of this year is loaded, and from December on that of the next one."""
    today = now.astimezone(place.policy.business_hours.zone)
    with place.reading() as session:
        calendar = work_calendar(session)
    years = [today.year, today.year + 1] if today.month == _DECEMBER else [today.year]
    missing = [str(year) for year in years if not calendar.covers(year)]
    if missing:
        yield doubtful("放假安排", f"{'、'.join(missing)}年的通知未导入，到期日只能暂定",
                       "国务院办公厅发布后请运行 zero137 calendar import 文件")  # fmt: skip
    else:
        yield fine("放假安排", f"{'、'.join(map(str, years))}年已载入")


def examine_outbox(place: Workplace, now: datetime) -> Iterator[Finding]:
    """Tell whether messages wait for a person."""
    with place.reading() as session:
        stuck = _count(session, col(Message.status).in_(WAITING), col(Message.created_at) < now - _STUCK)
        given_up = _count(session, col(Message.status) == Delivery.GIVEN_UP)
    if stuck:
        yield doubtful("发件箱", f"{stuck}条消息超过一天未送出",
                       "请用 zero137 messages list 查看原因，zero137 channels check 核对渠道")  # fmt: skip
    if given_up:
        yield doubtful(
            "发件箱", f"{given_up}条消息已停止发送", "改正渠道后用 zero137 messages resend 重新发送"
        )
    if not stuck and not given_up:
        yield fine("发件箱", "没有滞留的消息")


def _count(session: Session, *conditions: object) -> int:
    """Count messages."""
    return session.exec(select(func.count()).select_from(Message).where(*conditions)).one()  # type: ignore[arg-type]


def examine_ledger(place: Workplace, now: datetime) -> Iterator[Finding]:
    """Tell how long ago the ledger was sealed."""
    with place.reading() as session:
        seal = newest_seal(session)
        holds_any = session.exec(select(LedgerHead).limit(1)).first() is not None
    advice = "巡查每日封存；请确认巡查正常，或运行 zero137 ledger seal"
    if seal is not None:
        told = f"最近一次 {seal.at.astimezone(place.policy.business_hours.zone):%Y-%m-%d %H:%M}"
        is_recent = now - seal.at <= _SEAL_AGE
        yield fine("台账封存", told) if is_recent else doubtful("台账封存", f"{told}，已超过三天", advice)
    elif holds_any:
        yield doubtful("台账封存", "尚未封存过", advice)
    else:
        yield fine("台账封存", "台账尚无记录")
