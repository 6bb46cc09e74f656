"""The keys that informants' identities are sealed with: read, created, replaced; never told."""

import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path

from models.errors import ConflictError, InputError, NotFound, StartError
from tasks.informants.vault import Vault, mark_of, new_key
from tasks.store.blobs import sync_folder
from tasks.workplace import Workplace

VARIABLE = "ZERO137_INFORMANT_KEY"
_LARGEST_FILE = 1 << 16
_OTHERS = 0o077


def read_keys(place: Workplace) -> list[str]:
    """Return the keys, the current one first: those of the environment, else those of the file.

    They are read each time anew: a key that was replaced takes effect at once in every process.

    Raises:
        NotFound: There is no key.
        InputError: The file cannot be read, or others than its owner may read it.
    """
    given = place.keys.given
    text = given.get_secret_value() if given is not None else _read_file(place.key_file)
    return [key for key in re.split(r"[,，\s]+", text) if key]


def open_vault(place: Workplace) -> Vault:
    """Return the vault of an installation.

    Raises:
        NotFound: There is no key.
        InputError: A key cannot be read or is malformed.
    """
    return Vault(read_keys(place), origin_of(place))


def origin_of(place: Workplace) -> str:
    """Return where the keys come from, in words."""
    return f"环境变量 {VARIABLE} " if place.keys.given is not None else f"密钥文件 {place.key_file} "


def draw_key() -> tuple[str, str]:
    """Return a new random key and the mark it is recognised by."""
    key = new_key()
    return key, mark_of(key)


def create_key_file(place: Workplace, key: str) -> None:
    """Write the first key, durable and for its owner alone; what is there is never overwritten.

    Raises:
        ConflictError: The file exists.
        StartError: It cannot be written.
    """
    path = place.key_file
    try:
        _write(path, [key])
    except FileExistsError:
        raise ConflictError(
            f"密钥文件 {path} 已存在，未改动；更换密钥请用 zero137 informant rotate。"
        ) from None
    except OSError as error:
        raise StartError(f"密钥文件 {path} 无法写入，请检查文件夹和权限。") from error


def replace_key_file(path: Path, keys: Sequence[str]) -> None:
    """Replace the content of the key file as a whole: whoever looks finds the old keys or the new ones.

    Raises:
        StartError: It cannot be written; the old keys are still there.
    """
    try:
        target = path.resolve(strict=True)
        fresh = target.with_name(f".{target.name}.new")
        # Left behind where somebody was killed here; it is for the owner alone, as the file itself.
        fresh.unlink(missing_ok=True)
        _write(fresh, keys)
        fresh.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise StartError(f"密钥文件 {path} 无法写入，请检查权限后重新运行；原密钥仍然有效。") from error


def _write(path: Path, keys: Sequence[str]) -> None:
    """Write keys to a new file that only its owner may read, durably."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            # A mask of the process may take rights from the owner, too.
            os.fchmod(handle, 0o600)
            stream.write("".join(f"{key}\n" for key in keys))
            stream.flush()
            os.fsync(handle)
        sync_folder(path.parent)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _read_file(path: Path) -> str:
    """Return what the key file holds, after a look at who else may read it."""
    try:
        # A pipe would keep us waiting for ever without O_NONBLOCK.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        raise NotFound(
            f"没有举报人信息的密钥（文件 {path} 不存在，也未设置 {VARIABLE}）；"
            "首次使用请运行 zero137 informant key，以前用过的请从备份恢复。"
        ) from None
    except OSError as error:
        raise InputError(f"密钥文件 {path} 无法读取，请检查权限。") from error
    try:
        # The rights of what was opened, wherever a link led to.
        _check_rights(path, os.fstat(handle).st_mode)
        return os.read(handle, _LARGEST_FILE).decode("ascii", "replace")
    finally:
        os.close(handle)


def _check_rights(path: Path, mode: int) -> None:
    """Refuse what is no file, and what others than its owner may reach."""
    if not stat.S_ISREG(mode):
        raise InputError(f"密钥文件 {path} 不是普通文件，请核对路径。")
    if mode & _OTHERS:
        raise InputError(
            f"密钥文件 {path} 的权限为 {stat.S_IMODE(mode):04o}，他人也能读取，已拒绝使用；"
            f"请运行 chmod 600 {path}，并用 zero137 informant rotate 更换密钥。"
        )
