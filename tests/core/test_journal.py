"""Promises of the journal: added to, never changed, and a change is found (I19)."""

import threading
from collections.abc import Iterator
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from opsa.core import journal_sql
from opsa.core.actors import PORTAL, SYSTEM, Actor, ActorKind
from opsa.core.context import new_request_id, request_id
from opsa.core.journal import SealBusy, record, seal_day, verify
from opsa.core.models import AppendOnly, JournalEntry, JournalSeal

CLERK = Actor(ActorKind.CLERK, 7)


def sql(statement: str, *params: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)


@pytest.fixture
def unguarded(db: None) -> Iterator[None]:
    """What a superuser with bad intent could do: the triggers are away."""
    sql("ALTER TABLE core_journalentry DISABLE TRIGGER USER")
    sql("ALTER TABLE core_journalseal DISABLE TRIGGER USER")
    yield
    sql("ALTER TABLE core_journalentry ENABLE TRIGGER USER")
    sql("ALTER TABLE core_journalseal ENABLE TRIGGER USER")


def write(chain: str, n: int) -> list[JournalEntry]:
    return [record(CLERK, "case.filed", chain=chain, papers=i, ok=True) for i in range(n)]


@pytest.mark.django_db
def test_an_entry_comes_back_as_the_database_completed_it() -> None:
    new_request_id()
    first, second = (
        record(CLERK, "case.filed", chain="case:1", subject="7K3F9", reason="vì sao", papers=2),
        record(PORTAL, "case.accepted", chain="case:1"),
    )
    assert (first.seq, second.seq) == (1, 2)
    assert bytes(second.prev_hash) == bytes(first.hash)
    assert len(bytes(first.hash)) == 32
    stored = JournalEntry.objects.get(pk=first.pk)
    assert stored.at == first.at
    assert stored.facts == {"papers": 2}
    assert stored.request_id == request_id() != ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    "number",
    ["0912345678", "0912 345 678", "+84912345678", "001190012345", "001 190 012 345", "123456789",
     "12345678901", "1234567890123456"],
)  # fmt: skip
def test_a_reason_keeps_no_number_that_could_be_a_phone_or_an_id(number: str) -> None:
    entry = record(SYSTEM, "test.reason", chain="test:1", reason=f"khách {number} xin rút")
    assert entry.reason == "khách *** xin rút"
    assert record(SYSTEM, "test.reason", chain="test:1", reason="3 lần, 25/11").reason == (
        "3 lần, 25/11"
    )


@pytest.mark.django_db
def test_the_time_is_the_databases_and_cannot_be_given() -> None:
    entry = JournalEntry.objects.create(
        chain="case:2", actor_kind="system", action="case.filed", at="2001-01-01T00:00:00Z", seq=99
    )
    entry.refresh_from_db()
    assert entry.at.year > 2020
    assert entry.seq == 1


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["core_journalentry", "core_journalseal"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_table_refuses_every_change_even_of_its_owner(table: str, statement: str) -> None:
    write("case:3", 1)
    with pytest.raises(DatabaseError, match="may only be added to"), transaction.atomic():
        sql(statement.format(table))


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["opsa_app", "opsa_counter", "opsa_city"])
@pytest.mark.parametrize("table", ["core_journalentry", "core_journalseal"])
@pytest.mark.usefixtures("unguarded")
def test_the_applications_roles_may_add_and_read_but_not_change(role: str, table: str) -> None:
    for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            sql(f"SET LOCAL ROLE {role}; {statement}")


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["opsa_app", "opsa_counter", "opsa_city"])
def test_the_applications_roles_can_write_the_journal(role: str) -> None:
    with transaction.atomic():
        sql(f"SET LOCAL ROLE {role}")
        write("case:30", 2)
        sql("RESET ROLE")
    assert verify("case:30") == []


@pytest.mark.django_db
def test_the_model_refuses_to_save_again_or_delete() -> None:
    entry = write("case:4", 1)[0]
    with pytest.raises(AppendOnly):
        entry.save()
    with pytest.raises(AppendOnly):
        entry.delete()


@pytest.mark.django_db
def test_an_untouched_journal_verifies_in_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    write("case:5", 5)
    write("staff:5", 3)
    with django_assert_num_queries(1):  # one window pass over the chain
        assert verify("case:5") == []
    assert verify() == []


