"""The pages of intake: what a scan leads to, saving by itself, clashes, double clicks, parts,
budgets, hostile text."""

import pytest
from django.test import Client
from django.urls import reverse

from cases.intake import cards, clashes, command, drafts, pages, steps
from cases.models import Case, Citizen, Payment
from opsa.core.codes import group_reference
from opsa.core.models import JournalEntry
from opsa.core.once import new_key
from tests.support.birth import CARD, OTHER_CARD
from tests.support.worklists import sign_in

COMMAND = "/quay/quet/"


def form_of(client, case, step):
    """The values a browser would send back from this step's page."""
    from cases.intake.desk import open_desk
    from cases.intake.saving import FORMS

    form = FORMS[step](open_desk(case.opened_by, case.pk))
    data = {name: clashes.plain(value) for name, value in form.stored().items()}
    data = {name: value for name, value in data.items() if value or not name.startswith("d")}
    return {**data, "version": clashes.token_of(form), "form_key": new_key()}


# --- the command line ----------------------------------------------------------------------------


def test_the_command_line_never_stands_in_an_address(clerk):
    assert clerk.get(COMMAND, {"q": "ks"}).status_code == 405


def test_a_card_leads_to_the_persons_page_and_from_there_to_a_filled_draft(clerk, post, counter):
    answer = clerk.post(COMMAND, {"q": CARD})
    assert (answer.status_code, answer["Location"]) == (303, "/quay/khach/")
    page = clerk.get("/quay/khach/").content.decode()
    assert "NGUYỄN THỊ HƯỜNG" in page
    assert "Alt 1" in page
    opened = post(
        reverse("quay:new"), {"procedure": counter.version.procedure.slug, "use_card": "1"}
    )
    assert opened.status_code == 303
    case = Case.objects.get()
    assert case.filer.id_number == "001190012345"
    assert clerk.get("/quay/khach/").status_code == 303, "the card is used up"


def test_the_card_is_nowhere_in_clear_text(clerk, caplog):
    clerk.post(COMMAND, {"q": CARD})
    assert "001190012345" not in str(dict(clerk.session))
    assert "001190012345" not in caplog.text


def test_an_open_case_of_the_same_kind_is_shown_first_and_another_wants_a_reason(
    clerk, post, counter, staff
):
    drafts.draft_open(staff=staff, version=counter.version, card=cards.read(CARD))
    clerk.post(COMMAND, {"q": CARD})
    data = {"procedure": counter.version.procedure.slug, "use_card": "1"}
    asked = post(reverse("quay:new"), data)
    assert asked.status_code == 422
    assert Case.objects.count() == 1
    assert post(reverse("quay:new"), {**data, "another": "1"}).status_code == 422
    assert (
        post(reverse("quay:new"), {**data, "another": "1", "reason": "Con thứ hai"}).status_code
        == 303
    )
    assert Case.objects.count() == 2


def test_a_card_inside_a_blank_draft_fills_it(clerk, draft):
    page = reverse("quay:step", args=[draft.pk, "nguoi-nop"])
    clerk.post(COMMAND, {"q": CARD}, headers={"referer": f"http://testserver{page}"})
    draft.refresh_from_db()
    assert draft.filer.name == "NGUYỄN THỊ HƯỜNG"


def test_another_persons_card_inside_a_case_asks_first(clerk, post, counter, staff):
    case = drafts.draft_open(staff=staff, version=counter.version, card=cards.read(CARD))
    page = reverse("quay:step", args=[case.pk, "to-khai"])
    answer = clerk.post(COMMAND, {"q": OTHER_CARD}, headers={"referer": f"http://testserver{page}"})
    ask = reverse("quay:change_person", args=[case.pk])
    assert answer["Location"] == ask
    assert "Đổi người nộp?" in clerk.get(ask).content.decode()
    case.filer.refresh_from_db()
    assert case.filer.name == "NGUYỄN THỊ HƯỜNG"
    post(ask, {"answer": "subject"})
    case.refresh_from_db()
    assert (case.filer.name, case.subject.name) == ("NGUYỄN THỊ HƯỜNG", "NGUYỄN VĂN AN")


