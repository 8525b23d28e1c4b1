"""A dossier code that its own system does not know: asked again, said on the case's page, and put
before a person when it stays so.

A code is typed by hand; a system may need some hours to know a new one, never a day.
"""

from datetime import datetime, timedelta
from typing import Final

from cases import services as case_services
from cases.models import Case, PollState
from cases.states import Work
from opsa.core.actors import SYSTEM

#: So long a code may be unknown before a person looks at it, and again after each such time.
PATIENCE: Final = timedelta(hours=24)


def heard(poll: PollState, case: Case, *, known: bool, missing: bool, now: datetime) -> None:
    """Note what an answer says about the code itself; an answer that did not come says nothing.
    Call it last, with the case locked."""
    if known and poll.unknown_since is not None:
        poll.unknown_since = poll.unknown_told_at = None
        _save(poll)
        case.refresh_from_db()
        if case.work == Work.ATTENTION and case.attention == "code_unknown":
            case_services.resolve_attention(case.pk, actor=SYSTEM, reason="code_known_after_all")
    elif missing:
        poll.unknown_since = poll.unknown_since or now
        if now - (poll.unknown_told_at or poll.unknown_since) >= PATIENCE:
            poll.unknown_told_at = now
            case_services.need_attention(
                case.pk, "code_unknown", actor=SYSTEM, reason="code_unknown_at_source"
            )
        _save(poll)


def _save(poll: PollState) -> None:
    poll.save(update_fields=["unknown_since", "unknown_told_at"])
