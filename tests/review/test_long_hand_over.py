"""F13: a long hand-over to a slow carrier stays with the worker that began it."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from delivery.carrier import Carrier, Said
from opsa.core import outbox
from opsa.core.outbox import Outbox
from tests.support.delivery import Desk
from tests.support.processes import Simulator

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_manifest_of_slow_parcels_keeps_its_lease(
    desk: Desk,
    simulator: Simulator,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    numbers = [desk.parcel().number for _ in range(4)]
    manifest = desk.hand_over(*numbers)
    later = timezone.now() + timedelta(hours=1)
    Outbox.objects.filter(channel="carrier").exclude(kind="manifest").update(run_at=later)
    settings.OUTBOX_LEASE_SECONDS = 1
    find = Carrier.find

    def slowly(self: Carrier, number: str) -> Said:
        time.sleep(0.5)
        return find(self, number)

    monkeypatch.setattr(Carrier, "find", slowly)

    def work() -> None:
        outbox.work_one("carrier")
        connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    time.sleep(1.6)
    second = outbox.claim("carrier")
    worker.join()
    assert second is None
    assert Outbox.objects.get(key=f"manifest:{manifest.number}").state == Outbox.State.DONE
