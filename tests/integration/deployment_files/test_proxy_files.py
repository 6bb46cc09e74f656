"""The proxy: people by their accounts, Prefect by its one password, nothing sent by other sites."""

import base64
import contextlib
import getpass
import json
import re
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
import yaml
from fakes.receivers import free_port
from harness.deployment_files import FOLDER

from deployments.installation.settings import Settings

PROXY = FOLDER / "proxy"
SITE = (PROXY / "zero137.conf").read_text(encoding="utf-8")
WHERE = ("one-machine", "compose", "kubernetes")
ACCOUNT = ("jingban", "kouling-of-a-person")
PASSWORD = "Basic " + base64.b64encode(b"zero137:of-prefect-alone").decode()
PAGE_SETTINGS = '{"api_url":"/api","auth":"BASIC","flags":[]}'


@pytest.mark.parametrize("name", WHERE)
def test_each_way_says_where_the_server_is(name: str) -> None:
    """At the port that the settings have by default."""
    text = (PROXY / f"{name}.conf").read_text(encoding="utf-8")
    assert "map $host $zero137_server" in text
    assert f":{Settings().port};" in text
    assert text.count("{") == text.count("}")


def test_the_files_the_site_includes_are_handed_to_it() -> None:
    """By Compose and by Kubernetes; the handbook says so for a machine without containers."""
    wanted = set(re.findall(r"/etc/nginx/zero137/([\w.]+)", SITE))
    compose = yaml.safe_load((FOLDER / "compose" / "compose.yaml").read_text(encoding="utf-8"))
    proxy = compose["services"]["proxy"]
    targets = [each["target"] for each in proxy["secrets"]] + [
        each.split(":")[1] for each in proxy["volumes"]
    ]
    assert wanted == {Path(each).name for each in targets if "/zero137/" in each}
    kustomization = yaml.safe_load((PROXY / "kustomization.yaml").read_text(encoding="utf-8"))
    files = [each.rpartition("=")[2] for each in kustomization["configMapGenerator"][0]["files"]]
    assert all((PROXY / each).is_file() for each in files)
    handbook = (FOLDER.parent / "docs" / "operations.zh-CN.md").read_text(encoding="utf-8")
    assert all(f"/etc/nginx/zero137/{each}" in handbook for each in wanted)


class _Server(BaseHTTPRequestHandler):
    """Tells what it was asked with, as the server behind the proxy."""

    def do_GET(self) -> None:
        """Answer as the pages' settings, or with the headers that arrived."""
        told = PAGE_SETTINGS if self.path == "/ui-settings" else json.dumps(dict(self.headers))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("WWW-Authenticate", 'Basic realm="prefect"')
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told.encode())

    def do_POST(self) -> None:
        """Answer alike."""
        self.do_GET()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The site of the example under a real nginx, before a server that tells what it was asked with."""
    nginx, openssl = shutil.which("nginx"), shutil.which("openssl")
    if nginx is None or openssl is None:
        pytest.skip("no nginx or no openssl on this machine")
    folder = tmp_path_factory.mktemp("proxy")
    port, plain = free_port(), free_port()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        _lay_out(folder, openssl, server.server_port)
        site = SITE.replace("/etc/nginx/zero137", str(folder)).replace("/var/log/nginx", str(folder))
        site = site.replace("listen 443", f"listen 127.0.0.1:{port}").replace(
            "listen 80", f"listen 127.0.0.1:{plain}"
        )
        (folder / "site.conf").write_text(site, encoding="utf-8")
        places = " ".join(
            f"{kind}_temp_path {folder}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"daemon off; user {getpass.getuser()}; pid {folder}/pid; events {{}} "
            f"http {{ {places} include {folder}/site.conf; }}"
        )
        process = subprocess.Popen([nginx, "-c", folder / "nginx.conf", "-e", folder / "error.log"])
        try:
            _wait_for(f"https://127.0.0.1:{port}/health")
            yield f"https://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)
            server.shutdown()
            thread.join()


def _lay_out(folder: Path, openssl: str, port: int) -> None:
    """Write what the site includes: a certificate, an account, the password, and where the server is."""
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-keyout", folder / "tls.key", "-out", folder / "tls.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    done = subprocess.run([openssl, "passwd", "-6", ACCOUNT[1]], check=True, capture_output=True, text=True)
    (folder / "accounts").write_text(f"{ACCOUNT[0]}:{done.stdout}")
    (folder / "authorization.conf").write_text(f'proxy_set_header Authorization "{PASSWORD}";\n')
    where = (PROXY / "one-machine.conf").read_text(encoding="utf-8")
    (folder / "where.conf").write_text(where.replace(str(Settings().port), str(port)))


def _wait_for(url: str) -> None:
    """Wait until the proxy answers."""
    transport = httpx.HTTPTransport(verify=_unchecked(), retries=20)
    with httpx.Client(transport=transport, trust_env=False) as client:
        assert client.get(url).status_code == 200


def _unchecked() -> ssl.SSLContext:
    """Return what takes the certificate of this test."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _ask(
    url: str, account: tuple[str, str] | None = ACCOUNT, method: str = "GET", **headers: str
) -> httpx.Response:
    """Ask the proxy, as a browser would."""
    with contextlib.closing(httpx.Client(verify=_unchecked(), trust_env=False)) as client:
        return client.request(method, url, auth=account, headers=headers)


def test_only_who_has_an_account_comes_through(proxy: str) -> None:
    """But for the two answers that tell nothing; the figures are for nobody here."""
    assert _ask(f"{proxy}/api/flows", None).status_code == 401
    assert _ask(f"{proxy}/api/flows", (ACCOUNT[0], "wrong")).status_code == 401
    assert _ask(f"{proxy}/health", None).status_code == 200
    assert _ask(f"{proxy}/ready", None).status_code == 200
    assert _ask(f"{proxy}/ready/..%2fapi/flows", None).status_code == 401
    assert _ask(f"{proxy}/metrics").status_code == 404
    assert _ask(f"{proxy}/api/flows").status_code == 200


def test_the_server_sees_its_own_password_and_never_a_persons(proxy: str) -> None:
    """And its own address, as the one it knows itself by."""
    answer = _ask(f"{proxy}/api/flows")
    arrived = answer.json()
    assert arrived["Authorization"] == PASSWORD
    assert arrived["Host"].startswith("127.0.0.1:")
    assert "Origin" not in arrived
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "WWW-Authenticate" not in answer.headers


def test_the_pages_do_not_ask_for_the_password_of_prefect(proxy: str) -> None:
    """They would send it instead of the account, and be refused."""
    assert _ask(f"{proxy}/ui-settings").json() == {**json.loads(PAGE_SETTINGS), "auth": None}
    assert _ask(f"{proxy}/ui-settings", None).status_code == 401


@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", "null", "http://127.0.0.1", "https://127.0.0.1"]
)
def test_what_another_site_makes_a_browser_send_is_refused(proxy: str, origin: str) -> None:
    """The browser adds the account by itself; the origin tells who made it do so."""
    assert _ask(f"{proxy}/api/flows", method="POST", Origin=origin).status_code == 403
    assert _ask(f"{proxy}/api/flows", method="POST", Origin=proxy).status_code == 200
