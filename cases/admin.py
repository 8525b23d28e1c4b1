"""Admin of the cases' reference data. A case itself is never edited here: its facts move through
the services, and its personal data is not shown."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from agencies.access import actor_of
from agencies.models import Role, Staff
from cases.models import Case, MandateText, Message, Paper, StatusMapping
from cases.states import Dossier
from cases.tracking import mapping
from cases.watch.admin import AlarmRuleAdmin
from cases.worklists import heard
from opsa.core import journal
from opsa.core.codes import group_reference
from opsa.core.text import clean, mask_name

__all__ = ["AlarmRuleAdmin"]

if TYPE_CHECKING:
    Admin = admin.ModelAdmin[Any]
    _Form = forms.ModelForm[StatusMapping]
else:
    Admin = admin.ModelAdmin
    _Form = forms.ModelForm


def _role(request: HttpRequest) -> str:
    user = request.user
    return user.role if isinstance(user, Staff) and user.is_active else ""


class ReadOnly(Admin):
    """Looked at by auditors and administrators; nobody adds, changes or deletes."""

    readers = frozenset({Role.AUDITOR, Role.ADMIN})
    list_per_page = 50
    show_full_result_count = False
    actions = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _role(request) in self.readers

    def has_view_permission(self, request: HttpRequest, _obj: Model | None = None) -> bool:
        return _role(request) in self.readers

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False


class StatusMappingForm(_Form):
    """A code as the other side writes it, and one of our ten states."""

    class Meta:
        model = StatusMapping
        fields = ("system", "raw_code", "dossier")
        help_texts: ClassVar = {
            "raw_code": _("đúng như cổng viết; hồ sơ chờ vì mã này được đọc lại sau một phút")
        }

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if "dossier" in self.fields:  # not for who only reads
            choices = [("", "---------"), *(one for one in Dossier.choices if one[0])]
            self.fields["dossier"] = forms.ChoiceField(label=_("trạng thái"), choices=choices)

    def clean_raw_code(self) -> str:
        code = clean(self.cleaned_data["raw_code"]).strip()
        if not code or any(sign.isspace() for sign in code):
            raise ValidationError(_("Mã không có khoảng trắng. Chép đúng mã trong tin của cổng."))
        return code


@admin.register(StatusMapping)
class StatusMappingAdmin(Admin):
    """Which of our ten states an outside code means; unknown codes alarm, then get a line here."""

    form = StatusMappingForm
    show_full_result_count = False
    actions = None

    list_display = ("system", "raw_code", "dossier")
    list_filter = ("system", "dossier")
    list_select_related = ("system",)
    search_fields = ("raw_code",)
    ordering = ("system", "raw_code")

    def _may(self, request: HttpRequest) -> bool:
        return _role(request) in (Role.EDITOR, Role.SUPERVISOR, Role.ADMIN)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request) or _role(request) == Role.AUDITOR

    def has_view_permission(self, request: HttpRequest, _obj: Model | None = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_change_permission(self, request: HttpRequest, _obj: Model | None = None) -> bool:
        return self._may(request)

    def has_delete_permission(self, request: HttpRequest, _obj: Model | None = None) -> bool:
        return self._may(request)

    def save_model(self, request: HttpRequest, obj: StatusMapping, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        mapping.changed(obj)
        self._note(request, obj, "changed" if change else "added")

    def delete_model(self, request: HttpRequest, obj: StatusMapping) -> None:
        self._note(request, obj, "deleted")
        super().delete_model(request, obj)

    def _note(self, request: HttpRequest, obj: StatusMapping, act: str) -> None:
        journal.record(
            actor_of(request.user),
            f"mapping.{act}",
            chain="system",
            subject=f"mapping:{obj.pk}",
            system=obj.system_id,
            code=mapping.shown(obj.raw_code),
            dossier=obj.dossier,
        )


@admin.register(MandateText)
class MandateTextAdmin(ReadOnly):
    """Every text that people agreed to. A text is followed by a new one, never changed."""

    readers = frozenset({Role.AUDITOR, Role.ADMIN, Role.EDITOR, Role.SUPERVISOR})
    list_display = ("mode", "language", "number", "sha256")
    list_filter = ("mode", "language")
    fields = ("mode", "language", "number", "body", "sha256")
    ordering = ("mode", "language", "-number")


@admin.register(Message)
class MessageAdmin(ReadOnly):
    """Texts to citizens: what about, and what became of them; neither number nor words."""

    list_display = ("created_at", "event", "state", "outcome", "handed_at")
    list_filter = ("state", "event")
    fields = ("case", "event", "state", "outcome", "created_at", "handed_at")
    date_hierarchy = "created_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        return super().get_queryset(request).defer("to", "body").select_related("case")


@admin.register(Paper)
class PaperAdmin(ReadOnly):
    """Issued papers: kind, state, size and hash; the content only through its case."""

    list_display = ("asked_at", "kind", "agency", "state", "size", "prints", "failure")
    list_filter = ("kind", "state", "agency")
    list_select_related = ("agency",)
    fields = (
        "agency",
        "kind",
        "state",
        "size",
        "sha256",
        "prints",
        "tries",
        "failure",
        "asked_at",
        "ready_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Paper]:
        return super().get_queryset(request).defer("data")


@admin.register(Case)
class CaseAdmin(ReadOnly):
    """Cases for auditors: office, facts and times; the name as initials, no number or address."""

    list_display = (
        "code",
        "agency",
        "procedure",
        "person",
        "queue",
        "opened_at",
        "taken_at",
        "due_at",
        "heard",
    )
    list_filter = ("queue", "agency")
    search_fields = ("reference__exact",)
    search_help_text = _("Mã tiếp nhận đủ 11 chữ và số, không gạch")
    ordering = ("-id",)
    fields = (
        "code", "agency", "procedure", "person", "work", "dossier", "money", "delivery", "sync",
        "heard", "queue", "attention", "opened_at", "taken_at", "first_sent_at", "accepted_at",
        "due_at", "decided_at", "closed_at",
    )  # fmt: skip
    readonly_fields = ("code", "procedure", "person", "heard")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        found: QuerySet[Case] = super().get_queryset(request)
        return found.select_related("agency", "version__procedure", "filer").only(
            *(
                f.name
                for f in Case._meta.concrete_fields
                if f.name not in ("declaration", "answers")
            ),
            "agency__name",
            "version__procedure__short_name",
            "filer__name",
        )

    @admin.display(description=_("hỏi cổng lúc"))
    def heard(self, case: Case) -> str:
        return heard.words_of(case) or "–"

    @admin.display(description=_("mã tiếp nhận"))
    def code(self, case: Case) -> str:
        return group_reference(case.reference)

    @admin.display(description=_("thủ tục"))
    def procedure(self, case: Case) -> str:
        return case.version.procedure.short_name

    @admin.display(description=_("người nộp"))
    def person(self, case: Case) -> str:
        return mask_name(case.filer.name) if case.filer else "–"

    def get_search_results(
        self, _request: HttpRequest, queryset: QuerySet[Case], search_term: str
    ) -> tuple[QuerySet[Case], bool]:
        """Only the exact code finds a case: names and numbers are not searched here."""
        if not search_term:
            return queryset, False
        wanted = "".join(char for char in search_term.upper() if char.isalnum())
        return queryset.filter(reference=wanted), False
