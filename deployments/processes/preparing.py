"""Preparing an installation before anything starts: database, unit directory, what is to be said of it."""

from alembic.util import CommandError
from sqlalchemy.exc import DatabaseError

from deployments.installation.access import check_access
from deployments.installation.opening import open_workplace
from deployments.installation.settings import Settings
from deployments.keeping.schema import migrate
from deployments.processes.caretaker import Say
from models.errors import StartError
from models.office.directory import DirectoryFile, packaged_directory_text, read_directory_file
from notifications.channels.handing_over import check_channels
from notifications.texts.wording import check_wording
from tasks.database import alone
from tasks.given.files import decode_text, read_bytes
from tasks.informants.identities import key_fault
from tasks.office.units import import_directory, list_units
from tasks.workplace import Workplace

# Parts that start together on several machines wait so long for the one that migrates, in seconds.
_MIGRATION_SECONDS = 300


def prepare(settings: Settings, say: Say) -> None:
    """Create or migrate the database and fill an empty unit directory.

    Raises:
        StartError: The database is locked or damaged, or the system would be open to anybody.
        InputError: The policy or unit file is wrong.
    """
    check_access(settings.host, protected=settings.auth is not None)
    check_wording(settings.home / "templates")
    say("正在检查数据库…")
    place = open_workplace(settings)
    try:
        with alone(place.engine, "升级数据库", _MIGRATION_SECONDS):
            migrate(place.engine)
        _fill_directory(place, settings, say)
        _tell_of_channels(place, say)
        if fault := place.store.fault():
            say(fault)
        if fault := key_fault(place):
            say(f"举报人信息暂不能登记和调阅，其余功能不受影响：{fault}")
    except DatabaseError as error:
        raise StartError("数据库连不上、被其他程序占用或已损坏，请处理后重试。") from error
    except CommandError as error:
        raise StartError("数据库由更新的版本创建，请升级程序后再启动。") from error
    finally:
        place.close()


def _tell_of_channels(place: Workplace, say: Say) -> None:
    """Tell what is wrong with the channel file; messages wait in the outbox until it is mended."""
    if not place.channels_file.exists():
        say("未配置消息渠道，消息将留在发件箱（见 examples/channels.yaml）。")
        return
    units = {unit.code: unit.name for unit in list_units(place) if unit.active}
    for fault in check_channels(place.channels_file, units):
        if fault.line:
            say(f"消息渠道第{fault.line}行：{fault.reason}")


def _fill_directory(place: Workplace, settings: Settings, say: Say) -> None:
    """Import the unit directory where there is none yet; later changes are made by ``units import``."""
    if list_units(place):
        return
    told, origin = unit_source(settings)
    done = import_directory(place, told, origin, place.clock())
    say(f"已导入单位目录，共 {done.added} 个单位。")


def unit_source(settings: Settings) -> tuple[DirectoryFile, str]:
    """Return the directory that a first start imports, and the name of the file it comes from.

    Raises:
        InputError: The file is no unit directory.
        NotFound: There is no such file.
    """
    source = settings.units
    text = decode_text(read_bytes(source), source) if source else packaged_directory_text()
    origin = source.name if source else "units.toml"
    return read_directory_file(text, origin), origin
