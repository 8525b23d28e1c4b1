"""Waking a worker. The database is the truth: a nudge that is lost costs time, never work."""

from typing import Any

from celery import Task
from kombu.exceptions import OperationalError


def wake(task: Task[..., Any], *args: Any) -> bool:
    """Have a worker run `task` soon. False when the broker is away: then the clock finds what there
    is to do, and nobody waits for the broker."""
    try:
        task.apply_async(args=args, retry=False)
    except OperationalError:
        return False
    return True
