"""Beat wakes the claimer; a task carries no data but ids, the truth is in the database."""

from celery import shared_task

from delivery import labels, tracking
from opsa.core import lanes

#: The carrier answers so many questions of ours at the same time.
LANES = 2
#: A carrier that did not answer is left alone so long by each of them, seconds.
REST_SECONDS = 60.0


@shared_task(name="delivery.tasks.poll_due")
def poll_due() -> None:
    """Ask the carrier about every parcel whose turn it is, a hundred at a time, for a turn."""

    def call() -> float | None:
        claims = tracking.claim_due()
        if not claims:
            return None
        return 0.0 if tracking.ask(claims).answered else REST_SECONDS

    lanes.drive("carrier", call, lanes=LANES)


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
