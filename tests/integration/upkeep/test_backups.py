"""Backups: made while others work, whole or not there, and restored with everything proved."""

import os
import resource
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest
from conftest import Clock
from harness.wording import assert_is_one_sentence
from mishaps.dying import die_after, environment_of
from sqlalchemy import event
from walks.archives import closed_walk, copy_of
from walks.full_office import back_up, fill_office, settings_of
from walks.informants import files_telling
from walks.stored import change, file_of, hand_in
from walks.walking import PDF, PERSON, Walk, contents, pdf, register_lead, write_evidence

from deployments.installation.opening import open_workplace
from deployments.installation.settings import Settings
from deployments.keeping.restoring import check_backup, restore_backup
from models.codes import Step
from models.errors import StartError
from models.upkeep.backup import FACTS, MANIFEST, read_backup
from tasks.archive.archiving import archive_matter
from tasks.archive.disposal import dispose
from tasks.files.checks import check_stored_files
from tasks.workplace import Workplace


def test_a_backup_fills_an_empty_office_elsewhere(
    place: Workplace, elsewhere: Settings, kept: Path, clock: Clock, papers: Path
) -> None:
    """Every row, every file, the office's own files; not the keys, and nothing an informant said in clear."""
    fill_office(place, clock, papers)
    (place.home / "channels.yaml").write_text("urls: []\n", encoding="utf-8")
    (place.home / "templates").mkdir()
    (place.home / "templates" / "urge.txt.j2").write_text("请尽快反馈", encoding="utf-8")
    before = contents(place)
    made = back_up(place, kept)
    assert contents(place) == before
    assert kept.stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in kept.iterdir()) == [
        "channels.yaml", "documents", "evidence", FACTS, MANIFEST, "templates",
    ]  # fmt: skip
    assert files_telling(kept) == {}
    assert read_backup((kept / MANIFEST).read_text("utf-8")) == made
    bytes_before = copy_of(kept)
    done = restore_backup(elsewhere, kept)
    assert copy_of(kept) == bytes_before
    assert (done.backup, done.proof.ledger.entries) == (made, len(before["ledgerentry"]))
    with closing(open_workplace(elsewhere, clock)) as restored:
        assert contents(restored) == before
        assert copy_of(restored.home / "documents") == copy_of(place.home / "documents")
        assert restored.channels_file.read_text("utf-8") == "urls: []\n"
        assert (restored.templates_folder / "urge.txt.j2").exists()
        assert not restored.key_file.exists()
        assert check_stored_files(restored, clock(), everything=True).found == 0


def test_backups_under_load_are_each_of_one_moment(
    place: Workplace, elsewhere: Settings, kept: Path, clock: Clock, papers: Path
) -> None:
    """Three clerks register, hand in and answer all the time; whatever a backup refers to is in it."""
    ended = Event()

    def work(clerk: int) -> int:
        folder, leads = papers / str(clerk), 0
        folder.mkdir()
        while not ended.is_set():
            walk = Walk(place, clock, folder, register_lead(place, clock, title=f"{clerk}第{leads}条"))
            hand_in(place, walk.number, write_evidence(folder, "x.pdf", pdf(os.urandom(20_000))), clock)
            walk.to(Step.RECTIFY)
            leads += 1
        return leads

    with ThreadPoolExecutor(3) as clerks:
        working = [clerks.submit(work, clerk) for clerk in range(3)]
        try:
            made = [back_up(place, kept.with_name(f"under-load-{n}")) for n in range(3)]
        finally:
            ended.set()
        registered = sum(each.result(60) for each in working)
    grown = [each.rows["matter"] for each in made]
    assert grown == sorted(grown)
    assert 0 < grown[-1] <= registered
    for n, each in enumerate(made):
        assert each.absent == ()
        found = check_backup(settings_of(place), kept.with_name(f"under-load-{n}"))
        assert (found.proof.matters, found.backup.files > 0) == (each.rows["matter"], True)
    restore_backup(elsewhere, kept.with_name("under-load-2"))
    with closing(open_workplace(elsewhere, clock)) as restored:
        assert check_stored_files(restored, clock(), everything=True).checked == made[-1].files