@pytest.mark.parametrize(
    "text", [CARD[:30], CARD[1:], CARD + OTHER_CARD, CARD.replace("02091990", "31021990")]
)
def test_an_unsound_scan_changes_nothing_and_says_why(clerk, text):
    answer = clerk.post(COMMAND, {"q": text})
    assert answer.status_code == 422
    assert "quét lại" in answer.content.decode().lower()
    assert Citizen.objects.count() == 0


def test_our_codes_and_numbers_open_the_case(clerk, ready, counter):
    where = reverse("quay:case", args=[ready.pk])
    for text in (group_reference(ready.reference), ready.reference.lower(), f"https://x/t/{ready.token}/",
                 ready.filer.id_number, "0912 000 001", ready.filer.phone):  # fmt: skip
        assert clerk.post(COMMAND, {"q": text}).headers.get("Location") == where, text


def test_a_name_without_accents_finds_its_cases(clerk, ready):
    answer = clerk.post(COMMAND, {"q": "tran thi an"})
    assert ready.filer.name == "TRẦN THỊ AN"
    assert (
        answer.status_code == 303
        or reverse("quay:case", args=[ready.pk]) in answer.content.decode()
    )


def test_a_case_of_another_office_is_not_found(ready):
    from tests.support.cases import make_counter

    elsewhere = sign_in(Client(), make_counter().staff)
    answer = elsewhere.post(COMMAND, {"q": ready.reference})
    assert answer.status_code == 200
    for name in ("quay:case", "quay:customer"):
        assert elsewhere.get(reverse(name, args=[ready.pk])).status_code == 404
    for slug in steps.SLUGS:
        assert elsewhere.get(reverse("quay:step", args=[ready.pk, slug])).status_code == 404
        if slug in steps.SAVED:
            assert (
                elsewhere.post(reverse("quay:save", args=[ready.pk, slug]), {}).status_code == 404
            )
    scan = ready.scans.first()
    assert elsewhere.get(reverse("quay:scan_view", args=[scan.pk])).status_code == 404


def test_another_room_can_add_its_own_codes(staff):
    def matcher(person, text):
        return [command.Link("/quay/x/", "x")] if text == "TRACK1" else []

    command.register(matcher)
    try:
        assert command.codes_of(staff, "TRACK1") == [command.Link("/quay/x/", "x")]
    finally:
        command._matchers.remove(matcher)


# --- saving
# ----------------------------------------------------------------------------------------


def test_a_step_saves_itself_and_says_what_is_wrong(clerk, draft):
    data = form_of(clerk, draft, "nguoi-nop") | {"name": "Nguyễn Thị Hường", "phone": "0912 345 67"}
    answer = clerk.post(reverse("quay:save", args=[draft.pk, "nguoi-nop"]), data)
    assert answer.status_code == 200
    assert answer.json()["errors"]["phone"] == "Thiếu 1 số."
    draft.refresh_from_db()
    assert (draft.filer.name, draft.revision) == ("NGUYỄN THỊ HƯỜNG", 2)


def test_saving_the_same_twice_is_one_change(clerk, draft):
    data = form_of(clerk, draft, "nguoi-nop") | {"name": "An", "phone": "0912345678"}
    for _time in range(2):
        assert (
            clerk.post(reverse("quay:save", args=[draft.pk, "nguoi-nop"]), data).status_code == 200
        )
    draft.refresh_from_db()
    assert draft.revision == 2
    assert JournalEntry.objects.filter(action="draft.saved").count() == 1


