"""Whether the Redis that several servers share answers."""

from collections.abc import Iterator

from models.upkeep.remarks import Finding, fine, unreached, wrong

# Whoever does not answer within this time does not answer, in seconds.
_PATIENCE = 4


def knows_sentinels(address: str) -> bool:
    """Tell whether an address names sentinels: only Prefect itself asks them which server is the one."""
    return "+sentinel:" in address


def ping_redis(address: str) -> None:
    """Ask the Redis at an address, as redis://redis:6379/0, whether it is there.

    Raises:
        ValueError: The address is wrong.
        RedisError: Nobody answers there, or the password is wrong.
    """
    from redis import Redis

    with Redis.from_url(address, socket_connect_timeout=_PATIENCE, socket_timeout=_PATIENCE) as client:
        client.ping()


def examine_redis(address: str) -> Iterator[Finding]:
    """Examine the Redis at an address."""
    from redis.exceptions import AuthenticationError, RedisError

    if knows_sentinels(address):
        yield fine("Redis", "由哨兵指定，启动时由 Prefect 连接，此处不检查")
        return
    try:
        ping_redis(address)
    except ValueError:
        yield wrong("Redis", "地址无效", "ZERO137_REDIS_URL 应写成 redis://[:口令@]主机:6379/0")
    except AuthenticationError:
        yield wrong("Redis", "口令不对", "请核对 ZERO137_REDIS_URL 中的口令")
    except (RedisError, OSError) as error:
        advice = "请核对 ZERO137_REDIS_URL，并确认 Redis 已启动"
        yield unreached("Redis", f"没有应答（{type(error).__name__}）", advice)
    else:
        yield fine("Redis", "正常")
