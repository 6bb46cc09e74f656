"""Restoring: a backup is proved as a whole before anything counts, and only what is empty is filled."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Clock
from fakes.object_storage import Storage, keys_of
from harness.command_line import Terminal
from harness.wording import assert_is_one_sentence
from mishaps.dying import die_after, environment_of
from sqlalchemy import text, update
from walks.archives import closed_walk
from walks.full_office import back_up, settings_of
from walks.stored import hand_in
from walks.walking import Walk, contents, register_lead, write_evidence

from deployments.installation.home import instance_lock
from deployments.installation.opening import open_workplace
from deployments.installation.settings import Settings
from deployments.keeping.backups import make_backup
from deployments.keeping.copy_ends import opened_file
from deployments.keeping.restoring import check_backup, restore_backup
from deployments.keeping.schema import take_back
from models.errors import ConflictError, InputError, StartError, StoreError
from models.mechanisms.leads.tables import Lead
from models.upkeep.backup import FACTS, MANIFEST
from tasks.archive.archiving import archive_matter
from tasks.store.blobs import digest_of_file
from tasks.workplace import Workplace


def flip(path: Path) -> None:
    """Change one byte in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)


def stored_in(folder: Path, store: str) -> Path:
    """Return a stored file of a backup."""
    return next(path for path in sorted((folder / store).rglob("*")) if path.is_file())


