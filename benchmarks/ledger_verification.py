"""Benchmark 12: the ledger of very many leads sealed, verified and proven, against reading it by SQL."""

import hashlib
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path
from statistics import median

from figures import Figure, Row, each_cell, pairs, ratio_of
from many_leads import fill_many
from scale import Scale
from sites import open_facts
from sqlalchemy import text
from ways import NOBODY, Way

from deployments.installation.opening import open_workplace
from deployments.installation.settings import Settings
from tasks.audit.proofs import proof_of
from tasks.audit.verification import verify_ledger
from tasks.database import streaming
from tasks.record.seals import seal_ledger
from tasks.workplace import Workplace

OURS, BARE, FEW = "verified", "plain SQL and SHA-256", "verified, a tenth"
_ROUNDS = 3

# What a process found: how long it took, and the most memory it held, in MB.
Found = tuple[float, float]


def measure(scale: Scale) -> list[Row]:
    """Fill, seal, then verify and read in turn, each time in a new process."""

    def measure_kind(kind: str, way: Way) -> list[Row]:
        del way
        few = [
            _row(FEW, scale.many_leads // 10 or 1, _measured(kind, scale.many_leads // 10 or 1, _verify)[1])
        ]
        seconds, found = _measured(kind, scale.many_leads, _verify, _read)
        return [
            *few,
            _row(OURS, scale.many_leads, found[:_ROUNDS]) | seconds,
            _row(BARE, scale.many_leads, found[_ROUNDS:]),
        ]

    return each_cell(scale.databases, [NOBODY], measure_kind)


def _measured(
    kind: str, leads: int, *deeds: Callable[[Workplace], None]
) -> tuple[dict[str, float], list[Found]]:
    """Return how long sealing and a proof take, and what each deed took in each of its rounds."""
    with open_facts(kind) as place:
        fill_many(place, leads)
        begun = time.perf_counter()
        seal_ledger(place, "规则", place.clock())
        sealed = time.perf_counter()
        proof = proof_of(place, place.policy.numbering.key_of(2026, leads // 2), "规则", place.clock())
        told = {
            "seal_s": round(sealed - begun, 2), "proof_s": round(time.perf_counter() - sealed, 2),
            "proof_kb": round(len(proof.encode()) / 1024, 1),
        }  # fmt: skip
        settings = Settings(
            home=place.home, database_url=place.engine.url.render_as_string(hide_password=False)
        )
        found: list[list[Found]] = [[] for _ in deeds]
        for _ in range(_ROUNDS):
            for index, deed in enumerate(deeds):
                found[index].append(_in_a_process(settings, deed))
    return told, [one for rounds in found for one in rounds]


def _in_a_process(settings: Settings, deed: Callable[[Workplace], None]) -> Found:
    """Do something in a new process, whose memory nothing else has touched."""
    context = get_context("spawn")
    told = context.Queue()
    child = context.Process(target=_work, args=(settings, deed, told))
    child.start()
    found: Found = told.get(timeout=600)
    child.join()
    return found


def _work(settings: Settings, deed: Callable[[Workplace], None], told: "Queue[Found]") -> None:
    """Do it and tell what it took."""
    place = open_workplace(settings)
    begun = time.perf_counter()
    deed(place)
    seconds = time.perf_counter() - begun
    place.close()
    told.put((seconds, _peak_mb()))


def _peak_mb() -> float:
    """Return the most memory this process held; the usual count of a child begins with its parent's."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _verify(place: Workplace) -> None:
    """Verify the whole ledger."""
    verify_ledger(place)


def _read(place: Workplace) -> None:
    """Read the same rows in the same order and digest each of them, whatever it says."""
    query = text(
        "SELECT stream, sequence, at, kind, actor, summary, CAST(detail AS TEXT), hash"
        " FROM ledgerentry ORDER BY stream, sequence"
    )
    with place.reading() as session, streaming(session, query) as rows:
        for row in rows:
            hashlib.sha256("\0".join(map(str, row)).encode()).hexdigest()


def _row(way: str, leads: int, found: list[Found]) -> Row:
    """Return the medians of one way."""
    return {
        "way": way, "leads": leads, "median_s": round(median(seconds for seconds, _ in found), 2),
        "peak_mb": round(median(memory for _, memory in found)),
    }  # fmt: skip


def figures(rows: list[Row]) -> list[Figure]:
    """Set verifying against reading, and the memory of many leads against that of a tenth of them."""
    found = []
    for mine, bare in pairs(rows, "median_s", OURS, BARE):
        found.append(
            Figure(
                name=f"ledger of {mine['leads']:,} leads with ten entries each verified",
                database=str(mine["database"]), ours=f"{mine['median_s']:.1f} s",
                peer=f"{bare['median_s']:.1f} s", peer_name=BARE,
                ratio=ratio_of(float(mine["median_s"]), float(bare["median_s"])),
                ratio_means="times as long",
            )
        )  # fmt: skip
    for mine, few in pairs(rows, "peak_mb", OURS, FEW):
        found.append(
            Figure(
                name=f"memory of verifying {mine['leads']:,} leads",
                database=str(mine["database"]), ours=f"{mine['peak_mb']} MB", peer=f"{few['peak_mb']} MB",
                peer_name=f"the same with {few['leads']:,}",
                ratio=ratio_of(float(mine["peak_mb"]), float(few["peak_mb"])), ratio_means="times as much",
            )
        )  # fmt: skip
    return found
