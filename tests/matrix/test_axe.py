"""Every page in a real browser: no violation of WCAG 2.2 AA, nothing beyond the edge, Tab seen.

Each page is looked at in one pairing of screen, scheme and language, and the pairings turn round
from page to page and role to role, so that every page meets every value, and every two values meet.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from agencies.models import Role, Staff
from cases.intake import mandates, steps
from cases.models import Case, CounterScreen, Mandate
from cases.screen import screens
from cases.screen.views import COOKIE
from cases.worklists import board
from delivery import selectors as delivery_selectors
from opsa.core.limits import client as valkey
from tests.matrix.world import Office, make_office, person
from tests.support.browser import let_in
from tests.support.worklists import lay, sign_in

WIDE, PHONE, SMALL = (1366, 768), (390, 844), (320, 640)
type Look = tuple[tuple[int, int], Literal["light", "dark"], str]
#: What hangs on the board of the supervisors.
BOARDS = [
    f"/dieu-hanh/{slug}/"
    for slug in (
        "bi-tra",
        "mot-nguoi",
        "doi-chieu",
        "nhap-trang-thai",
        "tin-nhan/khach-hoi",
        *board.MEASURES,
    )
]
#: An orthogonal array: each two values of screen, scheme and language meet exactly once.
PAIRS: tuple[Look, ...] = (
    (WIDE, "light", "vi"),
    (PHONE, "dark", "vi"),
    (WIDE, "dark", "en"),
    (PHONE, "light", "en"),
)
#: With OPSA_EVERY_LOOK=1 each page in each: minutes instead of seconds. The last screen is what a
#: counter's shows at 200 % zoom.
EVERY: tuple[Look, ...] = tuple(
    itertools.product((WIDE, PHONE, SMALL, (683, 384)), ("light", "dark"), ("vi", "en"))
)
BEYOND = """() => {
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide <= 0) return [];
  return [`${wide} px`, ...[...document.querySelectorAll("body *")]
    .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
    .map((e) => `${e.tagName}#${e.id}.${e.className}`).slice(0, 6)];
}"""
FOCUS = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const box = e.getBoundingClientRect();
  const style = getComputedStyle(e);
  const words = (e.textContent || e.name || "").trim().slice(0, 30);
  const label = `${e.tagName}#${e.id}.${e.className} ${words}`;
  const shape = e.closest("label") || (e.id && document.querySelector(`label[for="${e.id}"]`)) || e;
  const ringed = [e, e.parentElement, shape, e.nextElementSibling].some((x) => {
    if (!x) return false;
    const s = getComputedStyle(x);
    return (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2) || s.boxShadow !== "none";
  });
  const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const points = [[.5, .5], [.1, .5], [.9, .5], [.5, .1], [.5, .9]].map(([x, y]) =>
    document.elementFromPoint(box.left + box.width * x, box.top + box.height * y));
  const seen = box.width < 2 || points.some((p) =>
    p && (e.contains(p) || p.contains(e) || shape.contains(p)));
  const key = [...document.querySelectorAll("*")].indexOf(e);
  return { key, label, ringed, inside, seen, hidden: style.visibility === "hidden" };
}"""


@pytest.fixture
def office(transactional_db: None) -> Office:
    for key in valkey().scan_iter("opsa:limit:*"):
        valkey().delete(key)
    made = make_office()
    lay(made.counter, name="Nguyễn Thị Hường", dossier="5", waiting_for="Bản chụp hộ chiếu")
    lay(made.counter, work="attention", attention="refused")
    lay(made.counter, dossier="9", delivery="available")
    return made


@pytest.fixture
def copilot(office: Office) -> Case:
    """A filed case whose code the clerk has still to note."""
    case = lay(office.counter)
    case.system.way = "copilot"
    case.system.save()
    case.filings.update(way="copilot")
    return case