@pytest.mark.django_db
def test_verification_does_not_depend_on_session_settings() -> None:
    write("case:55", 2)
    sql("SET LOCAL TimeZone = 'America/New_York'")
    sql("SET LOCAL DateStyle = 'German'")
    sql("SET LOCAL extra_float_digits = 0")
    assert verify("case:55") == []


TAMPERING = {
    "a fact": "UPDATE core_journalentry SET facts = '{\"papers\": 9}'"
    " WHERE chain='case:6' AND seq=2",
    "the actor": "UPDATE core_journalentry SET actor_kind='system', staff_id=NULL"
    " WHERE chain='case:6' AND seq=2",
    "the time by a microsecond": "UPDATE core_journalentry SET at = at + interval '1 microsecond'"
    " WHERE chain='case:6' AND seq=2",
    "one byte of a hash": "UPDATE core_journalentry SET hash = set_byte(hash, 0,"
    " (get_byte(hash, 0) + 1) % 256) WHERE chain='case:6' AND seq=2",
    "moved to another chain": "UPDATE core_journalentry SET chain='case:66'"
    " WHERE chain='case:6' AND seq=5",
    "the request id": "UPDATE core_journalentry SET request_id='x' WHERE chain='case:6' AND seq=2",
    "the subject and reason swapped": "UPDATE core_journalentry SET subject = 'r', reason = 's'"
    " WHERE chain='case:6' AND seq=1",
    "a deleted row": "DELETE FROM core_journalentry WHERE chain='case:6' AND seq=2",
    "the deleted first row": "DELETE FROM core_journalentry WHERE chain='case:6' AND seq=1",
}


@pytest.mark.django_db
@pytest.mark.usefixtures("unguarded")
@pytest.mark.parametrize("what", TAMPERING)
def test_a_changed_journal_is_found(what: str) -> None:
    sql("ALTER TABLE core_journalentry ENABLE TRIGGER journal_append")
    record(CLERK, "case.filed", chain="case:6", subject="s", reason="r")
    write("case:6", 4)
    assert verify() == []
    sql(TAMPERING[what])
    assert verify() != []


@pytest.mark.django_db
@pytest.mark.usefixtures("unguarded")
def test_reordered_rows_are_found() -> None:
    sql("ALTER TABLE core_journalentry ENABLE TRIGGER journal_append")
    write("case:7", 4)
    sql("UPDATE core_journalentry SET seq = -seq WHERE chain='case:7' AND seq IN (2, 3)")
    sql("UPDATE core_journalentry SET seq = 5 + seq WHERE chain='case:7' AND seq < 0")
    assert {found.chain for found in verify("case:7")} == {"case:7"}


@pytest.mark.django_db
@pytest.mark.usefixtures("unguarded")
def test_a_rehashed_row_breaks_the_link_to_the_next() -> None:
    sql("ALTER TABLE core_journalentry ENABLE TRIGGER journal_append")
    write("case:8", 3)
    sql("UPDATE core_journalentry SET reason = 'khác' WHERE chain='case:8' AND seq=2")
    sql(
        "UPDATE core_journalentry e SET hash = "
        + journal_sql.HASH.format(r="e")
        + " WHERE chain='case:8' AND seq=2"
    )
    assert [found.seq for found in verify("case:8")] == [3]


@pytest.mark.django_db
@pytest.mark.usefixtures("unguarded")
def test_a_cut_tail_is_found_by_the_seal_and_only_by_it() -> None:
    sql("ALTER TABLE core_journalentry ENABLE TRIGGER journal_append")
    write("case:9", 4)
    seal_day()
    write("case:9", 1)
    assert verify() == []
    sql("DELETE FROM core_journalentry WHERE chain='case:9' AND seq >= 4")
    assert verify("case:9") == []
    assert "dòng" in str(verify()[0])


@pytest.mark.django_db
@pytest.mark.usefixtures("unguarded")
def test_a_wholly_rewritten_chain_is_found_by_the_seal() -> None:
    sql("ALTER TABLE core_journalentry ENABLE TRIGGER journal_append")
    write("case:10", 1)
    seal_day()
    sql("UPDATE core_journalentry SET reason = 'khác' WHERE chain='case:10'")
    sql(
        "UPDATE core_journalentry e SET hash = "
        + journal_sql.HASH.format(r="e")
        + " WHERE chain='case:10'"
    )
    assert verify("case:10") == []
    assert len(verify()) == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("unguarded")
