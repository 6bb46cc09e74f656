"""Benchmark 5: memory and processor time of a system in which nothing happens but waiting."""

import csv
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from databases import SQLITE, Addresses
from figures import Figure, Row, each_cell, pick, ratio_of
from prefect_server import PrefectServer
from processes import MARK, Process, cpu_seconds, end_marked, marked, memory_mb, role_of
from programs import PROGRAMS
from scale import Scale
from sites import open_site, settings_of, until
from ways import PROCESS_DEFAULT, Way

from deployments.installation.settings import Settings
from deployments.processes.environment import child_environment
from tasks.runs.prefect_api import CARRY_MATTER

_SETTLE_SECONDS = 20
_SUSPEND_SECONDS = 3600
_STARTED = "系统已启动"
UP = Way("zero137 up", "ours", "in-process")
STOCK = Way("stock server and process worker, no runs", "stock", "process", PROCESS_DEFAULT.settings)


def measure(scale: Scale) -> list[Row]:
    """Watch a system with many leads, the same with a few, and the stock programs without any run."""
    rows: list[Row] = []
    for leads in dict.fromkeys((scale.parked, scale.few_parked)):
        rows += each_cell([SQLITE], [UP], partial(_parked, scale, leads))
    return rows + each_cell([SQLITE], [STOCK], lambda kind, way: _stock(scale, kind, way))


def _parked(scale: Scale, leads: int, kind: str, way: Way) -> list[Row]:
    """Watch the whole system as ``zero137 up`` starts it with its own databases."""
    del kind, way
    with _up() as (settings, environment, supervisor):
        begun = time.monotonic()
        file = _leads_file(settings.home, leads)
        command = PROGRAMS / "zero137"
        subprocess.run(
            [command, "lead", "import", file], env=dict(environment), check=True, capture_output=True
        )
        imported = time.monotonic() - begun
        prefect = PrefectServer(settings.api.url)
        until(lambda: not prefect.under_way(CARRY_MATTER), supervisor, "all leads wait", _SUSPEND_SECONDS)
        parked = time.monotonic() - begun
        suspended = len(prefect.waits(CARRY_MATTER))
        prefect.close()
        children = {role_of(pid): pid for pid in marked(str(settings.home)) if role_of(pid)}
        told: Row = {
            "leads": leads, "suspended": suspended, "imported_s": round(imported), "parked_s": round(parked),
        }  # fmt: skip
        return [told | row for row in _watch(scale, {"supervisor": supervisor.pid, **children})]


@contextmanager
def _up() -> Iterator[tuple[Settings, Mapping[str, str], Process]]:
    """Start ``zero137 up`` in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        settings = settings_of(Path(folder), Addresses())
        ours = {
            key: value for key, value in child_environment(settings).items() if not key.startswith("PREFECT_")
        }
        environment = {**ours, MARK: folder}
        log = Path(folder) / "up.log"
        try:
            with Process([PROGRAMS / "zero137", "up"], environment, log) as up:
                until(lambda: _STARTED in log.read_text(encoding="utf-8"), up, "the system has started")
                yield settings, environment, up
        finally:
            end_marked(folder)


def _leads_file(folder: Path, leads: int) -> Path:
    """Write a file of fictional leads."""
    path = folder / "parked.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["标题", "事实情况", "来源层级"])
        for position in range(1, leads + 1):
            writer.writerow([f"某部门第{position}号办事指南增设前置条件", "要求另行提供证明材料。", "省"])
    return path


def _stock(scale: Scale, kind: str, way: Way) -> list[Row]:
    """Watch the stock programs, which carry nothing."""
    with open_site(way, kind) as site:
        return _watch(scale, {"server": site.server.pid, "worker": site.executor.pid})


def _watch(scale: Scale, leaders: Mapping[str, int]) -> list[Row]:
    """Let the system come to rest, then note what each process uses while nothing happens."""
    time.sleep(_SETTLE_SECONDS)
    before = {role: cpu_seconds(pid) for role, pid in leaders.items()}
    time.sleep(scale.idle_seconds)
    return [
        {
            "process": role, "pss_mb": round(memory_mb(pid)), "rss_mb": round(memory_mb(pid, "Rss")),
            "cpu_s": round(cpu_seconds(pid) - before[role], 2), "watched_s": scale.idle_seconds,
        }
        for role, pid in sorted(leaders.items())
    ]  # fmt: skip


def figures(rows: list[Row]) -> list[Figure]:
    """Set the full system against the nearly empty one and against the stock programs."""
    ours = [row for row in pick(rows, "pss_mb", way=UP.name) if "leads" in row]
    if not ours:
        return []
    most, least = max(int(row["leads"]) for row in ours), min(int(row["leads"]) for row in ours)
    many, few = ([row for row in ours if row["leads"] == leads] for leads in (most, least))
    peers = ((few, f"the same with {least}"), (pick(rows, "pss_mb", way=STOCK.name), STOCK.name))
    return [
        _figure(f"{what} of an idle system, {most} parked leads", key, unit, many, peer, name)
        for key, what, unit in (("pss_mb", "memory", "MB"), ("cpu_s", "processor time", "s"))
        for peer, name in peers
        if peer and peer != many
    ]


def _figure(name: str, key: str, unit: str, many: list[Row], peer: list[Row], peer_name: str) -> Figure:
    """Return one figure over all processes of a system."""
    ours, other = (round(sum(float(row[key]) for row in rows), 2) for rows in (many, peer))
    over = f" in {many[0]['watched_s']:.0f} s" if key == "cpu_s" else ""
    return Figure(
        name=name, database=SQLITE, ours=f"{ours:g} {unit}{over}", peer=f"{other:g} {unit}{over}",
        peer_name=peer_name, ratio=ratio_of(ours, other), ratio_means="times as much",
    )  # fmt: skip
