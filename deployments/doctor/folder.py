"""The home folder: whether it is there, whose it is, what room it has, on which disk it lies."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

from deployments.doctor.site import Site
from models.upkeep.remarks import Finding, doubtful, fine, unreached

_SUBJECT = "数据文件夹"
_OTHERS = 0o077
# Below the first nothing can be trusted to be written; below the second somebody should look, in bytes.
_NO_ROOM, _LITTLE_ROOM = 100 << 20, 2 << 30
# SQLite's locks do not hold on these.
_REMOTE = ("nfs", "cifs", "smb", "afs", "9p", "fuse.sshfs", "glusterfs", "ceph", "lustre")
_MOUNTS = Path("/proc/mounts")


def examine_folder(site: Site) -> Iterator[Finding]:
    """Tell whether the home folder can hold the state."""
    home = site.home
    if not home.exists():
        if _can_be_made(home):
            yield doubtful(_SUBJECT, f"{home} 尚不存在", "首次使用请运行 zero137 up（或 zero137 init）")
        else:
            yield unreached(_SUBJECT, f"{home} 无法创建", "请检查上级文件夹的权限或改设 ZERO137_HOME")
        return
    try:
        with TemporaryFile(dir=home):
            pass
    except OSError as error:
        yield unreached(
            _SUBJECT, f"{home} 不可写（{error.strerror}）", "请检查权限和磁盘，或改设 ZERO137_HOME"
        )
        return
    yield fine(_SUBJECT, str(home))
    yield from _examine_rights(home)


def _can_be_made(home: Path) -> bool:
    """Tell whether a folder that is not there could be created."""
    above = next(folder for folder in home.parents if folder.exists())
    return above.is_dir() and os.access(above, os.W_OK | os.X_OK)


def _examine_rights(home: Path) -> Iterator[Finding]:
    """Tell whose the folder is, and who else may look into it."""
    found = home.stat()
    if found.st_uid != os.geteuid():
        yield doubtful(
            _SUBJECT, f"属于另一个用户（{found.st_uid}）", "请始终由同一个用户运行，否则文件会互相不可写"
        )
    if found.st_mode & _OTHERS & ~stat.S_IXGRP & ~stat.S_IXOTH:
        yield doubtful(_SUBJECT, f"权限为 {stat.S_IMODE(found.st_mode):04o}，本机其他用户也能进入",
                       f"如有其他用户，请运行 chmod 700 {home}")  # fmt: skip


def examine_room(site: Site) -> Iterator[Finding]:
    """Tell how much room is left on the disk of the home folder."""
    there = next(folder for folder in (site.home, *site.home.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    told = f"剩余 {free / (1 << 30):.1f} GB"
    if free < _NO_ROOM:
        yield unreached("磁盘空间", told, "请清理磁盘；空间用尽后不再写入任何内容")
    elif free < _LITTLE_ROOM:
        yield doubtful("磁盘空间", told, "请留出至少 2 GB")
    else:
        yield fine("磁盘空间", told)


def examine_disk(site: Site) -> Iterator[Finding]:
    """Tell whether SQLite lies on a disk of another machine, where its locks do not hold."""
    kind = _disk_kind(site.home)
    if site.is_sqlite and kind.startswith(_REMOTE):
        yield doubtful(
            "磁盘类型",
            f"SQLite 数据库在网络文件系统（{kind}）上，可能损坏",
            "请把 ZERO137_HOME 放在本机磁盘，或改用 PostgreSQL",
        )


def _disk_kind(home: Path, mounts: Path = _MOUNTS) -> str:
    """Return the kind of file system a folder lies on, blank where the system does not tell."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    places = {(fields := line.split())[1].replace("\\040", " "): fields[2] for line in lines}
    above = (str(folder) for folder in (home, *home.parents))
    return next((places[folder] for folder in above if folder in places), "")
