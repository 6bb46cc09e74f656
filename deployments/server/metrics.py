"""The figures as Prometheus reads them: counted anew for each scrape, so that every server tells the same."""

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import TypeVar

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from models.codes import Outcome
from models.files.vocabulary import FileFault
from models.messages.vocabulary import Delivery
from models.runs.vocabulary import RunFault
from tasks.upkeep.figures import Figures, read_figures
from tasks.workplace import Workplace

_Label = TypeVar("_Label", bound=str)

CONTENT_TYPE = CONTENT_TYPE_LATEST
_OUTCOMES = (Outcome.RECTIFIED, Outcome.UNSUBSTANTIATED)
_UNDELIVERED = (Delivery.CREATED, Delivery.SENDING, Delivery.FAILED, Delivery.GIVEN_UP)


def exposition(place: Workplace) -> bytes:
    """Return the figures of this moment in the text format of Prometheus."""
    collected = CollectorRegistry(auto_describe=False)
    collected.register(_Told(read_figures(place, place.clock())))
    return generate_latest(collected)


class _Told(Collector):
    """Figures as metrics. A series that is not there has nothing to tell: no patrol yet, nothing waits."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """Give the metrics, always in the same order."""
        figures = self._figures
        yield _labelled("zero137_info", "程序的版本", "version", {version("zero137"): 1})
        yield _owed(figures)
        yield _gauge("zero137_leads_open", "在办事项数", figures.matters.get(None, 0))
        ended = {outcome: count for outcome, count in figures.matters.items() if outcome is not None}
        closed = {**dict.fromkeys(_OUTCOMES, 0), **ended}
        yield _labelled("zero137_leads_closed", "已办结事项数，按结果", "outcome", closed)
        messages = {status: figures.messages.get(status, 0) for status in _UNDELIVERED}
        yield _labelled(
            "zero137_messages_undelivered",
            "未交付渠道的消息数，按状态；given_up 为已停止发送",
            "status",
            messages,
        )
        yield _gauge(
            "zero137_messages_oldest_age_seconds", "最早一条待发消息已等待的秒数", figures.oldest_message
        )
        yield _gauge("zero137_patrol_age_seconds", "距上一次完整巡查的秒数", figures.patrolled)
        yield _repairs(figures)
        yield _gauge("zero137_ledger_entries", "台账记录数", figures.entries)
        yield _gauge("zero137_seal_age_seconds", "距上一次封存台账的秒数", figures.sealed)
        faulty = {fault: figures.faulty_files.get(fault, 0) for fault in FileFault}
        yield _labelled("zero137_stored_files_faulty", "上次核对时有误的存档文件数，按问题", "fault", faulty)
        yield _gauge(
            "zero137_informant_keys_faulty",
            "上一次完整巡查时举报人信息的密钥是否不可用，1 为不可用",
            figures.keys_faulty,
        )


def _owed(figures: Figures) -> Metric:
    """Return how many answers are owed."""
    owed = GaugeMetricFamily(
        "zero137_leads_owed",
        "等待反馈的事项数，按主管单位、环节和信号（normal 正常、near 临期、overdue 逾期）",
        labels=("authority", "step", "signal"),
    )
    for labels, count in sorted(figures.owed.items()):
        owed.add_metric(labels, count)
    return owed


def _repairs(figures: Figures) -> Metric:
    """Return how often runs were repaired; the ledger only grows, so it is a counter."""
    repairs = CounterMetricFamily("zero137_run_repairs", "修复承办运行的次数，按问题", labels=("fault",))
    for fault in RunFault:
        repairs.add_metric((fault,), figures.repairs.get(fault, 0))
    return repairs


def _gauge(name: str, told: str, value: float | None) -> Metric:
    """Return a figure, without a sample where there is none."""
    gauge = GaugeMetricFamily(name, told)
    if value is not None:
        gauge.add_metric((), value)
    return gauge


def _labelled(name: str, told: str, label: str, values: Mapping[_Label, int]) -> Metric:
    """Return a figure for each value of a label."""
    gauge = GaugeMetricFamily(name, told, labels=(label,))
    for each, value in values.items():
        gauge.add_metric((each,), value)
    return gauge
