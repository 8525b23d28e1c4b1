"""The Celery application: four queues, nudges only.

A task carries ids and no data; PostgreSQL is the truth. Losing every message costs latency,
never an effect (see `opsa.core.outbox`). Queues: `interactive` (a person waits), `pdf`
(WeasyPrint, warmed up in the parent), `outside` (portal, carrier, SMS), `bulk`.
"""

import os
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


@worker_init.connect
def warm_up_pdf(sender: Any = None, **_: Any) -> None:
    """Render once before forking, so that no clerk waits for a cold worker."""
    queues: Any = getattr(getattr(sender, "app", app).amqp, "queues", {})
    if "pdf" in queues.consume_from:
        from opsa.core import pdf

        pdf.warm_up()
