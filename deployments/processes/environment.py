"""The environment of the processes we start: all state in one place, nothing sent out."""

import os
from urllib.parse import urlsplit

from pydantic import SecretStr

from deployments.installation.logs import PREFECT_LOGGING
from deployments.installation.settings import Settings

_PREFIX = "ZERO137_"
# What only the worker is told: the keys of informants' identities.
_KEYS = "informant_key"
_DAY_SECONDS = 86_400


def child_environment(settings: Settings, *, with_keys: bool = False) -> dict[str, str]:
    """Return the environment of the server and the worker: all state in one folder, nothing sent out.

    Args:
        settings: The installation.
        with_keys: Pass the keys of informants' identities on; only the worker needs them.
    """
    prefect_home = settings.home / "prefect"
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith(("PREFECT_", _PREFIX))},
        **_given(settings, with_keys=with_keys),
        **_access(settings),
        **_several_servers(settings),
        "PREFECT_HOME": str(prefect_home),
        "PREFECT_PROFILES_PATH": str(prefect_home / "profiles.toml"),
        "PREFECT_API_URL": settings.api.url,
        "PREFECT_SERVER_API_HOST": settings.host,
        "PREFECT_SERVER_API_PORT": str(settings.port),
        # Wherever a browser found the UI, the API is there too; pages of other sites are told nothing.
        "PREFECT_UI_API_URL": "/api",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": settings.ui_url,
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": settings.conduct_url,
        # The server writes its web pages out when it first starts: state, not part of the package.
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(prefect_home / "ui"),
        # How often the in-process worker looks for work while it cannot hear of it, in seconds.
        "PREFECT_WORKER_QUERY_SECONDS": "0.5",
        # Requests forged in a browser are told by their origin, so nobody need ask for a token.
        "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "false",
        # A worker that is gone shows after three of these, in seconds.
        "PREFECT_WORKER_HEARTBEAT_SECONDS": "10",
        # Nothing about the user leaves the machine.
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        # Runs are suspended without a time limit; the loop that would end them only costs time.
        "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED": "false",
        # What has ended long ago goes; the facts of matters lie in our database and stay.
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(settings.run_days * _DAY_SECONDS),
        # Here Prefect takes no number of seconds, only a duration as ISO 8601 writes it.
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": f"P{settings.event_days}D",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_LOGGING_SETTINGS_PATH": str(PREFECT_LOGGING),
        **_past_proxies(settings),
        "PYTHONUNBUFFERED": "1",
    }


def _given(settings: Settings, *, with_keys: bool) -> dict[str, str]:
    """Return the settings as variables again; those with their default are left out."""
    given = settings.model_dump(exclude_none=True, exclude_defaults=True, exclude={_KEYS})
    given |= {"home": settings.home, "port": settings.port}
    if with_keys and settings.informant_key is not None:
        given[_KEYS] = settings.informant_key
    return {f"{_PREFIX}{key.upper()}": _plain(value) for key, value in given.items()}


def _plain(value: object) -> str:
    """Return a value as a variable holds it, secrets in clear."""
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _past_proxies(settings: Settings) -> dict[str, str]:
    """Return what lets the parts of the system reach each other past a proxy of the shell."""
    named = os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")
    server = urlsplit(settings.ui_url).hostname or ""
    hosts = ",".join(dict.fromkeys(filter(None, [named, settings.host, server, "127.0.0.1", "localhost"])))
    # Where both are set, most programs read the one in small letters.
    return {"NO_PROXY": hosts, "no_proxy": hosts}


def _access(settings: Settings) -> dict[str, str]:
    """Return what the server asks for and its clients give."""
    if settings.auth is None:
        return {}
    auth = settings.auth.get_secret_value()
    return {"PREFECT_SERVER_API_AUTH_STRING": auth, "PREFECT_API_AUTH_STRING": auth}


def _several_servers(settings: Settings) -> dict[str, str]:
    """Return what lets several servers hear of each other's events."""
    url = settings.redis_url.get_secret_value()
    if not url:
        return {}
    return {
        "PREFECT_SERVER_EVENTS_MESSAGING_BROKER": "prefect_redis.messaging",
        "PREFECT_SERVER_EVENTS_MESSAGING_CACHE": "prefect_redis.messaging",
        "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING": "prefect_redis.ordering",
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect_redis.lease_storage",
        "PREFECT_SERVER_WORKER_CHANNEL_CLEANUP_QUEUE_STORAGE": "prefect_redis.cleanup_queue",
        "PREFECT_REDIS_MESSAGING_URL": url,
        "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_URL": url,
        "PREFECT_SERVER_DOCKET_URL": url,
    }
