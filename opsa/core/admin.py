"""The journal and its seals, to read only, and the calendar, to keep (F20)."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.paginator import Paginator
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from opsa.core.models import CalendarDay, JournalEntry, JournalSeal

if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[Any]
    _Paginator = Paginator[Any]
else:
    # Not generic at run time.
    _Admin, _Paginator = admin.ModelAdmin, Paginator


class CappedPaginator(_Paginator):
    """Counts at most this many rows: nobody turns to page two hundred of a journal of millions."""

    most = 5000

    @cached_property
    def count(self) -> int:
        rows = cast("QuerySet[Any]", self.object_list)
        return rows[: self.most].count()


class ReadOnlyAdmin(_Admin):
    """Rows to look at; every way to change them is closed."""

    actions = None
    paginator = CappedPaginator
    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False


@admin.register(JournalEntry)
class JournalEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor_kind", "who", "action", "subject", "reason", "chain", "seq")
    list_filter = ("actor_kind",)
    search_fields = ("=chain", "=action", "=subject", "=request_id")
    search_help_text = "case:41, case.filed, 7K3F9QX2MT4"
    ordering = ("-id",)
    fields = (
        "at", "actor_kind", "who", "action", "subject", "reason", "facts", "chain", "seq",
        "request_id",
    )  # fmt: skip
    readonly_fields = ("who",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        people = get_user_model()._default_manager.filter(pk=OuterRef("staff_id"))
        name = Subquery(people.values("username")[:1])
        found: QuerySet[Any] = super().get_queryset(request).annotate(who_name=name)
        return found

    @admin.display(description=gettext_lazy("nhân viên"))
    def who(self, entry: Any) -> str:
        """The account; people without one have none."""
        return str(entry.who_name or "–")


@admin.register(JournalSeal)
class JournalSealAdmin(ReadOnlyAdmin):
    list_display = ("day", "at", "last_id", "count")
    ordering = ("-id",)
    exclude = ("prev_root", "root")


@admin.register(CalendarDay)
class CalendarDayAdmin(_Admin):
    list_display = ("date", "kind", "name", "decided_by", "source")
    list_filter = ("kind",)
    search_fields = ("name", "decided_by")
    date_hierarchy = "date"
