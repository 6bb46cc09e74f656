"""The settings in force as people may see them: where each comes from, and never a password."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from deployments.installation.settings import SECRETS, Settings, load_settings

_ENVIRONMENT, _FILE, _DEFAULT = "环境变量", "文件", "默认"
_MASK = "***"
# From the name to the last @: whatever stands in a password, nothing of it is left.
_USER = re.compile(r"://([^:@/?]*):.*@")
_QUERY = re.compile(r"([?&][^=&]*(?:pass|secret|key|token)[^=&]*=)[^&]*", re.IGNORECASE)


@dataclass(frozen=True)
class SettingRow:
    """One setting: its variable, the value in force, where it comes from, and what it means."""

    variable: str
    value: str
    source: str
    meaning: str


def list_settings(environment: Mapping[str, str] | None = None) -> list[SettingRow]:
    """Return every setting in the order of their declaration.

    Args:
        environment: Where to read from instead of the environment of this process.

    Raises:
        InputError: A setting is unknown or wrong.
    """
    given = os.environ if environment is None else environment
    settings = load_settings(given)
    return [
        SettingRow(
            variable=f"ZERO137_{name.upper()}",
            value=masked(_in_force(settings, name)),
            source=_source(given, name),
            meaning=field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]


def masked(text: str) -> str:
    """Return an address without the passwords in it; all other text as it is."""
    if "://" not in text:
        return text
    return _QUERY.sub(rf"\1{_MASK}", _USER.sub(rf"://\1:{_MASK}@", text))


def _source(given: Mapping[str, str], name: str) -> str:
    """Return where a setting was found; a blank variable is as good as none."""
    variable = f"ZERO137_{name.upper()}"
    if name in SECRETS and given.get(f"{variable}_FILE"):
        return _FILE
    return _ENVIRONMENT if given.get(variable) else _DEFAULT


def _in_force(settings: Settings, name: str) -> str:
    """Return the value that is used, where none was given what stands for it."""
    derived = {
        "server_url": settings.ui_url,
        "database_url": settings.facts_url,
        "prefect_database_url": settings.conduct_url,
        "policy": settings.policy or "自带 policy.toml",
        "units": settings.units or "自带 units.toml",
        "informant_key_file": settings.home / settings.key_source.file,
        "store_url": settings.store_url or settings.home,
        "redis_url": settings.redis_url.get_secret_value() or "未设置",
    }
    value = derived.get(name, getattr(settings, name))
    if name in ("auth", "informant_key"):
        return "已设置" if isinstance(value, SecretStr) and value.get_secret_value() else "未设置"
    return "未设置" if value in (None, "") else str(value)
