"""An office that hands out results, and what the carrier holds of them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agencies.models import Role, Staff
from cases.models import Case, Citizen, DeliveryAddress
from delivery import manifests, parcels, services
from delivery.models import Manifest, Parcel
from opsa.core import outbox
from opsa.core.actors import Actor, ActorKind
from opsa.core.codes import new_reference
from tests.support.cases import Counter, make_counter
from tests.support.processes import Simulator
from tests.support.worklists import PASSWORD, lay


@dataclass
class Desk:
    """An office with the acts of delivery, as a clerk does them."""

    counter: Counter

    @property
    def staff(self) -> Staff:
        return self.counter.staff

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.CLERK, self.staff.pk)

    def decided(self, **facts: Any) -> Case:
        """A case the authority has decided; its paper is still over there."""
        at = timezone.now() - timedelta(hours=1)
        case = lay(
            self.counter,
            **{
                "dossier": "9",
                "decided_at": at,
                "code": f"H26-{new_reference()}",
                "phone": "+84912345678",
            }
            | facts,
        )
        Citizen.objects.filter(pk=case.filer_id).update(id_number=case.filer.id_number)
        address = DeliveryAddress.objects.get(case=case)
        address.phone, address.commune = "+84912345678", self.counter.agency.commune
        address.old_unit = "phường Trung Hòa, quận Cầu Giấy"
        address.save()
        return Case.objects.get(pk=case.pk)

    def here(self, **facts: Any) -> Case:
        """A case whose paper the office has in hand."""
        case = self.decided(**facts)
        return services.result_received(case.pk, staff=self.staff, actor=self.actor)

    def parcel(self, **facts: Any) -> Parcel:
        """A labelled parcel."""
        return parcels.parcel_make(self.here(**facts).pk, staff=self.staff, actor=self.actor)

    def scan(self, number: str) -> Any:
        return manifests.parcel_scan(
            self.counter.agency, number, staff=self.staff, actor=self.actor
        )

    def hand_over(self, *numbers: str, person: str = "Lê Văn Bưu") -> Manifest:
        """The parcels on a closed manifest."""
        for number in numbers:
            line = self.scan(number)
        return manifests.manifest_close(
            line.manifest_id, person, staff=self.staff, actor=self.actor
        )

    def on_road(self, **facts: Any) -> Parcel:
        """A parcel that the postman took along."""
        parcel = self.parcel(**facts)
        self.hand_over(parcel.number)
        return Parcel.objects.get(pk=parcel.pk)

    def lead(self) -> Staff:
        return Staff.objects.create_user(
            f"lead{self.staff.pk}", PASSWORD, display_name="Trưởng điểm thử", role=Role.LEAD,
            agency=self.counter.agency,
        )  # fmt: skip


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk(make_counter())


def drain() -> int:
    """Carry everything the carrier is owed as far as it goes now."""
    done = 0
    while outbox.work_one("carrier"):
        done += 1
    return done


def make_due() -> None:
    """As if the waiting times of the outbox had passed."""
    outbox.Outbox.objects.update(run_at=timezone.now() - timedelta(seconds=1))
    outbox.Channel.objects.update(next_probe_at=None, open_since=None, failures=0)


def held(simulator: Simulator, number: str) -> dict[str, Any]:
    """What the carrier holds under an item number."""
    found: dict[str, Any] = simulator.get("/api/truth")["parcels"].get(
        number, {"count": 0, "posts": 0, "status": None, "manifest": None}
    )
    return found
