"""Can we finish today? A light before typing, and a slip that opens the draft anywhere."""

import json
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agencies.models import OpeningHours
from cases.intake import desk as desks
from cases.intake import today
from cases.intake.today import Colour
from cases.models import Case, CaseDocument, Paper
from cases.papers import services as papers
from cases.states import Work
from opsa.core import kept
from opsa.core.outbox import Channel
from procedures.models import ProcedureVersion
from tests.support.cases import make_counter
from tests.support.worklists import sign_in

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=HANOI)
SUNDAY = datetime(2026, 11, 22, 9, 0, tzinfo=HANOI)


def light(staff, case, missing=(), now=MONDAY, **text):
    desk = desks.open_desk(staff, case.pk)
    for name, value in text.items():
        setattr(desk.version, name, value)
    found = today.light(desk, missing, now=now)
    kept.forget_all()
    return found


def paper(case, key="giay-chung-sinh") -> CaseDocument:
    return CaseDocument.objects.get(case=case, document__key=key)


def test_with_everything_in_hand_on_a_working_morning_it_is_green(staff, draft):
    found = light(staff, draft)
    assert (found.colour, found.reasons) == (Colour.GREEN, ())


def test_a_paper_left_at_home_is_red_and_named(staff, draft):
    found = light(staff, draft, {paper(draft).pk})
    assert found.colour is Colour.RED
    assert [one.text for one in found.reasons] == ["Mang: Giấy chứng sinh"]


def test_a_person_who_may_not_file_is_red(staff, draft):
    Case.objects.filter(pk=draft.pk).update(relation="child")
    found = light(staff, draft, authorisation=ProcedureVersion.Authorisation.NOT_ALLOWED)
    assert found.colour is Colour.RED
    assert "không được ủy quyền" in found.reasons[0].text


def test_a_portal_in_trouble_is_amber_because_we_take_it_now(staff, draft):
    Channel.objects.create(code=f"portal:{draft.system_id}", open_since=timezone.now())
    found = light(staff, draft)
    assert found.colour is Colour.AMBER
    assert "gián đoạn" in found.reasons[0].text


def test_an_office_out_of_hours_and_a_day_off_are_amber(staff, draft):
    OpeningHours.objects.create(
        agency=draft.agency, weekday=0, opens=time(13, 0), closes=time(17, 0)
    )
    assert [one.text for one in light(staff, draft).reasons] == ["Điểm đang ngoài giờ mở cửa."]
    texts = [one.text for one in light(staff, draft, now=SUNDAY).reasons]
    assert any("Cơ quan nghỉ" in text for text in texts)


def test_after_the_cut_off_the_term_starts_tomorrow(staff, draft):
    short = {"time_value": 1, "cutoff": time(15, 0)}
    at = MONDAY.replace(hour=15)
    assert light(staff, draft, **short).colour is Colour.GREEN
    assert light(staff, draft, now=at, **short).colour is Colour.GREEN  # 15:00:00 is in time
    found = light(staff, draft, now=at.replace(second=1), **short)
    assert (found.colour, "15:00" in found.reasons[0].text) == (Colour.AMBER, True)


def test_the_light_and_the_date_know_one_cut_off(staff, draft):
    """The city's hour holds where the text names none; a term of days has no hour at all."""
    at = MONDAY.replace(hour=15, minute=1)
    found = light(staff, draft, now=at, time_value=1, cutoff=None)
    assert (found.colour, "15:00" in found.reasons[0].text) == (Colour.AMBER, True)
    assert light(staff, draft, now=at, time_value=3, cutoff=time(15, 0)).colour is Colour.GREEN


def test_the_worst_reason_gives_the_colour_and_stands_first(staff, draft):
    Channel.objects.create(code=f"portal:{draft.system_id}", open_since=timezone.now())
    found = light(staff, draft, {paper(draft).pk})
    assert [one.colour for one in found.reasons] == [Colour.RED, Colour.AMBER]


def test_the_light_stands_on_the_first_step_and_follows_the_ticks(clerk, draft):
    step = clerk.get(reverse("quay:step", args=[draft.pk, "nguoi-nop"])).content.decode()
    assert "Hôm nay xong được không" in step
    url = reverse("quay:today", args=[draft.pk])
    part = clerk.get(f"{url}?thieu={paper(draft).pk}", headers={"HX-Request": "true"})
    assert "Chưa làm được hôm nay" in part.content.decode()
    assert "<html" not in part.content.decode()
    assert clerk.get(f"{url}?thieu=x&thieu=99999999").status_code == 200


def bring(clerk, post, draft) -> Paper:
    answer = post(reverse("quay:bring", args=[draft.pk]), {"thieu": paper(draft).pk})
    assert answer.status_code == 303
    return Paper.objects.get(case=draft, kind=Paper.Kind.BRING)


def test_the_slip_names_the_papers_holds_the_draft_and_carries_nobodys_number(clerk, post, ready):
    CaseDocument.objects.filter(pk=paper(ready).pk).update(mark="open")
    slip = bring(clerk, post, ready)
    ready.refresh_from_db()
    assert (ready.work, ready.waiting_for) == (Work.HELD, "Chờ khách mang: Giấy chứng sinh")
    drawn = papers.paper_draw(slip.pk)
    assert drawn is not None
    pdf = pypdfium2.PdfDocument(papers.paper_bytes(drawn))
    text = "".join(page.get_textpage().get_text_range() for page in pdf)
    assert len(pdf) == 1
    assert "Giấy chứng sinh" in text
    assert ready.filer is not None
    for secret in (ready.filer.id_number, ready.filer.name, ready.filer.phone[-9:]):
        assert secret not in text
        assert secret not in slip.data.replace(" ", "")
    assert "Chờ khách mang" in clerk.get(reverse("quay:list", args=["dang-giu"])).content.decode()


def test_nothing_missing_needs_no_slip(clerk, post, draft, monkeypatch):
    monkeypatch.setattr(today, "light", lambda *a, **k: today.Light(Colour.GREEN, ()))
    answer = post(reverse("quay:bring", args=[draft.pk]))
    assert answer.status_code == 422
    assert not Paper.objects.filter(kind=Paper.Kind.BRING).exists()


@pytest.mark.parametrize("scanned", ["qr", "barcode"])
def test_scanning_the_slip_opens_the_draft_here_and_brings_it_from_another_office(
    clerk, post, ready, scanned
):
    CaseDocument.objects.filter(pk=paper(ready).pk).update(mark="open")
    code = json.loads(bring(clerk, post, ready).data)[scanned]
    here = clerk.post(reverse("quay:command"), {"q": code})
    assert here.status_code == 303
    assert here["Location"] == reverse("quay:case", args=[ready.pk])
    other = make_counter()
    there = sign_in(Client(), other.staff)
    page = there.post(reverse("quay:command"), {"q": code})
    assert page.status_code in (200, 303)
    if page.status_code == 303:
        page = there.get(page["Location"])
    assert ready.version.procedure.short_name in page.content.decode()
