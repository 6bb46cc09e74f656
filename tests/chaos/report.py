"""What a trial prints at its end: kills by target and phase, repairs, and the table of invariants."""

from collections import Counter

from chaos.invariants import Invariant
from chaos.journal import Journal
from chaos.victim import Victim
from sqlalchemy import text
from sqlmodel import col, select

from deployments.cli.frame import table
from models.matters.tables import Matter
from models.record.tables import LedgerEntry
from models.runs.vocabulary import RunFault, RunRepair
from tasks.conduct.steps import peek_step
from tasks.workplace import Workplace

_SHOWN = 5


def describe(
    place: Workplace, journal: Journal, invariants: list[Invariant], command: str, seconds: float
) -> str:
    """Return the report; one that tells of a failure ends with the command that repeats the trial."""
    lost = "已删除一次" if journal.database_lost else "未删除"
    parts = [
        "",
        f"击杀 {len(journal.kills)} 次，Prefect 数据库{lost}，用时 {seconds:.0f} 秒",
        _kills(journal),
        "",
        _repairs(place),
        "",
        *_observations(place, journal),
        "",
        table(
            ("不变量", "核对", "结果"), [(i.name, i.counted, "ok" if i.holds else "✗") for i in invariants]
        ),
    ]
    for invariant in invariants:
        parts += [f"✗ {invariant.name}：{fault}" for fault in invariant.wrong[:_SHOWN]]
        if len(invariant.wrong) > _SHOWN:
            parts.append(f"✗ {invariant.name}：……共{len(invariant.wrong)}处")
    if not all(invariant.holds for invariant in invariants):
        parts += ["", f"不变量未全部满足。复现：{command}"]
    return "\n".join(parts)


def describe_stuck(place: Workplace, victim: Victim) -> str:
    """Return every open lead with what comes next and the state of its run."""
    with place.reading() as session:
        matters = session.exec(
            select(Matter).where(col(Matter.outcome).is_(None)).order_by(col(Matter.id))
        ).all()
    serving = victim.serving()
    told = []
    for matter in matters:
        run = victim.api(f"/flow_runs/{matter.flow_run_id}") if serving and matter.flow_run_id else None
        state = (
            f"{run['state_type']}（{run['state']['name']}）" if run else "没有运行" if serving else "服务离线"
        )
        step = type(peek_step(place, matter.number, place.clock())).__name__
        told.append(f"{matter.number} 下一步{step} 运行{matter.flow_run_id} {state}")
    return "；".join(told)


def _kills(journal: Journal) -> str:
    """Return the kills by target, phase and signal."""
    counted = Counter((kill.target, kill.phase, kill.signal) for kill in journal.kills)
    places = sorted({(target, phase) for target, phase, _ in counted})
    rows = [
        (target, phase, *(counted[target, phase, signal] for signal in ("SIGKILL", "SIGTERM")))
        for target, phase in places
    ]
    return table(("对象", "当时在做", "SIGKILL", "SIGTERM"), rows)


def _repairs(place: Workplace) -> str:
    """Return what the system repaired by itself, as its ledger tells."""
    with place.reading() as session:
        entries = session.exec(
            select(LedgerEntry.detail).where(col(LedgerEntry.kind) == "run_repaired")
        ).all()
    counted = Counter((RunFault(entry["fault"]).label, RunRepair(entry["repair"]).label) for entry in entries)
    rows = [(*repair, number) for repair, number in sorted(counted.items())]
    return table(("承办运行的问题", "系统的处理", "次数"), rows or [("无", "", 0)])


def _observations(place: Workplace, journal: Journal) -> list[str]:
    """Return how the crowd worked and how the supervisor ended, for whoever reads on."""
    with place.reading() as session:
        channels = session.connection().execute(text("SELECT channel, count(*) FROM answer GROUP BY channel"))
        ways = "，".join(f"{channel} {count}" for channel, count in channels)
    codes = "，".join(f"{code}×{count}" for code, count in sorted(journal.commands.items()))
    ends = [f"up 退出并重新启动：{end} ×{count}" for end, count in sorted(journal.ends_of_up.items())]
    operator = f"操作员核对运行：{journal.reconciled} 次（其中收尾 1 次）"
    return [f"反馈途径：{ways or '无'}", f"命令退出码：{codes or '无'}", operator, *ends]
