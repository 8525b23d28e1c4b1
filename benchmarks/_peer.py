"""The peer of our sending: a plain Celery task as its documentation shows it, late acknowledgement,
`reject_on_worker_lost`, `autoretry_for` and the defaults: three retries, 180 s apart, and a message
given to another worker after an hour without acknowledgement.

It sends the same frozen messages with the same client to the same simulator. Time may run faster
for it: an hour in `PEER_HOUR` seconds, its waits included.
"""

import json
import os
import sys
import time
from uuid import UUID

from celery import Celery
from kombu.exceptions import OperationalError

from opsa.embedded.supervisor import Job

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsa.settings.local")
HOUR = float(os.environ.get("PEER_HOUR", "3600"))

app = Celery("peer")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_default_queue="peer",
    task_routes={},
    broker_transport_options={"visibility_timeout": HOUR},
)


class NotTaken(Exception):
    """The portal did not say that it has the dossier."""


@app.task(
    acks_late=True,
    reject_on_worker_lost=True,
    autoretry_for=(Exception,),
    default_retry_delay=180 * HOUR / 3600,
)
def send(filing_id: int, key: str) -> None:
    """Send the filing's message under a key of the peer's own."""
    from cases.filing import payload
    from cases.filing.ports import Submission
    from cases.filing.systems import port_of
    from cases.models import Filing
    from opsa.core.outbox import Answer

    filing = Filing.objects.get(pk=filing_id)
    message = {**json.loads(filing.payload), "MaThamChieu": str(UUID(key))}
    receipt = port_of(filing.system_id).submit(Submission(key, message, payload.files_of(filing)))
    if receipt.answer is not Answer.DONE:
        raise NotTaken(receipt.detail)


def job() -> Job:
    """Its worker, as a job to keep running."""
    return Job(
        "worker-peer",
        (sys.executable, "-m", "celery", "-A", "benchmarks._peer", "worker", "-Q", "peer",
         "-c", "4", "-l", "critical", "-n", "peer@opsa", "--without-gossip", "--without-mingle"),
    )  # fmt: skip


def owe(filing_id: int, key: str) -> None:
    """Hand the task to the broker; one that is just away is asked again."""
    for _ in range(100):
        try:
            send.delay(filing_id, key)
        except OperationalError:
            time.sleep(0.1)
        else:
            return
