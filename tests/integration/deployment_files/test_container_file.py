"""The container file: built from the lock, for no particular user, answering probes."""

import json
import os
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import yaml
from harness.deployment_files import FOLDER, ROOT, check_command, is_pinned, read_instructions

PATH = FOLDER / "container" / "Containerfile"
INSTRUCTIONS = list(read_instructions(PATH))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _all(word: str) -> list[str]:
    """Return the rest of every instruction of that kind."""
    return [rest for kind, rest in INSTRUCTIONS if kind == word]


def test_the_image_is_built_from_the_lock_alone() -> None:
    """With hashes and nothing resolved anew, from a pinned base, and no place to fetch from is named."""
    runs = [json.loads(each) for each in _all("RUN")]
    installs = [each for each in runs if "install" in each and "pip" in each]
    assert all("--no-deps" in each for each in installs)
    assert "--require-hashes" in installs[0]
    assert "requirements.lock" in installs[0]
    assert any(each[-2:] == ["pip", "check"] for each in runs)
    (base,) = [each.partition("=")[2] for each in _all("ARG") if each.startswith("PYTHON_IMAGE")]
    assert is_pinned(base)
    assert all(each.startswith("${PYTHON_IMAGE}") for each in _all("FROM"))
    assert "://" not in PATH.read_text(encoding="utf-8")


def test_what_is_copied_is_there_and_what_is_packaged_is_copied() -> None:
    """Also past .dockerignore, which lets nothing else through."""
    copied = [word for rest in _all("COPY") if "--from" not in rest for word in rest.split()[:-1]]
    assert all((ROOT / each).exists() for each in copied)
    packages = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(packages) < set(copied)
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {line[1:] for line in ignore if line.startswith("!")} == set(copied)
    assert "deployments/compose/secrets" in ignore


def test_the_image_runs_as_nobody_in_particular() -> None:
    """By a number that Kubernetes can check, in exec form so that signals arrive, with folders of its own."""
    (user,) = _all("USER")
    assert int(user.split(":")[0]) > 0
    assert json.loads(_all("ENTRYPOINT")[0]) == ["zero137"]
    check_command(f"lead {json.loads(_all('CMD')[0])[0]}")
    (folders,) = [
        json.loads(each) for each in _all("RUN") if "install" in each and "10137" in each and "-d" in each
    ]
    compose = yaml.safe_load((FOLDER / "compose" / "compose.yaml").read_text(encoding="utf-8"))
    for service in compose["services"].values():
        if service["image"].startswith("zero137"):
            # A volume takes over the owner of the folder in the image.
            assert {each.split(":")[1] for each in service["volumes"]} < set(folders)


def test_the_image_carries_the_version_of_the_program() -> None:
    """Compose and Kubernetes name the release they belong to."""
    wanted = PROJECT["project"]["version"]
    compose = (FOLDER / "compose" / "compose.yaml").read_text(encoding="utf-8")
    assert f"image: zero137:{wanted}\n" in compose
    kustomization = yaml.safe_load((FOLDER / "kubernetes" / "kustomization.yaml").read_text(encoding="utf-8"))
    assert {"name": "zero137", "newTag": wanted} in kustomization["images"]


@pytest.fixture
def answering() -> Iterator[dict[str, int]]:
    """A server that answers /health with a status the test sets."""
    told = {"status": 200}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(told["status"] if self.path == "/health" else 404)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        told["port"] = server.server_port
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield told
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("variable", ["ZERO137_PORT", "ZERO137_HEALTH_PORT"])
def test_the_health_check_asks_whichever_role_runs(variable: str, answering: dict[str, int]) -> None:
    """The very command of the file: well where 200 is answered, ill otherwise and where nobody answers."""
    (check,) = _all("HEALTHCHECK")
    words = json.loads(check.partition("CMD ")[2])
    others = {key: value for key, value in os.environ.items() if not key.startswith("ZERO137_")}

    def code(port: int) -> int:
        environment = {**others, variable: str(port)}
        done = subprocess.run([sys.executable, *words[1:]], env=environment, capture_output=True, check=False)
        return done.returncode

    assert code(answering["port"]) == 0
    answering["status"] = 503
    assert code(answering["port"]) != 0
    assert code(1) != 0