DAMAGES: dict[str, Callable[[Path], object]] = {
    "facts changed": lambda folder: flip(folder / FACTS),
    "facts cut short": lambda folder: os.truncate(folder / FACTS, 4096),
    "facts missing": lambda folder: (folder / FACTS).unlink(),
    "manifest cut short": lambda folder: os.truncate(folder / MANIFEST, 100),
    "evidence changed": lambda folder: flip(stored_in(folder, "evidence")),
    "evidence missing": lambda folder: stored_in(folder, "evidence").unlink(),
    "document changed": lambda folder: flip(stored_in(folder, "documents")),
    "channels changed": lambda folder: flip(folder / "channels.yaml"),
    "channels missing": lambda folder: (folder / "channels.yaml").unlink(),
    "path outside": lambda folder: (folder / MANIFEST).write_text(
        (folder / MANIFEST).read_text("utf-8").replace("channels.yaml", "../channels.yaml"), "utf-8"
    ),
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_damaged_backup_is_named_and_fills_nothing(
    place: Workplace,
    kept: Path,
    clock: Clock,
    papers: Path,
    terminal: Terminal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One sentence and exit code 8, whether it is only checked or restored; the new office stays empty."""
    closed = closed_walk(place, clock, papers)
    archive_matter(place, closed.number, clock())
    (place.home / "channels.yaml").write_text("urls: []\n", encoding="utf-8")
    back_up(place, kept)
    for name, damage in DAMAGES.items():
        folder = papers / name
        shutil.copytree(kept, folder)
        damage(folder)
        new = papers / "new" / name
        for words, home in ((("--verify",), terminal.home), ((), new)):
            monkeypatch.setenv("ZERO137_HOME", str(home))
            said = terminal.run("restore", folder, *words)
            assert said.code == 8, (name, said)
            assert_is_one_sentence(said.err.strip())
        if (new / "zero137.db").exists():
            with closing(sqlite3.connect(new / "zero137.db")) as facts:
                assert facts.execute("SELECT count(*) FROM matter").fetchone() == (0,)
        assert not (new / "channels.yaml").exists()


def test_an_older_backup_is_migrated_and_a_newer_one_refused(
    place: Workplace, elsewhere: Settings, kept: Path, clock: Clock, papers: Path
) -> None:
    """As of a release that had no search yet; the backup itself is not touched."""
    walk = closed_walk(place, clock, papers)
    with place.writing() as session:
        # That release looked back at nothing.
        session.connection().execute(update(Lead).values(look_back_on=None))
    made, before = back_up(place, kept), contents(place)
    with opened_file(kept / FACTS) as facts:
        take_back(facts, "0005")
    with closing(sqlite3.connect(kept / FACTS)) as facts:
        facts.execute("PRAGMA journal_mode=DELETE")
    old = made.model_copy(update={"revision": "0005", "facts_sha256": digest_of_file(kept / FACTS)})
    (kept / MANIFEST).write_text(old.text, encoding="utf-8")
    assert check_backup(elsewhere, kept).proof.matters == 1
    restore_backup(elsewhere, kept)
    assert digest_of_file(kept / FACTS) == old.facts_sha256
    with closing(open_workplace(elsewhere, clock)) as restored:
        assert contents(restored) == before
        assert Walk(restored, clock, papers, walk.number).file().matter.outcome is not None
    newer = made.model_copy(update={"revision": "9999"})
    (kept / MANIFEST).write_text(newer.text, encoding="utf-8")
    with pytest.raises(InputError, match="升级程序"):
        check_backup(elsewhere, kept)


@pytest.mark.parametrize("where", ["prove", "take_stock"])
def test_a_killed_restore_leaves_an_empty_database_and_can_be_done_again(
    place: Workplace, elsewhere: Settings, kept: Path, clock: Clock, papers: Path, where: str
) -> None:
    """Files may lie there already, which nothing refers to; the copy of the facts is cleared away."""
    hand_in(place, register_lead(place, clock), write_evidence(papers), clock)
    back_up(place, kept)
    new = environment_of(place, home=str(elsewhere.home), database_url=elsewhere.facts_url)
    die_after(new, f"deployments.keeping.restoring.{where}", "restore", kept)
    with closing(open_workplace(elsewhere, clock)) as restored:
        with restored.reading() as session:
            assert session.execute(text("SELECT count(*) FROM matter")).scalar_one() == 0
        restore_backup(elsewhere, kept)
        assert contents(restored) == contents(place)
    assert [path.name for path in elsewhere.home.iterdir() if path.name.startswith(".")] == []


def test_only_what_is_empty_is_filled(
    place: Workplace, elsewhere: Settings, kept: Path, clock: Clock
) -> None:
    """A database with facts, a running system, another file of the office; and twice is once too often."""
    register_lead(place, clock)
    (place.home / "channels.yaml").write_text("urls: []\n", encoding="utf-8")
    back_up(place, kept)
    (place.home / "channels.yaml").unlink()
    before = contents(place)
    with pytest.raises(ConflictError, match="不是空的"):
        restore_backup(settings_of(place), kept)
    assert (contents(place), (place.home / "channels.yaml").exists()) == (before, False)
    with instance_lock(elsewhere), pytest.raises(StartError, match="zero137 down"):
        restore_backup(elsewhere, kept)
    (elsewhere.home / "channels.yaml").write_text("urls: [x]\n", encoding="utf-8")
    with pytest.raises(ConflictError, match="另一份"):
        restore_backup(elsewhere, kept)
    (elsewhere.home / "channels.yaml").unlink()
    restore_backup(elsewhere, kept)
    with pytest.raises(ConflictError, match="不是空的"):
        restore_backup(elsewhere, kept)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_files_come_from_one_bucket_and_go_to_another(
    place: Workplace, elsewhere: Settings, kept: Path, clock: Clock, papers: Path, storage: Storage
) -> None:
    """A backup is a folder whatever the store is; one that does not answer leaves none."""
    source, target = storage.new_store(), storage.new_store("linfen/houma")
    bucketed = replace(place, store=source)
    hand_in(bucketed, register_lead(place, clock), write_evidence(papers), clock)
    with storage.stopped(), pytest.raises(StoreError):
        back_up(bucketed, kept)
    assert list(kept.parent.iterdir()) == []
    made = back_up(bucketed, kept)
    assert (made.files, made.absent) == (1, ())
    new = elsewhere.model_copy(
        update={"store_url": f"s3://{target.bucket}/{target.prefix}", "store_endpoint": target.endpoint}
    )
    restore_backup(new, kept)
    assert keys_of(target) == keys_of(source) != []
    assert list((elsewhere.home / "evidence").glob("*")) == []


def test_a_policy_in_the_home_folder_goes_along(
    place: Workplace, elsewhere: Settings, kept: Path, clock: Clock
) -> None:
    """It is read from the backup until it lies in its place."""
    own = settings_of(place).model_copy(update={"policy": place.home / "policy.toml"})
    packaged = Path(__file__).parents[3] / "models" / "office" / "policy.toml"
    (place.home / "policy.toml").write_bytes(packaged.read_bytes())
    register_lead(place, clock)
    assert set(make_backup(own, place, kept).own) == {"policy.toml"}
    new = elsewhere.model_copy(update={"policy": elsewhere.home / "policy.toml"})
    restore_backup(new, kept)
    assert (new.home / "policy.toml").read_bytes() == packaged.read_bytes()


def test_the_commands_back_up_check_and_restore(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For people and for programs; a folder that is there already is refused, one without a backup too."""
    terminal.text("lead", "add", "--title", "要求设立子公司", "--facts", "设置了清单之外的条件。")
    told = terminal.text("backup", tmp_path / "b1")
    assert "密钥不在备份中" in told
    made = terminal.json("backup", tmp_path / "b2")
    assert isinstance(made, dict)
    assert made["rows"]["lead"] == 1
    assert "备份完好" in terminal.text("restore", tmp_path / "b1", "--verify")
    refusals = [("backup", tmp_path / "b1"), ("restore", tmp_path / "b1"), ("restore", tmp_path)]
    for words, code in zip(refusals, (6, 5, 4), strict=True):
        said = terminal.run(*words)
        assert said.code == code, said
        assert_is_one_sentence(said.err.strip())
    monkeypatch.setenv("ZERO137_HOME", str(tmp_path / "new"))
    restored = terminal.json("restore", tmp_path / "b2")
    assert isinstance(restored, dict)
    assert (restored["restored"], restored["matters"], restored["entries"]) == (True, 1, 2)
    assert "要求设立子公司" in terminal.text("lead", "list")
