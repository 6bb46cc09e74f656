"""The files for Prometheus: the figures they ask for are figures the server tells."""

import re
from typing import Any

import pytest
import yaml
from harness.deployment_files import FOLDER, check_command

from deployments.installation.settings import Settings
from models.matters.vocabulary import Signal
from models.messages.vocabulary import Delivery
from tasks.workplace import Workplace

MONITORING = FOLDER / "monitoring"
RULES: list[Any] = yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))["groups"][0][
    "rules"
]
ASKED = {name for rule in RULES for name in re.findall(r"\bzero137_\w+", rule["expr"])}


def test_every_figure_that_is_asked_for_is_told(place: Workplace) -> None:
    """Also where there is nothing yet to tell: a figure is described before it has a value."""
    metrics = pytest.importorskip("deployments.server.metrics")
    told = re.findall(r"^# TYPE (\w+)", metrics.exposition(place).decode(), re.MULTILINE)
    assert set(told) >= ASKED


def test_every_alert_says_what_is_wrong_and_what_to_do() -> None:
    """In Chinese, for whoever is woken; each under a name of its own, with values that exist."""
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert set(rule["annotations"]) == {"summary", "action"}
        assert rule["labels"]["severity"] in {"critical", "warning"}
        for command in re.findall(r"zero137 ([a-z][^；，。]*)", rule["annotations"]["action"]):
            check_command(command)
    expressions = " ".join(rule["expr"] for rule in RULES)
    assert set(re.findall(r'status="(\w+)"', expressions)) <= {each.value for each in Delivery}
    assert set(re.findall(r'signal="(\w+)"', expressions)) <= {each.value for each in Signal}


def test_the_figures_are_fetched_from_the_server_with_its_password() -> None:
    """At the path and port it has, the secret in a file."""
    configuration = yaml.safe_load((MONITORING / "prometheus.yml").read_text(encoding="utf-8"))
    (job,) = configuration["scrape_configs"]
    assert job["metrics_path"] == "/metrics"
    assert job["static_configs"][0]["targets"] == [f"127.0.0.1:{Settings().port}"]
    assert "password" not in job["basic_auth"]
    assert all((MONITORING / name).is_file() for name in configuration["rule_files"])
    assert {job["job_name"]} == set(re.findall(r'job="(\w+)"', " ".join(rule["expr"] for rule in RULES)))
