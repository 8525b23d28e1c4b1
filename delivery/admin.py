"""Admin of delivery: looked at, never changed; no address, no phone, no code."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from cases.admin import ReadOnly
from delivery.models import Manifest, Parcel, ProofOfDelivery, Result


@admin.register(Parcel)
class ParcelAdmin(ReadOnly):
    """Parcels: where they are and what needs a look; the address only through the case."""

    list_display = ("number", "agency", "state", "trouble", "attempts", "made_at", "last_event_at")
    list_filter = ("state", "trouble", "agency")
    list_select_related = ("agency",)
    search_fields = ("number__exact",)
    fields = (
        "number", "agency", "state", "reason", "trouble", "attempts", "made_at", "registered_at",
        "cancelled_at", "handed_over_at", "last_event_at", "delivered_at", "polled_at",
        "next_poll_at", "misses",
    )  # fmt: skip
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Parcel]:
        return super().get_queryset(request).defer("address")


@admin.register(Manifest)
class ManifestAdmin(ReadOnly):
    """Hand-overs: both names, when, and whether the carrier confirmed."""

    list_display = ("number", "agency", "closed_at", "carrier_person", "told_at", "trouble")
    list_filter = ("agency",)
    list_select_related = ("agency",)
    search_fields = ("number__exact",)
    fields = ("number", "agency", "opened_at", "closed_at", "carrier_person", "told_at", "trouble")
    ordering = ("-pk",)


@admin.register(Result)
class ResultAdmin(ReadOnly):
    """Results: what the authority issued and where each stands."""

    list_display = ("name", "agency", "form", "state", "announced_at", "received_at")
    list_filter = ("state", "form", "agency")
    list_select_related = ("agency",)
    fields = ("name", "number", "agency", "form", "state", "announced_at", "received_at")
    ordering = ("-pk",)


@admin.register(ProofOfDelivery)
class ProofAdmin(ReadOnly):
    """Proofs: how a hand-over was proved; neither the receiver's name nor a code is shown."""

    list_display = ("confirmed_at", "method", "relation", "id_compared", "reported_at")
    list_filter = ("method", "relation")
    fields = ("method", "relation", "id_compared", "tries", "sends", "reported_at", "confirmed_at")
    ordering = ("-confirmed_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProofOfDelivery]:
        return super().get_queryset(request).defer("code_hash", "receiver")
