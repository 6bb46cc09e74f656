"""The keys of informants' identities: who may read them, what is refused, what is never overwritten."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from harness.wording import assert_is_one_sentence
from pydantic import SecretStr
from walks.informants import give_key

from models.errors import ConflictError, InputError, NotFound, StartError, TamperError, Zero137Error
from tasks.informants.keys import create_key_file, open_vault, read_keys, replace_key_file
from tasks.informants.vault import Vault, mark_of, new_key
from tasks.workplace import KeySource, Workplace


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """Keys lie beside the database: one kind is enough."""
    return f"sqlite:///{tmp_path / 'zero137.db'}"


def test_a_key_file_is_for_its_owner_alone_and_written_once(place: Workplace) -> None:
    """Whatever the mask of the process; a second time it is left alone."""
    before = os.umask(0)
    try:
        key = give_key(place)
    finally:
        os.umask(before)
    assert place.key_file.stat().st_mode & 0o777 == 0o600
    assert read_keys(place) == [key]
    with pytest.raises(ConflictError, match="已存在，未改动"):
        create_key_file(place, new_key())
    assert read_keys(place) == [key]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o601, 0o644, 0o777])
def test_a_key_that_others_may_reach_is_refused(place: Workplace, mode: int) -> None:
    """The sentence says how to mend it; a link does not hide the rights of what it points to."""
    give_key(place)
    elsewhere = place.home / "elsewhere.key"
    place.key_file.rename(elsewhere)
    place.key_file.symlink_to(elsewhere)
    assert len(read_keys(place)) == 1
    elsewhere.chmod(mode)
    with pytest.raises(InputError, match=f"权限为 {mode:04o}.*chmod 600") as refusal:
        open_vault(place)
    assert_is_one_sentence(str(refusal.value))


def _nothing(path: Path) -> None:
    """Leave no file."""
    path.unlink()


def _folder(path: Path) -> None:
    """Put a folder in the place of the file."""
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    """Put a pipe in the place of the file: whoever opens it would wait."""
    path.unlink()
    os.mkfifo(path)


def _dangling(path: Path) -> None:
    """Put a link to nothing in the place of the file."""
    path.unlink()
    path.symlink_to(path.with_name("nowhere"))


@pytest.mark.parametrize(
    ("harm", "kind"),
    [
        (_nothing, NotFound),
        (_dangling, NotFound),
        (_folder, InputError),
        (_pipe, InputError),
        (lambda path: path.write_bytes(b""), InputError),
        (lambda path: path.write_bytes(b"\n\n"), InputError),
        (lambda path: path.write_bytes(b"password\n"), InputError),
        (lambda path: path.write_bytes(bytes(range(256))), InputError),
        (lambda path: path.write_text(path.read_text()[:-3]), InputError),
        (lambda path: path.write_text(path.read_text() + "x\n"), InputError),
    ],
)
def test_what_is_no_key_is_refused_in_one_sentence(
    place: Workplace, harm: Callable[[Path], None], kind: type[Zero137Error]
) -> None:
    """Nothing of what stands in the file is told."""
    key = give_key(place)
    harm(place.key_file)
    with pytest.raises(kind) as refusal:
        open_vault(place)
    assert_is_one_sentence(str(refusal.value))
    assert key[:20] not in str(refusal.value)
    assert "password" not in str(refusal.value)


def test_keys_of_the_environment_go_before_the_file(place: Workplace) -> None:
    """Several by commas, of either width, the first is the current one; nothing shows them."""
    give_key(place)
    one, two = new_key(), new_key()
    given = replace(place, keys=KeySource(given=SecretStr(f"{one}， {two},")))
    assert read_keys(given) == [one, two]
    assert open_vault(given).seal("甲").startswith(f"{mark_of(one)}.")
    assert one not in repr(given)
    broken = replace(place, keys=KeySource(given=SecretStr(f"{one},{two[:-1]}")))
    with pytest.raises(InputError, match="环境变量 ZERO137_INFORMANT_KEY 中第2个密钥的格式不正确") as refusal:
        open_vault(broken)
    assert two[:10] not in str(refusal.value)


def test_a_key_file_may_lie_elsewhere(place: Workplace, tmp_path: Path) -> None:
    """An absolute path leaves the home folder; a folder that is missing is told."""
    there = replace(place, keys=KeySource(file=tmp_path / "usb" / "k"))
    with pytest.raises(StartError, match="无法写入"):
        create_key_file(there, new_key())
    (tmp_path / "usb").mkdir()
    give_key(there)
    assert there.key_file == tmp_path / "usb" / "k"
    assert not (place.home / "informant.key").exists()


def test_a_replaced_key_file_keeps_its_link_and_its_rights(place: Workplace) -> None:
    """The link stays a link; what a killed change left behind is cleared away."""
    give_key(place)
    elsewhere = place.home / "elsewhere.key"
    place.key_file.rename(elsewhere)
    place.key_file.symlink_to(elsewhere)
    left = place.home / ".elsewhere.key.new"
    left.write_text("half")
    keys = [new_key(), new_key()]
    replace_key_file(place.key_file, keys)
    assert (read_keys(place), left.exists(), place.key_file.is_symlink()) == (keys, False, True)
    assert elsewhere.stat().st_mode & 0o777 == 0o600


def test_a_vault_opens_with_any_key_and_seals_with_the_first() -> None:
    """Another key and a changed text are two different sentences."""
    old, new = new_key(), new_key()
    sealed = Vault([old], "甲").seal("秘密")
    both = Vault([new, old], "甲")
    assert both.open(sealed) == "秘密"
    assert Vault([new], "甲").open(both.seal("秘密")) == "秘密"
    with pytest.raises(InputError, match=f"另一个密钥（标记 {mark_of(old)}）"):
        Vault([new], "甲").open(sealed)
    other = "B" if sealed[40] == "A" else "A"
    for changed in (sealed[:-1], sealed[:40] + other + sealed[41:], f"{mark_of(old)}.", f"{mark_of(old)}.甲"):
        with pytest.raises(TamperError, match="被改动过或已损坏"):
            both.open(changed)
    with pytest.raises(InputError, match="另一个密钥"):
        both.open("")
