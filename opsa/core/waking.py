"""Waking a worker. The database is the truth: a nudge that is lost costs time, never work."""

from typing import Any, Final

from celery import Task
from kombu.exceptions import OperationalError

from opsa.core.kept import Kept

#: A broker that was away is not tried again for so long, seconds: each try may cost a person some.
_away: Final = Kept[None, bool](10.0, keep=bool)


def wake(task: Task[..., Any], *args: Any) -> bool:
    """Have a worker run `task` soon. False when the broker is away: then the clock finds what there
    is to do, and nobody waits for the broker."""
    return not _away.get(None, lambda: not _sent(task, args))


def _sent(task: Task[..., Any], args: tuple[Any, ...]) -> bool:
    try:
        task.apply_async(args=args, retry=False)
    except OperationalError:
        return False
    return True
