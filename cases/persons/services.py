"""Two records, one human being (F22): a counter asks, a supervisor answers, and can take it back.

Nothing of a case changes by it. While two persons are joined, what is known of either is offered
for both (`cases.intake.known`), inside the one office that holds both records.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from agencies.access import actor_of
from agencies.models import Role, Staff
from cases.models import Case, CaseNameToken, Citizen, SamePerson
from cases.states import Work
from opsa.core import journal
from opsa.core.fields import blind, digits
from opsa.core.text import fold

State = SamePerson.State

#: Of those whose names have the same words, so many are looked at, newest first.
_LOOKED_AT: Final = 60
_SHOWN: Final = 3
#: A person has few numbers; more links than this in a row are somebody's mistake.
_MOST: Final = 16


class AnsweredError(ValueError):
    """Somebody answered meanwhile, or the act does not fit the answer; nothing was changed."""


class NotAlikeError(ValueError):
    """The two do not look like one person (any more); nothing was asked."""


@dataclass(frozen=True, slots=True)
class Alike:
    """A person who may be this draft's filer, in the case they are known from. `state` is what
    was said about the two: empty, asked, joined or refused; `vague` when the birth of one of them
    is known by the year or month alone."""

    case: Case
    person: Citizen
    vague: bool
    state: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """Whoever a supervisor said is one person: the indexes of their numbers, and the records that
    have no number."""

    indexes: frozenset[bytes]
    records: frozenset[int]

    def filers(self) -> Q:
        """Cases that one of them filed."""
        return Q(filer__id_index__in=self.indexes) | Q(filer__in=self.records)


def identity(person: Citizen) -> bytes:
    """Whom a record speaks of, as a keyed digest: by the number, or without one the record itself
    as long as name and birth date stay."""
    if number := digits(person.id_number):
        return blind("citizen.id_number", number)
    born = person.birth_date.isoformat() if person.birth_date else ""
    return blind("citizen.record", f"{person.pk}|{fold(person.name)}|{born}")


def look_alikes(case: Case) -> list[Alike]:
    """Persons of this office who have the name (accents aside) and the birth date of this draft's
    filer, as far as both are known, but another ID number or none. At most three, newest first;
    who never got beyond a closed draft is left out.
    """
    filer = case.filer
    if filer is None or filer.birth_date is None or not filer.name:
        return []
    name, born = fold(filer.name), filer.birth_date
    given_up = Q(work=Work.CLOSED, taken_at=None)
    found = Case.objects.filter(agency=case.agency_id).exclude(Q(pk=case.pk) | given_up)
    for word in set(name.split()):
        token = CaseNameToken.objects.filter(
            agency=case.agency_id, token=word[:30], case=OuterRef("pk")
        )
        found = found.filter(Exists(token))
    near = found.select_related("version__procedure", "filer", "subject").order_by("-pk")
    alike: dict[bytes, Alike] = {}
    for one in near[:_LOOKED_AT]:
        people = [person for person in (one.filer, one.subject) if person is not None]
        if filer.id_number and any(person.id_number == filer.id_number for person in people):
            continue  # the same number: shown as the same person's
        for person in people:
            theirs = person.birth_date
            if theirs is not None and born.agrees(theirs) and fold(person.name) == name:
                vague = not (born.known and theirs.known)
                alike.setdefault(identity(person), Alike(one, person, vague))
    return _with_states(case, list(alike.values())[:_SHOWN])


def _with_states(case: Case, alike: list[Alike]) -> list[Alike]:
    if not alike or case.filer is None:
        return alike
    mine = identity(case.filer)
    joined = _joined(case.agency_id, mine)
    rows = SamePerson.objects.filter(agency=case.agency_id).filter(
        Q(first_key=mine) | Q(second_key=mine)
    )
    said = {}
    for row in rows.order_by("pk"):
        other = row.second_key if bytes(row.first_key) == mine else row.first_key
        said[bytes(other)] = row.state
    found = []
    for one in alike:
        theirs = identity(one.person)
        state = State.JOINED if theirs in joined else said.get(theirs, "")
        found.append(replace(one, state="" if state == State.UNDONE else state))
    return found


def _joined(agency_id: int, start: bytes) -> set[bytes]:
    """Everybody joined with this one, over others too; themselves included."""
    known, fresh = {start}, {start}
    while fresh and len(known) < _MOST:
        pairs = _links(agency_id, fresh).values_list("first_key", "second_key")
        met = {bytes(key) for pair in pairs for key in pair}
        fresh = met - known
        known |= fresh
    return known


def _links(agency_id: int, keys: Iterable[bytes]) -> QuerySet[SamePerson]:
    wanted = list(keys)
    return SamePerson.objects.filter(agency=agency_id, state=State.JOINED).filter(
        Q(first_key__in=wanted) | Q(second_key__in=wanted)
    )


def known_as(agency_id: int, person: Citizen) -> Known:
    """This person and all records that a supervisor joined with theirs, in this office.

    A record that was changed into somebody else's since then is none of theirs.
    """
    mine = identity(person)
    keys = _joined(agency_id, mine)
    records: set[int] = set()
    if len(keys) > 1:
        for link in _links(agency_id, keys).select_related("first", "second"):
            for one, key in ((link.first, link.first_key), (link.second, link.second_key)):
                if not digits(one.id_number) and identity(one) == bytes(key):
                    records.add(one.pk)
    indexes = keys if digits(person.id_number) or len(keys) > 1 else set()
    return Known(frozenset(indexes), frozenset(records - {person.pk}))


def ask(*, staff: Staff, case: Case, other_id: int) -> SamePerson:
    """The counter's question to the centre: is the filer of this draft the person of that case?

    Asking again gives the question that is open. Raises NotAlikeError when the two do not look
    like one person or were answered.
    """
    alike = next((one for one in look_alikes(case) if one.case.pk == other_id), None)
    if alike is None or case.filer is None or alike.state in (State.JOINED, State.REFUSED):
        raise NotAlikeError
    sides = sorted(
        ((identity(one), one, of) for one, of in ((case.filer, case), (alike.person, alike.case))),
        key=lambda side: side[0],
    )
    (first_key, first, first_case), (second_key, second, second_case) = sides
    pair = {"agency_id": case.agency_id, "first_key": first_key, "second_key": second_key}
    try:
        with transaction.atomic():
            row = SamePerson.objects.create(
                **pair,
                first=first,
                second=second,
                first_case=first_case,
                second_case=second_case,
                asked_by=staff,
            )
            _note(staff, "person.asked", row)
    except IntegrityError:
        return SamePerson.objects.get(**pair, state=State.ASKED)
    return row


def answer(*, staff: Staff, pk: int, same: bool, reason: str = "") -> SamePerson:
    """A supervisor's answer. One transaction, journalled.

    Raises PermissionDenied for any other role, Http404, AnsweredError, and ValueError without a
    reason from the list where one is due.
    """
    with transaction.atomic():
        row = _held(staff, pk)
        if row.state != State.ASKED:
            raise AnsweredError
        if same and reason not in SamePerson.Reason.values:
            raise ValueError("a reason from the list")
        row.state = State.JOINED if same else State.REFUSED
        row.reason = reason if same else ""
        row.answered_by, row.answered_at = staff, timezone.now()
        row.save(update_fields=["state", "reason", "answered_by", "answered_at"])
        _note(staff, "person.joined" if same else "person.kept_apart", row, row.reason)
    return row


def undo(*, staff: Staff, pk: int, because: str = "") -> SamePerson:
    """Take a supervisor's answer back. After "one person" nothing is offered across from now on;
    what was taken over before stays in its case. After "two people", for which no reason is due,
    the question is open again. Raises as `answer` does."""
    with transaction.atomic():
        row = _held(staff, pk)
        if row.state == State.REFUSED:
            return _open_again(staff, row)
        if row.state != State.JOINED:
            raise AnsweredError
        if because not in SamePerson.Because.values:
            raise ValueError("a reason from the list")
        row.state, row.because = State.UNDONE, because
        row.undone_by, row.undone_at = staff, timezone.now()
        row.save(update_fields=["state", "because", "undone_by", "undone_at"])
        _note(staff, "person.parted", row, because)
    return row


def _open_again(staff: Staff, row: SamePerson) -> SamePerson:
    same = {"agency": row.agency_id, "first_key": row.first_key, "second_key": row.second_key}
    if SamePerson.objects.filter(**same, pk__gt=row.pk).exists():
        raise AnsweredError  # the pair was asked about anew: that answer counts
    row.state, row.answered_by, row.answered_at = State.ASKED, None, None
    row.save(update_fields=["state", "answered_by", "answered_at"])
    _note(staff, "person.reopened", row)
    return row


def _held(staff: Staff, pk: int) -> SamePerson:
    if staff.role != Role.SUPERVISOR:
        raise PermissionDenied
    row = SamePerson.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _note(staff: Staff, action: str, row: SamePerson, reason: str = "") -> None:
    journal.record(
        actor_of(staff),
        action,
        chain=f"office:{row.agency_id}",
        subject=f"same_person:{row.pk}",
        reason=reason,
        first_case=row.first_case_id,
        second_case=row.second_case_id,
    )
