"""The Celery application: four queues, nudges only.

A task carries ids and no data; PostgreSQL is the truth. Losing every message costs latency,
never an effect (see `opsa.core.outbox`). Queues: `interactive` (a person waits), `pdf`
(WeasyPrint, warmed up in the parent), `outside` (portal, carrier, SMS), `bulk`.
"""

import os
from collections.abc import Container
from typing import Any

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsa.settings.local")

app = Celery("opsa")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    [
        "opsa.core",
        "cases.filing",
        "cases.acknowledgements",
        "cases.tracking",
        "cases.papers",
        "cases.messages",
        "cases.weather",
        "cases.watch",
        "cases.intake",
        "cases.imports",
        "cases.reconcile",
        "delivery",
    ]
)


#: What a worker that nobody stands waiting for adds to its place in the processor's queue.
GIVES_WAY = 5


@worker_init.connect
def give_way(sender: Any = None, **_: Any) -> None:
    """On one small machine the pages and look-ups that a clerk waits for go before sending, asking
    and drawing: without it "file" takes twice as long in a busy minute (F01)."""
    if "interactive" not in _queues(sender):
        os.nice(GIVES_WAY)


@worker_init.connect
def warm_up_pdf(sender: Any = None, **_: Any) -> None:
    """Render once before forking, so that no clerk waits for a cold worker."""
    if "pdf" in _queues(sender):
        from opsa.core import pdf

        pdf.warm_up()


def _queues(worker: Any) -> Container[str]:
    """The queues that a starting worker takes tasks from."""
    queues: Any = getattr(getattr(worker, "app", app).amqp, "queues", {})
    consumed: Container[str] = queues.consume_from
    return consumed
