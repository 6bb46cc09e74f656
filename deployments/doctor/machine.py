"""What the machine must bring: Python, the packages, time zones, fonts."""

import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from deployments.doctor.site import Site
from models.upkeep.remarks import Finding, doubtful, fine, wrong
from notifications.papers.glyphs import drawable, families, named_characters, undrawable

_PROGRAM = "zero137"
_PYTHON = SpecifierSet(">=3.11,<3.14")
_SAMPLE = "侯马市发展和改革局"
# Names of persons and places beyond what offices' fonts have, of the extensions A, B, E and G.
_RARE_NAMES = "㛃䶮𬀩𠮷𤭢𰻝"
_INSTALL = "请按 requirements.lock 重新安装（make up，或 pip install --require-hashes -r requirements.lock）"


def examine_python(site: Site) -> Iterator[Finding]:
    """Tell whether this Python is one the program was tested with."""
    del site
    found = ".".join(map(str, sys.version_info[:3]))
    if found in _PYTHON:
        yield fine("Python", found)
    else:
        yield wrong("Python", f"版本为 {found}", "请使用 Python 3.11 至 3.13")


def examine_packages(site: Site) -> Iterator[Finding]:
    """Tell whether the packages are of versions the program works with. Source: ADR-0007."""
    del site
    try:
        needed = [Requirement(line) for line in requires(_PROGRAM) or ()]
    except PackageNotFoundError:
        yield doubtful("软件包", "程序未安装，无法核对所需软件包的版本", _INSTALL)
        return
    faults = [fault for each in needed if not each.marker and (fault := _fault_of(each))]
    for fault in faults:
        yield wrong("软件包", fault, _INSTALL)
    if not faults:
        yield fine("软件包", f"{len(needed)}个，版本相符（prefect {version('prefect')}）")


def _fault_of(needed: Requirement) -> str:
    """Return what is wrong with a package, blank where nothing is."""
    try:
        found = version(needed.name)
    except PackageNotFoundError:
        return f"缺少 {needed.name}"
    if needed.specifier.contains(found, prereleases=True):
        return ""
    return f"{needed.name} 的版本为 {found}，应为 {needed.specifier}"


def examine_time_zone(site: Site) -> Iterator[Finding]:
    """Tell whether the time zone by which due dates are counted is known here."""
    name = site.place.policy.business_hours.time_zone
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        yield wrong("时区", f"没有时区 {name} 的数据", "请安装软件包 tzdata，并核对政策文件的 time_zone")
    else:
        yield fine("时区", f"{name}，当地时间 {site.clock().astimezone(ZoneInfo(name)):%Y-%m-%d %H:%M}")


def examine_fonts(site: Site) -> Iterator[Finding]:
    """Tell whether Chinese can be drawn, by which fonts, and which of some rare characters cannot."""
    del site
    if drawable(_SAMPLE) != _SAMPLE:
        yield wrong("字体", "自带字体不能排印中文", _INSTALL)
        return
    used = families()
    missing = undrawable([_RARE_NAMES])
    rare = (
        f"罕用字{_RARE_NAMES}中{named_characters(missing)}印作〓" if missing else f"罕用字如{_RARE_NAMES}可印"
    )
    found = f"自带字体可排印中文，不需要 LibreOffice；正文{used['body'][0]}，标题{used['title'][0]}；{rare}"
    # Nothing is wrong with a machine that lacks them, as long as no name needs them.
    yield fine("字体", f"{found}{'，需要时可安装 SimSun-ExtB、遍黑体 Plangothic 等字体' if missing else ''}")