def test_two_people_in_one_field_see_both_values(clerk, draft):
    url = reverse("quay:save", args=[draft.pk, "nguoi-nop"])
    mine = form_of(clerk, draft, "nguoi-nop") | {"name": "An", "email": "a@example.org"}
    theirs = form_of(clerk, draft, "nguoi-nop") | {"name": "Bình"}
    assert clerk.post(url, theirs).status_code == 200
    answer = clerk.post(url, mine, headers={"hx-request": "true"})
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "BÌNH" in text
    assert "An" in text
    draft.refresh_from_db()
    assert draft.filer.name == "BÌNH"
    token = text.split('name="version" value="')[1].split('"')[0]
    assert clerk.post(url, mine | {"version": token}).status_code == 200
    draft.refresh_from_db()
    assert draft.filer.name == "AN"


def test_two_tabs_on_different_steps_never_clash(clerk, draft):
    first, second = form_of(clerk, draft, "nguoi-nop"), form_of(clerk, draft, "to-khai")
    assert (
        clerk.post(
            reverse("quay:save", args=[draft.pk, "nguoi-nop"]), first | {"phone": "0912345678"}
        ).status_code
        == 200
    )
    assert (
        clerk.post(
            reverse("quay:save", args=[draft.pk, "to-khai"]), second | {"f-noi-sinh": "Hà Nội"}
        ).status_code
        == 200
    )


def test_next_saves_and_goes_on_and_a_wrong_field_comes_back(clerk, draft):
    url = reverse("quay:step", args=[draft.pk, "nguoi-nop"])
    wrong = clerk.post(url, form_of(clerk, draft, "nguoi-nop") | {"id_number": "123"})
    assert wrong.status_code == 422
    assert "Số định danh có 12 số" in wrong.content.decode()
    right = clerk.post(
        url, form_of(clerk, draft, "nguoi-nop") | {"name": "Nguyễn An", "phone": "0912345678"}
    )
    assert right["Location"] == reverse("quay:step", args=[draft.pk, "to-khai"])


def test_a_double_click_opens_one_draft_and_takes_one_payment(clerk, counter, draft):
    data = {"form_key": new_key(), "procedure": counter.version.procedure.slug}
    places = {clerk.post(reverse("quay:new"), data)["Location"] for _time in range(2)}
    assert len(places) == 1
    assert Case.objects.count() == 2
    money = {"form_key": new_key(), "method": "cash", "amount": "30000"}
    for _time in range(2):
        assert clerk.post(reverse("quay:payment", args=[draft.pk]), money).status_code == 303
    assert Payment.objects.count() == 1


def test_hold_puts_the_case_aside_and_home_is_next(post, draft):
    assert post(reverse("quay:hold", args=[draft.pk]))["Location"] == reverse("quay:home")
    draft.refresh_from_db()
    assert draft.work == "held"


def test_the_turned_screen_hides_the_number_and_takes_the_answer(clerk, post, counter, staff):
    case = drafts.draft_open(staff=staff, version=counter.version, card=cards.read(CARD))
    begun = post(reverse("quay:mandate_begin", args=[case.pk]), {"method": "screen"})
    screen = reverse("quay:customer", args=[case.pk])
    assert begun["Location"] == screen
    page = clerk.get(screen).content.decode()
    assert "001190012345" not in page
    assert "Nhân viên đã đọc, tôi đồng ý" in page
    post(screen, {"answer": "yes"})
    assert case.mandates.get().state == "given"


def test_an_english_reader_sees_the_english_consent(clerk, post, draft):
    Case.objects.filter(pk=draft.pk).update(language="en")
    post(reverse("quay:mandate_begin", args=[draft.pk]), {"method": "screen"})
    assert (
        "I ask the staff" in clerk.get(reverse("quay:customer", args=[draft.pk])).content.decode()
    )


# --- parts and budgets
# -----------------------------------------------------------------------------

PARTS = [(step, part) for step, parts in pages.PARTS.items() for part in sorted(parts)]


@pytest.mark.parametrize(("step", "part"), PARTS, ids=[f"{s}-{p}" for s, p in PARTS])
def test_a_part_is_what_a_full_reload_shows(clerk, ready, step, part):
    import re

    url = reverse("quay:part", args=[ready.pk, step, part])
    alone = clerk.get(url, headers={"hx-request": "true"}).content.decode()
    whole = clerk.get(reverse("quay:step", args=[ready.pk, step])).content.decode()

    def plain(html):
        html = re.sub(r'value="[^"]*"', "", html)
        return re.sub(r"\s+", " ", html).strip()

    piece = alone.split('<div id="steps" hx-swap-oob')[0]
    assert plain(piece) in plain(whole)
    assert "<html" in clerk.get(url).content.decode(), "without htmx the whole page"


