"""The clock's nudges of the watch."""

from celery import shared_task
from django.db.models.functions import Now

from cases.models import Pulse
from cases.watch import alarms, digests


@shared_task(name="cases.watch.tasks.watch")
def watch() -> None:
    """Each minute: hold every rule against what is measured now."""
    alarms.evaluate()


@shared_task(name="cases.watch.tasks.pulse")
def pulse(queue: str) -> None:
    """A worker of this queue lives. Beat asks each minute; an old line means none answered."""
    Pulse.objects.update_or_create(queue=queue, defaults={"at": Now()})


@shared_task(name="cases.watch.tasks.morning")
def morning() -> None:
    """At seven on working days: tell each office what stands open."""
    digests.morning()
