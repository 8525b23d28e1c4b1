"""Nudges of the clock for core."""

from celery import shared_task

from opsa.core import journal, once


@shared_task(name="opsa.core.tasks.seal_journal")
def seal_journal() -> None:
    """Seal what the journal gained since the last seal (daily)."""
    journal.seal_day()


@shared_task(name="opsa.core.tasks.forget_form_keys")
def forget_form_keys() -> None:
    """Delete form keys past their time."""
    once.forget_old_keys()
