"""When a filing system was last heard of about a case: told wherever its word is shown (F08)."""

from datetime import datetime
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from cases.models import Case
from cases.states import Sync
from cases.worklists.clock import at_words

#: How the question went when what is known may be out of date.
OLD: Final = (Sync.STALE, Sync.FAILING)


def _at(sync: str, heard_at: datetime | None, accepted_at: datetime | None) -> datetime | None:
    # What stands when nobody asks any more is for good.
    return None if sync == Sync.ENDED else heard_at or accepted_at


def words_of(case: Case) -> str:
    """`10:42`, `10:42 20/11`, `tin cũ 10:42` when it may be out of date; nothing before there is
    any word, and when nobody asks any more."""
    at = at_words(_at(case.sync, case.heard_at, case.accepted_at), timezone.now())
    return _("tin cũ %(time)s") % {"time": at} if at and case.sync in OLD else at


def in_a_row(
    sync: str, heard_at: datetime | None, accepted_at: datetime | None, now: datetime
) -> str:
    """The same where there is little room: `hỏi 10:42` today, else `hỏi 20/11`; `tin cũ 20/11`."""
    at = _at(sync, heard_at, accepted_at)
    if at is None:
        return ""
    local = timezone.localtime(at)
    said = f"{local:%H:%M}" if local.date() == timezone.localdate(now) else f"{local:%d/%m}"
    return (_("tin cũ %(time)s") if sync in OLD else _("hỏi %(time)s")) % {"time": said}
