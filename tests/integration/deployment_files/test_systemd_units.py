"""The systemd units: what they set and run is what the program takes; the units fit together."""

import shutil
import subprocess
from pathlib import Path

import pytest
from harness.deployment_files import FOLDER, check_command, check_settings, read_unit, seconds, variables_of

from deployments.cli.system.system import _STOP_SECONDS as DOWN_SECONDS
from deployments.processes.supervisor import _STOP_SECONDS
from deployments.worker.in_process import _DRAIN_SECONDS, _WITHDRAW_SECONDS

UNITS = FOLDER / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
PROGRAM = "/opt/zero137/bin/zero137"
GIVEN = {
    "auth": "zero137:" + "0" * 48,
    "database_url": "postgresql+psycopg://zero137@db.example/zero137",
    "prefect_database_url": "postgresql+asyncpg://zero137@db.example/prefect",
    "redis_url": "redis://redis.example:6379/0",
}


@pytest.fixture(params=SERVICES, ids=lambda path: path.stem)
def service(request: pytest.FixtureRequest) -> dict[str, list[str]]:
    """The section that says how a unit runs."""
    return read_unit(request.param)["Service"]


def test_a_unit_runs_what_the_program_knows(service: dict[str, list[str]]) -> None:
    """Every command exists with its options."""
    for line in service["ExecStart"] + service.get("ExecStartPre", []):
        command = line.removeprefix("/bin/sh -c 'exec ").removesuffix("'").replace("%%", "%")
        program, _, words = command.partition(" ")
        assert program in (PROGRAM, "/usr/local/bin/zero137-command")
        check_command(words)


def test_a_unit_sets_what_the_program_takes(service: dict[str, list[str]], tmp_path: Path) -> None:
    """Each secret that is named is loaded, each that is loaded is named, and nothing else is secret."""
    variables = variables_of(service.get("Environment", []))
    loaded = {each.partition(":")[0]: each.partition(":")[2] for each in service.get("LoadCredential", [])}
    assert {value for value in variables.values() if value.startswith("%d/")} == {
        f"%d/{name}" for name in loaded
    }
    assert all(path == f"/etc/zero137/credentials/{name}" for name, path in loaded.items())
    file = variables_of(_lines_of_environment_file())
    assert not file.keys() & variables.keys()
    settings = check_settings(file | variables, tmp_path, GIVEN)
    if variables:
        assert settings.auth is not None
        assert str(settings.home) == service["WorkingDirectory"][0]
    assert service["StateDirectory"][0].split()[0] == "zero137"


def _lines_of_environment_file() -> list[str]:
    """Return what the example of the environment file sets, also where it is commented out."""
    lines = (UNITS / "zero137.env").read_text(encoding="utf-8").splitlines()
    return [line.lstrip("#") for line in lines if line.lstrip("#").startswith("ZERO137_")]


def test_a_unit_is_confined(service: dict[str, list[str]]) -> None:
    """An account of its own, no rights, nothing to write but its folders, alike in all units."""
    assert service["User"] == ["zero137"]
    for key in ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "RestrictSUIDSGID", "LockPersonality"):
        assert service[key] == ["yes"]
    assert service["ProtectSystem"] == ["strict"]
    assert service["CapabilityBoundingSet"] == [""]
    hardening = [
        each.read_text(encoding="utf-8").partition("# Nothing but")[2].partition("\n\n")[0]
        for each in SERVICES
    ]
    assert len({each.rstrip() for each in hardening}) == 1


def test_a_unit_is_given_the_time_to_end() -> None:
    """Longer than a worker takes to hand back its runs; the supervisor ends its two children in turn."""

    def stop(name: str) -> float:
        return seconds(read_unit(UNITS / f"{name}.service")["Service"]["TimeoutStopSec"][0])

    assert stop("zero137-worker@") > max(_DRAIN_SECONDS + 2 * _WITHDRAW_SECONDS, _STOP_SECONDS)
    assert stop("zero137") > max(2 * _STOP_SECONDS, DOWN_SECONDS)
    assert read_unit(UNITS / "zero137.service")["Service"]["KillMode"] == ["mixed"]


def test_what_ends_by_a_fault_is_started_again() -> None:
    """And all of it with the machine; the timer starts the backup."""
    for path in SERVICES:
        unit = read_unit(path)
        if unit["Service"]["Type"] != ["oneshot"]:
            assert unit["Service"]["Restart"] == ["on-failure"]
            assert unit["Install"]["WantedBy"] == ["multi-user.target"]
    assert (
        {each.stem for each in UNITS.glob("*.timer")}
        == {"zero137-backup"}
        <= {each.stem for each in SERVICES}
    )


def test_systemd_itself_finds_no_fault(tmp_path: Path) -> None:
    """As systemd-analyze reads them, with programs that are on this machine."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze on this machine")
    for path in [*SERVICES, *UNITS.glob("*.timer")]:
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true"))
    done = subprocess.run(
        [analyze, "verify", "--man=no", *(f"./{each.name}" for each in tmp_path.iterdir())],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_a_command_gets_the_settings_of_the_units(tmp_path: Path) -> None:
    """The secrets that are there by their files, the rest from the file of settings, the words unchanged."""
    script = (UNITS / "zero137-command").read_text(encoding="utf-8")
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "auth").write_text(GIVEN["auth"])
    (tmp_path / "zero137.env").write_text("ZERO137_PORT=4210\n")
    (tmp_path / "zero137").write_text('#!/bin/sh\nenv | grep ^ZERO137_\nfor each; do echo "$each"; done\n')
    (tmp_path / "zero137").chmod(0o755)
    command = tmp_path / "command"
    command.write_text(
        script.replace("/etc/zero137", str(tmp_path)).replace("/opt/zero137/bin", str(tmp_path))
    )
    done = subprocess.run(
        ["/bin/sh", command, "lead", "list", "--text", "招标 保证金"],
        env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    variables = [line for line in done.stdout.splitlines() if line.startswith("ZERO137_")]
    assert sorted(variables) == [
        f"ZERO137_AUTH_FILE={tmp_path}/credentials/auth",
        "ZERO137_HOME=/var/lib/zero137",
        "ZERO137_PORT=4210",
    ]
    assert done.stdout.splitlines()[3:] == ["lead", "list", "--text", "招标 保证金"]
