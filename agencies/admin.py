"""Places and offices in the admin. How sure we are of a row stands beside it."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from agencies import places
from agencies.access import actor_of
from agencies.models import Agency, Commune, Counter, OldUnit, OpeningHours, Province
from agencies.staff_admin import StaffAdmin
from opsa.core.journal import record
from opsa.core.text import fold

if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[Any]
    _Inline = admin.TabularInline[Any, Agency]
else:
    # Not generic at run time.
    _Admin, _Inline = admin.ModelAdmin, admin.TabularInline

__all__ = ["AgencyAdmin", "CommuneAdmin", "OldUnitAdmin", "ProvinceAdmin", "StaffAdmin"]


class _Kept(_Admin):
    """Reference data: never deleted here, every change in the journal, by names of fields only."""

    chain = "places"
    show_full_result_count = False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        places.forget()
        record(
            actor_of(request.user),
            f"{obj._meta.model_name}.{'changed' if change else 'added'}",
            chain=self.chain_of(obj),
            subject=str(obj),
            fields=", ".join(form.changed_data),
        )

    def chain_of(self, _obj: Any) -> str:
        """The journal chain of a row."""
        return self.chain


class _Folded(_Kept):
    """Search without accents, over `search_key`."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, fold(search_term))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if isinstance(obj, OldUnit):
            obj.search_key = places.old_unit_key(obj.name, obj.district)
        else:
            obj.search_key = fold(obj.name)
        super().save_model(request, obj, form, change)


@admin.register(Province)
class ProvinceAdmin(_Kept):
    list_display = ("code", "kind", "name")
    search_fields = ("code", "name")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False


@admin.register(Commune)
class CommuneAdmin(_Folded):
    list_display = ("code", "kind", "name", "province", "postal_code")
    list_filter = ("kind", "province")
    list_select_related = ("province",)
    search_fields = ("search_key", "=code", "=postal_code")

    def get_readonly_fields(self, _request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code", "province") if obj else ()


@admin.register(OldUnit)
class OldUnitAdmin(_Folded):
    list_display = ("name", "kind", "district", "old_province", "province")
    list_filter = ("kind", "province")
    list_select_related = ("province",)
    search_fields = ("search_key",)
    autocomplete_fields = ("communes",)


class OpeningHoursInline(_Inline):
    model = OpeningHours
    extra = 0


class CounterInline(_Inline):
    model = Counter
    extra = 0


@admin.register(Agency)
class AgencyAdmin(_Kept):
    list_display = (
        "code",
        "short_name",
        "address",
        "commune",
        "phone",
        "confidence",
        "closed_on",
    )
    list_filter = ("confidence", "confidence_address", "hours_assumed", "is_practice")
    list_select_related = ("commune__province",)
    search_fields = (
        "code",
        "name",
        "name_en",
        "address",
        "old_ward",
        "old_district",
        "commune__search_key",
    )
    autocomplete_fields = ("commune",)
    inlines = (OpeningHoursInline, CounterInline)
    fieldsets = (
        (None, {"fields": ("code", "name", "name_en", "short_name", "vnpost_code", "is_practice")}),
        (
            _("Nơi chốn"),
            {
                "fields": (
                    "address",
                    "commune",
                    ("old_ward", "old_district"),
                    "postal_code_2017",
                    "phone",
                )
            },
        ),
        (_("Thời gian"), {"fields": (("opened_on", "closed_on"), "hours_assumed")}),
        (
            _("Tài khoản thu"),
            {
                "description": _(
                    "Để hiện mã QR chuyển khoản trên màn hình khách. Trống: không hiện mã."
                ),
                "fields": (("bank", "bank_account", "bank_holder"),),
            },
        ),
        (
            _("Độ tin cậy"),
            {
                "description": _("Danh sách 32 điểm là bản tạm. Sửa khi Trung tâm xác nhận."),
                "fields": (
                    "confidence",
                    "confidence_office",
                    "confidence_address",
                    "confidence_commune",
                    "source",
                    "note",
                ),
            },
        ),
    )

    def chain_of(self, obj: Any) -> str:
        return f"office:{obj.pk}"