def test_a_removed_seal_is_found_by_the_next() -> None:
    sql("ALTER TABLE core_journalentry ENABLE TRIGGER journal_append")
    write("case:11", 1)
    first = seal_day(date(2026, 11, 22))
    write("case:11", 1)
    seal_day(date(2026, 11, 23))
    assert verify() == []
    sql("DELETE FROM core_journalseal WHERE id = %s", first.pk)
    assert verify() != []


@pytest.mark.django_db
def test_sealing_twice_adds_nothing_and_a_quiet_day_is_sealed_too() -> None:
    write("case:12", 1)
    first = seal_day(date(2026, 11, 23))
    assert seal_day(date(2026, 11, 23)) == first
    quiet = seal_day(date(2026, 11, 24))
    assert quiet.count == 0
    assert bytes(quiet.prev_root) == bytes(first.root)
    assert verify() == []


@pytest.mark.django_db
def test_the_commands_speak_plainly_and_fail_on_a_break(unguarded: None) -> None:
    sql("ALTER TABLE core_journalentry ENABLE TRIGGER journal_append")
    write("case:13", 2)
    out = StringIO()
    call_command("journal_seal", stdout=out)
    assert "root=" in out.getvalue()
    call_command("journal_verify", stdout=out)
    assert "Nhật ký nguyên vẹn" in out.getvalue()
    sql("UPDATE core_journalentry SET reason = 'khác' WHERE chain='case:13' AND seq=1")
    out = StringIO()
    with pytest.raises(CommandError) as failed:
        call_command("journal_verify", stdout=out)
    assert failed.value.returncode == 1
    assert "case:13" in out.getvalue()
    assert "đã bị sửa" in out.getvalue()


@pytest.mark.parametrize("kind", [ActorKind.CLERK, ActorKind.SUPERVISOR])
def test_a_persons_act_names_the_person(kind: ActorKind) -> None:
    with pytest.raises(ValueError, match="belong together"):
        Actor(kind)


@pytest.mark.django_db
def test_the_machines_act_never_stands_under_a_persons_name() -> None:
    with pytest.raises(ValueError, match="belong together"):
        Actor(ActorKind.SYSTEM, 7)
    with pytest.raises(DatabaseError, match="journalentry_person"), transaction.atomic():
        JournalEntry.objects.create(
            chain="case:14", actor_kind="system", staff_id=7, action="case.filed"
        )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("action", "chain"), [("Filed", "case:1"), ("case.filed", "Case 1"), ("x", "case:1")]
)
def test_malformed_words_are_refused(action: str, chain: str) -> None:
    with pytest.raises(ValueError, match=r"chain|action"):
        record(SYSTEM, action, chain=chain)


def in_thread(work: "threading.Thread") -> None:
    work.start()
    work.join(20)
    assert not work.is_alive()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_in_one_chain_still_make_one_unbroken_chain() -> None:
    start = threading.Barrier(4)
    failures: list[Exception] = []

    def worker() -> None:
        try:
            start.wait(10)
            for _ in range(15):
                with transaction.atomic():
                    record(SYSTEM, "case.polled", chain="case:race")
        except DatabaseError as failure:
            failures.append(failure)
        finally:
            connection.close()

    before = JournalEntry.objects.filter(chain="case:race").count()
    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert JournalEntry.objects.filter(chain="case:race").count() == before + 60
    assert verify("case:race") == []


@pytest.mark.django_db(transaction=True)
def test_the_sealer_waits_for_writers_and_never_misses_a_late_commit() -> None:
    seal_day()
    wrote, finish = threading.Event(), threading.Event()

    def slow_writer() -> None:
        try:
            with transaction.atomic():
                record(SYSTEM, "case.polled", chain="case:slow")
                wrote.set()
                finish.wait(10)
        finally:
            connection.close()

    writer = threading.Thread(target=slow_writer)
    writer.start()
    assert wrote.wait(10)
    with pytest.raises(SealBusy):
        seal_day(patience=0.1)
    record(SYSTEM, "case.polled", chain="case:quick")
    finish.set()
    writer.join(10)
    last = seal_day()
    assert last.last_id == JournalEntry.objects.order_by("-id").values_list("id", flat=True)[0]
    assert verify() == []
    assert JournalSeal.objects.count() >= 1
