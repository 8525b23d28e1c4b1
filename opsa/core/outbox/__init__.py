"""Sending that cannot be lost and is never done twice (F01; invariants 1 and 4).

PostgreSQL is the queue of record; a Celery message is only a nudge that carries no data.

States: `ready` (no byte was ever sent) → `unknown` (a claim moved it here *before* sending) →
`done`, `refused` or `person`. An `unknown` row is sent again only after the other side, asked by
our key once its settle time has passed, answered *absent*. The lease is `run_at` itself: a row
whose lease has run out is simply due again, and every later write names the lease token it was
claimed with, so a worker that comes back late changes nothing. Only the database's clock is used.

A breaker per channel stops sending into a known outage; while it is open one probe at a time goes
out, and probes use up no attempts. After `OUTBOX_HORIZON_HOURS` of real failures a person decides.
"""

from opsa.core.outbox.asking import ask_again, due_channels, held_for, next_try, retry_now
from opsa.core.outbox.breaker import in_trouble
from opsa.core.outbox.checkpoints import checkpoint
from opsa.core.outbox.handlers import Answer, Chooser, Claim, Handler, Later, Outcome, handles
from opsa.core.outbox.models import Channel, Outbox
from opsa.core.outbox.queue import claim, divert, put, sending, withdraw
from opsa.core.outbox.worker import work_one

__all__ = [
    "Answer",
    "Channel",
    "Chooser",
    "Claim",
    "Handler",
    "Later",
    "Outbox",
    "Outcome",
    "ask_again",
    "checkpoint",
    "claim",
    "divert",
    "due_channels",
    "handles",
    "held_for",
    "in_trouble",
    "next_try",
    "put",
    "retry_now",
    "sending",
    "withdraw",
    "work_one",
]
