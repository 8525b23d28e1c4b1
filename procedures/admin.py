"""The catalogue in the admin: drafts are edited, published texts read, steps are services (F15)."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.access import staff_of

from . import checks, conditions, differences, services
from .models import (
    DeclarationField,
    FeePart,
    FilingOverride,
    FilingSystem,
    OtherProcedure,
    Procedure,
    ProcedureVersion,
    Question,
    RequiredDocument,
    ResultKind,
)

DRAFT = ProcedureVersion.State.DRAFT
END_REASON = gettext_lazy("Ngừng áp dụng từ trang quản trị")


class DocumentForm(forms.ModelForm[RequiredDocument]):
    """Refuses a condition outside the language before it is saved."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        version = self.instance.version if self.instance.version_id else None
        if version is not None and cleaned and "condition" in cleaned:
            try:
                conditions.validate(cleaned["condition"] or None, list(version.questions.all()))
            except conditions.BadConditionError as error:
                raise ValidationError({"condition": str(error)}) from error
        return cleaned


class PartInline(admin.TabularInline[Any, ProcedureVersion]):
    """A kind of part; read-only once its text is published."""

    extra = 0

    def _draft(self, obj: ProcedureVersion | None) -> bool:
        return obj is None or obj.state == DRAFT

    def has_add_permission(self, request: HttpRequest, obj: ProcedureVersion | None = None) -> bool:
        return self._draft(obj) and super().has_add_permission(request, obj)

    def has_change_permission(
        self, request: HttpRequest, obj: ProcedureVersion | None = None
    ) -> bool:
        return self._draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(
        self, request: HttpRequest, obj: ProcedureVersion | None = None
    ) -> bool:
        return self._draft(obj) and super().has_delete_permission(request, obj)


class QuestionInline(PartInline):
    model = Question


class DocumentInline(PartInline):
    model = RequiredDocument
    form = DocumentForm


class FieldInline(PartInline):
    model = DeclarationField


class FeeInline(PartInline):
    model = FeePart


class ResultInline(PartInline):
    model = ResultKind


@admin.register(ProcedureVersion)
class VersionAdmin(admin.ModelAdmin[ProcedureVersion]):
    """The dated texts."""

    list_display = (
        "name",
        "number",
        "state",
        "valid_from",
        "valid_to",
        "confidence",
        "last_edited_by",
        "published_by",
    )
    list_filter = (
        "state",
        "confidence",
        "confidence_time",
        "confidence_fee",
        "procedure__field",
        "system",
    )
    search_fields = ("name", "name_en", "procedure__code", "procedure__aliases")
    list_select_related = ("procedure", "last_edited_by", "published_by", "system")
    list_per_page = 40
    ordering = ("procedure__rank", "-number")
    inlines: ClassVar = (QuestionInline, DocumentInline, FeeInline, ResultInline, FieldInline)
    readonly_fields = (
        "procedure",
        "number",
        "state",
        "last_edited_by",
        "last_edited_at",
        "published_by",
        "published_at",
        "to_put_right",
        "changes",
    )
    actions = ("new_draft", "publish", "retire")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A draft is made from the newest text, by the action."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: ProcedureVersion | None = None
    ) -> bool:
        return (obj is None or obj.state == DRAFT) and super().has_change_permission(request, obj)

    def has_delete_permission(
        self, request: HttpRequest, obj: ProcedureVersion | None = None
    ) -> bool:
        return (
            obj is not None and obj.state == DRAFT and super().has_delete_permission(request, obj)
        )

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Iterable[Any], change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        services.version_edited(staff=staff_of(request), version=form.instance)

    @admin.display(description=gettext_lazy("cần sửa trước khi công bố"))
    def to_put_right(self, version: ProcedureVersion) -> str:
        """What still stands in the way of publishing."""
        return _lines(checks.problems(version)) or _("Không có gì")

    @admin.display(description=gettext_lazy("khác bản trước"))
    def changes(self, version: ProcedureVersion) -> str:
        """The difference from the text before, in words."""
        before = (
            ProcedureVersion.objects.filter(
                procedure_id=version.procedure_id, number__lt=version.number
            )
            .select_related("system")
            .order_by("-number")
            .first()
        )
        if before is None:
            return _("Bản đầu tiên")
        return _lines(differences.between(before, version)) or _("Không khác")

    @admin.action(description=gettext_lazy("Lập bản nháp mới"), permissions=["change"])
    def new_draft(self, request: HttpRequest, queryset: QuerySet[ProcedureVersion]) -> None:
        """Start a draft from each chosen procedure's newest text."""
        self._each(
            request,
            queryset,
            lambda v: services.version_new_draft(staff=staff_of(request), procedure=v.procedure),
        )

    @admin.action(description=gettext_lazy("Công bố"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[ProcedureVersion]) -> None:
        """Put each chosen draft in force from its date."""
        self._each(
            request,
            queryset,
            lambda v: services.version_publish(staff=staff_of(request), version=v),
        )

    @admin.action(description=gettext_lazy("Ngừng áp dụng"), permissions=["change"])
    def retire(self, request: HttpRequest, queryset: QuerySet[ProcedureVersion]) -> None:
        """Take each chosen text out of use."""
        self._each(
            request,
            queryset,
            lambda v: services.version_retire(
                staff=staff_of(request), version=v, reason=str(END_REASON)
            ),
        )

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[ProcedureVersion],
        step: Callable[[ProcedureVersion], ProcedureVersion],
    ) -> None:
        for version in queryset.select_related("procedure"):
            try:
                done = step(version)
            except services.CatalogueRefusedError as error:
                self.message_user(request, f"{version}: {error}", messages.ERROR)
            else:
                self.message_user(request, _("Đã xong: %s") % done, messages.SUCCESS)


@admin.register(Procedure)
class ProcedureAdmin(admin.ModelAdmin[Procedure]):
    """Names, everyday words and order; the texts are kept apart."""

    list_display = ("short_name", "code", "field", "demand", "rank", "sensitive")
    list_filter = ("field", "demand", "sensitive")
    search_fields = ("short_name", "code", "aliases", "slug")
    list_per_page = 40

    def has_delete_permission(self, request: HttpRequest, obj: Procedure | None = None) -> bool:
        return False


@admin.register(OtherProcedure)
class OtherProcedureAdmin(admin.ModelAdmin[OtherProcedure]):
    """What we only point to."""

    list_display = ("name", "code", "channel", "confidence")
    list_filter = ("channel", "confidence")
    search_fields = ("name", "code", "aliases")


@admin.register(FilingSystem)
class FilingSystemAdmin(admin.ModelAdmin[FilingSystem]):
    """The receiving systems and their limits."""

    list_display = (
        "name",
        "code",
        "way",
        "news",
        "max_file_bytes",
        "max_files",
        "status_batch",
        "active",
    )
    list_filter = ("way", "news", "active")
    search_fields = ("name", "code")


@admin.register(FilingOverride)
class FilingOverrideAdmin(admin.ModelAdmin[FilingOverride]):
    """An office that files a procedure another way."""

    list_display = ("agency", "procedure", "system")
    list_select_related = ("agency", "procedure", "system")
    list_filter = ("system",)
    search_fields = ("agency__name", "procedure__short_name")
    autocomplete_fields = ("procedure",)


def _lines(sentences: Iterable[str]) -> str:
    return format_html_join("", "<p>{}</p>", ((sentence,) for sentence in sentences))
