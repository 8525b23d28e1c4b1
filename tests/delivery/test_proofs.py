"""F13: nothing is 'given' without a name and one proof; a code is tried five times at most."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from cases.models import Case, Mandate, MandateText, Message
from cases.states import Delivery, Work
from delivery import parcels, proofs
from delivery.models import Parcel, ProofOfDelivery, Result
from delivery.proofs import HandOver
from delivery.refusals import Refused
from opsa.core.models import JournalEntry
from tests.delivery.test_tracking import event, tell
from tests.support.cases import make_counter
from tests.support.delivery import Desk

pytestmark = pytest.mark.django_db


def sent_code() -> str:
    message = Message.objects.filter(event__in=("out", "code")).order_by("-pk").first()
    assert message is not None
    return next(
        word for word in message.body.replace(".", " ").split() if len(word) == 6 and word.isdigit()
    )


def said(**changes: str) -> HandOver:
    return HandOver(
        **{"method": "code", "receiver": "Nguyễn Thị Hường", "relation": "self"} | changes
    )


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def refusal(desk: Desk, case: Case, parcel: Parcel | None, what: HandOver) -> str:
    with pytest.raises(Refused) as caught:
        proofs.hand_over(case.pk, parcel.pk if parcel else None, what, actor=desk.actor)
    return caught.value.code


def test_the_code_from_the_text_message_proves_the_hand_over(desk: Desk) -> None:
    parcel = tell(desk.on_road(), event(5, 90))
    code = sent_code()
    proof = proofs.hand_over(
        parcel.case_id, parcel.pk, said(code=f" {code[:3]} {code[3:]}"), actor=desk.actor
    )
    again = proofs.hand_over(parcel.case_id, parcel.pk, said(code="000000"), actor=desk.actor)
    assert again.pk == proof.pk
    parcel.refresh_from_db()
    case = Case.objects.get(pk=parcel.case_id)
    assert (parcel.state, parcel.next_poll_at) == (Parcel.State.DELIVERED, None)
    assert (case.delivery, case.work) == (Delivery.DELIVERED, Work.CLOSED)
    assert case.results.get().state == Result.State.DELIVERED
    assert Message.objects.filter(event="delivered").count() == 1
    assert (proof.method, proof.code_hash, proof.confirmed_by) == ("code", "", desk.staff)


def test_five_wrong_codes_end_the_code_and_a_new_one_starts_afresh(desk: Desk) -> None:
    parcel = tell(desk.on_road(), event(5, 90))
    code, case = sent_code(), parcel.case
    assert [refusal(desk, case, parcel, said(code=wrong(code))) for _ in range(5)] == [
        "wrong"
    ] * 4 + ["tries"]
    assert refusal(desk, case, parcel, said(code=code)) == "tries"
    proofs.code_send(case.pk, parcel.pk, actor=desk.actor)
    assert refusal(desk, case, parcel, said(code=code)) == "wrong" or sent_code() == code
    proofs.hand_over(case.pk, parcel.pk, said(code=sent_code()), actor=desk.actor)


def test_an_old_code_and_no_code_are_refused(desk: Desk) -> None:
    case = desk.here()
    assert refusal(desk, case, None, said(code="123456")) == "no_code"
    proofs.code_send(case.pk, None, actor=desk.actor)
    ProofOfDelivery.objects.update(code_expires_at=timezone.now() - timedelta(seconds=1))
    assert refusal(desk, case, None, said(code=sent_code())) == "expired"


def test_a_code_is_texted_three_times_an_hour_at_most(desk: Desk) -> None:
    case = desk.here()
    for _ in range(3):
        proofs.code_send(case.pk, None, actor=desk.actor)
    with pytest.raises(Refused, match="nhiều lần"):
        proofs.code_send(case.pk, None, actor=desk.actor)
    assert Message.objects.filter(event="code").count() == 3


def test_the_code_stands_nowhere_in_clear(desk: Desk) -> None:
    proofs.code_send(desk.here().pk, None, actor=desk.actor)
    code = sent_code()
    with connection.cursor() as cursor:
        for table in ("delivery_proofofdelivery", "core_journalentry", "core_outbox"):
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            assert code not in (cursor.fetchone()[0] or "")


def test_id_digits_are_compared_with_the_case_and_never_kept(desk: Desk) -> None:
    case = desk.here(id_number="001190019876")
    assert refusal(desk, case, None, said(method="id_shown", id_digits="12")) == "id_digits"
    assert refusal(desk, case, None, said(method="id_shown", id_digits="0000")) == "wrong"
    proof = proofs.hand_over(
        case.pk, None, said(method="id_shown", id_digits="9876"), actor=desk.actor
    )
    assert proof.id_compared is True
    assert Case.objects.get(pk=case.pk).delivery == Delivery.COLLECTED
    with connection.cursor() as cursor:
        for table in ("delivery_proofofdelivery", "core_journalentry"):
            cursor.execute(
                "SELECT string_agg((to_jsonb(t) - 'id' - 'hash' - 'prev_hash' - 'at')::text, ' ')"
                f" FROM {table} t"
            )
            assert '"9876"' not in (cursor.fetchone()[0] or "")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"receiver": "  "}, "receiver"),
        ({"relation": "cousin"}, "receiver"),
        ({"method": "carrier"}, "method"),
    ],
)
def test_a_hand_over_needs_a_name_a_relation_and_a_way(
    desk: Desk, changes: dict, code: str
) -> None:
    assert refusal(desk, desk.here(), None, said(**{"method": "signature"} | changes)) == code


def test_the_database_refuses_a_proof_without_a_receiver(desk: Desk) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ProofOfDelivery.objects.create(case=desk.here(), method="code", confirmed_at=timezone.now())


def test_sensitive_results_go_to_the_named_person_or_one_with_authority(desk: Desk) -> None:
    procedure = desk.counter.version.procedure
    procedure.sensitive = True
    procedure.save()
    case = desk.here(id_number="001190019876")
    for change in ({"method": "signature"}, {"method": "id_shown", "relation": "family"},
                   {"method": "id_shown", "relation": "authorised"},
                    {"method": "code", "relation": "other"}):  # fmt: skip
        assert refusal(desk, case, None, said(**change, id_digits="9876")) == "sensitive"
    text = MandateText.objects.create(
        mode="on_behalf", language="vi", number=1, body="x", sha256="0" * 64
    )
    Mandate.objects.create(
        case=case, mode="on_behalf", method="paper", state="given", text=text,
        given_at=timezone.now(),
        valid_until=timezone.localdate() + timedelta(days=1), taken_by=desk.staff,
    )  # fmt: skip
    proofs.hand_over(
        case.pk,
        None,
        said(method="id_shown", relation="authorised", id_digits="1234"),
        actor=desk.actor,
    )
    assert Case.objects.get(pk=case.pk).delivery == Delivery.COLLECTED


def test_collecting_with_a_label_made_takes_the_label_back(desk: Desk) -> None:
    parcel = desk.parcel()
    proofs.hand_over(parcel.case_id, None, said(method="signature"), actor=desk.actor)
    parcel.refresh_from_db()
    case = Case.objects.get(pk=parcel.case_id)
    assert parcel.cancelled_at is not None
    assert (case.delivery, case.queue) == (Delivery.COLLECTED, Case.Queue.DONE)
    assert case.results.get().state == Result.State.DELIVERED


def test_a_label_on_the_open_manifest_is_not_taken_back_in_passing(desk: Desk) -> None:
    parcel = desk.parcel()
    desk.scan(parcel.number)
    assert refusal(desk, parcel.case, None, said(method="signature")) == "on_manifest"
    assert Case.objects.get(pk=parcel.case_id).delivery == Delivery.LABELLED
    assert not ProofOfDelivery.objects.filter(confirmed_at__isnull=False).exists()


@pytest.mark.parametrize("state", ["labelled", "returned", "lost"])
def test_what_the_postman_does_not_have_he_cannot_have_given(desk: Desk, state: str) -> None:
    parcel = desk.on_road()
    Parcel.objects.filter(pk=parcel.pk).update(state=state)
    assert refusal(desk, parcel.case, parcel, said(method="signature")) == "not_with_carrier"


def test_our_proof_stands_above_the_carriers_later_news(desk: Desk) -> None:
    parcel = tell(desk.on_road(), event(5, 90))
    proofs.hand_over(parcel.case_id, parcel.pk, said(method="signature"), actor=desk.actor)
    tell(parcel, event(6, 91), event(8, 161))
    assert parcel.state == Parcel.State.DELIVERED
    assert parcel.case.delivery == Delivery.DELIVERED


def test_a_proof_may_follow_the_carriers_word(desk: Desk) -> None:
    parcel = tell(desk.on_road(), event(5, 90), event(6, 100))
    proof = proofs.hand_over(parcel.case_id, parcel.pk, said(method="signature"), actor=desk.actor)
    assert (proof.method, proof.reported_at is not None) == ("signature", True)


def test_a_parcel_held_at_the_office_is_given_as_a_parcel(desk: Desk) -> None:
    parcel = tell(desk.on_road(), event(5, 90), event(6, 91))
    parcels.hold_at_counter(parcel.case_id, actor=desk.actor)
    assert refusal(desk, parcel.case, None, said(method="signature")) == "in_parcel"
    proofs.hand_over(parcel.case_id, parcel.pk, said(method="signature"), actor=desk.actor)
    assert Case.objects.get(pk=parcel.case_id).delivery == Delivery.DELIVERED


def test_no_phone_means_another_way_not_a_dead_end(desk: Desk) -> None:
    case = desk.here()
    case.filer.phone = ""
    case.filer.save()
    with pytest.raises(Refused, match="không có số điện thoại"):
        proofs.code_send(case.pk, None, actor=desk.actor)
    proofs.hand_over(case.pk, None, said(method="signature"), actor=desk.actor)


def test_the_journal_says_how_but_not_who(desk: Desk) -> None:
    case = desk.here()
    proofs.hand_over(
        case.pk, None, said(method="signature", receiver="Trần Bí Mật"), actor=desk.actor
    )
    entry = JournalEntry.objects.get(action="delivery.proved")
    assert entry.facts["method"] == "signature"
    assert "Bí Mật" not in str(entry.facts)


@pytest.mark.django_db(transaction=True)
def test_guessing_on_many_threads_still_has_five_tries() -> None:
    desk = Desk(make_counter())
    case = desk.here()
    proofs.code_send(case.pk, None, actor=desk.actor)
    code, gate, found = sent_code(), threading.Barrier(8), []

    def guess() -> None:
        try:
            gate.wait()
            found.extend(refusal(desk, case, None, said(code=wrong(code))) for _ in range(2))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.count("wrong") == 4
    assert ProofOfDelivery.objects.get().tries == 5
