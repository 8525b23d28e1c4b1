"""F25's paper twin: numbered slips that work without power, each for one case and no second."""

import threading
import unicodedata
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import outloud
import pypdfium2
import pytest
import zxingcpp
from django.db import IntegrityError, connections, transaction
from django.test import Client
from django.utils import timezone

from cases.blanks import services
from cases.intake import expiry
from cases.models import BlankSlip, Case, CaseDocument, Paper
from cases.papers import services as papers
from cases.states import Work
from opsa.core.actors import SYSTEM
from opsa.core.codes import check_reference, group_reference, is_practice, new_reference
from opsa.core.models import JournalEntry
from opsa.core.once import new_key
from tests.support.birth import publish
from tests.support.cases import Counter, make_counter
from tests.support.worklists import sign_in

PAGE = "/quay/phieu-viet-tay/"


@pytest.fixture
def counter(birth_counter: Counter) -> Counter:
    return birth_counter


@pytest.fixture
def run(counter: Counter) -> Paper:
    return services.run_ask(staff=counter.staff)


@pytest.fixture
def slip(run: Paper) -> BlankSlip:
    return run.blanks.order_by("pk")[0]


def scanned(client: Client, code: str) -> str:
    """Where the command line leads with what a scanner read, or what it says."""
    answer = client.post("/quay/quet/", {"q": code})
    return answer.headers.get("Location", "") or answer.content.decode()


def typed_in(client: Client, slip: BlankSlip, procedure: str, **more: str):
    sent = {"form_key": new_key(), "procedure": procedure, **more}
    return client.post(f"{PAGE}{slip.pk}/", sent)


@pytest.fixture
def slug(counter: Counter) -> str:
    return counter.version.procedure.slug


def test_a_run_is_a_hundred_numbers_that_nothing_else_has(counter, run):
    codes = [slip.reference for slip in run.blanks.all()]
    assert len(set(codes)) == services.RUN == 100
    assert all(check_reference(code) == code and not is_practice(code) for code in codes)
    assert not Case.objects.filter(reference__in=codes).exists()
    entry = JournalEntry.objects.get(action="blanks.made")
    assert (entry.chain, entry.staff_id) == (f"office:{counter.agency.pk}", counter.staff.pk)


def test_the_numbers_of_a_practice_office_are_practice_numbers_and_its_sheets_say_so(counter):
    counter.agency.is_practice = True
    counter.agency.save()
    run = services.run_ask(staff=counter.staff)
    assert all(is_practice(slip.reference) for slip in run.blanks.all())
    texts = texts_of(drawn(run))
    assert len(texts) == 25
    assert all("ĐIỂM TẬP SỰ" in text for text in texts)


def test_a_scanned_slip_opens_a_draft_under_its_number_and_then_finds_it(
    clerk, counter, slip, slug
):
    ask = scanned(clerk, slip.reference)
    assert ask == f"{PAGE}{slip.pk}/"
    assert group_reference(slip.reference) in clerk.get(ask).content.decode()
    answer = typed_in(clerk, slip, slug)
    case = Case.objects.get(reference=slip.reference)
    assert answer.headers["Location"].startswith(f"/quay/ho-so/{case.pk}/")
    assert CaseDocument.objects.filter(case=case).exists()
    assert scanned(clerk, slip.reference) == f"/quay/ho-so/{case.pk}/"
    assert clerk.get(ask).headers["Location"] == f"/quay/ho-so/{case.pk}/"


def test_the_same_number_twice_is_refused_and_leads_to_its_case(clerk, slip, slug):
    first = typed_in(clerk, slip, slug)
    second = typed_in(clerk, slip, slug)
    assert (first.status_code, second.status_code) == (303, 303)
    [case] = Case.objects.filter(reference=slip.reference)
    assert second.headers["Location"] == f"/quay/ho-so/{case.pk}/"
    slip.refresh_from_db()
    assert slip.case == case


@pytest.mark.django_db(transaction=True)
def test_two_clerks_who_type_in_one_slip_at_the_same_moment_make_one_case(counter, slip):
    gate = threading.Barrier(2)
    made: list[tuple[int, bool]] = []

    def one() -> None:
        gate.wait()
        try:
            made.append(
                services.slip_open(
                    staff=counter.staff, slip_id=slip.pk, version=counter.version, written_at=None
                )
            )
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(new for _case, new in made) == [False, True]
    assert len({case for case, _new in made}) == 1
    assert Case.objects.filter(reference=slip.reference).count() == 1


