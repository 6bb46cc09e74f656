"""Secrets in files, as container platforms hand them over."""

from pathlib import Path

import pytest

from deployments.installation.opening import open_workplace
from deployments.installation.settings import load_settings
from deployments.installation.settings_table import list_settings
from models.errors import InputError

LOGIN = "office:four-words-in-a-row"


def test_a_secret_is_read_from_its_file_without_the_end_of_the_line(tmp_path: Path) -> None:
    """Through the links of a Kubernetes volume, whatever its mode."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "auth").write_text(f"{LOGIN}\n", encoding="utf-8")
    (tmp_path / "data" / "auth").chmod(0o444)
    (tmp_path / "auth").symlink_to("data/auth")
    given = {"ZERO137_AUTH_FILE": str(tmp_path / "auth")}
    settings = load_settings(given)
    assert settings.auth is not None
    assert settings.auth.get_secret_value() == LOGIN
    row = next(row for row in list_settings(given) if row.variable == "ZERO137_AUTH")
    assert (row.value, row.source) == ("已设置", "文件")


@pytest.mark.parametrize(
    ("name", "content"),
    [("auth", LOGIN), ("database_url", "sqlite:///x.db"), ("prefect_database_url", "p"), ("redis_url", "r")],
)
def test_a_secret_is_given_once(tmp_path: Path, name: str, content: str) -> None:
    """Both the variable and the file: nobody could tell which one is in force."""
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")
    variable = f"ZERO137_{name.upper()}"
    assert load_settings({f"{variable}_FILE": str(file), variable: ""})
    with pytest.raises(InputError, match=f"{variable} 和 {variable}_FILE 只能设置一个"):
        load_settings({f"{variable}_FILE": str(file), variable: content})


def test_a_file_that_cannot_be_read_is_named_with_its_variable(tmp_path: Path) -> None:
    """Missing, a folder, no text."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00\xd8")
    for name in ("missing", ".", "binary"):
        with pytest.raises(InputError, match="ZERO137_AUTH_FILE"):
            load_settings({"ZERO137_AUTH_FILE": str(tmp_path / name)})


def test_an_empty_file_protects_nothing(tmp_path: Path) -> None:
    """A login that was meant to be there must not silently be none."""
    (tmp_path / "auth").write_text("\n", encoding="utf-8")
    with pytest.raises(InputError, match="ZERO137_AUTH_FILE"):
        load_settings({"ZERO137_AUTH_FILE": str(tmp_path / "auth")})


@pytest.mark.parametrize("url", ["geheim", "nosuch://u:geheim@h/d", "postgresql+psycopg://u:p@geheim:x@h/d"])
def test_a_wrong_address_is_not_repeated(tmp_path: Path, url: str) -> None:
    """Neither in the sentence nor in what a log would print below it."""
    with pytest.raises(InputError, match="ZERO137_DATABASE_URL") as refused:
        open_workplace(load_settings({"ZERO137_HOME": str(tmp_path), "ZERO137_DATABASE_URL": url}))
    assert "geheim" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
