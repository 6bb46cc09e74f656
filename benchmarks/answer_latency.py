"""Benchmark 1: from sending an answer to the next step being suspended."""

from collections.abc import Callable

from answering import answer_all, answer_promptly, step_seconds, suspend
from figures import Figure, Row, each_cell, pick, ratio_of, spread
from prefect_server import Sent
from scale import Scale
from sites import Site, open_site
from ways import BEST_STOCK, DEFAULT_STOCK, OURS, OURS_ON_STOCK, Way

APART, AT_ONCE, PROMPT = "a fixed time apart", "all at once", "each as soon as it can be given"


def measure(scale: Scale) -> list[Row]:
    """Measure every way; those at Prefect's defaults on one database, with fewer leads and one manner."""
    ways = (OURS, OURS_ON_STOCK, *BEST_STOCK)
    rows = each_cell(scale.databases, ways, lambda kind, way: _all(scale, kind, way))
    return rows + each_cell(scale.databases[:1], DEFAULT_STOCK, lambda kind, way: _apart(scale, kind, way))


def _all(scale: Scale, kind: str, way: Way) -> list[Row]:
    """Measure the three manners of answering in one site."""
    prompt_leads = scale.prompt_leads if way.executor == "in-process" else scale.few_prompt_leads
    with open_site(way, kind) as site:
        docket = suspend(site, scale.leads)
        return [
            _row(site, way, APART, lambda: answer_all(docket, scale.spacing_seconds)),
            _row(site, way, AT_ONCE, lambda: answer_all(docket)),
            _row(site, way, PROMPT, lambda: answer_promptly(site, prompt_leads)),
        ]


def _apart(scale: Scale, kind: str, way: Way) -> list[Row]:
    """Measure answers a fixed time apart."""
    with open_site(way, kind) as site:
        docket = suspend(site, scale.few_leads)
        return [_row(site, way, APART, lambda: answer_all(docket, scale.spacing_seconds))]


def _row(site: Site, way: Way, manner: str, answer: Callable[[], list[Sent]]) -> Row:
    """Answer, wait until all is quiet, and read the times from the history of states."""
    before = _unavailable(site)
    sent = answer()
    times = step_seconds(site, sent)
    refused = sum(each.refused for each in sent)
    row: Row = {"answers": manner, "count": len(times), **spread(times), "refused": refused}
    # The other servers do not note what they answer.
    return row | ({"answered_503": _unavailable(site) - before} if way == OURS_ON_STOCK else {})


def _unavailable(site: Site) -> int:
    """Return how often the server noted that it answered 503; Prefect's client waits seconds after each."""
    return site.server.log.read_text("utf-8").count('" 503')


def figures(rows: list[Row]) -> list[Figure]:
    """Set our times against the better stock way of the same run, at its best settings where one got there.

    A way that lost an answer or was refused for minutes has no time; where all have failed, none is made up.
    """
    found = []
    for ours in pick(rows, "p50_s", way=OURS.name):
        manner, kind = str(ours["answers"]), str(ours["database"])
        stock = [
            [row for way in ways for row in pick(rows, "p50_s", way=way.name, database=kind, answers=manner)]
            for ways in (BEST_STOCK, DEFAULT_STOCK)
        ]
        peers = next(filter(None, stock), [])
        found.append(_figure(ours, min(peers, key=lambda row: row["p50_s"], default=None)))
    return found


def _figure(ours: Row, peer: Row | None) -> Figure:
    """Return one figure with what was to be reached."""
    p50, p95, manner = float(ours["p50_s"]), float(ours["p95_s"]), str(ours["answers"])
    ratio = ratio_of(float(peer["p50_s"]), p50) if peer else None
    goal = "p95 ≤ 2 s"
    reached: bool | None = p95 <= 2
    if manner == APART:
        goal = "p50 ≤ 0.6 s, p95 ≤ 1.5 s, ratio ≥ 10"
        reached = p50 <= 0.6 and p95 <= 1.5 and ratio is not None and ratio >= 10
        if peer is None or peer["way"] not in {way.name for way in BEST_STOCK}:
            # The ratio counts against a stock way at its best settings, and none got there.
            reached = None if p50 <= 0.6 and p95 <= 1.5 else False
    return Figure(
        name=f"answer → next step suspended, answers {manner}: p50 / p95",
        database=str(ours["database"]),
        ours=f"{p50:.2f} / {p95:.2f} s",
        peer=f"{peer['p50_s']:.2f} / {peer['p95_s']:.2f} s" if peer else "failed",
        peer_name=str(peer["way"]) if peer else "every stock way",
        ratio=ratio,
        ratio_means="times faster at p50",
        goal=goal,
        reached=reached,
    )
