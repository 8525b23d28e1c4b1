"""Beat wakes a claimer; each system is asked by its own task, so a slow one delays no other."""

from celery import shared_task
from kombu.exceptions import OperationalError

from cases.tracking import services


@shared_task(name="cases.tracking.tasks.poll_due")
def poll_due() -> None:
    """Start one asking task for every system with something due."""
    for system in services.due_systems():
        try:
            poll_system.apply_async(args=(system,), retry=False)
        except OperationalError:
            return


@shared_task(name="cases.tracking.tasks.poll_system")
def poll_system(system_id: str) -> int:
    """Ask one system about everything due, batch after batch (bounded)."""
    changed = 0
    for _ in range(50):
        claims = services.claim_due(system_id)
        if not claims:
            break
        changed += services.ask(system_id, claims)
    return changed


@shared_task(name="cases.tracking.tasks.ask_now")
def ask_now(filing_id: int) -> None:
    """Ask about one filing outside its turn."""
    services.ask_about(filing_id)
