"""Raising rungs: each once, only in business hours, and nothing for an answer that came."""

import threading
from datetime import date, datetime, timedelta

from conftest import Clock
from sqlalchemy import event
from sqlmodel import col, select
from walks.walking import AUTHORITY, BUREAU, Walk, houma, ledger_of, messages_of

from models.codes import Step
from models.ladder.tables import Escalation
from models.ladder.vocabulary import Raising, Recipient, Rung
from models.matters.tables import Assignment
from tasks.ladder.escalation import raise_rungs
from tasks.workplace import Workplace

# A lead registered on Monday 2026-11-23 whose verification is due on Thursday 11-26.
GOVERNMENT = "SZF"


def escalations(place: Workplace) -> list[tuple[str, str]]:
    """Return what became of each rung, in order."""
    with place.reading() as session:
        rows = session.exec(select(Escalation).order_by(col(Escalation.id))).all()
        return [(row.rung.value, row.raising.value) for row in rows]


def patrols(walk: Walk, first: datetime, last: datetime) -> list[str]:
    """Patrol every half hour; returns what was raised and when, by the clock in Houma."""
    told, now = [], first
    while now <= last:
        raised = raise_rungs(walk.place, now)
        told += [f"{walk.place.policy.business_hours.local(now):%m-%d %H:%M} {rung.value}" for rung in raised]
        now += timedelta(minutes=30)
    return told


def test_an_answer_that_never_comes_climbs_the_whole_ladder(walk: Walk) -> None:
    """One rung after the other, over a weekend in which nobody is disturbed."""
    walk.to(Step.VERIFY)
    assert patrols(walk, houma(23, 11), houma(23, 11) + timedelta(days=12)) == [
        "11-25 09:00 remind",
        "11-26 09:00 due_today",
        "11-27 09:00 urge",
        "11-27 15:00 supervise",
        "11-30 09:00 report",
        "12-01 09:00 circular",
    ]
    assert escalations(walk.place)[-1] == ("circular", "awaiting")
    told = [(m.kind, m.unit_code, m.recipient) for m in messages_of(walk.place)][2:]
    assert told == [
        ("remind", AUTHORITY, Recipient.UNIT),
        ("due_today", AUTHORITY, Recipient.UNIT),
        ("urge", AUTHORITY, Recipient.UNIT),
        ("urge", AUTHORITY, Recipient.LEADER),
        ("supervise", AUTHORITY, Recipient.LEADER),
        ("supervise", BUREAU, Recipient.BUREAU),
        ("report", GOVERNMENT, Recipient.GOVERNMENT),
    ]


def test_the_report_tells_who_owes_what_since_when_and_what_was_done(walk: Walk) -> None:
    """The city government needs nothing else to act on it. Source: 通知§12(六)."""
    walk.to(Step.VERIFY)
    patrols(walk, houma(25, 9), houma(30, 9))
    (report,) = (m for m in messages_of(walk.place) if m.kind == "report")
    body = report.body
    assert report.subject == (
        "【报告】关于侯马市住房和城乡建设管理局逾期未反馈问题线索 侯线〔2026〕1号 核查情况的报告"
    )
    assert body.startswith("侯马市人民政府：\n")
    for told in (
        "已于 2026-11-26（星期四） 18:00 到期，现逾期2个工作日",
        "2026-11-25 09:00 提醒\n",
        "2026-11-27 15:00 督办\n",
        "2026-11-24（星期二） 第1日：星期二",
        "通知§12(三)",
        "通知§12(六)",
    ):
        assert told in body
    assert "请" not in body


def test_after_an_outage_the_unit_is_urged_first(walk: Walk) -> None:
    """What it replaces is recorded as skipped, with the reason; what goes above the unit waits a day."""
    walk.to(Step.VERIFY)
    assert patrols(walk, houma(30, 9), houma(30, 18)) == ["11-30 09:00 urge", "11-30 15:00 supervise"]
    assert escalations(walk.place) == [
        ("remind", "skipped"),
        ("due_today", "skipped"),
        ("urge", "raised"),
        ("supervise", "raised"),
    ]
    told = [entry.summary for entry in ledger_of(walk.place, walk.number) if entry.kind == "escalated"]
    assert told[0] == (
        "核查提醒：侯马市住房和城乡建设管理局，到期日 2026-11-26（未发出：同时已到“催办”，只发最高一级）"
    )
    assert told[-1] == "核查督办：侯马市住房和城乡建设管理局，到期日 2026-11-26"
    tomorrow = houma(30, 9) + timedelta(days=1)
    assert raise_rungs(walk.place, tomorrow - timedelta(seconds=1)) == {}
    assert raise_rungs(walk.place, tomorrow) == {Rung.REPORT: 1}
    report = messages_of(walk.place)[-1].body
    assert "2026-11-30 09:00 催办" in report
    assert "2026-11-30 15:00 督办" in report


def test_an_answer_ends_the_ladder(walk: Walk, clock: Clock) -> None:
    """What became pointless is not sent, though its time had come."""
    walk.to(Step.VERIFY)
    patrols(walk, houma(25, 9), houma(25, 9))
    clock.now = houma(26, 8, 30)
    walk.answer(Step.VERIFY)
    assert patrols(walk, houma(26, 9), houma(27, 18)) == []
    assert escalations(walk.place) == [("remind", "raised")]


def test_a_new_due_date_has_a_ladder_of_its_own(walk: Walk) -> None:
    """Each rung once for an assignment *and due date*."""
    walk.to(Step.VERIFY)
    patrols(walk, houma(25, 9), houma(26, 9))
    with walk.place.writing() as session:
        row = session.exec(select(Assignment).where(col(Assignment.step) == Step.VERIFY)).one()
        row.due_on, row.due_at, row.rung_at = date(2026, 11, 30), houma(30, 18), houma(26, 10)
        session.add(row)
    assert patrols(walk, houma(26, 10), houma(30, 9)) == ["11-27 09:00 remind", "11-30 09:00 due_today"]


def test_two_patrols_at_once_raise_each_rung_once(walk: Walk) -> None:
    """On SQLite the second waits for the first; on PostgreSQL it passes over what the first holds."""
    walk.to(Step.VERIFY)
    raised, start = [], threading.Barrier(4)

    def patrol() -> None:
        start.wait()
        raised.append(raise_rungs(walk.place, houma(27, 9)))

    threads = [threading.Thread(target=patrol) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(each[Rung.URGE] for each in raised) == 1
    assert escalations(walk.place).count(("urge", Raising.RAISED.value)) == 1
    assert sum(m.kind == "urge" for m in messages_of(walk.place)) == 2


def test_a_patrol_killed_half_way_has_done_nothing(walk: Walk) -> None:
    """Rung, ledger entry and message are one transaction."""
    walk.to(Step.VERIFY)
    before = len(ledger_of(walk.place, walk.number)), len(messages_of(walk.place))

    class Killed(BaseException):
        """Stands for the end of the process."""

    def kill(conn: object, cursor: object, statement: str, *rest: object) -> None:
        del conn, cursor, rest
        if statement.startswith("UPDATE assignment"):
            raise Killed

    event.listen(walk.place.engine, "before_cursor_execute", kill)
    try:
        raise_rungs(walk.place, houma(27, 9))
    except Killed:
        pass
    finally:
        event.remove(walk.place.engine, "before_cursor_execute", kill)
    assert escalations(walk.place) == []
    assert (len(ledger_of(walk.place, walk.number)), len(messages_of(walk.place))) == before
    assert patrols(walk, houma(27, 9), houma(27, 9)) == ["11-27 09:00 urge"]
