"""Benchmark 13: finding leads among very many, against plain SQL of the same shape with ``LIKE``."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from datetime import time as clock
from functools import partial
from itertools import product
from typing import Any

from figures import Figure, Row, each_cell, pairs, percentile, ratio_of
from many_leads import CLOSED_SHARE, fill_many
from scale import Scale
from sites import open_facts
from sqlalchemy import Connection, CursorResult, bindparam, text
from ways import NOBODY, Way

from models.codes import Step
from models.columns import Moment
from models.days.periods import Period
from models.documents.vocabulary import SourceLevel
from models.lookup.lead_filter import LeadFilter, Page, Sorting, SortKey, Status
from models.matters.vocabulary import Signal
from tasks.lookup.leads.lead_list import find_leads
from tasks.workplace import Workplace

OURS, PLAIN = "zero137", "plain SQL, LIKE"
_GOAL_SECONDS = 0.1
_NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
_PAGE = Page(1, 50)
_ROUNDS = 3
_SHARES = {"p50_ms": 0.5, "p95_ms": 0.95, "slowest_ms": 1.0}
_COLUMNS = (
    "m.number, m.printed_number, m.title, m.outcome, a.step, a.unit_code, a.due_on, a.due_at, a.provisional"
)
_NATIONAL = frozenset({SourceLevel.NATIONAL})
_YEAR = Period(date(2025, 1, 1), date(2025, 12, 31))

# How leads are asked for beside any word, and in which order.
_FRAMES = (
    (LeadFilter(), Sorting()),
    (LeadFilter(status=Status.ALL), Sorting(SortKey.NUMBER, descending=True)),
    (LeadFilter(sources=_NATIONAL), Sorting()),
    (LeadFilter(status=Status.ALL, sources=_NATIONAL, received=_YEAR), Sorting(SortKey.RECEIVED)),
)
# From words of nearly every lead to words of none.
_WORDS = {
    "two characters": ("企业", "招标", "投标", "服务", "燃气", "爆破", "水利", "无此"),
    "three and more": (
        "保证金",
        "子公司",
        "网约车",
        "隐性壁垒",
        "公平竞争审查",
        "市场准入负面清单",
        "企业要求",
        "没有这个词",
    ),
    "two words": ("企业 要求", "招标 保证金", "爆破 网约车"),
    "one character": ("标", "网", "爆"),
}
_BY_FILTERS = (
    *_FRAMES,
    (LeadFilter(steps=frozenset({Step.VERIFY})), Sorting()),
    (LeadFilter(signals=frozenset({Signal.OVERDUE})), Sorting()),
    (LeadFilter(units=frozenset({"ZJJ"})), Sorting()),
)  # fmt: skip

# How many of the leads are closed, and how that is told.
_OFFICES = ((CLOSED_SHARE, "one of ten open"), (0.0, "all open"))

Question = tuple[LeadFilter, Sorting]
Ask = Callable[[LeadFilter, Sorting], int]


def measure(scale: Scale) -> list[Row]:
    """Put each question some times in turn, ours and the plain one, which must count the same leads."""

    def measure_kind(kind: str, way: Way) -> list[Row]:
        del way
        rows: list[Row] = []
        for closed_share, told in _OFFICES:
            with open_facts(kind) as place:
                begun = time.perf_counter()
                fill_many(place, scale.many_leads, closed_share)
                filled = round(time.perf_counter() - begun, 1)
                rows.append({"way": f"filling, {told}", "leads": scale.many_leads, "seconds": filled})
                for group, questions in _questions().items():
                    rows += _compared(place, f"{told}, {group}", questions)
        return rows

    return each_cell(scale.databases, [NOBODY], measure_kind)


def _questions() -> dict[str, list[Question]]:
    """Return the questions by what they are about."""
    asked = {
        group: [(frame.about(word), sorting) for word, (frame, sorting) in product(words, _FRAMES)]
        for group, words in _WORDS.items()
    }
    return {"filters alone": list(_BY_FILTERS), **asked}


def _compared(place: Workplace, group: str, questions: list[Question]) -> list[Row]:
    """Return the times of a group of questions, each asked in turn by both."""
    ways: dict[str, Callable[[LeadFilter, Sorting], int]] = {
        OURS: partial(_ours, place),
        PLAIN: partial(_plain, place),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for asked, sorting in questions:
        counts = set()
        for number in range(_ROUNDS + 1):
            for name, ask in ways.items():
                begun = time.perf_counter()
                counts.add(ask(asked, sorting))
                # The first of each is for the caches.
                if number:
                    times[name].append(time.perf_counter() - begun)
        if len(counts) != 1:
            raise RuntimeError(f"{asked}: the two found {counts}")
    return [
        {
            "way": name, "questions": f"{group} ({len(questions)})",
            **{key: round(percentile(taken, share) * 1000, 1) for key, share in _SHARES.items()},
        }
        for name, taken in times.items()
    ]  # fmt: skip


def _ours(place: Workplace, asked: LeadFilter, sorting: Sorting) -> int:
    """Return how many leads were found, the first page read as the command line reads it."""
    return find_leads(place, asked, sorting, _PAGE, _NOW).total


def _plain(place: Workplace, asked: LeadFilter, sorting: Sorting) -> int:
    """Ask for page and count as whoever has no index for texts would."""
    where, values = _conditions(asked, place.policy.business_hours.zone)
    joined = (
        " FROM matter m JOIN lead l ON l.matter_id = m.id"
        " LEFT JOIN assignment a ON a.matter_id = m.id AND a.answered_at IS NULL WHERE " + " AND ".join(where)
    )
    order = {SortKey.DUE: "a.due_on", SortKey.RECEIVED: "l.received_at", SortKey.NUMBER: "m.id"}[sorting.key]
    turned = " DESC" if sorting.descending else ""
    page = f"SELECT {_COLUMNS}{joined} ORDER BY {order}{turned} NULLS LAST, m.id{turned} LIMIT {_PAGE.size}"
    with place.engine.connect() as connection:
        _run(connection, page, values).all()
        return int(_run(connection, f"SELECT count(*){joined}", values).scalar_one())


def _conditions(asked: LeadFilter, zone: tzinfo) -> tuple[list[str], dict[str, Any]]:
    """Return what is asked as SQL with its values; only what one of the questions asks."""
    where, values = ["m.kind = 'lead'"], dict[str, Any]()
    if asked.status is Status.OPEN:
        where.append("m.outcome IS NULL")
    if asked.signals:
        where.append("a.due_at < :now")
        values["now"] = _NOW
    if asked.received.first and asked.received.last:
        where.append("l.received_at >= :first AND l.received_at < :after")
        values["first"] = datetime.combine(asked.received.first, clock.min, tzinfo=zone)
        values["after"] = datetime.combine(asked.received.last + timedelta(days=1), clock.min, tzinfo=zone)
    for column, members in (
        ("l.source_level", asked.sources),
        ("a.step", asked.steps),
        ("a.unit_code", asked.units),
    ):
        where += [f"{column} = '{member}'" for member in members]
    for number, word in enumerate(asked.words):
        where.append(f"(m.title LIKE :w{number} OR l.facts LIKE :w{number})")
        values[f"w{number}"] = f"%{word}%"
    return where, values


def _run(connection: Connection, statement: str, values: dict[str, Any]) -> CursorResult[Any]:
    """Execute a statement, its moments as the columns hold them."""
    moments = [bindparam(name, type_=Moment) for name, value in values.items() if isinstance(value, datetime)]
    return connection.execute(text(statement).bindparams(*moments), values)


def figures(rows: list[Row]) -> list[Figure]:
    """Set the p95 of each group of questions against the plain one of the same run."""
    found = []
    for group in dict.fromkeys(str(row["questions"]) for row in rows if "questions" in row):
        of_group = [row for row in rows if row.get("questions") == group]
        for mine, plain in pairs(of_group, "p95_ms", OURS, PLAIN):
            ours, peer = float(mine["p95_ms"]), float(plain["p95_ms"])
            # A single character is rarely looked for; the goal is set for words.
            has_goal = "one character" not in group
            found.append(
                Figure(
                    name=f"first page and count, p95: {group}",
                    database=str(mine["database"]),
                    ours=f"{ours:.0f} ms",
                    peer=f"{peer:.0f} ms",
                    peer_name=PLAIN,
                    ratio=ratio_of(peer, ours),
                    ratio_means="times as fast",
                    goal=f"≤ {_GOAL_SECONDS * 1000:.0f} ms" if has_goal else "",
                    reached=ours <= _GOAL_SECONDS * 1000 if has_goal else None,
                )
            )
    return found
