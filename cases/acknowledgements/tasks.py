"""Nudges: an id comes in, one service is called; the sweeper finds what a lost nudge left."""

from celery import shared_task

from cases.acknowledgements import services


@shared_task(name="cases.acknowledgements.tasks.check", soft_time_limit=110, time_limit=120)
def check(pk: int) -> None:
    """Read one acknowledgement."""
    services.acknowledgement_check(pk)


@shared_task(name="cases.acknowledgements.tasks.sweep")
def sweep() -> None:
    """Read those that still lie in quarantine."""
    services.sweep()
