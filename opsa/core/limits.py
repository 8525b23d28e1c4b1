"""Rate limits in Valkey: fixed windows, counted in one atomic step (F62).

A limit that guards something (sign-in, public look-up, one-time codes) fails closed: when Valkey
is away, nobody guesses for free.
"""

from functools import lru_cache
from typing import Final

import redis
from django.conf import settings

from opsa.core.fields import blind

# INCR and EXPIRE in one step: a process that dies between the two would leave a counter that
# never ends. The second condition mends such a counter left by anybody else.
_COUNT: Final = """
local hits = redis.call('INCR', KEYS[1])
local left = redis.call('TTL', KEYS[1])
if left < 0 then
  redis.call('EXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {hits, left}
"""


class LimitReached(Exception):
    """Too many tries. `retry_after` is in whole seconds, at least 1."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after


@lru_cache(maxsize=4)
def _client(url: str) -> "redis.Redis":
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)


def client() -> "redis.Redis":
    """The process's connection to Valkey, with a one-second patience."""
    return _client(settings.REDIS_CLIENT_URL)


def hit(name: str, key: str, *, limit: int, seconds: int, guards: bool = True) -> None:
    """Count one try of `key` under the rule `name`; the first `limit` tries in a window pass.

    `key` may be personal (an address, a phone number): only its keyed hash leaves this process.
    Raises LimitReached beyond the limit, and also when Valkey can't be asked and `guards` is true.
    """
    slot = f"opsa:limit:{name}:{blind(f'limit:{name}', key).hex()}"
    try:
        hits, left = client().eval(_COUNT, 1, slot, seconds)
    except redis.RedisError:
        if guards:
            raise LimitReached(min(seconds, 30)) from None
        return
    if hits > limit:
        raise LimitReached(max(1, int(left)))


def forget(name: str, key: str) -> None:
    """Start the window of `key` afresh, e.g. after a right password."""
    try:
        client().delete(f"opsa:limit:{name}:{blind(f'limit:{name}', key).hex()}")
    except redis.RedisError:
        return
