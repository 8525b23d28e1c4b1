"""Alarm rules in the admin: data that an administrator changes, with a line in the journal."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from agencies.access import actor_of
from agencies.models import Role, Staff
from cases.models import AlarmRule
from opsa.core.journal import record

if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[AlarmRule]
else:
    _Admin = admin.ModelAdmin


def _role(request: HttpRequest) -> str:
    user = request.user
    return user.role if isinstance(user, Staff) and user.is_active else ""


@admin.register(AlarmRule)
class AlarmRuleAdmin(_Admin):
    """Measure, bound, for how long, and who is written to."""

    list_display = ("measure", "bound", "minutes", "role", "active")
    list_filter = ("active", "role")
    ordering = ("measure", "bound")
    show_full_result_count = False
    actions = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _role(request) in (Role.ADMIN, Role.AUDITOR)

    def has_view_permission(self, request: HttpRequest, _obj: Model | None = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _role(request) == Role.ADMIN

    def has_change_permission(self, request: HttpRequest, _obj: Model | None = None) -> bool:
        return _role(request) == Role.ADMIN

    def has_delete_permission(self, request: HttpRequest, _obj: Model | None = None) -> bool:
        return _role(request) == Role.ADMIN

    def save_model(self, request: HttpRequest, obj: AlarmRule, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self._note(request, obj, "changed" if change else "added")

    def delete_model(self, request: HttpRequest, obj: AlarmRule) -> None:
        self._note(request, obj, "deleted")
        super().delete_model(request, obj)

    def _note(self, request: HttpRequest, obj: AlarmRule, act: str) -> None:
        record(
            actor_of(request.user),
            f"alarm_rule.{act}",
            chain="system",
            subject=f"alarm_rule:{obj.pk}",
            measure=obj.measure,
            bound=obj.bound,
            minutes=obj.minutes,
            role=obj.role,
            active=obj.active,
        )