@pytest.fixture
def visit(page: Page, live_server: Any) -> Callable[..., Page]:
    """`visit(path, (size, scheme, language))` shows a page to whoever is signed in."""

    def show(path: str, how: Look, status: int = 200) -> Page:
        size, scheme, language = how
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme=scheme)
        page.context.add_cookies([{"name": "opsa_lang", "value": language, "url": live_server.url}])
        answer = page.goto(live_server.url + path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        return page

    return show


@pytest.fixture
def enter(page: Page, live_server: Any) -> Callable[[Staff | None], None]:
    """Sign this person in to the browser; None signs everybody out."""

    def put(staff: Staff | None) -> None:
        page.context.clear_cookies()
        if staff is not None:
            let_in(page.context, staff, live_server.url)

    return put


def work(office: Office) -> list[str]:
    """A clerk's pages: lists, all steps, the filed case, delivery."""
    draft, filed = office.draft.pk, office.filed.pk
    return [
        "/quay/", "/quay/buu-cuc/", "/quay/cho-khach/", "/quay/da-tra/", "/quay/tim/",
        *(reverse("quay:step", args=[draft, slug]) for slug in steps.SLUGS),
        reverse("quay:customer", args=[draft]),
        reverse("quay:mark", args=[draft, office.document.pk]),
        reverse("quay:filed", args=[filed]),
        reverse("quay:filed", args=[office.parcel.case_id]),
        "/quay/khach/", "/quay/cho-gui/chi-tiet/", "/quay/thu-tuc/",
        reverse("procedures:clerk_detail", args=[office.counter.version.procedure.slug]),
        "/quay/tai-khoan/", "/quay/so-cua-toi/", "/quay/phim-tat/", "/quay/thiet-bi/",
        "/quay/phieu-viet-tay/", reverse("quay:blank", args=[office.blank.pk]),
        "/quay/goi-dien/", "/quay/nhap-de-quen/", "/quay/nhan-thieu/", "/quay/man-hinh/",
        reverse("quay:asked", args=[filed]), reverse("quay:mandate", args=[draft]),
        reverse("quay:known", args=[draft]), reverse("quay:today", args=[draft]),
        *(reverse("delivery:results", args=[slug]) for slug in delivery_selectors.TABS),
        "/quay/ban-giao/",
        reverse("delivery:parcel", args=[office.parcel.number]),
        reverse("delivery:manifest", args=[office.manifest.pk]),
        reverse("delivery:label_run", args=[office.label_run.pk]),
        reverse("delivery:address", args=[office.parcel.case_id]),
    ]  # fmt: skip


def city() -> list[str]:
    """Boards and admin."""
    models = (
        "agencies/agency", "agencies/staff", "agencies/commune", "procedures/procedure",
        "procedures/procedureversion", "core/calendarday", "core/journalentry", "cases/case",
        "cases/paper", "cases/message", "cases/alarmrule", "delivery/parcel",
    )  # fmt: skip
    return [
        "/dieu-hanh/tin-nhan/", "/dieu-hanh/tin-nhan/taken-vi/",
        "/dieu-hanh/", "/quan-tri/", "/quan-tri/agencies/agency/add/",
        "/dieu-hanh/cong/", "/dieu-hanh/chua-gui/", "/dieu-hanh/suc-khoe/", "/dieu-hanh/dau-ngay/",
        *(f"/quan-tri/{name}/" for name in models),
    ]  # fmt: skip


def public(office: Office) -> list[str]:
    return [
        "/", f"/t/{office.filed.token}/", f"/t/{office.parcel.case.token}/", "/tro-giup/",
        f"/t/{office.filed.token}/tin-nhan/",
        "/quyen-rieng-tu/", "/tiep-can/", "/dang-nhap/", "/diem-phuc-vu/", "/thu-tuc/",
        reverse("procedures:detail", args=[office.counter.version.procedure.slug]),
    ]  # fmt: skip


def paired(paths: list[str], turn: int) -> Iterator[tuple[str, Look]]:
    """Each page with two opposite pairings, another two for the next page."""
    if os.environ.get("OPSA_EVERY_LOOK"):
        yield from itertools.product(paths, EVERY)
        return
    for number, path in enumerate(paths):
        first = (number + turn) % len(PAIRS)
        # Opposite in screen and scheme, so both screens and both schemes meet every page.
        for place in (first, first ^ 1):
            yield path, PAIRS[place]


def look(page: Page, how: Any, assert_axe: Callable[..., None], found: list[str]) -> None:
    try:
        assert_axe(page)
    except pytest.fail.Exception as failure:
        found.append(f"{how}: {failure}")
    if wide := page.evaluate(BEYOND):
        found.append(f"{how}: {page.url} scrolls sideways: {wide}")


@pytest.mark.parametrize("half", [0, 1])
def test_a_clerks_pages_are_for_everybody(half, office, enter, visit, assert_axe):
    office.counter.staff.language = "vi"
    enter(office.counter.staff)
    found: list[str] = []
    for path, how in itertools.islice(paired(work(office), 0), half, None, 2):
        look(visit(path, how), how, assert_axe, found)
    assert not found, "\n".join(found)


def test_the_pages_of_the_city_are_for_everybody(office, enter, visit, assert_axe):
    enter(person(Role.ADMIN, office))
    found: list[str] = []
    for path, how in paired(city(), 1):
        look(visit(path, how), how, assert_axe, found)
    enter(person(Role.SUPERVISOR, office))
    office.settle()
    for path, how in paired(BOARDS, 3):
        look(visit(path, how), how, assert_axe, found)
    assert not found, "\n".join(found)


def test_citizens_pages_and_the_door_are_for_everybody(office, enter, visit, assert_axe):
    enter(None)
    found: list[str] = []
    for path, how in paired(public(office), 2):
        look(visit(path, how), how, assert_axe, found)
    # large text
    look(visit(f"/t/{office.filed.token}/?chu=to", PAIRS[1]), "large", assert_axe, found)
    assert not found, "\n".join(found)


def test_the_citizens_screen_is_for_everybody(office, enter, visit, page, assert_axe):
    staff = office.counter.staff
    staff.counter = office.place
    staff.save()
    sign_in(Client(), staff)
    staff.refresh_from_db()
    url = reverse("screen:page", args=[office.place.pk])
    enter(None)
    found: list[str] = []
    for how in PAIRS:
        look(visit(url, how), how, assert_axe, found)
    token = screens.pair_here(staff=staff)
    page.context.add_cookies([{"name": COOKIE, "value": token, "url": page.url}])
    visit(url, PAIRS[0])  # it has asked once, so it is there
    mandates.mandate_revoke(staff=staff, case_id=office.draft.pk)
    mandates.mandate_begin(staff=staff, case_id=office.draft.pk, method=Mandate.Method.SCREEN)
    for number, view in enumerate(CounterScreen.View):
        case = office.filed if view == CounterScreen.View.DONE else office.draft
        assert screens.show(staff=staff, case_id=case.pk, view=view)
        assert screens.view_now(CounterScreen.objects.get(counter=office.place)) == view
        for how in (PAIRS[number % 4], PAIRS[number % 4 ^ 1]):
            look(visit(url, how), (view, how), assert_axe, found)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("how", PAIRS, ids=["wide-vi", "phone-dark-vi", "wide-dark-en", "phone-en"])
def test_error_pages_and_the_co_pilot_are_for_everybody(
    how, office, copilot, enter, visit, assert_axe
):
    found: list[str] = []
    enter(office.counter.staff)
    look(visit("/quay/ho-so/987654321/xem/", how, 404), how, assert_axe, found)
    look(visit("/dieu-hanh/", how, 403), how, assert_axe, found)
    page = visit(reverse("quay:copilot", args=[copilot.pk]), how)
    look(page, how, assert_axe, found)
    assert not found, "\n".join(found)


def test_nothing_is_cut_off_on_the_smallest_phones(office, enter, visit):
    enter(None)
    found = cut_off(visit, public(office), "vi")
    enter(office.counter.staff)
    found += cut_off(visit, work(office), "en")
    enter(person(Role.SUPERVISOR, office))
    office.settle()
    found += cut_off(visit, ["/dieu-hanh/", *BOARDS], "vi")
    enter(person(Role.ADMIN, office))
    found += cut_off(visit, ["/quan-tri/agencies/agency/", "/quan-tri/agencies/commune/"], "en")
    assert not found, "\n".join(found)


def cut_off(visit: Callable[..., Page], paths: list[str], language: str) -> list[str]:
    """The pages that are wider than the smallest phone, with what sticks out."""
    beyond = {path: visit(path, (SMALL, "light", language)).evaluate(BEYOND) for path in paths}
    return [f"{path}: {wide}" for path, wide in beyond.items() if wide]


def walk(page: Page, most: int = 120) -> list[str]:
    """Tab through a page; each stop must be ringed, on the screen, and not under something."""
    page.wait_for_load_state("networkidle")
    # A step that has everything waits with the focus on its last button: from there Tab leaves the
    # page, and the walk is to begin at the top.
    page.evaluate("() => { document.activeElement?.blur(); getSelection().removeAllRanges(); }")
    page.evaluate("() => { document.body.tabIndex = -1; document.body.focus(); }")
    page.evaluate("() => document.body.removeAttribute('tabindex')")
    faults, seen = [], set()
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop is None or stop["key"] in seen:
            break
        seen.add(stop["key"])
        if stop["hidden"] or not (stop["ringed"] and stop["inside"] and stop["seen"]):
            faults.append(f"{page.url}: {stop}")
    assert len(seen) > 3, f"{page.url}: only {len(seen)} stops"
    return faults


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_stop_of_the_tab_key_is_seen(size, office, enter, visit):
    how = (size, "light", "vi")
    enter(office.counter.staff)
    faults = []
    draft = office.draft.pk
    for path in (
        "/quay/", "/quay/buu-cuc/", f"/quay/ho-so/{draft}/nguoi-nop/", f"/quay/ho-so/{draft}/phi/",
        f"/quay/ho-so/{draft}/ban-quet/", f"/quay/ho-so/{draft}/xem-lai/",
        reverse("quay:filed", args=[office.filed.pk]), "/quay/ban-giao/",
    ):  # fmt: skip
        faults += walk(visit(path, how))
    enter(None)
    for path in ("/", f"/t/{office.filed.token}/", "/dang-nhap/"):
        faults += walk(visit(path, how))
    assert not faults, "\n".join(faults)
