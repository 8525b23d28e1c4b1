"""Consent in every way it can be given and taken back (F05)."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from PIL import Image

from cases.filing import services as filing
from cases.filing.readiness import problems
from cases.intake import consent_texts, extra_uses, mandate_sheet, mandates
from cases.messages.services import tell
from cases.models import ExtraUse, Mandate, Message, Paper
from cases.papers.services import paper_draw
from cases.states import Work
from opsa.core import files
from opsa.core.models import JournalEntry
from opsa.core.once import new_key


def scanned(code: str) -> bytes:
    """A scan of a signed sheet: white paper with its bar code."""
    import zxingcpp

    bars = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.Code128).to_image(scale=3)
    height, width = bars.shape
    sheet = Image.new("L", (1240, 1754), 250)
    strip = Image.frombytes("L", (width, height), bytes(memoryview(bars).cast("B")))
    sheet.paste(strip.resize((width, 120)), (60, 1500))
    out = BytesIO()
    sheet.save(out, "JPEG", quality=90)
    return out.getvalue()


@pytest.fixture
def on_paper(ready, staff):
    """A case whose consent was taken back, and is asked for on paper."""
    mandates.mandate_revoke(staff=staff, case_id=ready.pk)
    mandate = mandates.mandate_begin(staff=staff, case_id=ready.pk, method="paper")
    return ready, mandate


def url(case, what):
    return f"/quay/ho-so/{case.pk}/dong-y/{what}/"


def test_the_sheet_to_sign_says_what_the_screen_says_and_nothing_is_given_yet(on_paper):
    case, mandate = on_paper
    paper = Paper.objects.get(key=f"consent:{mandate.pk}")
    assert mandate_sheet.words_on(paper) == mandate.shown.splitlines()
    assert paper_draw(paper.pk).state == Paper.State.READY
    assert mandate.state == Mandate.State.ASKED
    assert any(problem.field == "mandate" for problem in problems(filing.load_for_filing(case.pk)))


def test_the_signed_sheet_is_kept_with_the_mandate_and_gives_it(on_paper, clerk, post):
    case, mandate = on_paper
    picture = SimpleUploadedFile(
        "anh.jpg", scanned(mandate_sheet.code_of(mandate, case)), "image/jpeg"
    )
    assert post(url(case, "giay"), {"file": picture}).status_code == 303
    mandate.refresh_from_db()
    assert mandate.state == Mandate.State.GIVEN
    assert mandate.starts_on == timezone.localdate()
    assert consent_texts.sha256(mandate.shown) == mandate.shown_sha256
    kept = files.load(mandate.proof)
    assert Image.open(BytesIO(kept)).size[0] > 1000
    line = JournalEntry.objects.filter(
        action="mandate.given", subject=f"mandate:{mandate.pk}"
    ).get()
    assert line.facts["code_read"] is True
    assert line.facts["proof"] == mandate.proof_sha256
    answer = clerk.get(f"/quay/ho-so/{case.pk}/dong-y/{mandate.pk}/ban/")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer.content == kept


@pytest.mark.django_db(transaction=True)
def test_nothing_is_held_in_the_database_while_the_picture_is_checked(on_paper, post, monkeypatch):
    """Virus scanner and checker may take a minute; others go on with the case meanwhile."""
    case, mandate = on_paper
    held = []
    examine = mandate_sheet.file_check.examine

    def watched(content):
        held.append(connection.in_atomic_block)
        return examine(content)

    monkeypatch.setattr(mandate_sheet.file_check, "examine", watched)
    content, key = scanned(mandate_sheet.code_of(mandate, case)), new_key()
    answers = [
        post(url(case, "giay"), {"file": SimpleUploadedFile("a.jpg", content), "form_key": key})
        for _click in range(2)
    ]
    assert [(one.status_code, one["Location"]) for one in answers] == [
        (303, f"/quay/ho-so/{case.pk}/xem-lai/")
    ] * 2
    assert held == [False]
    assert JournalEntry.objects.filter(action="mandate.given", chain=f"case:{case.pk}").count() == 2


def test_another_cases_sheet_is_refused(on_paper, post):
    case, mandate = on_paper
    picture = SimpleUploadedFile("a.jpg", scanned(f"DY{mandate.pk + 1}-{case.reference}"))
    answer = post(url(case, "giay"), {"file": picture})
    assert answer.status_code == 422
    assert "giấy của hồ sơ khác" in answer.content.decode()
    mandate.refresh_from_db()
    assert mandate.state == Mandate.State.ASKED


def test_the_scanner_on_the_sheet_opens_the_place_for_its_picture(on_paper, post):
    case, mandate = on_paper
    answer = post("/quay/quet/", {"q": mandate_sheet.code_of(mandate, case)})
    assert answer["Location"].endswith(f"/quay/ho-so/{case.pk}/dong-y/#signed")


def test_a_typed_name_must_be_the_persons_own(draft, ready, staff):
    mandates.mandate_revoke(staff=staff, case_id=ready.pk)
    mandates.mandate_begin(staff=staff, case_id=ready.pk, method="screen")
    with pytest.raises(mandates.MandateRefusedError, match="khớp"):
        mandates.mandate_on_screen(case_id=ready.pk, agrees=True, signed="typed", name="Người Khác")
    mandate = mandates.mandate_on_screen(
        case_id=ready.pk, agrees=True, signed="typed", name=ready.filer.name.lower()
    )
    assert (mandate.state, mandate.signed) == (Mandate.State.GIVEN, "typed")


def test_a_no_on_the_screen_is_the_citizens_and_nothing_can_be_filed(ready, staff):
    mandates.mandate_revoke(staff=staff, case_id=ready.pk)
    mandates.mandate_begin(staff=staff, case_id=ready.pk, method="screen")
    mandates.mandate_on_screen(case_id=ready.pk, agrees=False)
    line = JournalEntry.objects.get(action="mandate.declined")
    assert line.actor_kind == "citizen"
    with pytest.raises(filing.NotReady):
        filing.case_file(ready.pk, staff=staff, actor=mandates.actor_of(staff))


def test_the_words_are_shown_years_later_though_procedure_and_office_have_new_names(
    ready, clerk, counter
):
    before = Mandate.objects.get(case=ready, state="given").shown
    assert counter.agency.name in before
    counter.agency.name = "Tên mới"
    counter.agency.save()
    page = clerk.get(url(ready, "xem")).content.decode()
    assert before.splitlines()[0] in page
    assert "lời còn nguyên" in page


def test_taking_it_back_at_the_counter_stops_what_has_not_left_and_is_journalled(
    ready, staff, counter
):
    filed = filing.case_file(ready.pk, staff=staff, actor=counter.actor)
    mandates.mandate_revoke(staff=staff, case_id=ready.pk)
    filed.refresh_from_db()
    ready.refresh_from_db()
    assert (filed.state, ready.work, ready.attention) == ("refused", Work.ATTENTION, "revoked")
    line = JournalEntry.objects.get(action="mandate.revoked", chain=f"case:{ready.pk}")
    assert line.facts["stopped"] is True


class TestExtraUses:
    def test_they_are_off_until_chosen_and_come_apart(self, ready, clerk, post):
        page = clerk.get(f"/quay/ho-so/{ready.pk}/dong-y/").content.decode()
        assert 'name="use" value="scans" checked' not in page
        assert not ExtraUse.objects.exists()
        assert post(url(ready, "them"), {"use": "scans"}).status_code == 303
        use = ExtraUse.objects.get()
        assert (use.kind, use.ended_at) == ("scans", None)
        assert use.text.sha256 == consent_texts.sha256(use.text.body)
        post(url(ready, "them"), {})
        use.refresh_from_db()
        assert use.ended_at is not None
        actions = JournalEntry.objects.filter(chain=f"case:{ready.pk}", action__contains="extra")
        assert [line.action for line in actions.order_by("pk")] == [
            "extra_use.given",
            "extra_use.ended",
        ]

    def test_a_second_phone_must_be_one(self, ready, post):
        answer = post(url(ready, "them"), {"use": "phone2", "phone": "123"})
        assert answer.status_code == 422
        assert not ExtraUse.objects.exists()

    def test_the_second_phone_is_told_too_but_never_the_code_of_the_hand_over(self, ready, staff):
        extra_uses.choose(staff=staff, case_id=ready.pk, kinds=["phone2"], phone="0987654321")
        tell(ready, "accepted")
        tell(ready, "out", once="1", what="123456")
        told = Message.objects.filter(case=ready).values_list("event", "to")
        numbers = [to for event, to in told if event == "accepted"]
        assert sorted(numbers) == sorted([ready.filer.phone, "+84987654321"])
        assert [to for event, to in told if event == "out"] == [ready.filer.phone]
        extra_uses.take_back(case_id=ready.pk, kinds=["phone2"], actor=mandates.CITIZEN)
        tell(ready, "late")
        assert Message.objects.filter(case=ready, event="late").count() == 1


def test_filing_for_somebody_instead_of_helping_them_is_in_the_journal(post, draft):
    path = f"/quay/ho-so/{draft.pk}/hinh-thuc/"
    post(path, {"mode": "on_behalf"})
    post(path, {"mode": "on_behalf"})
    entry = JournalEntry.objects.get(chain=f"case:{draft.pk}", action="case.mode")
    assert (entry.staff_id, entry.facts) == (
        draft.opened_by_id,
        {"before": "assist", "after": "on_behalf"},
    )
