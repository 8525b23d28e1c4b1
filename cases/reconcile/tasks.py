"""The clock's nudge of the reconciliation."""

from celery import shared_task

from cases.reconcile import building


@shared_task(name="cases.reconcile.tasks.morning")
def morning() -> None:
    """Each morning before the digest: hold what is reported against what is observed."""
    building.morning()
