"""Benchmark 15: how many runs to execute at once, and what a step costs server and worker then."""

import time
from dataclasses import replace

from answering import answer_all, quiet, step_seconds, warm_up
from databases import POSTGRESQL
from figures import Figure, Row, each_cell, percentile, pick, ratio_of
from leads import Docket, register
from processes import cpu_seconds
from scale import Scale
from sites import Site, open_site
from ways import OURS, Way

from deployments.installation.settings import load_settings

_PEER = 2
_GOAL_SECONDS = 0.45
# What a log says of a database that was too busy, whoever met it.
_REFUSALS = ("database is locked", "503 Service Unavailable")


def measure(scale: Scale) -> list[Row]:
    """Start leads, answer all of them at once and some one by one, with each number of runs at once."""
    return [
        row
        for runs in scale.runs_at_once
        for row in each_cell(scale.databases, (OURS,), lambda kind, way: [_cell(scale, runs, kind, way)])  # noqa: B023 - called at once
    ]


def _cell(scale: Scale, runs: int, kind: str, way: Way) -> Row:
    """Measure one number of runs at once on one kind of database, with one crowd of leads."""
    with open_site(way, kind, runs_at_once=runs) as site:
        warm_up(site)
        docket = register(site, scale.small_burst)
        begun = time.monotonic()
        docket.start()
        quiet(site)
        started = time.monotonic() - begun
        row: Row = {"runs_at_once": runs, "leads": len(docket.numbers), "all_wait_s": round(started, 1)}
        row |= _burst(site, docket) | _lone(site, docket, scale)
        logs = "".join(process.log.read_text(encoding="utf-8") for process in (site.server, site.executor))
        return {**row, "too_busy": sum(logs.count(words) for words in _REFUSALS)}


def _burst(site: Site, docket: Docket) -> Row:
    """Answer all leads at once, and weigh what server and worker use for it."""
    before = {leader: cpu_seconds(leader) for leader in (site.server.pid, site.executor.pid)}
    sent = answer_all(docket)
    waited = step_seconds(site, sent)
    used = {leader: (cpu_seconds(leader) - before[leader]) / len(sent) for leader in before}
    first = min(each.at for each in sent)
    last = max(each.at + seconds for each, seconds in zip(sent, waited, strict=True))
    return {
        "last_step_s": round(last - first, 1),
        "server_cpu_s_a_step": round(used[site.server.pid], 3),
        "worker_cpu_s_a_step": round(used[site.executor.pid], 3),
        "refused": sum(each.refused for each in sent),
    }


def _lone(site: Site, docket: Docket, scale: Scale) -> Row:
    """Answer some of the leads a fixed time apart: nobody else is being served."""
    few = replace(docket, numbers=docket.numbers[: scale.few_leads])
    waited = step_seconds(site, answer_all(few, scale.spacing_seconds))
    return {f"lone_p{share}_s": round(percentile(waited, share / 100), 3) for share in (50, 95)}


def figures(rows: list[Row]) -> list[Figure]:
    """Set the number of runs at once that is the default against two."""
    found = []
    for ours in pick(rows, "last_step_s", way=OURS.name):
        kind = str(ours["database"])
        peers = [row for row in pick(rows, "last_step_s", database=kind) if row["runs_at_once"] == _PEER]
        if peers and ours["runs_at_once"] == load_settings({}).concurrency:
            found += [_burst_figure(ours, peers[0]), _cost_figure(ours, peers[0])]
    return found


def _burst_figure(ours: Row, peer: Row) -> Figure:
    """Return how long a burst takes."""
    return Figure(
        name=f"{ours['leads']} answers at once: until the last next step",
        database=str(ours["database"]),
        ours=f"{ours['last_step_s']} s ({ours['runs_at_once']} runs at once)",
        peer=f"{peer['last_step_s']} s",
        peer_name=f"{_PEER} runs at once",
        ratio=ratio_of(float(peer["last_step_s"]), float(ours["last_step_s"])),
        ratio_means="times as fast",
    )


def _cost_figure(ours: Row, peer: Row) -> Figure:
    """Return what a step costs server and worker together."""
    mine, other = (
        float(row["server_cpu_s_a_step"]) + float(row["worker_cpu_s_a_step"]) for row in (ours, peer)
    )
    goal = ours["database"] == POSTGRESQL
    return Figure(
        name="processor time of a step, server and worker together",
        database=str(ours["database"]),
        ours=f"{mine:.2f} s ({ours['runs_at_once']} runs at once)",
        peer=f"{other:.2f} s",
        peer_name=f"{_PEER} runs at once",
        ratio=ratio_of(mine, other),
        ratio_means="times as much",
        goal=f"≤ {_GOAL_SECONDS} s" if goal else "",
        reached=mine <= _GOAL_SECONDS if goal else None,
    )
