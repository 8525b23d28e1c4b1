"""What a person does about a difference."""

from django.db import transaction
from django.utils import timezone

from agencies.access import actor_of
from agencies.models import Staff
from cases.models import Difference
from cases.reconcile import selectors
from opsa.core import journal


class AlreadyExplained(Exception):
    """Somebody else has explained it meanwhile."""


def explain(*, staff: Staff, pk: int, reason: str) -> Difference:
    """Note a difference as explained, for a reason from the list. Raises Difference.DoesNotExist
    for one this person does not oversee, ValueError without a reason, AlreadyExplained."""
    with transaction.atomic():
        lines = selectors.lines_for(staff).exclude(case=None)
        line = lines.select_for_update(of=("self",)).get(pk=pk)
        if reason not in Difference.Reason.values:
            raise ValueError("a reason from the list")
        if line.reason:
            raise AlreadyExplained
        line.reason, line.explained_at, line.explained_by = reason, timezone.now(), staff
        line.save(update_fields=["reason", "explained_at", "explained_by"])
        journal.record(
            actor_of(staff),
            "difference.explained",
            chain=f"case:{line.case_id}",
            subject=f"difference:{line.pk}",
            kind=line.kind,
            why=reason,
        )
        transaction.on_commit(selectors.forget)
    return line
