"""Nudges for the outbox, and the sweep that makes losing them harmless."""

import time

from celery import shared_task
from django.conf import settings

from opsa.core import outbox
from opsa.core.waking import wake


def nudge(channel: str) -> None:
    """Wake a worker for a channel. Without a broker the sweep finds the row."""
    wake(work, channel)


@shared_task(name="cases.filing.tasks.work")
def work(channel: str) -> int:
    """Carry due rows of one channel, one after another, for at most a minute."""
    end = time.monotonic() + 60
    done = 0
    while time.monotonic() < end and outbox.work_one(channel):
        done += 1
    return done


@shared_task(name="cases.filing.tasks.compare_waiting")
def compare_waiting() -> int:
    """Codes typed by hand while the filing system could not be asked are compared when it can."""
    from cases.filing import dossier_codes

    return dossier_codes.compare_waiting()


@shared_task(name="cases.filing.tasks.sweep")
def sweep() -> None:
    """Every few seconds: each channel with something due gets as many workers as it may use."""
    for channel in outbox.due_channels():
        for _ in range(settings.OUTBOX_PARALLEL):
            nudge(channel)
