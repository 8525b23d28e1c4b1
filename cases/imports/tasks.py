"""Nudges of the imports: an id comes in, the truth is in the database."""

import time

from celery import shared_task

from cases.imports import services


@shared_task(name="cases.imports.tasks.work")
def work(pk: int) -> None:
    """Apply an import, batch after batch, for at most a minute; then another turn goes on."""
    end = time.monotonic() + 60
    lines = services.lines_of(pk)
    while lines and services.work_batch(pk, lines):
        if time.monotonic() > end:
            services.nudge(pk)
            return


@shared_task(name="cases.imports.tasks.sweep")
def sweep() -> None:
    """Each minute: what a lost nudge left, and files that nobody wants."""
    services.sweep()
