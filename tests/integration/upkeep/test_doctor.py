"""``zero137 doctor``: each set-up breaks one thing, told with what to do; the rest is still examined."""

import json
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.prefect_stand_in import StandIn, serving
from harness.command_line import Terminal
from sqlmodel import select

from deployments.doctor.examination import CHECKS
from deployments.installation.clock import set_drill_clock
from deployments.installation.opening import open_workplace
from deployments.installation.settings import load_settings
from deployments.keeping.schema import take_back
from deployments.mechanisms import TRIGGERS
from models.office.tables import Unit
from models.office.vocabulary import Role
from tasks.upkeep.server_examination import GENERAL

# Apprise imports it.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
Row = dict[str, str]
Break = Callable[[Path, pytest.MonkeyPatch], object]


def examined(terminal: Terminal) -> tuple[int, list[Row]]:
    """Run the doctor; returns its exit code and its lines."""
    said = terminal.run("doctor", "--json")
    assert "Traceback" not in said.err
    assert said.err.count("\n") == (said.code != 0)
    return said.code, json.loads(said.out)


def told(rows: list[Row], subject: str, level: str) -> str:
    """Return what is said of a subject at a level."""
    return "\n".join(
        f"{row['found']}；{row['advice']}"
        for row in rows
        if (row["subject"], row["level"]) == (subject, level)
    )


