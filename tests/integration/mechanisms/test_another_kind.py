"""A kind that no room has heard of is counted, listed, proven, archived and destroyed like any other."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import Clock
from pydantic import SecretStr
from sqlalchemy import literal, null
from sqlmodel import Session, col, select
from walks.walking import PERSON, Walk, contents

from deployments.mechanisms import MECHANISMS
from deployments.server.metrics import exposition
from models.archive.vocabulary import Category, Importance, Retention
from models.codes import MatterKind, Outcome, Step
from models.errors import RuleViolation, TamperError
from models.informants.identity import Identity
from models.lookup.lead_filter import LeadFilter, Page, Sorting, SortKey, Status
from models.matters.kinds import Kind
from models.matters.tables import Assignment, Matter
from models.office.directory import Office
from models.record.entries import RULE
from models.record.entry_kinds import EntryKind
from tasks.archive.archiving import archive_leftovers, archive_matter, awaits_archiving, find_archive
from tasks.archive.care import ArchiveFilter, list_archives
from tasks.archive.disposal import DESTROYED, dispose
from tasks.archive.exports.exporting import export_archive
from tasks.archive.exports.verifying import verify_export
from tasks.archive.index import read_index
from tasks.audit.comparison import check_facts
from tasks.desks import ClassQuery, Desk, MatterFile, Mechanisms, Registration
from tasks.informants.identities import is_named_in_lead
from tasks.lookup.board import read_board
from tasks.lookup.leads.lead_list import find_leads
from tasks.lookup.listings import count_matters
from tasks.lookup.stories import tell_story
from tasks.matters.reading import find_matter, key_of
from tasks.record.ledger import append_entry
from tasks.record.seals import seal_daily
from tasks.upkeep.figures import read_figures
from tasks.workplace import Workplace

NUMBER, TITLE, WORDS = "Z2026-0001", "开展年度自查", "逐项核对负面清单以外的许可。"
# Stands in for a code of its own, because stored codes are a closed vocabulary.
CODE = MatterKind.CIRCULAR


class OtherDesk(Desk):
    """A desk that keeps what its matters say in memory; no table knows of it."""

    kind = Kind(CODE, "自查", (), lambda _facts, _now: None)

    def __init__(self) -> None:
        """Begin with nothing said."""
        self.said: dict[int, str] = {}

    def texts(self, session: Session, keys: Sequence[int]) -> Mapping[int, str]:
        """Return what is remembered of these matters."""
        del session
        return {key: self.said[key] for key in keys}

    def altered(self, session: Session, registered: Sequence[Registration]) -> Collection[int]:
        """Return the matters that say something else than the ledger told."""
        del session
        told = {key_of(matter): detail or {} for matter, detail in registered}
        return [key for key, detail in told.items() if detail.get("said") != self.said[key]]

    def classed(self) -> ClassQuery:
        """Return the same class for all of them, and no category."""
        ordinary = literal(Importance.ORDINARY.value)
        classes = null().label("category"), ordinary.label("importance"), null().label("barrier")
        return select(col(Matter.id).label("matter_id"), *classes).where(Matter.kind == CODE)

    def retention(self, file: MatterFile, office: Office) -> Retention:
        """Return a term of its own."""
        del file, office
        return Retention.THIRTY_YEARS

    def destroy(self, session: Session, keys: Sequence[int], gone: str) -> None:
        """Forget what was said."""
        del session
        self.said.update(dict.fromkeys(keys, gone))


@pytest.fixture
def desk() -> OtherDesk:
    """The desk of the kind that no room has heard of."""
    return OtherDesk()


@pytest.fixture
def office(place: Workplace, clock: Clock, desk: OtherDesk, walk: Walk) -> Workplace:
    """A workplace with one lead and one matter of another kind, which a unit owes an answer to."""
    others = [each for each in MECHANISMS if each.kind.code is not CODE]
    office = replace(place, mechanisms=Mechanisms((*others, desk)))
    walk.to(Step.TRANSFER)
    with office.writing() as session:
        matter = Matter(
            kind=CODE, number=NUMBER, printed_number="侯自查〔2026〕1号", title=TITLE, created_at=clock()
        )
        owe(session, office, matter, "ZJJ", clock())
        append_entry(session, NUMBER, clock(), EntryKind.REGISTERED, RULE, "登记自查", said=WORDS)
        desk.said[key_of(matter)] = WORDS
    return office


def owe(session: Session, office: Workplace, matter: Matter, unit: str, now: datetime) -> None:
    """Store a matter, and let a unit owe an answer to it today."""
    session.add(matter)
    session.flush()
    due_on = office.policy.day_of(now)
    session.add(
        Assignment(
            matter_id=key_of(matter), step=Step.VERIFY, unit_code=unit, opened_at=now, clock_start=due_on,
            due_on=due_on, due_at=office.policy.deadline(due_on), term_value=1, term_unit="working_days",
        )
    )  # fmt: skip


def close(office: Workplace, clock: Clock) -> None:
    """Answer what is owed and close the matter."""
    with office.writing() as session:
        matter = find_matter(session, NUMBER, for_change=True)
        matter.outcome, matter.closed_at = Outcome.RECTIFIED, clock()
        query = select(Assignment).where(col(Assignment.matter_id) == key_of(matter))
        session.exec(query).one().answered_at = clock()


def test_it_is_counted_wherever_leads_are(office: Workplace, clock: Clock) -> None:
    """On the board under whoever owes it, in the figures, in the status; once it is closed, as closed."""
    board = read_board(office, clock())
    assert (board["open"], board["due_today"]) == (2, 1)
    rows = [(row["authority"], row["step"]) for row in board["rows"]]
    assert ("侯马市住房和城乡建设管理局", "核查") in rows
    assert read_figures(office, clock()).matters == {None: 2}
    assert count_matters(office) | {"unsent": 0} == {
        "leads": 2,
        "open": 2,
        "overdue": 0,
        "unsent": 0,
        "given_up": 0,
    }
    close(office, clock)
    assert read_board(office, clock())["closed_on_time"] == 1
    assert b'zero137_leads_closed{outcome="rectified"} 1.0' in exposition(office)


def test_a_share_is_owed_but_stands_for_nothing_by_itself(office: Workplace, clock: Clock) -> None:
    """The board shows which unit owes it and counts the matter once; a petition is neither."""
    with office.writing() as session:
        parent = key_of(find_matter(session, NUMBER))
        for number, unit in ((f"{NUMBER}-F1", "SCJG"), (f"{NUMBER}-Y1", None)):
            part = Matter(
                kind=CODE, number=number, printed_number=number, title=TITLE, created_at=clock(),
                parent_id=parent, root_id=parent, unit_code=unit,
            )  # fmt: skip
            owe(session, office, part, unit or "SFGW", clock())
    board = read_board(office, clock())
    owing = [row["authority"] for row in board["rows"] if row["step"] == "核查"]
    assert (board["open"], board["due_today"]) == (2, 2)
    assert owing == ["侯马市市场监督管理局", "侯马市住房和城乡建设管理局"]
    assert count_matters(office)["leads"] == 2


@pytest.mark.parametrize(
    ("kinds", "typed", "status", "found"),
    [
        ({CODE}, "", Status.OPEN, [NUMBER]),
        ({CODE}, "年度 自查", Status.ALL, [NUMBER]),
        ({CODE}, "年度 招标", Status.ALL, []),
        ({CODE}, "%", Status.ALL, []),
        ({CODE}, "自查", Status.CLOSED, []),
        ({CODE, MatterKind.LEAD}, "", Status.OPEN, ["L2026-0001", NUMBER]),
        ({CODE, MatterKind.LEAD}, "招标", Status.ALL, ["L2026-0001"]),
        ({MatterKind.LEAD}, "自查", Status.ALL, []),
    ],
)
def test_it_is_found_by_kind_words_and_status(
    office: Workplace, clock: Clock, kinds: set[MatterKind], typed: str, status: Status, found: list[str]
) -> None:
    """A lead by its facts as before, another kind by its title; each only where its kind is asked for."""
    asked = LeadFilter(frozenset(kinds), status).about(typed)
    lines = find_leads(office, asked, Sorting(SortKey.NUMBER), Page(), clock()).leads
    assert [line.number for line in lines] == found


def test_what_it_says_is_told_and_looked_through(office: Workplace) -> None:
    """In its story, and when somebody looks whether its words name an informant."""
    assert tell_story(office, NUMBER)["facts"] == WORDS
    assert is_named_in_lead(office, NUMBER, Identity(name=SecretStr("负面清单")))
    assert not is_named_in_lead(office, NUMBER, Identity(name=SecretStr("举报人甲")))


def test_its_own_rows_are_compared_with_the_ledger(office: Workplace, desk: OtherDesk) -> None:
    """Untouched it is proven with all others; another word is found, and said where."""
    assert check_facts(office) == 2
    (key,) = desk.said
    desk.said[key] = f"{WORDS}改"
    with pytest.raises(TamperError, match=f"{NUMBER} 登记内容"):
        check_facts(office)


def test_it_is_archived_listed_exported_and_destroyed(
    office: Workplace, clock: Clock, desk: OtherDesk, tmp_path: Path
) -> None:
    """By the patrol, for the term its desk gives; an export is verified; at the end its words are gone."""
    with pytest.raises(RuleViolation, match="尚未办结"):
        archive_matter(office, NUMBER, clock())
    close(office, clock)
    assert awaits_archiving(office, NUMBER)
    assert archive_leftovers(office, clock()) == 1
    ((record, matter, classes),) = list_archives(office, ArchiveFilter(importance=Importance.ORDINARY))
    assert (matter.number, record.retention, classes.category) == (NUMBER, Retention.THIRTY_YEARS, None)
    assert list_archives(office, ArchiveFilter(category=Category.OTHER)) == []
    with office.reading() as session:
        index = read_index(session, office, find_archive(session, NUMBER)[1])
    assert ("类别", "一般") in index.cover
    seal_daily(office, RULE, clock())
    done = export_archive(office, NUMBER, tmp_path / "存放", PERSON, clock())
    assert verify_export(done.path).lead == NUMBER
    assert "2056" in str(record.kept_until)
    dispose(office, NUMBER, PERSON, "鉴定小组意见：期满销毁。", datetime(2057, 1, 4, 2, tzinfo=UTC))
    assert set(desk.said.values()) == {DESTROYED}


def test_without_classes_the_archive_keeps_no_volume_of_it(
    office: Workplace, clock: Clock, desk: OtherDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a desk has it that does not say otherwise; the patrol passes it over."""
    monkeypatch.setattr(desk, "classed", lambda: None)
    close(office, clock)
    before = contents(office)
    assert not awaits_archiving(office, NUMBER)
    assert archive_leftovers(office, clock()) == 0
    with pytest.raises(RuleViolation, match="不单独立卷"):
        archive_matter(office, NUMBER, clock())
    assert contents(office) == before
