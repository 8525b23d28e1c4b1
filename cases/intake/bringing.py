"""A citizen goes home for papers: the draft waits, and says in the lists what for."""

from collections.abc import Collection

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from agencies.models import Staff
from cases.intake import drafts, today
from cases.intake.desk import open_desk
from cases.models import Case, Paper
from cases.papers import bring
from opsa.core import journal
from opsa.core.actors import Actor


def bring_ask(*, case_id: int, missing: Collection[int], staff: Staff, actor: Actor) -> Paper:
    """Ask for the slip and hold the draft at its step. One transaction."""
    with transaction.atomic():
        desk = open_desk(staff, case_id, lock=True)
        lines = [line for line in today.to_bring(desk) if line.pk in missing]
        told = [
            one.text
            for one in today.light(desk).reasons
            if one.colour is today.Colour.RED  # the papers have their own list on the slip
        ]
        paper = bring.ask(desk.case, lines, told, staff=staff)
        drafts.draft_hold(case_id=case_id, actor=actor)
        if lines:
            with translation.override("vi"):  # what is kept is read by others than this clerk
                names = ", ".join(line.document.name for line in lines)
                words = (_("Chờ khách mang: %s") % names)[:200]
            Case.objects.filter(pk=case_id).update(waiting_for=words)
        journal.record(
            actor,
            "case.to_bring",
            chain=f"case:{case_id}",
            subject=f"paper:{paper.pk}",
            papers=len(lines),
        )
    return paper
