"""Papers we issue: asked for in a transaction, drawn by a worker, kept byte for byte (F07)."""

import hashlib
import json
from datetime import timedelta
from typing import Any, Final

import structlog
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from agencies.models import Agency, Staff
from cases.models import Case, Paper
from opsa.core import files, journal
from opsa.core.actors import SYSTEM, Actor
from opsa.core.keys import Unreadable
from opsa.core.models import JournalEntry
from opsa.core.waking import wake

log = structlog.get_logger(__name__)

ONE_PRESS: Final = timedelta(seconds=5)


def paper_ask(
    kind: Paper.Kind,
    *,
    case: Case,
    key: str,
    data: dict[str, Any],
    template: str,
    staff: Staff | None,
) -> Paper:
    """Ask for a paper of a case. The data is frozen with it; the same key again gives the same
    paper."""
    return _ask(
        kind, key, data, template=template, staff=staff, case=case, agency_id=case.agency_id
    )


def office_paper_ask(
    kind: Paper.Kind, *, agency: Agency, key: str, data: dict[str, Any], template: str, staff: Staff
) -> Paper:
    """Ask for a paper of an office, which stands on no case's page; else like `paper_ask`."""
    return _ask(kind, key, data, template=template, staff=staff, agency_id=agency.pk)


def _ask(
    kind: Paper.Kind, key: str, data: dict[str, Any], *, template: str, staff: Staff | None,
    agency_id: int, case: Case | None = None,
) -> Paper:  # fmt: skip
    paper, created = Paper.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "case": case,
            "agency_id": agency_id,
            "data": json.dumps(data, ensure_ascii=False, sort_keys=True),
            "template": template,
            "asked_by": staff,
        },
    )
    if created:
        transaction.on_commit(lambda: _nudge(paper.pk))
    return paper


def _nudge(paper_id: int) -> None:
    from cases.papers.tasks import draw

    wake(draw, paper_id)


def paper_draw(paper_id: int) -> Paper | None:
    """Draw a queued paper and keep its bytes. Doing it twice, or in two workers, makes one file."""
    from cases.papers.drawing import pdf_of

    with transaction.atomic():
        paper = (
            Paper.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(pk=paper_id, state=Paper.State.QUEUED)
            .first()
        )
        if paper is None:
            return None
        paper.tries += 1
        try:
            content = pdf_of(paper)
        except Exception as error:  # tried again, then shown as failed; the others go on
            log.exception("paper not drawn", paper=paper_id, tries=paper.tries)
            paper.failure = type(error).__name__
            if paper.tries >= 3:
                paper.state = Paper.State.FAILED
            paper.save(update_fields=["tries", "failure", "state"])
            return paper
        paper.file = files.store([content], folder="papers")
        paper.sha256 = hashlib.sha256(content).hexdigest()
        paper.size = len(content)
        paper.state = Paper.State.READY
        paper.ready_at = timezone.now()
        paper.save()
        if paper.case_id:
            journal.record(
                SYSTEM,
                "paper.drawn",
                chain=f"case:{paper.case_id}",
                subject=f"paper:{paper.pk}",
                kind=paper.kind,
                bytes=paper.size,
                sha256=paper.sha256,
            )
    return paper


class PaperChanged(Exception):
    """The stored bytes are not what was drawn; they are not handed out."""


def paper_bytes(paper: Paper) -> bytes:
    """The bytes as they were drawn. Raises PaperChanged when storage holds something else, or
    nothing."""
    try:
        content = files.load(paper.file)
    except (Unreadable, FileNotFoundError) as error:
        raise PaperChanged(paper.key) from error
    if hashlib.sha256(content).hexdigest() != paper.sha256:
        raise PaperChanged(paper.key)
    return content


def paper_printed(paper: Paper, *, actor: Actor) -> Paper:
    """Note a print; each one is an act in the journal, and the second says it is a reprint. A press
    that follows another of the same person within `ONE_PRESS` is the same one: the page stays
    behind the paper's tab with the button it had, so a form key could not tell them apart."""
    chain = f"case:{paper.case_id}" if paper.case_id else f"office:{paper.agency_id}"
    with transaction.atomic():
        locked = Paper.objects.select_for_update().get(pk=paper.pk)
        presses = JournalEntry.objects.filter(
            chain=chain,
            action="paper.printed",
            subject=f"paper:{paper.pk}",
            staff_id=actor.staff_id,
            at__gt=Now() - ONE_PRESS,
        )
        if presses.exists():
            return locked
        locked.prints += 1
        locked.save(update_fields=["prints"])
        journal.record(
            actor,
            "paper.printed",
            chain=chain,
            subject=f"paper:{paper.pk}",
            kind=paper.kind,
            number=locked.prints,
        )
    return locked


def _lost(paper: Paper) -> bool:
    """Ready, and storage no longer holds what was drawn."""
    if paper.state != Paper.State.READY:
        return False
    try:
        paper_bytes(paper)
    except PaperChanged:
        return True
    return False


def paper_retry(paper: Paper, *, actor: Actor) -> None:
    """Put a paper that failed, or that storage has lost, back in the queue, with fresh tries.

    It is drawn from the data that was frozen when it was first asked for.
    """
    with transaction.atomic():
        locked = Paper.objects.select_for_update().get(pk=paper.pk)
        if locked.state == Paper.State.FAILED or _lost(locked):
            locked.state, locked.tries, locked.failure = Paper.State.QUEUED, 0, ""
            locked.save(update_fields=["state", "tries", "failure"])
            journal.record(
                actor,
                "paper.asked_again",
                chain=f"case:{paper.case_id}" if paper.case_id else f"office:{paper.agency_id}",
                subject=f"paper:{paper.pk}",
            )
            transaction.on_commit(lambda: _nudge(paper.pk))
