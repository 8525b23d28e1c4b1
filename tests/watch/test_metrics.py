"""`/metrics` is for the scraper inside the house; it names routes, never people (F25)."""

import re
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test import Client, override_settings
from django.utils import timezone

from agencies.models import Staff
from cases.filing import services
from cases.filing.systems import channel_of
from cases.models import CallMinute
from opsa.core.outbox import Channel, Outbox
from tests.support.cases import Counter
from tests.support.worklists import lay, sign_in

PUBLIC = "203.0.113.9"


def scrape(client: Client, **more: str) -> str:
    answer = client.get("/metrics", **more)
    assert answer.status_code == 200
    return answer.content.decode()


def figure(text: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found, name
    return float(found[1])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "more",
    [
        {"REMOTE_ADDR": PUBLIC},
        {"REMOTE_ADDR": ""},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": PUBLIC},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": f"for={PUBLIC}"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"REMOTE_ADDR": PUBLIC, "HTTP_AUTHORIZATION": "Bearer wrong"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_AUTHORIZATION": "Bearer wrong"},
        {"REMOTE_ADDR": PUBLIC, "HTTP_AUTHORIZATION": "Bearer "},
    ],
)
def test_for_everybody_else_there_is_nothing_there(client: Client, more: dict[str, str]) -> None:
    with override_settings(METRICS_TOKEN="right"):
        assert client.get("/metrics", **more).status_code == 404


@pytest.mark.django_db
def test_an_empty_token_opens_nothing(client: Client) -> None:
    sent = {"REMOTE_ADDR": PUBLIC, "HTTP_AUTHORIZATION": "Bearer "}
    assert client.get("/metrics", **sent).status_code == 404


@pytest.mark.django_db
def test_the_scraper_comes_in_by_address_or_by_token(client: Client) -> None:
    assert "opsa_papers_waiting" in scrape(client)
    with override_settings(METRICS_TOKEN="right"):
        sent = {"REMOTE_ADDR": PUBLIC, "HTTP_AUTHORIZATION": "Bearer right"}
        assert "opsa_papers_waiting" in scrape(client, **sent)


def test_the_figures_are_those_of_the_house(counter: Counter, client: Client) -> None:
    now = timezone.now()
    filing = services.case_file(counter.case().pk, staff=counter.staff, actor=counter.actor)
    Outbox.objects.filter(key=f"filing:{filing.pk}").update(
        created_at=now - timedelta(minutes=10), run_at=now - timedelta(minutes=2)
    )
    code = channel_of(filing.system_id)
    Channel.objects.filter(code=code).update(open_since=now)
    CallMinute.objects.create(channel=code, minute=now, calls=7, failed=3, slow=1, longest=12)
    lay(counter, dossier="4", code="H26.1-9")
    text = scrape(client)
    label = f'{{channel="{code}"}}'
    assert figure(text, f"opsa_outbox_due{label}") == 1
    assert figure(text, f"opsa_outbox_waiting{label}") == 1
    assert 600 <= figure(text, f"opsa_outbox_oldest_seconds{label}") < 660
    assert 120 <= figure(text, f"opsa_outbox_late_seconds{label}") < 180
    assert figure(text, f"opsa_breaker_open{label}") == 1
    assert figure(text, f'opsa_portal_calls_5m{{channel="{code}",result="failed"}}') == 3
    assert figure(text, f'opsa_polls{{state="open",system="{filing.system_id}"}}') == 1
    assert figure(text, "opsa_papers_waiting") >= 1
    assert figure(text, 'opsa_messages_newest{state="queued"}') >= 1


def test_requests_are_counted_by_the_name_of_their_route_and_no_address_is_told(
    counter: Counter, client: Client
) -> None:
    case = lay(counter, name="Nguyễn Thị Hường")
    clerk = sign_in(Client(), counter.staff)
    clerk.get(f"/quay/ho-so/{case.pk}/xem/")
    client.get(f"/t/{case.token}/")
    client.get("/no/such/page-of-anybody/")
    client.generic("BREW", "/")
    text = scrape(client)
    name = 'opsa_request_seconds_count{method="GET",route="quay:filed",status="2xx"}'
    assert figure(text, name) >= 1
    assert 'route="public:status"' in text
    assert 'route="none"' in text
    assert 'method="other"' in text
    assert "BREW" not in text
    for secret in (case.token, case.reference, "page-of-anybody", "HƯỜNG", "Hường"):
        assert secret not in text
    assert f"ho-so/{case.pk}" not in text
    assert Staff.objects.get(pk=counter.staff.pk).username not in text


@pytest.mark.django_db
def test_without_its_database_a_process_still_tells_what_it_counted(client: Client) -> None:
    client.get("/no/such/page/")
    assert figure(scrape(client), "opsa_database_up") == 1

    def refuse(*_: object) -> object:
        raise DatabaseError("gone")

    with connection.execute_wrapper(refuse):
        text = scrape(client)
    assert figure(text, "opsa_database_up") == 0
    assert "opsa_papers_waiting" not in text
    assert 'opsa_request_seconds_count{method="GET",route="none"' in text