@pytest.mark.parametrize("step", steps.SLUGS)
def test_a_step_costs_at_most_six_queries_beside_its_session(clerk, ready, query_budget, step):
    # Session, person, and the office wall set and taken down (4), which every signed-in page has.
    # Then: the case with its people, its papers, their
    # scans, its mandates (4), and one of: other cases of the person, the payment, the text of
    # consent.
    url = reverse("quay:step", args=[ready.pk, step])
    clerk.get(url)
    with query_budget(6 + 4):
        assert clerk.get(url).status_code == 200


@pytest.mark.parametrize(("step", "part"), PARTS, ids=[f"{s}-{p}" for s, p in PARTS])
def test_a_part_costs_at_most_five_queries_beside_its_session(
    clerk, ready, query_budget, step, part
):
    url = reverse("quay:part", args=[ready.pk, step, part])
    clerk.get(url, headers={"hx-request": "true"})
    with query_budget(5 + 4):
        clerk.get(url, headers={"hx-request": "true"})


# --- hostile text
# ----------------------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>", "'; DROP TABLE cases_case; --",
    '"><img src=x onerror=alert(1)>', "{{ 7*7 }}{% debug %}",
    "\u202eevil\u202c", "a\x00b\x07c", "x" * 5000, "\ud7ff\ufffe", "مرحبا", "﷽" * 50,
    "%00%0d%0aSet-Cookie: a=b",
    "../../etc/passwd", "=HYPERLINK(1)", "\u200b\u200b", "A" + "\u0301" * 500, "\r\n\r\n",
]  # fmt: skip
FIELDS = {
    "nguoi-nop": ["name", "id_number", "birth_date", "address", "phone", "email", "commune",
    "relation", "contact_by",
                  "subject_name", "sex", "q-chung-sinh"],
    "to-khai": ["f-noi-sinh", "f-ngay-sinh-tre", "f-so-ban", "f-loai", "f-ghi-chu"],
    "phi": ["recipient", "recipient_phone", "line", "address_commune", "old_unit", "by_post"],
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_in_any_field_is_cleaned_or_refused_and_never_live(clerk, draft, text):
    for step, names in FIELDS.items():
        data = form_of(clerk, draft, step) | dict.fromkeys(names, text)
        answer = clerk.post(reverse("quay:step", args=[draft.pk, step]), data)
        assert answer.status_code in (303, 422), step
        page = answer.content.decode()
        if answer.status_code == 303:
            page = clerk.get(reverse("quay:step", args=[draft.pk, step])).content.decode()
        for live in ("<script>alert", "<img src=x", "\u202e", "\x00"):
            assert live not in page
    for step in steps.SLUGS:
        assert (
            "<script>alert"
            not in clerk.get(reverse("quay:step", args=[draft.pk, step])).content.decode()
        )


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_in_the_command_line_and_reasons_is_harmless(clerk, post, draft, text):
    answer = clerk.post(COMMAND, {"q": text})
    assert answer.status_code in (200, 303, 422)
    assert "<script>alert" not in answer.content.decode()
    row = draft.documents.first()
    marked = post(reverse("quay:mark", args=[draft.pk, row.pk]), {"mark": "later", "reason": text})
    assert marked.status_code in (303, 422)
    assert "<script>alert" not in marked.content.decode()


def test_an_overlong_field_says_both_figures(clerk, draft):
    answer = clerk.post(
        reverse("quay:save", args=[draft.pk, "nguoi-nop"]),
        form_of(clerk, draft, "nguoi-nop") | {"name": "A" * 300},
    )
    assert "100" in answer.json()["errors"]["name"]
    assert "300" in answer.json()["errors"]["name"]
