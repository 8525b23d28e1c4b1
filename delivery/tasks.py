"""Beat wakes the claimer; a task carries no data but ids, the truth is in the database."""

from celery import shared_task

from delivery import labels, tracking


@shared_task(name="delivery.tasks.poll_due")
def poll_due() -> int:
    """Ask the carrier about every parcel whose turn it is, a hundred at a time (bounded)."""
    known = 0
    for _ in range(50):
        claims = tracking.claim_due()
        if not claims:
            break
        known += tracking.ask(claims)
    return known


@shared_task(name="delivery.tasks.ask_now")
def ask_now(parcel_id: int) -> None:
    """Ask about one parcel outside its turn."""
    tracking.ask_about(parcel_id)


@shared_task(name="delivery.tasks.label_run")
def label_run(run_id: int) -> None:
    """Make the labels of one order."""
    labels.run_work(run_id)


@shared_task(name="delivery.tasks.label_sweep")
def label_sweep() -> None:
    """Go on with orders that nobody works at."""
    for run_id in labels.lost_runs():
        labels.run_work(run_id)