def test_a_disposal_meanwhile_begins_the_backup_anew(
    place: Workplace, kept: Path, clock: Clock, papers: Path
) -> None:
    """The facts were copied when the files went: a later moment is taken, which knows of the disposal."""
    walk = closed_walk(place, clock, papers)
    archive_matter(place, walk.number, clock())
    register_lead(place, clock)
    clock.now = clock.now.replace(year=2037)
    done: list[object] = []

    def destroy(*_: object) -> None:
        if not done:
            done.append("no more than once")
            done.append(dispose(place, walk.number, PERSON, "经鉴定已无保存价值", clock()))

    # The connection that saw the moment is given back before the files are copied.
    event.listen(place.engine, "checkin", destroy)
    try:
        made = back_up(place, kept)
    finally:
        event.remove(place.engine, "checkin", destroy)
    assert (made.files, made.absent) == (0, ())
    assert not (kept / "evidence").exists()
    with closing(sqlite3.connect(kept / FACTS)) as facts:
        assert facts.execute("SELECT count(*) FROM ledgerentry WHERE kind = 'disposed'").fetchone() == (1,)


def test_a_file_that_is_missing_already_is_told_and_hinders_nothing(
    place: Workplace, elsewhere: Settings, kept: Path, clock: Clock, papers: Path
) -> None:
    """What is damaged in the store is left out and named; the rest is restored."""
    number = register_lead(place, clock)
    rows = [
        hand_in(place, number, write_evidence(papers, f"{n}.pdf", PDF + bytes([n])), clock) for n in range(3)
    ]
    file_of(place, rows[0]).unlink()
    change(file_of(place, rows[1]))
    made = back_up(place, kept)
    assert made.absent == tuple(sorted(row.sha256 for row in rows[:2]))
    restore_backup(elsewhere, kept)
    with closing(open_workplace(elsewhere, clock)) as restored:
        assert file_of(restored, rows[2]).read_bytes() == file_of(place, rows[2]).read_bytes()


def test_a_store_that_is_not_mounted_is_not_backed_up(
    place: Workplace, kept: Path, clock: Clock, papers: Path
) -> None:
    """Facts without a single file are no backup."""
    hand_in(place, register_lead(place, clock), write_evidence(papers), clock)
    (place.home / "evidence").rename(place.home / "elsewhere")
    with pytest.raises(StartError, match="挂载") as refused:
        back_up(place, kept)
    assert_is_one_sentence(str(refused.value))
    assert list(kept.parent.iterdir()) == []


@pytest.mark.parametrize("where", ["_write_facts", "write_text"])
def test_a_killed_backup_leaves_nothing_under_its_name(
    place: Workplace, kept: Path, clock: Clock, papers: Path, where: str
) -> None:
    """After the facts, after the manifest; the next one clears the remains away."""
    hand_in(place, register_lead(place, clock), write_evidence(papers), clock)
    die_after(environment_of(place), f"deployments.keeping.backups.{where}", "backup", kept)
    assert not kept.exists()
    assert len(list(kept.parent.iterdir())) == 1
    back_up(place, kept)
    assert list(kept.parent.iterdir()) == [kept]


@pytest.mark.parametrize("largest", [100_000, 700_000], ids=["facts", "files"])
def test_a_full_disk_is_told_in_one_sentence(
    place: Workplace, kept: Path, clock: Clock, papers: Path, largest: int
) -> None:
    """A disk that takes no more, for which a limit on the size of files stands, leaves no folder."""
    number = register_lead(place, clock)
    hand_in(place, number, write_evidence(papers, "大.pdf", pdf(os.urandom(900_000))), clock)
    said = subprocess.run(
        [Path(sys.executable).with_name("zero137"), "backup", str(kept)],
        env=environment_of(place), capture_output=True, text=True, timeout=60, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest)),
    )  # fmt: skip
    assert said.returncode in (6, 10), said
    assert_is_one_sentence(said.stderr.strip())
    assert list(kept.parent.iterdir()) == []


def test_two_backups_at_once_of_one_name_are_one(place: Workplace, kept: Path, clock: Clock) -> None:
    """The slower process is refused, and what the faster one wrote stays."""
    register_lead(place, clock)
    words = [Path(sys.executable).with_name("zero137"), "backup", str(kept)]
    both = [subprocess.Popen(words, env=environment_of(place), stderr=subprocess.DEVNULL) for _ in range(2)]
    assert sorted(each.wait(60) for each in both) == [0, 6]
    assert list(kept.parent.iterdir()) == [kept]
    assert check_backup(settings_of(place), kept).proof.matters == 1
