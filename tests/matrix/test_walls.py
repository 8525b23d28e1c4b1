"""Two walls between offices, each holding alone; and reading that changes nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import cases.access
import cases.worklists.case_page
import cases.worklists.selectors
from agencies.models import Role
from cases.access import Unscoped, case_for, cases_for
from cases.models import (
    Case,
    CaseFee,
    Citizen,
    DeliveryAddress,
    Filing,
    Message,
    Payment,
    StatusReport,
)
from delivery import selectors as delivery_selectors
from delivery.models import ParcelEvent, ProofOfDelivery
from opsa.core import rls
from opsa.core.codes import group_reference
from tests.matrix import rules
from tests.matrix.rules import RULES
from tests.matrix.world import Office, arguments, client_of, make_office, person

OURS = [one for one in rules.addresses() if one.name in RULES and ":" in one.name]


@pytest.fixture
def offices(db: None) -> tuple[Office, Office]:
    return make_office(), make_office()


def signs_of(office: Office) -> set[str]:
    """What would betray a case of this office on a page."""
    signs = set()
    for case in office.cases():
        signs |= {case.reference, group_reference(case.reference), case.token}
    return signs | {office.parcel.number, office.manifest.number}


def pages(office: Office, method: str = "G") -> list[tuple[str, str]]:
    """Name and address of everything that answers to the method, with this office's objects."""
    return [
        (one.name, reverse(one.name, kwargs=found))
        for one in OURS
        if method in RULES[one.name].methods
        for found in arguments(one, office)
    ]


def body(answer: HttpResponseBase) -> str:
    content = b"".join(answer) if answer.streaming else answer.content
    return content.decode(errors="replace")


def what_is_shown(client: Client, own: Office, other: Office) -> Iterator[tuple[str, int, bool]]:
    """Each page of the other office, and the own lists, which without a wall would gather
    everything: its name, the status, and whether it tells anything of the other office."""
    signs = signs_of(other)
    lists = [(name, url) for name, url in pages(own) if not RULES[name].owned]
    for name, url in pages(other) + lists:
        if RULES[name].roles == rules.EVERYBODY:
            continue
        with transaction.atomic():
            answer = client.get(url)
            text = body(answer).replace(url, "")
            transaction.set_rollback(True)
        yield f"{url} ({name})", answer.status_code, any(sign in text for sign in signs)


@contextmanager
def first_wall_down(monkeypatch: pytest.MonkeyPatch):
    """The selectors forget whom they ask for: everybody's cases come back."""

    def everything(_staff: Any) -> Any:
        return Case.objects.all()

    _forget_written_queries()
    with monkeypatch.context() as patch:
        for module in _importers("cases_for"):
            patch.setattr(module, "cases_for", everything)
        try:
            yield
        finally:
            _forget_written_queries()


def _forget_written_queries() -> None:
    """What a process has written with one door to the cases says nothing about another door."""
    for module in (cases.worklists.selectors, cases.worklists.case_page):
        for one in vars(module).values():
            if callable(forget := getattr(one, "cache_clear", None)):
                forget()


def _importers(name: str) -> list[Any]:
    import sys

    ours = ("cases.", "delivery.", "procedures.", "agencies.")
    return [
        module
        for key, module in list(sys.modules.items())
        if key.startswith(ours) and getattr(module, name, None) is cases.access.cases_for
    ]


@pytest.mark.parametrize("role", [Role.CLERK, Role.LEAD])
def test_the_database_alone_hides_other_offices_when_every_selector_forgets(
    role, offices, monkeypatch
):
    own, other = offices
    client = client_of(role, own)
    with first_wall_down(monkeypatch):
        asked = list(what_is_shown(client, own, other))
    shown = [f"{page}: shown" for page, status, tells in asked if tells]
    shown += [f"{page}: {status}" for page, status, _tells in asked if status >= 500]
    assert not shown, "\n".join(shown)


def test_the_first_wall_really_was_down_in_the_test_above(offices, monkeypatch):
    """Without the office scope of the database the forgetful selectors would show everything."""
    own, other = offices
    with first_wall_down(monkeypatch):
        found = delivery_selectors.cases_for(own.counter.staff)
        assert found.filter(agency=other.counter.agency).exists()
        with rls.office_scope(own.counter.agency.pk):
            assert not found.filter(agency=other.counter.agency).exists()
            assert found.filter(agency=own.counter.agency).exists()


