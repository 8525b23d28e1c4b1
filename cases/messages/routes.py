"""Which provider carries a way's messages now, and when another takes over (F10).

The state of record is one row for each provider and the outbox rows themselves, all in PostgreSQL.
A provider is an outbox channel of its own. A message changes channels in two ways only, both of
which leave it untold at the first: while its outbox row is `ready` (the database refuses that state
to a row that was ever sent), or after the first provider, asked later than it may still act on
the request, answered *absent*. So a take-over can never tell anybody twice.
"""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from cases.messages.providers import WAYS, by_code, there, way_of
from cases.models import Message, Provider
from opsa.core import journal, outbox
from opsa.core.actors import SYSTEM

#: Failures in a row after which a provider is left.
FAILURES: Final = 3
#: Good answers in a row before it is taken up again.
WELL: Final = 3
#: Left while more than one in ten is slow, of at least so many in the window.
SLOW_PERCENT: Final = 10
LEAST: Final = 5
WINDOW: Final = timedelta(minutes=5)
#: What makes somebody else of a provider that only looks well: its messages did not arrive.
REST_WHEN_SLOW: Final = timedelta(minutes=10)
CHAIN: Final = "system"


def best(way: str) -> str:
    """The provider for a new message; the preferred one when all are away."""
    codes = there(way)
    if len(codes) == 1:
        return codes[0]
    away = set(_away(codes))
    return next((code for code in codes if code not in away), codes[0])


def better(code: str) -> str:
    """The provider that should carry what waits at this one: another one, or this one itself."""
    codes = there(way_of(code))
    if codes in ([], [code]):
        return code
    away = set(_away(codes))
    well = [one for one in codes if one not in away]
    return well[0] if well else code


def _away(codes: list[str]) -> list[str]:
    left = Provider.objects.filter(code__in=codes, away_since__isnull=False)
    return list(left.values_list("code", flat=True))


def told(code: str, *, well: bool, took_ms: int = 0) -> None:
    """Remember how a hand-over went: the third failure in a row ends the use of the provider, and
    a slow one is the moment to ask whether too many are."""
    if well:
        Provider.objects.filter(code=code, failures__gt=0).update(failures=0)
        if took_ms > settings.MESSAGE_SLOW_SECONDS * 1000 and len(there(way_of(code))) > 1:
            provider, _new = Provider.objects.get_or_create(code=code)
            if provider.away_since is None and _is_slow(provider):
                leave(code, Provider.Why.SLOW)
        return
    Provider.objects.get_or_create(code=code)
    Provider.objects.filter(code=code).update(failures=F("failures") + 1)
    if Provider.objects.filter(code=code, failures__gte=FAILURES, away_since__isnull=True).exists():
        leave(code, Provider.Why.FAILURES)


def leave(code: str, why: str) -> bool:
    """Another provider takes over what waits, if there is one that is well; True if it did."""
    codes = [one for one in there(way_of(code)) if one != code]
    away = set(_away(codes))
    other = next((one for one in codes if one not in away), None)
    if other is None:
        return False
    with transaction.atomic():
        Provider.objects.get_or_create(code=code)
        left = Provider.objects.filter(code=code, away_since__isnull=True)
        if left.update(away_since=Now(), why=why, well=0):
            journal.record(SYSTEM, "messages.left", chain=CHAIN, reason=why, provider=code)
        if outbox.divert(code, other):
            transaction.on_commit(lambda: _nudge(other))
    return True


def look_round() -> None:
    """Every few seconds: leave who is slow, move what waits at who was left, take back who is
    well."""
    for way in WAYS:
        codes = there(way)
        if len(codes) < 2:
            continue
        for code in codes:
            provider, _new = Provider.objects.get_or_create(code=code)
            if provider.away_since is None:
                if _is_slow(provider):
                    leave(code, Provider.Why.SLOW)
            elif not _taken_up(provider):
                leave(code, provider.why)


def _is_slow(provider: Provider) -> bool:
    now = timezone.now()
    handed = Message.objects.filter(provider=provider.code)
    if provider.back_at:
        handed = handed.filter(handed_at__gt=provider.back_at)
    fresh = handed.filter(handed_at__gt=now - WINDOW)
    limit = settings.MESSAGE_SLOW_SECONDS * 1000
    if _too_many(fresh.count(), fresh.filter(took_ms__gt=limit).count()):
        return True
    patience = timedelta(seconds=settings.MESSAGE_ARRIVES_SECONDS)
    older = handed.filter(handed_at__gt=now - patience - WINDOW, handed_at__lte=now - patience)
    late = older.filter(settled_at__isnull=True) | older.filter(
        settled_at__gt=F("handed_at") + patience
    )
    return _too_many(older.count(), late.count())


def _too_many(all_: int, slow: int) -> bool:
    return all_ >= LEAST and slow * 100 > all_ * SLOW_PERCENT


def _taken_up(provider: Provider) -> bool:
    """Take a provider up again once it has rested and answered well three times in a row."""
    rest = timedelta(seconds=settings.MESSAGE_REST_SECONDS)
    if rest and provider.why == Provider.Why.SLOW:
        rest = max(rest, REST_WHEN_SLOW)
    if provider.away_since is None or timezone.now() < provider.away_since + rest:
        return False
    ours = Provider.objects.filter(code=provider.code)
    if not by_code(provider.code).well():
        ours.update(well=0)
        return False
    ours.update(well=F("well") + 1)
    with transaction.atomic():
        back = ours.filter(well__gte=WELL, away_since__isnull=False)
        if not back.update(away_since=None, why="", failures=0, well=0, back_at=Now()):
            return False
        journal.record(SYSTEM, "messages.back", chain=CHAIN, provider=provider.code)
    return True


def _nudge(channel: str) -> None:
    from cases.filing.tasks import nudge

    nudge(channel)
