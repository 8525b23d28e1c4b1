"""F08: wherever a portal's word about a case is shown, the hour stands at which it was heard."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agencies.models import Role, Staff
from cases.models import Case, Filing, PollState
from cases.states import Sync
from opsa.embedded.places import PROJECT
from tests.support.browser import NARROW, WIDE, let_in, page_says
from tests.support.cases import Counter, make_counter
from tests.support.worklists import lay, make_supervisor, sign_in

pytestmark = pytest.mark.django_db
#: Who puts a case's state into words. Whoever joins them shows the hour too: add a view below.
WORDED = {
    "cases/public/selectors.py",
    "cases/worklists/board_views.py",
    "cases/worklists/case_page.py",
    "cases/worklists/rows.py",
    "cases/worklists/search.py",
    "cases/worklists/selectors.py",
    "delivery/views/parcels.py",
}
#: Where the day stands beside the hour; a row says one of them.
WITH_ROOM = {"case", "hand-over"}
WORDS = re.compile(r"(?<!def )(?<!class )\b(headline|RowMaker|get_dossier_display)\(")


def heard(case: Case, at: datetime, sync: str = Sync.OK) -> Case:
    PollState.objects.filter(case=case).update(answered_at=at, asked_at=at)
    Case.objects.filter(pk=case.pk).update(sync=sync)
    return case


def lists(case: Case) -> dict[str, str]:
    """The addresses of an office's clerk that show this case of state 4 or 5."""
    return {
        "home": reverse("quay:home"),
        "list": reverse("quay:list", args=["buu-cuc"]),
        "case": reverse("quay:filed", args=[case.pk]),
        "hand-over": reverse("delivery:counter", args=[case.pk]),
    }


def texts(client: Client, case: Case) -> dict[str, str]:
    """What each of them says, without marks."""
    found = {name: client.get(url).content.decode() for name, url in lists(case).items()}
    asked = client.post(reverse("quay:search"), {"q": case.reference}, follow=True)
    found["search"] = asked.content.decode()
    return {name: re.sub(r"<[^>]+>", " ", page) for name, page in found.items()}


@pytest.fixture
def counter(db: None) -> Counter:
    return make_counter()


@pytest.fixture
def clerk(counter: Counter) -> Client:
    return sign_in(Client(), counter.staff)


@pytest.mark.parametrize("dossier", ["4", "5"])
def test_every_page_of_the_counter_says_when_the_portal_was_heard(
    counter: Counter, clerk: Client, dossier: str
) -> None:
    at = timezone.localtime() - timedelta(days=2)
    case = heard(lay(counter, dossier=dossier, code="H26-1"), at)
    for name, text in texts(clerk, case).items():
        full = name in WITH_ROOM
        assert (f"{at:%H:%M %d/%m}" if full else f"hỏi {at:%d/%m} ") in text, name
        assert "tin cũ" not in text, name


@pytest.mark.parametrize("sync", [Sync.STALE, Sync.FAILING])
def test_what_was_not_heard_for_two_turns_is_called_old_in_words(
    counter: Counter, clerk: Client, sync: str
) -> None:
    at = timezone.localtime() - timedelta(days=2)
    case = heard(lay(counter, dossier="4", code="H26-1"), at, sync)
    for name, text in texts(clerk, case).items():
        if name == "case":
            assert str(Sync(sync).label) in text
            assert f"{at:%H:%M %d/%m}" in text
        else:
            said = f"tin cũ {at:%H:%M %d/%m}" if name in WITH_ROOM else f"tin cũ {at:%d/%m} "
            assert said in text, name


def test_a_row_says_the_hour_of_today(counter: Counter, clerk: Client) -> None:
    now = timezone.localtime()
    heard(lay(counter, dossier="4", code="H26-1"), now)
    assert f'<small class="heard">hỏi {now:%H:%M}</small>' in clerk.get("/quay/").content.decode()


def test_when_the_result_is_there_the_row_is_no_more_the_portals_word(
    counter: Counter, clerk: Client
) -> None:
    now = timezone.now()
    heard(lay(counter, dossier="9", code="H26-1", decided_at=now, delivery="available"), now)
    assert 'class="heard"' not in clerk.get("/quay/").content.decode()