def changed(statement: str) -> Break:
    """Break the database of facts by a statement."""

    def change(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        del monkeypatch
        with closing(sqlite3.connect(home / "zero137.db")) as database:
            database.execute(statement)
            database.commit()

    return change


def set_to(variable: str, value: str) -> Break:
    """Break a setting."""
    return lambda home, patch: patch.setenv(variable, value.replace("HOME", str(home)))


def written(name: str, text: str, variable: str = "", mode: int = 0o600) -> Break:
    """Break a file of the office; a variable may have to name it."""

    def write(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = home / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        if variable:
            monkeypatch.setenv(variable, str(path))

    return write


def damaged(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Overwrite the middle of the database."""
    del monkeypatch
    (home / "zero137.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 8192)


def of_an_earlier_release(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the database back to what the release before had."""
    del home, monkeypatch
    with closing(open_workplace(load_settings())) as place:
        take_back(place.engine, "0005")


def without_an_approver(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no active unit decide on extensions."""
    del home, monkeypatch
    with closing(open_workplace(load_settings())) as place, place.writing() as session:
        for unit in session.exec(select(Unit)):
            unit.roles = [role for role in unit.roles if role != Role.APPROVER]
            session.add(unit)


BROKEN: dict[str, tuple[Break, str, str, str, int]] = {
    "an unknown variable": (set_to("ZERO137_HOTS", "1"), "设置", "wrong", "hots", 6),
    "a wrong value": (set_to("ZERO137_PORT", "no"), "设置", "wrong", "port", 6),
    "a secret's file that is not there": (
        set_to("ZERO137_AUTH_FILE", "HOME/none"), "设置", "wrong", "ZERO137_AUTH_FILE", 6,
    ),
    "a damaged database": (damaged, "事实数据库", "unreached", "从备份恢复", 10),
    "a newer revision": (
        changed("UPDATE alembic_version SET version_num = '9999'"), "数据库版本", "wrong", "升级程序", 6,
    ),
    "an earlier revision": (of_an_earlier_release, "数据库版本", "wrong", "zero137 init", 6),
    "no revision": (changed("DROP TABLE alembic_version"), "数据库版本", "wrong", "zero137 init", 6),
    "facts on a PostgreSQL that refuses": (
        set_to("ZERO137_DATABASE_URL", "postgresql+psycopg://a:correct-horse@127.0.0.1:1/a"),
        "事实数据库", "unreached", "ZERO137_DATABASE_URL", 10,
    ),
    "facts at no address": (
        set_to("ZERO137_DATABASE_URL", "nonsense"), "事实数据库", "wrong", "ZERO137_DATABASE_URL", 6,
    ),
    "facts in a database nobody tested": (
        set_to("ZERO137_DATABASE_URL", "mysql://a@127.0.0.1/a"), "事实数据库", "wrong", "PostgreSQL", 6,
    ),
    "runs on a PostgreSQL that refuses": (
        set_to("ZERO137_PREFECT_DATABASE_URL", "postgresql+asyncpg://a:correct-horse@127.0.0.1:1/a"),
        "Prefect 数据库", "unreached", "ZERO137_PREFECT_DATABASE_URL", 10,
    ),
    "no address of a database": (
        set_to("ZERO137_PREFECT_DATABASE_URL", "nonsense"), "Prefect 数据库", "wrong", "地址", 6,
    ),
    "a Redis that refuses": (
        set_to("ZERO137_REDIS_URL", "redis://127.0.0.1:1/0"), "Redis", "unreached", "ZERO137_REDIS_URL", 6,
    ),
    "several servers on SQLite": (
        set_to("ZERO137_REDIS_URL", "redis://127.0.0.1:1/0"), "Prefect 数据库", "wrong", "PostgreSQL", 6,
    ),
    "an address without a password": (
        set_to("ZERO137_HOST", "0.0.0.0"), "监听地址", "wrong", "ZERO137_AUTH", 6,  # noqa: S104
    ),
    "a channel file that is no YAML": (
        written("channels.yaml", "urls: [\n"), "消息渠道", "wrong", "channels check", 6,
    ),
    "a unit without a channel": (
        written("channels.yaml", "urls:\n  - json://127.0.0.1:9/:\n      - tag: FGJ\n"),
        "消息渠道", "doubtful", "没有地址", 0,
    ),
    "a channel file that others read": (
        written("channels.yaml", "urls:\n  - json://127.0.0.1:9/:\n      - tag: FGJ\n", mode=0o644),
        "保密文件", "doubtful", "chmod 600", 0,
    ),
    "a directory without an approver": (without_an_approver, "单位目录", "wrong", "延期审批单位", 6),
    "a policy that is wrong": (
        written("policy.toml", "[terms]\n", "ZERO137_POLICY"), "政策文件", "wrong", "ZERO137_POLICY", 6,
    ),
    "a unit file that is wrong": (
        written("units.toml", "[", "ZERO137_UNITS"), "单位文件", "wrong", "ZERO137_UNITS", 6,
    ),
    "a template that is wrong": (
        written("templates/urge.txt.j2", "{% if %}"), "模板", "wrong", "urge.txt.j2", 6,
    ),
    "a key that is none": (written("informant.key", "no key\n"), "举报人密钥", "wrong", "密钥", 6),
    "a key that others read": (
        written("informant.key", "key\n", mode=0o644), "举报人密钥", "wrong", "chmod 600", 6,
    ),
    "no key": (lambda *_: None, "举报人密钥", "doubtful", "informant key", 0),
    "a store that is not mounted": (
        set_to("ZERO137_STORE_URL", "HOME/disk"), "材料存放", "unreached", "是否已挂载", 10,
    ),
    "a folder that others enter": (
        lambda home, _: home.chmod(0o755), "数据文件夹", "doubtful", "chmod 700", 0,
    ),
    "December without the notice of the next year": (
        lambda home, _: set_drill_clock(home, datetime(2026, 12, 1, 4, tzinfo=UTC)),
        "放假安排", "doubtful", "2027年", 0,
    ),
    "a proxy in the way": (set_to("HTTP_PROXY", "http://127.0.0.1:1"), "代理", "doubtful", "NO_PROXY", 0),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_told_with_what_to_do(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The exit code is that of its class; nothing else fails, and no password is shown."""
    for variable in ("NO_PROXY", "no_proxy", "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(variable, raising=False)
    break_it, subject, level, says, code = BROKEN[name]
    break_it(terminal.home, monkeypatch)
    ended, rows = examined(terminal)
    assert says in told(rows, subject, level), rows
    assert ended == code
    assert all(row["advice"] for row in rows if row["level"] != "fine")
    assert not [row for row in rows if "未能检查" in row["found"]]
    assert "correct-horse" not in json.dumps(rows)
    fine = {row["subject"] for row in rows if row["level"] == "fine"}
    assert fine >= {"Python", "软件包", "时区", "字体", "磁盘空间"}
    assert {row["subject"] for row in rows} >= CHECKS.keys() - {"磁盘类型", "单位文件", "Redis", "代理"}


def test_sentinels_are_left_to_prefect(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their address is one that only Prefect reads; it is no wrong one."""
    monkeypatch.setenv("ZERO137_REDIS_URL", "redis+sentinel://127.0.0.1:1,127.0.0.1:2/mymaster")
    assert "哨兵" in told(examined(terminal)[1], "Redis", "fine")


def test_before_anything_was_set_up_the_doctor_tells_how_to_begin(bare_terminal: Terminal) -> None:
    """Nothing is wrong yet, and nothing is created by looking."""
    code, rows = examined(bare_terminal)
    assert code == 0, rows
    assert "zero137 init" in told(rows, "数据文件夹", "doubtful")
    assert "zero137 up" in told(rows, "Prefect 服务", "doubtful")
    assert not bare_terminal.home.exists()
    bare_terminal.home.mkdir()
    (bare_terminal.home / "channels.yaml").write_text("urls:\n  - json://127.0.0.1:9/:\n      - tag: FGJ\n")
    assert examined(bare_terminal)[0] == 0
    assert [path.name for path in bare_terminal.home.iterdir()] == ["channels.yaml"]


def test_a_home_that_cannot_be_made_is_told(bare_terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file where a folder should be stands for every reason why nothing can be written."""
    (bare_terminal.home.parent / "file").touch()
    monkeypatch.setenv("ZERO137_HOME", str(bare_terminal.home.parent / "file" / "home"))
    code, rows = examined(bare_terminal)
    assert code == 10
    assert "ZERO137_HOME" in told(rows, "数据文件夹", "unreached")


def test_a_database_that_says_nothing_does_not_hold_up_the_doctor(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that takes the connection and is silent is given up after a few seconds, as is Redis."""
    with socket.socket() as silent:
        (terminal.home / "channels.yaml").write_text("urls:\n  - json://127.0.0.1:9/:\n      - tag: FGJ\n")
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        monkeypatch.setenv("ZERO137_DATABASE_URL", f"postgresql+psycopg://a@127.0.0.1:{port}/a")
        monkeypatch.setenv("ZERO137_REDIS_URL", f"redis://127.0.0.1:{port}/0")
        monkeypatch.setenv("ZERO137_SERVER_URL", f"http://127.0.0.1:{port}")
        began = time.monotonic()
        code, rows = examined(terminal)
    assert time.monotonic() - began < 40
    assert code == 6
    for subject in ("事实数据库", "Redis", "Prefect 服务"):
        assert told(rows, subject, "unreached"), rows


def test_a_taken_port_names_who_holds_it(terminal: Terminal) -> None:
    """The sentence tells the setting that chooses another one."""
    with socket.socket() as occupant:
        occupant.bind(("127.0.0.1", load_settings().port))
        occupant.listen()
        code, rows = examined(terminal)
    assert code == 10
    assert "ZERO137_PORT" in told(rows, "端口", "unreached")
    if Path("/proc/net/tcp").exists():
        assert "由进程" in told(rows, "端口", "unreached")


SERVERS: dict[str, tuple[StandIn, str, str, str, int]] = {
    "another password": (StandIn(auth="admin:other"), "Prefect 服务", "wrong", "ZERO137_AUTH", 6),
    "another version": (StandIn(version="3.0.0"), "Prefect 服务", "wrong", "3.0.0", 6),
    "a clock five minutes late": (StandIn(skew=-timedelta(minutes=5)), "时钟", "wrong", "NTP", 6),
    "a clock twenty seconds early": (StandIn(skew=timedelta(seconds=20)), "时钟", "doubtful", "NTP", 0),
    "no worker": (StandIn(workers=("OFFLINE",)), "执行进程", "unreached", "zero137 work", 10),
    "another pool": (StandIn(pool="other"), "执行进程", "wrong", "ZERO137_POOL", 6),
    "nothing registered": (StandIn(deployments=()), "部署", "wrong", "zero137 register", 6),
    "a patrol switched off": (StandIn(patrol_is_active=False), "巡查", "wrong", "启用", 6),
    "a patrol of last week": (
        StandIn(patrolled=datetime.now(UTC) - timedelta(days=7)), "巡查", "doubtful", "超过一天", 0,
    ),
}  # fmt: skip


@pytest.fixture
def stand_in(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A Prefect server that says something else than it should."""
    with serving(request.param) as said:
        monkeypatch.setenv("ZERO137_PORT", str(said.port))
        yield said


@pytest.mark.parametrize(
    ("stand_in", "expected"),
    [(server, rest) for server, *rest in SERVERS.values()],
    ids=list(SERVERS),
    indirect=["stand_in"],
)
def test_what_is_wrong_with_the_server_is_told(
    terminal: Terminal,
    stand_in: StandIn,
    expected: tuple[str, str, str, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The exit code is that of the class."""
    monkeypatch.setenv("ZERO137_PORT", str(stand_in.port))
    subject, level, says, code = expected
    ended, rows = examined(terminal)
    assert says in told(rows, subject, level), rows
    assert ended == code, rows


@pytest.mark.parametrize("stand_in", [StandIn(auth="office:right-one-of-all")], indirect=True)
def test_nothing_is_wrong_where_all_is_well(
    bare_terminal: Terminal, stand_in: StandIn, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On either database, people are shown a line each, with the marks that the handbook explains."""
    monkeypatch.setenv("ZERO137_PORT", str(stand_in.port))
    monkeypatch.setenv("ZERO137_AUTH", stand_in.auth)
    monkeypatch.setenv("ZERO137_DATABASE_URL", database_url)
    bare_terminal.text("init")
    shown = bare_terminal.text("doctor")
    assert "✗" not in shown
    assert "✓ Prefect 服务：正常" in shown
    assert "✓ 执行进程：在线1个" in shown
    assert "✓ 数据库版本" in shown
    assert "right-one" not in shown


def test_the_registered_deployments_are_those_that_are_looked_for() -> None:
    """The short command must not import Prefect only to learn their names."""
    from deployments.worker.catalogue import FLOWS

    assert {flow.name for flow in FLOWS} == {*GENERAL, *TRIGGERS}
    assert len(FLOWS) == len(GENERAL) + len(TRIGGERS)
