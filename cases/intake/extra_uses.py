"""Consent to more than the filing: messages to a second phone, keeping contacts or scans for next
time. Asked apart, off by default, taken back apart, and over after a year (F05)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.access import actor_of
from agencies.models import Staff
from cases import services as case_services
from cases.intake import consent_texts, phones
from cases.models import Case, ExtraUse
from cases.states import Work
from opsa.core import journal
from opsa.core.actors import Actor

KEPT_DAYS: Final = 365
Kind = ExtraUse.Kind


class ExtraUseRefusedError(ValueError):
    """It can't be noted; the message is for the clerk."""


def in_force(case: Case) -> list[ExtraUse]:
    """What the person agrees to beyond the filing, today."""
    return list(case.extra_uses.in_force(timezone.localdate()).select_related("text"))


def extra_rows(case: Case) -> list[dict[str, Any]]:
    """Each extra use in its own words, with whether it is agreed to now."""
    held = {use.kind: use for use in in_force(case)}
    return [
        {
            "kind": kind.value,
            "words": consent_texts.words(
                held[kind].text if kind in held else consent_texts.newest(kind, case.language),
                case,
            ),
            "use": held.get(kind),
        }
        for kind in Kind
    ]


def choose(*, staff: Staff, case_id: int, kinds: Iterable[str], phone: str = "") -> None:
    """Make the chosen kinds, and no others, the ones agreed to. One transaction.

    Raises ExtraUseRefusedError for a closed case, or a second phone that is none.
    """
    actor = actor_of(staff)
    wanted = set(kinds) & set(Kind.values)
    number = phones.read(phone)
    if Kind.SECOND_PHONE in wanted and not number.e164:
        raise ExtraUseRefusedError(number.fault or _("Gõ số điện thoại thứ hai."))
    with transaction.atomic():
        case = case_services.lock(case_id)
        if case.work == Work.CLOSED:
            raise ExtraUseRefusedError(_("Hồ sơ đã đóng."))
        for use in case.extra_uses.filter(ended_at=None):
            same = use.kind != Kind.SECOND_PHONE or use.phone == number.e164
            if use.kind in wanted and same and use.valid_until >= timezone.localdate():
                wanted.discard(use.kind)
            else:
                _end(use, actor)
        for kind in sorted(wanted):
            use = ExtraUse.objects.create(
                case=case,
                kind=kind,
                text=consent_texts.stored(kind, case.language),
                phone=number.e164 if kind == Kind.SECOND_PHONE else "",
                valid_until=timezone.localdate() + timedelta(days=KEPT_DAYS),
                taken_by=staff,
            )
            journal.record(
                actor,
                "extra_use.given",
                chain=f"case:{case.pk}",
                subject=f"extra_use:{use.pk}",
                kind=kind,
                text=use.text.sha256,
            )


def take_back(*, case_id: int, kinds: Iterable[str], actor: Actor) -> int:
    """End these, in the citizen's name or the clerk's; returns how many were in force."""
    with transaction.atomic():
        case = case_services.lock(case_id)
        found = list(case.extra_uses.filter(ended_at=None, kind__in=set(kinds)))
        for use in found:
            _end(use, actor)
    return len(found)


def _end(use: ExtraUse, actor: Actor) -> None:
    use.ended_at, use.phone = timezone.now(), ""
    use.save(update_fields=["ended_at", "phone"])
    journal.record(
        actor,
        "extra_use.ended",
        chain=f"case:{use.case_id}",
        subject=f"extra_use:{use.pk}",
        kind=use.kind,
    )
