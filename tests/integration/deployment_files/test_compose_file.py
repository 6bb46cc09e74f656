"""The Compose file: what it sets and runs is what the program takes; what it names is there."""

import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness.deployment_files import FOLDER, ROOT, check_command, check_settings, is_pinned, seconds

from deployments.processes.supervisor import _STOP_SECONDS
from deployments.worker.in_process import _DRAIN_SECONDS, _WITHDRAW_SECONDS

COMPOSE = yaml.safe_load((FOLDER / "compose" / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: each for name, each in SERVICES.items() if each["image"].startswith("zero137:")}


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of secrets as the script beside the Compose file prepares it, twice."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine")
    folder = tmp_path_factory.mktemp("compose")
    shutil.copy(FOLDER / "compose" / "secrets.sh", folder)
    before = None
    for _ in range(2):
        subprocess.run(
            ["/bin/sh", folder / "secrets.sh", "zero137.example.cn"], check=True, capture_output=True
        )
        now = {path.name: path.read_bytes() for path in (folder / "secrets").iterdir()}
        assert before in (None, now)
        before = now
    return folder / "secrets"


def _secret_names(service: dict[str, Any]) -> dict[str, str]:
    """Return the secrets of a service by the path each has in its container."""
    named = [{"source": each} if isinstance(each, str) else each for each in service.get("secrets", [])]
    return {each.get("target") or f"/run/secrets/{each['source']}": each["source"] for each in named}


def test_every_secret_of_the_compose_file_is_prepared(secrets: Path) -> None:
    """Under its name, in a folder that shuts others out; each service is given only secrets that exist."""
    files = {name: (FOLDER / "compose" / each["file"]).name for name, each in COMPOSE["secrets"].items()}
    assert set(files.values()) == {path.name for path in secrets.iterdir()}
    assert secrets.stat().st_mode & 0o077 == 0
    used = {name for service in SERVICES.values() for name in _secret_names(service).values()}
    assert used == set(files)


@pytest.mark.parametrize("name", OURS)
def test_a_service_is_given_what_the_program_takes(name: str, secrets: Path, tmp_path: Path) -> None:
    """Each variable is known, each value valid, each secret file there under the path that is set."""
    service = OURS[name]
    there = _secret_names(service)
    held = {}
    for variable, value in service["environment"].items():
        if value.startswith("/run/secrets/"):
            held[there[value]] = (secrets / there[value]).read_text(encoding="utf-8").strip()
            assert variable == f"ZERO137_{there[value].upper()}_FILE"
    settings = check_settings(service["environment"], tmp_path, held)
    assert settings.facts_url.startswith("postgresql+psycopg://zero137:")
    assert settings.conduct_url.startswith("postgresql+asyncpg://zero137:")
    assert settings.auth is not None
    assert settings.redis_url.get_secret_value() == "redis://redis:6379/0"
    check_command(shlex.join(service["command"]))


def test_the_prepared_password_is_one_the_server_takes(secrets: Path) -> None:
    """It is long and no example, and the proxy says the same one."""
    access = pytest.importorskip("deployments.installation.access")
    auth = (secrets / "auth").read_text(encoding="utf-8").strip()
    assert access.auth_fault(auth) == ""


def test_what_the_compose_file_names_is_there() -> None:
    """Volumes, networks, services waited for, files laid over, and the server's name among the containers."""
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (FOLDER / "compose" / source).is_file(), volume
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        for other, wanted in service.get("depends_on", {}).items():
            done = wanted["condition"] == "service_completed_successfully"
            assert done != bool(SERVICES[other].get("restart")), other
            assert done or "test" in SERVICES[other].get("healthcheck", {})
    used = {each.split(":")[0] for service in SERVICES.values() for each in service.get("volumes", [])}
    assert set(COMPOSE["volumes"]) == {name for name in used if not name.startswith(".")}
    aliases = {name: each["networks"]["inside"]["aliases"] for name, each in OURS.items() if "server" in name}
    assert aliases == {"server-1": ["server"], "server-2": ["server"]}
    build = SERVICES["init"]["build"]
    assert (FOLDER / "compose" / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()


def test_every_service_is_confined_and_bounded() -> None:
    """Pinned, without rights, on a file system that cannot be written, with limits and logs that end."""
    for name, service in SERVICES.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
        assert service["logging"]["options"]["max-file"]
        assert service in OURS.values() or is_pinned(service["image"])
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["inside"]["internal"]
    assert "outside" not in SERVICES["postgres"]["networks"]


def test_a_worker_is_given_the_time_to_hand_back_its_runs() -> None:
    """Longer than it takes itself, and than the supervisor of one machine would wait."""
    needed = max(_DRAIN_SECONDS + 2 * _WITHDRAW_SECONDS, _STOP_SECONDS)
    assert seconds(SERVICES["worker"]["stop_grace_period"]) > needed
    assert SERVICES["worker"]["deploy"]["replicas"] >= 2
    for name in ("server-1", "server-2", "services"):
        assert seconds(SERVICES[name]["stop_grace_period"]) >= _STOP_SECONDS


def test_only_workers_and_people_reach_the_keys_of_informants() -> None:
    """The servers show runs to everybody and never hold them."""
    holders = {name for name, each in SERVICES.items() if any("keys:" in v for v in each.get("volumes", []))}
    assert holders == {"worker", "zero137"}
    assert {
        name for name, each in OURS.items() if "ZERO137_INFORMANT_KEY_FILE" in each["environment"]
    } == holders