def test_the_selectors_alone_hide_other_offices_when_the_database_does_not(offices, monkeypatch):
    own, other = offices
    client = client_of(Role.CLERK, own)

    @contextmanager
    def open_gate(_office: int):
        yield

    monkeypatch.setattr(rls, "office_scope", open_gate)
    shown = [page for page, _status, tells in what_is_shown(client, own, other) if tells]
    assert not shown, "\n".join(shown)


def test_an_office_can_neither_write_nor_move_rows_of_another_in_the_database(offices):
    own, other = offices
    theirs = other.filed
    with rls.office_scope(own.counter.agency.pk):
        assert Case.objects.filter(pk=theirs.pk).update(waiting_for="x") == 0
        with pytest.raises(Exception, match="row-level security"), transaction.atomic():
            Case.objects.filter(pk=own.filed.pk).update(agency=other.counter.agency)


#: Words, tables and lessons that all offices share; none names a person or a case.
SHARED = {"cases_mandatetext", "cases_statusmapping", "cases_refusal"} | {
    "cases_alarm",
    "cases_alarmrule",
    "cases_callminute",
    "cases_outage",
    "cases_pulse",
    "cases_messageswitch",
    "cases_messagetext",
    "cases_provider",
    "cases_pace",
    "cases_reconciliation",
}


