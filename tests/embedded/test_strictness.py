"""The guards of the test suite work: each promise is broken here on purpose."""

import os
import socket
import urllib.request

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.template import engines

from agencies.models import Agency
from tests.support.guards import NetworkUsed, UndefinedVariable, tried


def render(source: str, **context: object) -> str:
    return engines["django"].from_string(source).render(context)


def test_a_test_cannot_reach_the_network():
    with pytest.raises(NetworkUsed):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(NetworkUsed):
        socket.getaddrinfo("example.org", 443)
    assert [line.split()[5] for line in tried] == ["192.0.2.1;", "example.org;"]
    tried.clear()  # else this test fails by it


def test_an_undefined_template_variable_fails():
    with pytest.raises(UndefinedVariable, match="nobody"):
        render("{{ nobody }}")
    with pytest.raises(UndefinedVariable):
        render("{{ nobody|upper }}")


def test_a_default_and_a_question_are_answers():
    assert render("{{ size|default:16 }}{% if nobody %}x{% endif %}") == "16"
    assert render("{{ nobody|default_if_none:'' }}") == ""


@pytest.mark.loose_templates(reason="shows the marker")
def test_the_marker_allows_undefined_variables():
    assert render("{{ nobody }}") == ""


def test_the_clock_stands_still_in_hanoi(clock):
    from django.utils import timezone

    assert timezone.localtime().isoformat() == "2026-11-23T09:00:00+07:00"
    clock.forward(hours=3)
    assert timezone.localtime().hour == 12


def test_the_query_budget_prints_what_was_asked(db, query_budget):
    from django.db import connection

    with pytest.raises(pytest.fail.Exception, match="select 1"), query_budget(0):
        connection.cursor().execute("select 1")


def test_the_simulator_answers_over_http(simulator):
    with urllib.request.urlopen(f"{simulator.control}/healthz") as answer:
        assert answer.status == 200
    assert simulator.portal == os.environ["PORTAL_URL"]
    assert simulator.get("/healthz")["status"] == "ready"


def test_a_browser_opens_a_page_at_the_counters_size(
    page, shoot, assert_axe, monkeypatch, tmp_path
):
    monkeypatch.setenv("OPSA_SHOTS", "1")
    monkeypatch.setattr("tests.support.browser.ARTIFACTS", tmp_path)
    page.set_content(
        "<!doctype html><html lang=vi><title>t</title><main><h1>Xin chào</h1></main></html>"
    )
    assert page.viewport_size == {"width": 1366, "height": 768}
    assert_axe(page)
    shoot(page, "hello")
    assert next(tmp_path.glob("*/hello.png")).stat().st_size > 1000


def test_axe_finds_a_picture_without_words(page, assert_axe):
    page.set_content("<!doctype html><html lang=vi><title>t</title><main><img src=x></main></html>")
    with pytest.raises(pytest.fail.Exception, match="image-alt"):
        assert_axe(page)


@pytest.mark.django_db(transaction=True)
def test_a_test_that_commits_leaves_the_kinds_of_objects_and_takes_its_rows(counter):
    call_command("flush", interactive=False, inhibit_post_migrate=True, verbosity=0)
    assert not Agency.objects.exists()
    assert ContentType.objects.filter(app_label="cases", model="case").exists()
    assert Permission.objects.filter(codename="view_case").exists()