def test_supervisors_and_auditors_read_it_too(counter: Counter) -> None:
    at = timezone.localtime() - timedelta(days=2)
    late = timezone.now() - timedelta(days=1)
    case = heard(lay(counter, dossier="4", code="H26-1", due_at=late), at, Sync.STALE)
    boss = sign_in(Client(), make_supervisor())
    auditor = Staff.objects.create_user(
        "auditor", "p" * 20, display_name="K", role=Role.AUDITOR, is_staff=True
    )
    seen = {
        "admin": sign_in(Client(), auditor).get("/quan-tri/cases/case/"),
        "one": sign_in(Client(), auditor).get(f"/quan-tri/cases/case/{case.pk}/change/"),
        "citizen": Client().get(f"/t/{case.token}/"),
    }
    board = boss.get(reverse("board:list", args=["qua-han"])).content.decode()
    assert f'<small class="heard">tin cũ {at:%d/%m}</small>' in board
    for name, answer in seen.items():
        text = answer.content.decode()
        assert f"{at:%H:%M}" in text, name
        if name != "citizen":
            assert f"tin cũ {at:%H:%M %d/%m}" in text, name


def test_before_the_first_question_the_portals_receipt_is_the_word(
    counter: Counter, clerk: Client
) -> None:
    at = timezone.localtime() - timedelta(days=3)
    case = lay(counter, dossier="1", code="H26-1", taken_at=at, accepted_at=at)
    PollState.objects.filter(case=case).update(answered_at=None, asked_at=None)
    row = f'<small class="heard">hỏi {at:%d/%m}</small>'
    assert row in clerk.get(reverse("quay:home")).content.decode()


def test_who_is_asked_no_more_is_not_said_to_have_never_been_asked(
    counter: Counter, clerk: Client
) -> None:
    case = lay(counter, dossier="10", code="H26-1", sync=Sync.ENDED)
    filing = case.filings.get()
    PollState.objects.filter(case=case).delete()
    filing.reports.create(external_id="1", raw_code="10", dossier="10", occurred_at=timezone.now())
    page = clerk.get(reverse("quay:filed", args=[case.pk])).content.decode()
    assert "chưa hỏi lần nào" not in page
    assert re.search(r"tin cuối lúc \d\d:\d\d", page)


def test_the_hour_on_the_case_is_that_of_the_question_that_goes_on(counter: Counter) -> None:
    """Who reads a list trusts the case for it: the database keeps it, whoever writes."""
    case = lay(counter, dossier="4", code="H26-1")
    old = Case.objects.get(pk=case.pk)
    at = timezone.now() + timedelta(minutes=5)

    def kept() -> datetime | None:
        return Case.objects.values_list("heard_at", flat=True).get(pk=case.pk)

    heard(case, at)
    assert kept() == at
    old.save()
    Case.objects.filter(pk=case.pk).update(heard_at=None)
    assert kept() == at, "neither an old copy nor a slip of ours takes it back"
    first = case.filings.get()
    PollState.objects.filter(case=case).update(next_at=at, misses=1)
    assert kept() == at
    first.state = Filing.State.REFUSED
    first.save()
    again = Filing.objects.create(
        case=case,
        system=case.system,
        way=case.system.way,
        number=2,
        state=Filing.State.ACCEPTED,
        dossier_code="H26-2",
        payload_sha256="0" * 64,
        filed_by=counter.staff,
        taken_at=at,
        accepted_at=at,
    )
    asked = PollState.objects.create(filing=again, system=case.system, case=case, next_at=at)
    assert kept() is None, "nothing was heard of the second filing yet"
    PollState.objects.filter(pk=first.pk).update(answered_at=at + timedelta(minutes=1))
    assert kept() is None
    asked.delete()
    assert kept() == at + timedelta(minutes=1)
    PollState.objects.filter(case=case).delete()
    assert kept() is None


def test_whoever_words_a_case_is_known_here() -> None:
    found = {
        str(path.relative_to(PROJECT))
        for room in ("agencies", "procedures", "cases", "delivery")
        for path in Path(PROJECT, room).rglob("*.py")
        if WORDS.search(path.read_text())
    }
    assert found == WORDED


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_hour_fits_beside_the_state_on_any_screen(live_server, page, shoot) -> None:
    counter = make_counter()
    now = timezone.now()
    for number, (dossier, ago, sync) in enumerate(
        [("4", 0, Sync.OK), ("5", 0, Sync.OK), ("4", 3, Sync.STALE), ("3", 0, Sync.OK)]
    ):
        case = lay(counter, dossier=dossier, code=f"H26-{number}", due_at=now + timedelta(days=4))
        heard(case, now - timedelta(days=ago), sync)
    let_in(page.context, counter.staff, live_server.url)
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        page.goto(f"{live_server.url}/quay/")
        page_says(page, "document.querySelectorAll('.heard').length >= 4")
        page_says(page, "document.documentElement.scrollWidth <= innerWidth")
        shoot(page, f"heard-{size['width']}")
