"""Beat wakes a claimer; each system is asked by its own task, so a slow one delays no other."""

from celery import shared_task

from cases.tracking import asking, mapping, pace
from opsa.core.waking import wake


@shared_task(name="cases.tracking.tasks.poll_due")
def poll_due() -> None:
    """Start as many asking tasks for every system as what is due there is worth."""
    _wake()
    asking.mark_stale()


def _wake() -> None:
    for system, wanted in asking.lanes_wanted().items():
        for _ in range(wanted):
            if not _nudge(system):
                return


@shared_task(name="cases.tracking.tasks.poll_system")
def poll_system(system_id: str) -> None:
    """Ask one system for a turn, and come again when more is due."""
    if asking.ask_due(system_id):
        _nudge(system_id)


def _nudge(system_id: str) -> bool:
    """Wake a worker; False when the broker is away. It never expires: a worker whose clock is
    wrong would throw it away, and one that comes late costs a look at the lanes."""
    return wake(poll_system, system_id)


@shared_task(name="cases.tracking.tasks.ask_now")
def ask_now(filing_id: int) -> None:
    """Ask about one filing outside its turn."""
    asking.ask_about(filing_id)


@shared_task(name="cases.tracking.tasks.read_explained")
def read_explained() -> int:
    """Each minute, and when a mapping was saved: what can be understood now is read again."""
    return mapping.read_explained()


@shared_task(name="cases.tracking.tasks.compute_paces")
def compute_paces() -> int:
    """Each night: how fast like cases went on, for who is silent tomorrow."""
    return pace.compute()
