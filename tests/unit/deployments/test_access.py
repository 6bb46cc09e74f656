"""Who may reach the server: addresses, logins, and what never shows."""

import base64

import pytest

from deployments.installation.access import auth_fault, check_access, is_admitted, is_loopback
from deployments.installation.settings import Settings, load_settings
from deployments.installation.settings_table import list_settings, masked
from models.errors import InputError, StartError

LOGIN = "office:four-words-in-a-row"


@pytest.mark.parametrize(
    ("host", "ours_alone"),
    [
        ("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("[::1]", True), ("localhost", True),
        (f"{0}.0.0.0", False), ("::", False), ("", False), ("192.168.1.7", False), ("zero137", False),
        ("localhost.example.org", False), ("127.0.0.1.example.org", False),
    ],
)  # fmt: skip
def test_only_these_addresses_are_reached_from_this_machine_alone(host: str, ours_alone: bool) -> None:
    """Everything that is not known to be this machine is not."""
    assert is_loopback(host) is ours_alone
    if ours_alone:
        check_access(host, protected=False)
    else:
        with pytest.raises(StartError, match="ZERO137_AUTH"):
            check_access(host, protected=False)
    check_access(host, protected=True)


@pytest.mark.parametrize(
    "auth",
    [
        "office", "office:", ":four-words-in-a-row", "office:short", "office:four words in a row",
        "office:four-words-in-a-row\n", "办公室:four-words-in-a-row", "office:口令口令口令口令口令口令",
        "office:password1234", "office:changeme-please", "office-of-ours:office-of-ours",
        "office:\tfour-words-in-a-row",
    ],
)  # fmt: skip
def test_a_login_that_protects_nothing_is_refused(auth: str) -> None:
    """And the sentence, which ends up in logs, says nothing of it."""
    assert auth_fault(auth)
    with pytest.raises(InputError, match="auth") as refused:
        load_settings({"ZERO137_AUTH": auth})
    password = auth.partition(":")[2]
    assert not password.strip() or password.strip() not in f"{refused.value}{refused.value.__cause__}"


def test_a_blank_login_is_none() -> None:
    """As a container platform hands over what is not set."""
    assert load_settings({"ZERO137_AUTH": ""}).auth is None
    assert load_settings({"ZERO137_AUTH": LOGIN}).auth is not None


def test_a_password_may_hold_colons() -> None:
    """The name ends at the first one."""
    assert not auth_fault("office:four:words:in:a:row")


@pytest.mark.parametrize(
    ("header", "admitted"),
    [
        (b"Basic " + base64.b64encode(LOGIN.encode()), True),
        (b"basic " + base64.b64encode(LOGIN.encode()), True),
        (b"Basic " + base64.b64encode(LOGIN.encode() + b"x"), False),
        (b"Basic " + base64.b64encode("用户:口令".encode()), False),
        (b"Bearer " + base64.b64encode(LOGIN.encode()), False),
        (b"Basic " + LOGIN.encode(), False),
        (b"Basic", False),
        (b"Basic \xff\xfe", False),
        (b"", False),
    ],
)
def test_only_the_login_is_admitted(header: bytes, admitted: bool) -> None:
    """Whatever the header holds, it is an answer and no fault; without a login everybody is admitted."""
    assert is_admitted(header, LOGIN) is admitted
    assert is_admitted(header, None)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql+psycopg://u:p@host/db", "postgresql+psycopg://u:***@host/db"),
        ("postgresql+psycopg://u:p@/:s@host/db", "postgresql+psycopg://u:***@host/db"),
        (
            "postgresql+psycopg://u@host/db?sslpassword=p&x=1",
            "postgresql+psycopg://u@host/db?sslpassword=***&x=1",
        ),
        ("redis://:p@host:6379/0", "redis://:***@host:6379/0"),
        ("s3://key:p@bucket/prefix", "s3://key:***@bucket/prefix"),
        ("sqlite:////srv/zero137.db", "sqlite:////srv/zero137.db"),
        ("http://127.0.0.1:4200", "http://127.0.0.1:4200"),
        ("a:b@c", "a:b@c"),
    ],
)
def test_addresses_are_shown_without_passwords(address: str, shown: str) -> None:
    """Also where a password holds what ends one elsewhere."""
    assert masked(address) == shown


def test_every_setting_is_listed_with_its_source() -> None:
    """In their order, with a meaning each; secrets only as set or not set."""
    given = {
        "ZERO137_AUTH": LOGIN,
        "ZERO137_INFORMANT_KEY": "key-of-informants",
        "ZERO137_DATABASE_URL": "postgresql+psycopg://u:geheim@host/db",
        "ZERO137_PORT": "4300",
        "ZERO137_REDIS_URL": "",
    }
    rows = {row.variable: row for row in list_settings(given)}
    assert list(rows) == [f"ZERO137_{name.upper()}" for name in Settings.model_fields]
    assert all(row.value and row.meaning for row in rows.values())
    assert (rows["ZERO137_AUTH"].value, rows["ZERO137_AUTH"].source) == ("已设置", "环境变量")
    assert (rows["ZERO137_PORT"].value, rows["ZERO137_PORT"].source) == ("4300", "环境变量")
    assert (rows["ZERO137_REDIS_URL"].value, rows["ZERO137_REDIS_URL"].source) == ("未设置", "默认")
    assert rows["ZERO137_SERVER_URL"].value == "http://127.0.0.1:4300"
    assert not any(secret in repr(rows) for secret in ("four-words", "key-of", "geheim"))


@pytest.mark.parametrize(
    "given",
    [
        {"ZERO137_AUTH": "geheim"},
        {"ZERO137_DATABASE_URL": "postgresql://u:geheim@h/d", "ZERO137_PORT": "geheim"},
        {"ZERO137_SERVER_URL": "ftp://geheim"},
        {"ZERO137_AUHT": "geheim"},
    ],
)
def test_errors_and_texts_never_hold_what_was_given(given: dict[str, str]) -> None:
    """Pydantic would print the input; an error is read by more people than the environment."""
    with pytest.raises(InputError) as refused:
        load_settings(given)
    assert "geheim" not in f"{refused.value}{refused.value.__cause__!r}{refused.value.__cause__}"


def test_settings_never_show_their_secrets() -> None:
    """Neither as text nor as a dump for a log."""
    settings = Settings(auth=LOGIN, database_url="postgresql://u:geheim@h/d", redis_url="redis://:geheim@h")
    shown = f"{settings!r}{settings}{settings.api!r}{settings.model_dump_json()}"
    assert "geheim" not in shown
    assert "four-words" not in shown