def _rows(sql: str, *parameters: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return cursor.fetchall() if cursor.description else [cursor.rowcount]


def test_every_table_of_a_case_stands_behind_the_wall(db):
    """A new table of cases or delivery, or one that points at them, must have its policy."""
    bare = _rows(
        "SELECT DISTINCT c.relname FROM pg_class c"
        " LEFT JOIN pg_constraint f ON f.conrelid = c.oid AND f.contype = 'f'"
        " LEFT JOIN pg_class p ON p.oid = f.confrelid"
        " WHERE c.relkind = 'r' AND NOT c.relrowsecurity"
        " AND (c.relname ~ '^(cases|delivery)_' OR p.relrowsecurity)"
    )
    missing = sorted({name for (name,) in bare} - SHARED)
    assert missing == [], f"add OfficeScope or OfficeScopeThrough to a migration for {missing}"


@pytest.fixture
def full(offices) -> tuple[Office, Office]:
    """Both offices with at least one row in every table of a case."""
    for office in offices:
        filing = Filing.objects.get(case=office.filed)
        StatusReport.objects.create(
            filing=filing, external_id="1", raw_code="4", occurred_at=timezone.now()
        )
        Message.objects.create(
            case=office.filed, event="taken", key=f"{office.filed.pk}:x", to="+8491", body="x"
        )
        CaseFee.objects.create(
            case=office.filed, kind="fee", label="Lệ phí", amount=0, free_reason="Miễn"
        )
        Payment.objects.create(
            case=office.filed, agency=office.counter.agency, amount=5_000, method="cash",
            taken_by=office.counter.staff,
        )  # fmt: skip
        ProofOfDelivery.objects.create(case=office.filed, method="code")
        _ = office.asked
        ParcelEvent.objects.create(parcel=office.parcel, key="x", raw_code="X", at=timezone.now())
    return offices


def test_a_raw_query_reads_and_changes_nothing_of_another_office_in_any_table(full):
    own, other = full
    tables = [name for (name,) in _rows("SELECT tablename FROM pg_policies WHERE cmd = 'ALL'"
                                        " AND policyname = 'office_own' ORDER BY 1")]  # fmt: skip
    assert {"cases_citizen", "cases_message", "delivery_proofofdelivery"} <= set(tables)
    leaks = []
    for table in tables:
        everything = _rows(f"SELECT count(*) FROM {table}")[0][0]
        if not everything:  # a table that these two offices have no row in
            continue
        seen = []
        for office in (own, other):
            with rls.office_scope(office.counter.agency.pk):
                seen.append({str(row) for row in _rows(f"SELECT to_jsonb(t) FROM {table} t")})
        if not all(seen) or seen[0] & seen[1] or len(seen[0]) + len(seen[1]) != everything:
            leaks.append(f"{table}: {len(seen[0])} and {len(seen[1])} of {everything} are seen")
        column = _rows(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1", table
        )[0][0]
        with rls.office_scope(own.counter.agency.pk), transaction.atomic():
            changed = _rows(f"UPDATE {table} SET {column} = {column}")[0]
            transaction.set_rollback(True)
        if changed != len(seen[0]):
            leaks.append(f"{table}: {changed} rows changed, {len(seen[0])} are theirs")
        with rls.city_scope():
            assert _rows(f"SELECT count(*) FROM {table}")[0][0] == everything
    assert leaks == []


def test_nothing_can_be_hung_on_another_offices_case(full):
    own, other = full
    theirs = other.filed
    filing = Filing.objects.get(case=theirs).pk
    with rls.office_scope(own.counter.agency.pk):
        for made in (
            Message(case=theirs, event="x", key="x", to="+8491", body="x"),
            DeliveryAddress(case=theirs),
            ProofOfDelivery(case=theirs, method="code"),
            StatusReport(
                filing_id=filing, external_id="2", raw_code="9", occurred_at=timezone.now()
            ),
        ):
            with (
                pytest.raises(DatabaseError, match="row-level security"),
                transaction.atomic(),
            ):
                made.save(force_insert=True)


def test_a_person_is_known_only_where_they_have_a_case(offices):
    own, other = offices
    mine, theirs = own.filed.filer, other.filed.filer
    assert mine is not None
    assert theirs is not None
    with rls.office_scope(own.counter.agency.pk):
        fresh = Citizen.objects.create(name="VŨ ĐỨC TRỌNG")
        assert Citizen.objects.filter(pk=fresh.pk).exists()
        assert Citizen.objects.filter(pk=mine.pk).exists()
        assert not Citizen.objects.filter(pk=theirs.pk).exists()
        # Their person can't be drawn in by pointing a case at them.
        Case.objects.filter(pk=own.filed.pk).update(subject_id=theirs.pk)
        assert not Citizen.objects.filter(pk=theirs.pk).exists()
    fresh.refresh_from_db()
    assert fresh.agency_id == own.counter.agency.pk


def test_a_case_that_moves_takes_its_people_along(offices):
    own, other = offices
    moved = own.filed
    Case.objects.filter(pk=moved.pk).update(agency=other.counter.agency)
    with rls.office_scope(other.counter.agency.pk):
        assert Citizen.objects.filter(pk=moved.filer_id).exists()
    with rls.office_scope(own.counter.agency.pk):
        assert not Citizen.objects.filter(pk=moved.filer_id).exists()


@pytest.mark.parametrize("nobody", [None, AnonymousUser()], ids=["none", "visitor"])
def test_cases_cannot_be_asked_for_without_saying_for_whom(nobody):
    with pytest.raises(Unscoped):
        cases_for(nobody)
    with pytest.raises(Unscoped):
        case_for(nobody, 1)


def test_someone_who_left_and_an_editor_get_no_cases(offices):
    own, _other = offices
    gone = own.counter.staff
    gone.is_active = False
    with pytest.raises(Unscoped):
        cases_for(gone)
    with pytest.raises(PermissionDenied):
        cases_for(person(Role.EDITOR, own))


def test_a_clerk_without_an_office_cannot_exist(offices):
    """An office role without an office would see the whole city."""
    own, _other = offices
    staff = own.counter.staff
    staff.agency = None
    with pytest.raises(Exception, match="office_roles_have_an_office"), transaction.atomic():
        staff.save()


@pytest.mark.parametrize("role", [None, Role.CLERK, Role.SUPERVISOR, Role.ADMIN])
def test_looking_at_any_page_changes_nothing_but_session_and_journal(role, offices):
    """The guard `get_is_read_only` raises inside the request; here it walks everything."""
    own, _other = offices
    client = client_of(role, own)
    client.raise_request_exception = True
    for _name, url in pages(own):
        body(client.get(url))


def test_the_guard_against_writing_pages_bites(offices, rf, monkeypatch):
    own, _other = offices
    client = client_of(Role.CLERK, own)
    client.raise_request_exception = True
    from cases.worklists import selectors

    def writes(*_args: Any, **_kwargs: Any) -> Any:
        Case.objects.filter(pk=own.filed.pk).update(waiting_for="x")
        raise AssertionError("the guard slept")

    monkeypatch.setattr(selectors, "counts", writes)
    with pytest.raises(AssertionError, match="a GET request wrote"):
        client.get("/quay/")