def test_the_database_refuses_a_second_case_of_a_number(counter, run):
    one, other = run.blanks.order_by("pk")[:2]
    case_id, _new = services.slip_open(
        staff=counter.staff, slip_id=one.pk, version=counter.version, written_at=None
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        BlankSlip.objects.filter(pk=other.pk).update(case=case_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        BlankSlip.objects.create(agency=one.agency, paper=run, reference=one.reference)


def test_the_hour_on_the_slip_stands_in_the_cases_history(clerk, counter, run, slip, slug):
    Paper.objects.filter(pk=run.pk).update(asked_at=timezone.now() - timedelta(days=3))
    written = timezone.localtime() - timedelta(days=1)
    typed_in(clerk, slip, slug, written_at=f"{written:%Y-%m-%dT%H:%M}")
    case = Case.objects.get(reference=slip.reference)
    slip.refresh_from_db()
    assert slip.written_at == written.replace(second=0, microsecond=0)
    Case.objects.filter(pk=case.pk).update(work=Work.FILED, taken_at=timezone.now())
    page = clerk.get(f"/quay/ho-so/{case.pk}/xem/").content.decode()
    assert f"Nhập từ phiếu viết tay, nhận trên giấy lúc {written:%H:%M %d/%m}" in page


def test_an_hour_that_cannot_be_is_said_beside_the_field_and_nothing_is_opened(clerk, slip, slug):
    late = timezone.localtime() + timedelta(hours=1)
    early = timezone.localtime() - timedelta(days=1)
    for at, words in ((late, "Giờ này chưa đến."), (early, "Lúc đó phiếu này chưa được in.")):
        answer = typed_in(clerk, slip, slug, written_at=f"{at:%Y-%m-%dT%H:%M}")
        page = answer.content.decode()
        assert answer.status_code == 422
        assert words in page
        assert f"{at:%Y-%m-%dT%H:%M}" in page
    answer = typed_in(clerk, slip, "khong-co")
    assert answer.status_code == 422
    assert not Case.objects.filter(reference=slip.reference).exists()


def test_another_office_is_told_whose_slip_it_is_and_cannot_open_it(slip, slug, client):
    other = make_counter()
    publish(other)
    there = sign_in(client, other.staff)
    said = scanned(there, slip.reference)
    assert slip.agency.name in said
    assert "chưa nhập vào máy" in said
    assert there.get(f"{PAGE}{slip.pk}/").status_code == 404
    assert typed_in(there, slip, slug).status_code == 404
    assert not Case.objects.filter(reference=slip.reference).exists()


def test_an_office_with_slips_enough_gets_no_new_run(clerk, counter, run):
    page = clerk.get(PAGE).content.decode()
    assert "Còn 100 phiếu chưa dùng" in page
    assert "Còn nhiều phiếu, chưa cần tập mới." in page
    clerk.post(f"{PAGE}tap-moi/", {"form_key": new_key()})
    assert BlankSlip.objects.count() == 100
    run.blanks.filter(pk__in=run.blanks.values("pk")[services.ENOUGH :]).delete()
    clerk.post(f"{PAGE}tap-moi/", {"form_key": new_key()})
    assert services.unused(counter.agency.pk).count() == services.ENOUGH + services.RUN
    assert Paper.objects.filter(kind=Paper.Kind.BLANKS).count() == 2


def test_the_number_of_a_draft_that_was_deleted_for_age_opens_a_new_one(clerk, counter, slip, slug):
    first, _new = services.slip_open(
        staff=counter.staff, slip_id=slip.pk, version=counter.version, written_at=timezone.now()
    )
    Case.objects.filter(pk=first).update(changed_at=timezone.now() - timedelta(days=400))
    assert expiry.draft_delete(first, actor=SYSTEM, untouched_for=timedelta(days=30))
    assert scanned(clerk, slip.reference) == f"{PAGE}{slip.pk}/"
    typed_in(clerk, slip, slug)
    case = Case.objects.get(reference=slip.reference)
    assert case.pk != first
    assert scanned(clerk, slip.reference) == f"/quay/ho-so/{case.pk}/"


def test_a_good_code_of_nothing_is_still_not_found(clerk, run):
    assert "Không thấy" in scanned(clerk, new_reference())


def drawn(run: Paper) -> bytes:
    assert papers.paper_draw(run.pk)
    run.refresh_from_db()
    return papers.paper_bytes(run)


def texts_of(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(content)
    return [page.get_textpage().get_text_range() for page in document]


def tops(page: pypdfium2.PdfPage, words: str) -> list[float]:
    """How high these words stand on a page, in points from its foot; the highest first."""
    search = page.get_textpage().search(words)
    found = []
    while at := search.get_next():
        found.append(search.textpage.get_charbox(at[0])[3])
    return sorted(found, reverse=True)


def test_the_run_is_twenty_five_sheets_that_people_and_scanners_can_read(run, tmp_path: Path):
    content = drawn(run)
    document, texts = pypdfium2.PdfDocument(content), texts_of(content)
    assert len(texts) == 25
    codes = sorted(slip.reference for slip in run.blanks.all())
    for number, text in enumerate(texts):
        assert unicodedata.is_normalized("NFC", text)
        for code in codes[number * 4 : number * 4 + 4]:
            # The office's part and the citizen's.
            assert text.count(group_reference(code)) == 2
        for above, below in pairwise([*tops(document[number], "Phiếu viết tay"), 0.0]):
            # The last line to write on is not cut off: it stands above the next slip.
            [last] = [y for y in tops(document[number], "Nhân viên") if below < y < above]
            assert last - below > 10
    for number in (0, 24):
        picture = document[number].render(scale=150 / 72).to_pil()
        seen = sorted(one.text for one in zxingcpp.read_barcodes(picture))
        assert seen == codes[number * 4 : number * 4 + 4]
    file = tmp_path / "paper.pdf"
    file.write_bytes(content)
    result = outloud.check(str(file))
    assert not result.error
    assert result.errors == 0, [str(found) for found in result.findings]
    assert len(content) <= 600_000
