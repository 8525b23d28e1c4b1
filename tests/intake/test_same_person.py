"""Two records that may be one human being: shown at the counter, answered by a supervisor with a
reason, offered across while that holds, and taken back (F22)."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.test import Client
from django.urls import reverse

from agencies.models import Role, Staff
from cases import services as case_services
from cases.filing.services import case_file
from cases.intake import applicants, desk, drafts, known
from cases.models import Case, Citizen, ExtraUse, Filing, SamePerson, Scan
from cases.persons import services as persons
from opsa.core import rls
from opsa.core.actors import Actor, ActorKind
from opsa.core.models import JournalEntry
from opsa.core.once import new_key
from opsa.core.partial_date import PartialDate
from tests.support.cases import make_counter
from tests.support.worklists import PASSWORD, sign_in

State = SamePerson.State


def typed(counter, **who):
    """A draft whose person was typed in."""
    case = drafts.draft_open(staff=counter.staff, version=counter.version)
    person = {"name": "TRẦN THỊ LÀNH", "birth_date": date(1951, 3, 2), "id_number": ""} | who
    with transaction.atomic():
        applicants.person_type(case, "filer", person)
        applicants.names_index(case)
    return case


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ({"id_number": "001151000111"}, True),
        ({"name": "Tran Thi  Lanh"}, True),
        ({"id_number": "001151000222"}, False),  # the same number: shown as the same person's
        ({"birth_date": date(1952, 3, 2)}, False),
        ({"birth_date": None}, False),
        ({"birth_date": PartialDate(1951)}, True),  # nothing that both know speaks against it
        ({"birth_date": PartialDate(1951, 3)}, True),
        ({"birth_date": PartialDate(1951, 4)}, False),
        ({"birth_date": PartialDate(1950)}, False),
        ({"name": "TRẦN THỊ LAN"}, False),
        ({"name": "TRẦN LÀNH"}, False),
    ],
)
def test_a_person_who_looks_like_another_is_shown_beside_them(clerk, counter, who, seen):
    before = typed(counter, id_number="001151000222")
    case = typed(counter, **who)
    page = clerk.get(reverse("quay:step", args=[case.pk, "nguoi-nop"]))
    found = page.context["look_alikes"]
    assert [one["link"].url for one in found] == ([reverse("quay:case", args=[before.pk])] * seen)
    assert ("Trùng tên và ngày sinh" in page.content.decode()) == seen
    vague = seen and not who.get("birth_date", PartialDate(1951, 3, 2)).known
    assert ("chỉ so được năm sinh" in page.content.decode()) == vague


def test_nobody_looks_alike_across_offices_or_when_the_draft_was_given_up(clerk, counter):
    typed(make_counter(counter.version.system.way))
    done = typed(counter)
    case_services.close(done.pk, actor=Actor(ActorKind.CLERK, counter.staff.pk), reason="gone")
    assert persons.look_alikes(typed(counter)) == []


# --- one person or two: a supervisor says ---------------------------------------------------------


@pytest.fixture
def supervisor(db: None) -> Staff:
    return Staff.objects.create_user(
        "gop-nguoi", PASSWORD, display_name="Trần Thu Hà", role=Role.SUPERVISOR
    )


@pytest.fixture
def before(ready, counter, staff) -> Case:
    """An earlier case, filed, whose number was typed wrong; the person lets things be kept."""
    number = ready.filer.id_number
    ready.filer.id_number = number[:-1] + str((int(number[-1]) + 1) % 10)
    ready.filer.save()
    case_file(ready.pk, staff=staff, actor=counter.actor)
    for kind in (ExtraUse.Kind.CONTACT, ExtraUse.Kind.SCANS):
        ExtraUse.objects.create(
            case=ready, kind=kind, text=ready.mandates.first().text, taken_by=staff,
            valid_until=date(2027, 11, 1),
        )  # fmt: skip
    ready.real_number = number
    return ready


@pytest.fixture
def now(before, counter, staff) -> Case:
    """The same human being today, by their card: another number."""
    case = drafts.draft_open(staff=staff, version=counter.version)
    with transaction.atomic():
        applicants.person_type(
            case,
            "filer",
            {
                "name": before.filer.name,
                "birth_date": before.filer.birth_date,
                "id_number": before.real_number,
                "source": Citizen.Source.CARD,
            },
        )
        applicants.names_index(case)
    return case


@pytest.fixture
def asked(clerk, post, now, before) -> SamePerson:
    answer = post(reverse("quay:same_person", args=[now.pk]), {"other": before.pk})
    assert answer.status_code == 303
    return SamePerson.objects.get()


def offered(staff, case) -> set[str]:
    return {o.what.partition(":")[0] for o in known.offers(desk.open_desk(staff, case.pk))}


def frozen(case) -> list[tuple]:
    """Everything of a filed case that must stay as it is."""
    filing = Filing.objects.get(case=case)
    return [
        *Case.objects.filter(pk=case.pk).values_list(),
        (filing.payload, filing.payload_sha256),
        *Scan.objects.filter(case=case).values_list(),
        *Citizen.objects.filter(pk__in=(case.filer_id, case.subject_id)).values_list("name", "pk"),
        *JournalEntry.objects.filter(chain=f"case:{case.pk}")
        .exclude(action="case.read")
        .values_list("seq", "action"),
    ]


def test_what_is_known_of_either_is_offered_only_while_a_supervisor_says_they_are_one(
    asked, before, now, staff, supervisor, clerk
):
    held = frozen(before)
    assert offered(staff, now) == set(), "a question alone joins nothing"
    persons.answer(staff=supervisor, pk=asked.pk, same=True, reason="mistyped")
    assert offered(staff, now) == {"phone", "address", "scan"}
    page = clerk.get(reverse("quay:known", args=[now.pk])).content.decode()
    assert "Trung tâm đã xác nhận: cùng một người." in page
    assert known.take(staff=staff, case_id=now.pk, wanted=["phone"]) == 1
    persons.undo(staff=supervisor, pk=asked.pk, because="mistake")
    assert offered(staff, now) == set()
    with pytest.raises(known.NothingKnownError):
        known.take(staff=staff, case_id=now.pk, wanted=["address"])
    assert frozen(before) == held, "nothing of the filed case changed"
    now.filer.refresh_from_db()
    assert now.filer.phone == before.filer.phone, "what was taken stays in its own case"


def test_both_directions_and_over_a_third_record_and_undoing_one_link_parts_only_that(
    counter, staff, supervisor
):
    people = [typed(counter, id_number=f"00115100011{n}") for n in range(3)]
    links = []
    for one, other in ((people[1], people[0]), (people[2], people[1])):
        link = persons.ask(staff=staff, case=one, other_id=other.pk)
        persons.answer(staff=supervisor, pk=link.pk, same=True, reason="papers")
        links.append(link)

    def together(case: Case) -> int:
        return len(persons.known_as(case.agency_id, case.filer).indexes)

    assert [together(case) for case in people] == [3, 3, 3]
    persons.undo(staff=supervisor, pk=links[0].pk, because="citizen")
    assert [together(case) for case in people] == [1, 2, 2]


def test_a_record_without_a_number_is_known_only_while_it_says_the_same(counter, staff, supervisor):
    blank, numbered = typed(counter), typed(counter, id_number="001151000222")
    link = persons.ask(staff=staff, case=numbered, other_id=blank.pk)
    persons.answer(staff=supervisor, pk=link.pk, same=True, reason="no_number")

    def records() -> set[int]:
        return set(persons.known_as(numbered.agency_id, numbered.filer).records)

    assert records() == {blank.filer_id}
    # The clerk changes the person of that draft: the row is somebody else's now.
    with transaction.atomic():
        applicants.person_type(blank, "filer", {"name": "VŨ THỊ KHÁC"})
    assert records() == set()


def test_a_clerk_asks_and_never_answers(asked, clerk, post, staff, supervisor):
    for act in ("person_answer", "person_undo"):
        sent = {"same": "yes", "reason": "mistyped", "because": "mistake"}
        assert post(reverse(f"board:{act}", args=[asked.pk]), sent).status_code == 403
    assert clerk.get(reverse("board:persons")).status_code == 403
    for role in (Role.CLERK, Role.LEAD, Role.ADMIN, Role.AUDITOR):
        staff.role = role
        with pytest.raises(PermissionDenied):
            persons.answer(staff=staff, pk=asked.pk, same=True, reason="mistyped")
        with pytest.raises(PermissionDenied):
            persons.undo(staff=staff, pk=asked.pk, because="mistake")
    asked.refresh_from_db()
    assert asked.state == State.ASKED


def test_asking_twice_is_one_question_and_an_answer_is_not_asked_again(
    asked, post, now, before, supervisor
):
    url = reverse("quay:same_person", args=[now.pk])
    post(url, {"other": before.pk})
    assert SamePerson.objects.count() == 1
    persons.answer(staff=supervisor, pk=asked.pk, same=False)
    post(url, {"other": before.pk})
    assert SamePerson.objects.count() == 1
    with pytest.raises(persons.AnsweredError):
        persons.answer(staff=supervisor, pk=asked.pk, same=True, reason="mistyped")


def test_two_different_people_can_be_taken_back_the_second_time_too(
    asked, post, now, before, staff, supervisor
):
    """Joined, parted, asked again, kept apart: and that was the mistake."""
    persons.answer(staff=supervisor, pk=asked.pk, same=True, reason="mistyped")
    persons.undo(staff=supervisor, pk=asked.pk, because="mistake")
    second = persons.ask(staff=staff, case=now, other_id=before.pk)
    client = sign_in(Client(), supervisor)
    url = reverse("board:person_answer", args=[second.pk])
    assert client.post(url, {"same": "no", "form_key": new_key()}).status_code == 303
    back = reverse("board:person_undo", args=[second.pk])
    page = client.get(reverse("board:persons")).content.decode()
    assert f'action="{back}"' in page, "the bar that takes the last act back"
    assert f'action="{back}"' in client.get(reverse("board:persons") + "?xem=xong").content.decode()
    assert client.post(back, {"form_key": new_key()}).status_code == 303
    second.refresh_from_db()
    assert (second.state, second.answered_by) == (State.ASKED, None)
    assert client.post(back, {"form_key": new_key()}).status_code == 303, (
        "a second press is told so"
    )
    persons.answer(staff=supervisor, pk=second.pk, same=True, reason="papers")
    assert offered(staff, now)
    noted = JournalEntry.objects.filter(subject=f"same_person:{second.pk}").order_by("pk")
    assert [one.action for one in noted] == [
        "person.asked", "person.kept_apart", "person.reopened", "person.joined",
    ]  # fmt: skip


def test_an_older_no_is_not_taken_back_once_the_pair_was_asked_about_anew(
    asked, now, before, staff, supervisor
):
    persons.answer(staff=supervisor, pk=asked.pk, same=False)
    SamePerson.objects.filter(pk=asked.pk).update(state=State.UNDONE)
    second = persons.ask(staff=staff, case=now, other_id=before.pk)
    SamePerson.objects.filter(pk=asked.pk).update(state=State.REFUSED)
    with pytest.raises(persons.AnsweredError):
        persons.undo(staff=supervisor, pk=asked.pk)
    second.refresh_from_db()
    assert second.state == State.ASKED


@pytest.mark.parametrize("other", ["", "x", "0", "999999999", "9" * 40, "-1"])
def test_only_somebody_who_looks_alike_can_be_asked_about(post, now, staff, other):
    assert post(reverse("quay:same_person", args=[now.pk]), {"other": other}).status_code == 303
    assert not SamePerson.objects.exists()
    stranger = typed(make_counter(now.system.way), name=now.filer.name)
    with pytest.raises(persons.NotAlikeError):
        persons.ask(staff=staff, case=now, other_id=stranger.pk)


def test_a_supervisor_sees_masked_people_joins_and_parts_them_on_the_page(
    asked, before, now, supervisor, staff
):
    client = sign_in(Client(), supervisor)
    page = client.get(reverse("board:persons"))
    text = page.content.decode()
    assert "số định danh khác 1 chữ số" in text
    for secret in (before.filer.name, before.filer.id_number, now.filer.id_number):
        assert secret not in text
    url = reverse("board:person_answer", args=[asked.pk])
    refused = client.post(url, {"form_key": new_key(), "same": "yes"})
    assert refused.status_code == 422
    assert "Chọn lý do." in refused.content.decode()
    sent = {"form_key": new_key(), "same": "yes", "reason": "mistyped"}
    assert client.post(url, sent).status_code == 303
    assert client.post(url, sent).status_code == 303, "the same form again is the same act"
    assert offered(staff, now) != set()
    joined = client.get(reverse("board:persons") + "?xem=mot").content.decode()
    assert "Lần trước gõ sai số định danh" in joined
    late = client.post(url, {"form_key": new_key(), "same": "yes"})
    assert late.status_code == 303, "not an error without words"
    assert "vừa được người khác trả lời" in client.get(reverse("board:persons")).content.decode()
    undo = reverse("board:person_undo", args=[asked.pk])
    assert client.post(undo, {"form_key": new_key()}).status_code == 422
    client.post(undo, {"form_key": new_key(), "because": "mistake"})
    assert offered(staff, now) == set()
    acts = JournalEntry.objects.filter(subject=f"same_person:{asked.pk}").order_by("seq")
    assert [(one.action, one.reason) for one in acts] == [
        ("person.asked", ""), ("person.joined", "mistyped"), ("person.parted", "mistake"),
    ]  # fmt: skip
    for entry in acts:
        assert set(entry.facts) == {"first_case", "second_case"}, "no name, no number"
    assert client.get(reverse("board:persons") + "?xem=la").status_code == 404


def test_the_pages_of_pairs_follow_one_another_with_a_fixed_number_of_questions(
    counter, staff, supervisor, django_assert_max_num_queries
):
    one, other = typed(counter, id_number="001151000111"), typed(counter, id_number="001151000222")
    for n in range(45):
        SamePerson.objects.create(
            agency=counter.agency, asked_by=staff, first=one.filer, second=other.filer,
            first_case=one, second_case=other,
            first_key=n.to_bytes(16), second_key=(n + 1).to_bytes(16),
        )  # fmt: skip
    client = sign_in(Client(), supervisor)
    url, seen = reverse("board:persons"), []
    for rows in (20, 20, 5):
        with django_assert_max_num_queries(6):
            page = client.get(url)
        assert len(page.context["rows"]) == rows
        seen += [row["pk"] for row in page.context["rows"]]
        url = page.context["next_url"]
    assert url == ""
    assert seen == sorted(set(seen), reverse=True)
    assert client.get(reverse("board:persons") + "?sau=khac").status_code == 404
    oldest = seen[-1]
    refused = client.post(
        reverse("board:person_answer", args=[oldest]), {"form_key": new_key(), "same": "yes"}
    )
    assert refused.status_code == 422
    assert [row["pk"] for row in refused.context["rows"]] == [oldest], (
        "what is wrong is on the page"
    )
    assert f'id="e{oldest}"' in refused.content.decode()


def test_another_office_neither_sees_nor_asks_about_the_pair(asked, counter):
    other = make_counter(counter.version.system.way)
    with rls.office_scope(other.agency.pk):
        assert not SamePerson.objects.exists()
    with rls.office_scope(counter.agency.pk):
        assert SamePerson.objects.exists()


def test_a_draft_that_is_deleted_takes_its_questions_along(asked, now, before):
    now.delete()
    assert not SamePerson.objects.exists()
    assert Case.objects.filter(pk=before.pk).exists()
