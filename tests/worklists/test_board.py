"""The supervisor's figures: honest shares, and lists that match them exactly (F16)."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from agencies.models import Role, Staff
from cases.worklists import board
from tests.support.cases import make_counter
from tests.support.worklists import PASSWORD, lay, sign_in


@pytest.fixture
def noon(clock):
    return clock.at("2026-11-25 12:00")


def test_the_share_is_split_as_defined():
    share = board.Share(self_service=3, assisted=4, typed_later=2, paper=1)
    assert (share.online, share.percent(share.self_service), share.typed_percent) == (70, 30, 20)
    assert board.Share().online is None


def test_the_definition_and_the_target_are_on_screen(supervisor, make):
    make(dossier="4")
    html = supervisor.get("/dieu-hanh/").content.decode()
    assert "Hồ sơ giấy rồi nhập lại sau không tính là trực tuyến" in html
    assert "từ 30 % lên 80 %" in html
    assert "style=" not in html


def test_every_number_is_the_length_of_the_list_behind_it(noon, supervisor, counter, elsewhere):
    now = timezone.now()
    for place in (counter, elsewhere):
        for _number in range(6):
            lay(place, dossier="4", due_at=now - timedelta(hours=1), moved_at=now)
        lay(place, dossier="4", due_at=now + timedelta(hours=2), moved_at=now)
        lay(place, dossier="4", due_at=now + timedelta(days=20), moved_at=now - timedelta(days=8))
        lay(place, dossier="4", due_at=now + timedelta(days=20), moved_at=now, sync="failing")
        lay(place, taken_at=now - timedelta(hours=2))
        lay(place, taken_at=now - timedelta(minutes=5))
        lay(place, work="draft")
    case = lay(counter, work="attention", attention="refused")
    case.filings.update(state="refused")
    page = supervisor.get("/dieu-hanh/")
    expected = {"qua-han": 12, "sap-han": 2, "im-lang": 4, "gui-hong": 3, "nhap": 2}
    for tile in page.context["tiles"]:
        slug = tile["url"].rstrip("/").rsplit("/", 1)[1]
        rows = supervisor.get(tile["url"]).context["rows"]
        assert len(rows) == tile["n"], slug
        assert tile["n"] == expected.get(slug, tile["n"]), slug
    for line in page.context["lines"]:
        for figure in line["figures"]:
            assert len(supervisor.get(figure["url"]).context["rows"]) == figure["n"]


def test_small_groups_are_hidden_outside_the_office(supervisor, counter, elsewhere):
    for _number in range(4):
        lay(counter, dossier="4", channel="paper")
    for _number in range(5):
        lay(elsewhere, dossier="4")
    hidden = {
        line["code"]: line["hidden"] for line in supervisor.get("/dieu-hanh/").context["lines"]
    }
    assert hidden == {counter.agency.code: True, elsewhere.agency.code: False}
    html = supervisor.get("/dieu-hanh/").content.decode()
    assert re.search(r"dưới 5</span>", html)


def test_a_lead_sees_the_own_office_only(counter, elsewhere):
    for place in (counter, elsewhere):
        lay(place, dossier="4", due_at=timezone.now() - timedelta(days=1))
    lead = Staff.objects.create_user(
        "lead", PASSWORD, display_name="Trưởng điểm", role=Role.LEAD, agency=counter.agency
    )
    client = sign_in(Client(), lead)
    page = client.get("/dieu-hanh/")
    assert [line["code"] for line in page.context["lines"]] == [counter.agency.code]
    assert page.context["share"].all == 1
    assert not page.context["lines"][0]["hidden"]
    assert client.get(f"/dieu-hanh/qua-han/?diem={elsewhere.agency.pk}").status_code == 404
    assert len(client.get("/dieu-hanh/qua-han/").context["rows"]) == 1


@pytest.mark.parametrize("role", [Role.CLERK, Role.EDITOR])
def test_others_are_kept_out(counter, role):
    agency = counter.agency if role == Role.CLERK else None
    staff = Staff.objects.create_user("x", PASSWORD, display_name="X", role=role, agency=agency)
    client = sign_in(Client(), staff)
    for url in ("/dieu-hanh/", "/dieu-hanh/so-lieu/", "/dieu-hanh/qua-han/"):
        assert client.get(url).status_code == 403


def test_the_period_before_is_the_same_stretch(clock):
    now = clock.at("2026-11-23 09:12")
    span = board.period("thang", now)
    assert (
        f"{timezone.localtime(span.before_start):%d/%m}",
        span.before_end - span.before_start,
    ) == (
        "01/10",
        now - span.start,
    )
    assert board.period("tuan", now).start.astimezone(now.tzinfo).isoformat()[:10] == "2026-11-23"
    assert board.period("nonsense", now).key == "thang"


def test_the_board_asks_the_same_for_one_office_and_many(supervisor, counter, query_budget):
    lay(counter, dossier="4")
    supervisor.get("/dieu-hanh/")
    for _number in range(6):
        lay(make_counter(), dossier="4")
    # New offices are read into memory once, not with every page.
    supervisor.get("/dieu-hanh/")
    # role in and out; session, person; offices, open figures, this period, today, period before
    with query_budget(7 + 2):
        supervisor.get("/dieu-hanh/")


def test_a_poll_without_news_is_empty(supervisor, make):
    make(dossier="4", due_at=timezone.now() + timedelta(days=9))
    page = supervisor.get("/dieu-hanh/")
    answer = supervisor.get(page.context["poll"], headers={"HX-Request": "true"})
    assert answer.status_code == 204
    part = supervisor.get("/dieu-hanh/so-lieu/", headers={"HX-Request": "true"}).content.decode()
    assert part.strip().startswith('<div class="stack" id="board"')


def test_every_link_of_a_list_opens_for_who_reads_it(supervisor, counter):
    lay(counter, work="draft")
    lay(counter, work="held")
    for place in (counter, counter):
        lay(place, dossier="4", due_at=timezone.now() - timedelta(days=1))
    lead = Staff.objects.create_user(
        "lead", PASSWORD, display_name="Trưởng điểm", role=Role.LEAD, agency=counter.agency
    )
    for client, drafts in ((supervisor, 0), (sign_in(Client(), lead), 2)):
        for slug, links in (("nhap", drafts), ("qua-han", 2)):
            html = client.get(f"/dieu-hanh/{slug}/").content.decode()
            found = re.findall(r'class="code" id="c\d+" href="([^"]+)"', html)
            assert len(found) == links, slug
            assert {client.get(url, follow=True).status_code for url in found} <= {200}
