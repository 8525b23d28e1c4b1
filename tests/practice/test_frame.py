"""F25: whoever looks at a practice office sees at once that nothing there is real."""

from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
from django.test import Client
from django.utils import timezone

from agencies.demo import PRACTICE_OFFICE, create_demo_staff
from agencies.loading import offices_load, places_load
from agencies.models import Agency
from agencies.models import Counter as Place
from agencies.selectors import public_offices
from cases.filing import services as filing
from cases.models import Case, Paper
from cases.papers import services as papers
from cases.screen.views import COOKIE
from opsa.core.once import new_key
from tests.support.browser import NARROW, WIDE
from tests.support.cases import Counter, make_counter
from tests.support.delivery import Desk
from tests.support.worklists import lay, sign_in

WORDS = "ĐIỂM TẬP SỰ"
SMALL = {"width": 320, "height": 640}
FRAME = """() => {
  const s = getComputedStyle(document.body, "::after");
  return [s.position, s.borderTopWidth, s.borderTopColor, s.pointerEvents];
}"""
SHIFT = """new Promise((done) => {
  new PerformanceObserver((list) => done(list.getEntries().reduce((n, e) => n + e.value, 0)))
    .observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(0), 300);
})"""


def framed(page: Any) -> None:
    position, width, colour, pointer = page.evaluate(FRAME)
    assert (position, colour, pointer) == ("fixed", "rgb(198, 40, 40)", "none")
    assert float(width.removesuffix("px")) >= 4
    assert page.get_by_text(WORDS).first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    assert page.evaluate(SHIFT) < 0.01, page.url


def paper_text(paper: Paper) -> str:
    made = papers.paper_draw(paper.pk)
    assert made is not None
    assert made.state == Paper.State.READY, made.failure
    pdf = pypdfium2.PdfDocument(papers.paper_bytes(made))
    pages = [page.get_textpage().get_text_range() for page in pdf]
    for text in pages:
        assert (WORDS in text) == made.agency.is_practice, (made.kind, text)
    return "".join(pages)


@pytest.mark.parametrize("dark", [False, True])
def test_every_clerks_page_stands_in_a_red_frame(
    practice: Counter, seen, shoot, assert_axe, dark
) -> None:
    case = practice.case()
    for size in (WIDE, NARROW, SMALL):
        for name, address in {
            "home": "/quay/",
            "step": f"/quay/ho-so/{case.pk}/nguoi-nop/",
            "results": "/quay/ket-qua/cho-tra/",
        }.items():
            page = seen(practice.staff, address, size=size, dark=dark)
            framed(page)
            assert_axe(page)
            shoot(page, f"{name}-{size['width']}-{'dark' if dark else 'light'}", full_page=False)


def test_a_real_offices_pages_have_no_frame_and_not_the_words(
    counter: Counter, client: Client
) -> None:
    case = lay(counter, dossier="4", code="H26-1")
    for who, address in ((True, "/quay/"), (False, f"/t/{case.token}/")):
        page = (sign_in(client, counter.staff) if who else Client()).get(address).content.decode()
        assert WORDS not in page
        assert 'class="practice"' not in page


@pytest.mark.parametrize("dark", [False, True])
def test_the_citizens_page_of_a_practice_case_says_so(
    transactional_db, page, live_server, shoot, assert_axe, dark
) -> None:
    made = make_counter()
    Agency.objects.filter(pk=made.agency.pk).update(is_practice=True)
    made.agency.is_practice = True
    case = lay(made, dossier="4", code="1", due_at=timezone.now() + timedelta(days=3))
    page.emulate_media(color_scheme="dark" if dark else "light")
    for size in (WIDE, NARROW, SMALL):
        page.set_viewport_size(size)
        for name in ("", "rut-dong-y/", "tin-nhan/"):
            page.goto(f"{live_server.url}/t/{case.token}/{name}")
            framed(page)
            assert_axe(page)
        page.goto(f"{live_server.url}/t/{case.token}/")
        shoot(page, f"status-{size['width']}-{'dark' if dark else 'light'}", full_page=False)


def test_the_citizens_screen_says_so(
    practice: Counter, transactional_db, page, live_server, shoot, assert_axe
) -> None:
    place = Place.objects.create(agency=practice.agency, number=3)
    practice.staff.counter = place
    practice.staff.save()
    clerk = sign_in(Client(), practice.staff)
    shown = clerk.post("/quay/man-hinh/", {"form_key": new_key(), "act": "code"}).content.decode()
    device, address = Client(), f"/man-hinh-khach/{place.pk}/"
    device.post(address, {"code": shown.partition('id="pair-code">')[2][:6]})
    page.context.add_cookies(
        [{"name": COOKIE, "value": device.cookies[COOKIE].value, "url": live_server.url}]
    )
    for size in (WIDE, NARROW, SMALL):
        page.set_viewport_size(size)
        page.goto(live_server.url + address)
        framed(page)
        assert_axe(page)
        shoot(page, f"screen-{size['width']}", full_page=False)
    case = practice.case()
    turned = clerk.get(f"/quay/ho-so/{case.pk}/khach-xem/").content.decode()
    assert WORDS in turned
    assert '<body class="practice">' in turned


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("real", [False, True])
def test_every_page_of_every_paper_of_a_practice_office_says_so(
    practice: Counter, counter: Counter, real: bool, settings
) -> None:
    settings.DEMO, settings.PORTAL_URL = False, "https://portal.example"
    office = counter if real else practice
    desk = Desk(office)
    case: Case = office.case()
    filing.case_file(case.pk, staff=office.staff, actor=office.actor)
    client = sign_in(Client(), office.staff)
    for sheet in ("doc-lai", "to-khai-giay"):
        client.post(f"/quay/ho-so/{case.pk}/in/{sheet}/", {"form_key": new_key()})
    desk.on_road()
    kinds = set()
    for paper in Paper.objects.filter(state=Paper.State.QUEUED):
        paper_text(paper)
        kinds.add(paper.kind)
    assert kinds == {"slip", "label", "manifest", "check", "twin"}


def test_the_demo_has_one_practice_office_with_its_clerk_and_the_public_never_sees_it(
    db, client: Client
) -> None:
    places_load()
    offices_load()
    staff = create_demo_staff()
    create_demo_staff()
    office = Agency.objects.get(is_practice=True)
    assert (office.code, staff["tapsu"].agency) == (PRACTICE_OFFICE, office)
    assert public_offices().count() == 32
    assert office.name not in client.get("/diem-phuc-vu/").content.decode()
