"""Benchmark 2: whole life cycles per second, four human waits each, answered as soon as they wait."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from answering import quiet, suspend
from figures import Figure, Row, each_cell, pairs, ratio_of
from leads import PERSON, register
from prefect_server import Wait, moment_of, wait_of
from scale import Scale
from sites import Site, open_site
from ways import FOUR_WAITS, OURS, SERVE, Way

from tasks.runs.prefect_api import CARRY_MATTER

_CONNECTIONS = 10
_LOOK_SECONDS = 0.5
_MOST_SECONDS = 1800
_GOAL = 5
PLAIN = Way("plain flow, " + SERVE.name, SERVE.server, SERVE.executor, SERVE.settings)
Form = Callable[[Wait], Mapping[str, str]]


def measure(scale: Scale) -> list[Row]:
    """Measure ours with our flow and ``serve()`` with the plain one."""
    rows = each_cell(scale.databases, (OURS,), lambda kind, way: _ours(scale, kind, way))
    return rows + each_cell(scale.databases, (PLAIN,), lambda kind, way: _plain(scale, kind, way))


def _ours(scale: Scale, kind: str, way: Way) -> list[Row]:
    """Carry leads from their start to their closure."""
    with open_site(way, kind) as site:
        suspend(site, 0)
        docket = register(site, scale.cycles)
        return [_drive(site, CARRY_MATTER, docket.start, docket.numbers, docket.form)]


def _plain(scale: Scale, kind: str, way: Way) -> list[Row]:
    """Carry plain runs through four waits."""
    with open_site(way, kind, flow=FOUR_WAITS) as site:
        prefect = site.prefect
        deployment = prefect.ask(f"/deployments/name/{FOUR_WAITS}/{FOUR_WAITS}")["id"]

        def start(*numbers: str) -> None:
            for number in numbers:
                body = {"parameters": {"number": number}}
                prefect.ask(f"/deployments/{deployment}/create_flow_run", body)

        start("first")
        quiet(site, FOUR_WAITS)
        numbers = tuple(f"run-{position}" for position in range(scale.few_cycles))
        return [_drive(site, FOUR_WAITS, lambda: start(*numbers), numbers, lambda _: {"person": PERSON})]


def _drive(site: Site, flow: str, start: Callable[[], None], numbers: tuple[str, ...], form: Form) -> Row:
    """Start all, answer every wait when it is seen, and stop when all have ended."""
    begun = time.time()
    start()
    ended, refused = _answer_until_ended(site, flow, numbers, form)
    seconds = max(ended) - begun
    return {
        "cycles": len(numbers), "seconds": round(seconds, 1),
        "cycles_per_second": round(len(numbers) / seconds, 3), "refused": refused,
    }  # fmt: skip


def _answer_until_ended(
    site: Site, flow: str, numbers: tuple[str, ...], form: Form
) -> tuple[list[float], int]:
    """Answer until all runs have completed; returns when each did and how many answers were refused."""
    prefect = site.prefect
    answered: set[tuple[str, str]] = set()
    sending = []
    deadline = time.monotonic() + _MOST_SECONDS
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        while time.monotonic() < deadline:
            runs = [run for run in prefect.runs(flow) if run["parameters"]["number"] in numbers]
            for run in runs:
                if run["state_name"] != "Suspended":
                    continue
                wait = wait_of(run)
                if (wait.run_id, wait.key) not in answered:
                    answered.add((wait.run_id, wait.key))
                    sending.append(pool.submit(prefect.resume, wait, form(wait)))
            ended = [moment_of(run["end_time"]) for run in runs if run["state_type"] == "COMPLETED"]
            if len(ended) == len(numbers):
                return ended, sum(each.result().refused for each in sending)
            site.check_alive()
            time.sleep(_LOOK_SECONDS)
    states = sorted({f"{run['state_name']}: {run['state']['message']}" for run in runs})
    raise TimeoutError(f"{len(ended)} of {len(numbers)} have ended; states {states}")


def figures(rows: list[Row]) -> list[Figure]:
    """Set our rate against the plain flow's."""
    return [_figure(ours, peer) for ours, peer in pairs(rows, "cycles_per_second", OURS.name, PLAIN.name)]


def _figure(ours: Row, peer: Row) -> Figure:
    """Return one figure."""
    mine, other = float(ours["cycles_per_second"]), float(peer["cycles_per_second"])
    ratio = ratio_of(mine, other)
    return Figure(
        name=f"life cycles per second, four waits each, {ours['cycles']} leads",
        database=str(ours["database"]),
        ours=f"{mine:.2f}/s",
        peer=f"{other:.2f}/s",
        peer_name=f"{PLAIN.name}, {peer['cycles']} runs",
        ratio=ratio,
        ratio_means="times as many",
        goal=f"ratio ≥ {_GOAL}",
        reached=ratio is not None and ratio >= _GOAL,
    )
