"""Consent that is taken back stops what has not left, with real workers and a portal that is down
(F05): within a minute, journalled, and for good."""

import time

import pytest
from django.test import Client
from django.utils import timezone

from cases.filing import services, tasks
from cases.models import Filing
from opsa.core.models import JournalEntry
from opsa.core.outbox import Channel, Outbox
from tests.support.cases import make_counter
from tests.support.processes import Simulator, Workers

pytestmark = pytest.mark.django_db(transaction=True)


def test_taken_back_on_the_citizens_page_while_the_portal_is_down_nothing_ever_arrives(
    simulator: Simulator, workers: Workers
) -> None:
    simulator.put("/api/dial", {"portal": {"mode": "down"}})
    counter = make_counter()
    taken_back = services.case_file(counter.case().pk, staff=counter.staff, actor=counter.actor)
    other = services.case_file(counter.case().pk, staff=counter.staff, actor=counter.actor)
    key = f"filing:{taken_back.pk}"
    until = time.monotonic() + 20
    while time.monotonic() < until and not Outbox.objects.get(key=key).last_error:
        tasks.sweep()
        time.sleep(0.3)
    case = taken_back.case
    citizen = Client()
    page = f"/t/{case.token}/rut-dong-y/"
    begun = time.monotonic()
    assert citizen.post(page, {"digits": "5678"}).status_code == 303
    while citizen.post(page, {"sure": "1"}).status_code != 303:
        assert time.monotonic() - begun < 60, "not within a minute"
        time.sleep(0.5)
    taken_back.refresh_from_db()
    case.refresh_from_db()
    assert (taken_back.state, case.attention) == (Filing.State.REFUSED, "revoked")
    line = JournalEntry.objects.get(chain=f"case:{case.pk}", action="mandate.revoked")
    assert (line.actor_kind, line.facts["stopped"]) == ("citizen", True)

    simulator.put("/api/dial", {"portal": {"mode": "ok"}})
    until = time.monotonic() + 60
    while time.monotonic() < until:
        Outbox.objects.filter(state="ready").update(run_at=timezone.now())
        Channel.objects.update(next_probe_at=None)
        tasks.sweep()
        other.refresh_from_db()
        if other.state == Filing.State.ACCEPTED:
            break
        time.sleep(0.3)
    truth = simulator.get("/api/truth")["dossiers"]
    assert truth[str(other.key)]["count"] == 1
    assert str(taken_back.key) not in truth
