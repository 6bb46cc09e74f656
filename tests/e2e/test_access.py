"""A system behind a login: one lead from end to end, and what everybody else is told."""

import base64
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from conftest import Lacking
from harness.running_system import System
from playwright.sync_api import ConsoleMessage, Page, expect
from prometheus_client.parser import text_string_to_metric_families

pytestmark = pytest.mark.e2e
USER, PASSWORD = "office", "vier-woerter-in-reihe-137"
INFORMANT_KEY = base64.urlsafe_b64encode(b"0137" * 8).decode()
PROVEN = ("--explanation", "经核查，相关前置条件没有法律法规依据，现已取消并向社会公布。", "--evidence")


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory, lacking: Lacking) -> Iterator[System]:
    """A system that asks for a login and has keys of informants, with one lead handed over."""
    if not Path("/proc/self/environ").exists():
        lacking("the processes of a system are told apart by /proc, which this machine lacks")
    home = tmp_path_factory.mktemp("locked") / "home"
    running = System(home, auth=f"{USER}:{PASSWORD}", informant_key=INFORMANT_KEY)
    try:
        running.up()
        yield running
    finally:
        running.close()


def test_a_lead_is_conducted_behind_a_login(locked: System, proof: Path) -> None:
    """Worker, commands and patrol know the login, and none of them leaves it or a key anywhere."""
    number = locked.json("lead", "add", "--title", "违规设置条件", "--facts", "招标文件另设条件。")["number"]
    locked.await_step(number, "待移交")
    locked.answer(number, "移交", "发改局", "--authority", "住建局")
    locked.await_step(number, "待签收")
    locked.answer(number, "签收", "住建局")
    locked.await_step(number, "待核查")
    locked.answer(number, "核查", "住建局", "--finding", "不属实", *PROVEN, proof)
    locked.await_step(number, "待验收")
    locked.answer(number, "验收", "发改局", "--verdict", "通过")
    locked.await_step(number, "不属实办结")
    locked.start("巡查")
    assert len(locked.json("status")["workers"]) == 1
    found = figures(locked)
    assert found["zero137_leads_closed{unsubstantiated}"] == 1
    assert found["zero137_patrol_age_seconds{}"] < 60
    assert found["zero137_informant_keys_faulty{}"] == 0
    secrets = (PASSWORD, base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode(), INFORMANT_KEY)
    kept = [path for path in locked.home.rglob("*") if path.is_file()]
    kept.append(locked.home.with_suffix(".up.log"))
    assert {path.name for path in kept} >= {"zero137.db", "prefect.db", "server.log", "worker.log"}
    telling = [path for path in kept for secret in secrets if secret.encode() in path.read_bytes()]
    assert telling == []


def figures(system: System) -> dict[str, float]:
    """Return what Prometheus reads, by name and values of labels."""
    reply = httpx.get(f"http://127.0.0.1:{system.port}/metrics", auth=(USER, PASSWORD), trust_env=False)
    families = text_string_to_metric_families(reply.text)
    samples = [sample for family in families for sample in family.samples]
    return {f"{sample.name}{{{','.join(sample.labels.values())}}}": sample.value for sample in samples}


@pytest.mark.parametrize("auth", ["", f"{USER}:{PASSWORD}x"])
def test_a_command_with_another_login_says_what_to_set(locked: System, auth: str) -> None:
    """One sentence and the exit code of a server that cannot be reached."""
    other = System(locked.home, locked.port, auth=auth)
    try:
        for command in (("status",), ("reconcile", "--dry-run")):
            done = other.run(*command, check=False)
            assert (done.returncode, done.stdout) == (10, "")
            assert "ZERO137_AUTH" in done.stderr
            assert len(done.stderr.splitlines()) == 1
    finally:
        other.close()


def test_strangers_are_told_nothing(locked: System) -> None:
    """Neither leads nor figures, exports nor events; only that the system lives and is ready."""
    with httpx.Client(base_url=f"http://127.0.0.1:{locked.port}", trust_env=False) as stranger:
        for path in ("/api/flow_runs/count", "/api/admin/settings", "/metrics", "/exports/台账.csv"):
            method = "POST" if "flow_runs" in path else "GET"
            for auth in (None, (USER, PASSWORD + "x")):
                assert stranger.request(method, path, auth=auth).status_code == 401, path
        assert stranger.get("/health").is_success
        ready = stranger.get("/ready")
        assert ready.json() == {"facts": "ok", "conduct": "ok", "store": "ok"}
        assert "server" not in ready.headers
        assert stranger.get("/", headers={"Origin": "http://evil.example.org"}).status_code == 403


@pytest.mark.browser
def test_the_ui_asks_for_the_login_once_and_works_under_the_content_policy(
    locked: System, page: Page
) -> None:
    """Old and new UI: nothing they need is refused, and nothing leaves for another machine."""
    base = f"http://127.0.0.1:{locked.port}"
    told: list[str] = []
    page.on("console", lambda message: told.append(_line(message)))
    page.goto(f"{base}/runs")
    page.locator("input").first.fill(f"{USER}:{PASSWORD}")
    page.keyboard.press("Enter")
    expect(page.get_by_text("违规设置条件").or_(page.get_by_text("侯线")).first).to_be_visible()
    page.locator("a[href*='/runs/flow-run/']").first.click()
    expect(page.locator("canvas").first).to_be_visible()
    page.goto(f"{base}/artifacts/key/zero-board")
    expect(page.get_by_text("清零看板").first).to_be_visible()
    page.goto(f"{base}/v2/runs")
    expect(page.get_by_text("侯线").first).to_be_visible()
    refused = [line for line in told if "Content Security Policy" in line]
    # Prefect's new UI would report to its maker whatever is set; the policy does not let it.
    assert [line for line in refused if "amplitude.com" not in line] == []


def _line(message: ConsoleMessage) -> str:
    """Return what the browser complains of."""
    return f"{message.type}: {message.text}"


@pytest.mark.parametrize("command", ["up", "init"])
def test_no_system_is_opened_to_the_network_without_a_login(tmp_path: Path, command: str) -> None:
    """The refusal is one sentence, and nothing listens."""
    refused = System(tmp_path / "home", host=f"{0}.0.0.0")
    done = refused.run(command, check=False)
    refused.close()
    assert (done.returncode, "ZERO137_AUTH" in done.stderr) == (10, True)
    assert len(done.stderr.splitlines()) == 1
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", refused.port)) != 0
