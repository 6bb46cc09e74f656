"""Exporting from the Prefect UI: the run leaves a link, and the link gives the file."""

import hashlib
import re

import httpx
import pytest
from harness.running_system import System, until

pytestmark = pytest.mark.e2e


def test_the_link_of_an_export_gives_the_file(system: System) -> None:
    """With its Chinese name; the note tells the digest of what was downloaded."""
    system.run("lead", "add", "--title", "导出用的线索", "--facts", "招标文件另设条件。")
    base = f"http://127.0.0.1:{system.port}"
    with httpx.Client(base_url=base, timeout=60, trust_env=False) as browser:
        deployed = browser.get("/api/deployments/name/导出台账/导出台账").json()
        wanted = {"parameters": {"export": {"format": "CSV 文本"}}}
        run = browser.post(f"/api/deployments/{deployed['id']}/create_flow_run", json=wanted).json()
        of_run = {"artifacts": {"flow_run_id": {"any_": [run["id"]]}}}

        def both() -> dict[str, str] | None:
            found = browser.post("/api/artifacts/filter", json=of_run).json()
            return {a["key"]: a["data"] for a in found} if len(found) == 2 else None

        told = until(both, "the artifacts of the export")
        link = re.search(r"\((/exports/[^)]+)\)", told["ledger-export"])
        assert link
        reply = browser.get(link[1])
        until(lambda: system.state(run["id"]) == "已导出", "the export ends")
    assert (reply.status_code, "导出用的线索" in reply.text) == (200, True)
    name = system.api(f"/flow_runs/{run['id']}")["name"]
    assert re.fullmatch(r"导出台账 · 全部 · \d+条", name), name
    assert reply.headers["content-disposition"].startswith("attachment; filename*=utf-8''%E5%8F%B0")
    assert hashlib.sha256(reply.content).hexdigest() in told["ledger-export-note"]
