"""The files an office writes itself: policy, templates, channels, keys; and the store of the others."""

from collections.abc import Iterator
from pathlib import Path

from deployments.doctor.site import Site
from models.errors import InputError, NotFound, Zero137Error
from models.upkeep.remarks import Finding, doubtful, fine, unreached, wrong
from notifications.channels.handing_over import check_channels
from notifications.texts.wording import check_wording
from tasks.informants.keys import open_vault
from tasks.workplace import read_office


def examine_policy(site: Site) -> Iterator[Finding]:
    """Tell whether the policy file is valid."""
    try:
        site.settings.read_policy()
    except InputError as error:
        yield wrong(
            "政策文件", str(error).removesuffix("。"), "请改正该文件，或取消 ZERO137_POLICY 使用自带文件"
        )
    else:
        yield fine("政策文件", str(site.settings.policy or "自带文件"))


def examine_templates(site: Site) -> Iterator[Finding]:
    """Tell whether the office's own templates can be used."""
    folder = site.place.templates_folder
    try:
        own = check_wording(folder)
    except InputError as error:
        yield wrong("模板", str(error).removesuffix("。"), f"请改正或移出文件夹 {folder}")
    else:
        yield fine("模板", f"自定义{len(own)}个" if own else "使用自带模板")


def examine_key(site: Site) -> Iterator[Finding]:
    """Tell whether the key of informants is there, and for its owner alone."""
    absent = doubtful(
        "举报人密钥",
        "尚未生成，不能登记和调阅举报人信息",
        "首次使用请运行 zero137 informant key；用过的请从备份恢复，切勿重新生成",
    )
    if site.place.keys.given is None and not site.place.key_file.parent.is_dir():
        yield absent
        return
    try:
        open_vault(site.place)
    except NotFound:
        yield absent
    except InputError as error:
        yield wrong("举报人密钥", str(error).removesuffix("。"), "改正后再登记和调阅举报人信息")
    else:
        yield fine("举报人密钥", "可用")


def examine_channels(site: Site) -> Iterator[Finding]:
    """Tell whether every active unit can be written to; their names come from the database."""
    path = site.place.channels_file
    if not path.exists():
        yield doubtful(
            "消息渠道", "未配置，消息将留在发件箱", f"请复制 examples/channels.yaml 为 {path} 并填写"
        )
        return
    faults = check_channels(path, _unit_names(site))
    for fault in faults:
        told = (
            f"{fault.where}：{fault.reason.removesuffix('。')}"
            if fault.line
            else fault.reason.removesuffix("。")
        )
        advice = f"请修改 {path.name} 后运行 zero137 channels check"
        is_file_at_fault = fault.fatal and (fault.line is not None or len(faults) == 1)
        yield wrong("消息渠道", told, advice) if is_file_at_fault else doubtful("消息渠道", told, advice)
    if not faults:
        yield fine("消息渠道", "每个启用的单位都有地址")


def _unit_names(site: Site) -> dict[str, str]:
    """Return the names of the active units by code; empty where the database cannot be asked."""
    if site.place.engine.dialect.name == "sqlite" and not Path(site.place.engine.url.database or "").exists():
        # Asking would create it.
        return {}
    try:
        return {unit.code: unit.name for unit in read_office(site.place).units if unit.active}
    except Exception:  # noqa: BLE001 - what is wrong with the database is told by its own line
        return {}


def examine_store(site: Site) -> Iterator[Finding]:
    """Tell whether evidence, documents and exports can be stored."""
    is_to_be_made = not site.settings.store_url and not site.settings.home.exists()
    if is_to_be_made:
        yield fine("材料存放", "首次启动时建立")
    elif fault := site.place.store.fault():
        yield unreached("材料存放", fault.removesuffix("。"), "请检查 ZERO137_STORE_URL 所指的存储和权限")
    else:
        yield fine("材料存放", "可以读写")


def examine_units_file(site: Site) -> Iterator[Finding]:
    """Tell whether the unit directory that a first start imports is valid."""
    from deployments.processes.preparing import unit_source

    if site.settings.units is None:
        return
    try:
        unit_source(site.settings)
    except Zero137Error as error:
        yield wrong("单位文件", str(error).removesuffix("。"), "请核对 ZERO137_UNITS 所指的文件")
