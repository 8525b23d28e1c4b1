"""People in the admin: nobody edits their own role, each act asks a reason and is journalled."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies import second_factor, services, sessions
from agencies.access import actor_of
from agencies.models import OFFICE_ROLES, Role, Staff
from agencies.sessions import chain_of
from opsa.core.actors import Actor
from opsa.core.journal import record

if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[Staff]
    _Form = forms.ModelForm[Staff]
else:
    # Not generic at run time.
    _Admin, _Form = admin.ModelAdmin, forms.ModelForm


class StaffForm(_Form):
    """Name, role and office; a changed role or office needs its reason."""

    reason = forms.CharField(
        label=gettext_lazy("Lý do đổi vai trò hoặc điểm"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Bắt buộc khi đổi; ghi vào nhật ký."),
    )

    language = forms.ChoiceField(label=gettext_lazy("Ngôn ngữ"), choices=settings.LANGUAGES)

    class Meta:
        model = Staff
        fields = ("username", "display_name", "role", "agency", "language", "email")

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"].strip().lower()
        taken = Staff.objects.filter(username=username).exclude(pk=self.instance.pk)
        if taken.exists():
            raise ValidationError(_("Tên đăng nhập này đã có người dùng."))
        return username

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        role, agency = data.get("role", self.instance.role), data.get("agency")
        if "agency" in self.fields:
            if role in OFFICE_ROLES and agency is None:
                self.add_error("agency", _("Vai trò này cần một điểm phục vụ."))
            if role not in OFFICE_ROLES and agency is not None:
                self.add_error("agency", _("Vai trò toàn thành phố không thuộc điểm nào."))
        moved = {"role", "agency"} & set(self.changed_data)
        if self.instance.pk and moved and not data.get("reason", "").strip():
            self.add_error("reason", _("Ghi lý do."))
        return data


def _end(actor: Actor, staff: Staff, reason: str) -> None:
    services.staff_end(actor=actor, staff=staff, reason=reason)


def _return(actor: Actor, staff: Staff, reason: str) -> None:
    services.staff_return(actor=actor, staff=staff, reason=reason)


def _reset_factor(actor: Actor, staff: Staff, reason: str) -> None:
    if actor.staff_id == staff.pk:
        raise PermissionDenied
    second_factor.second_factor_reset(actor=actor, staff=staff, reason=reason)
    sessions.end_all(staff)


def _new_password(actor: Actor, staff: Staff, reason: str) -> str:
    if actor.staff_id == staff.pk:
        raise PermissionDenied
    return services.staff_start_password(actor=actor, staff=staff, reason=reason)


type _Act = Callable[[Actor, Staff, str], str | None]
ACTS: Final[dict[str, tuple[Any, _Act]]] = {
    "nghi": (gettext_lazy("Cho nghỉ"), _end),
    "mo-lai": (gettext_lazy("Mở lại tài khoản"), _return),
    "xoa-hai-buoc": (gettext_lazy("Xóa xác thực hai bước"), _reset_factor),
    "mat-khau-moi": (gettext_lazy("Cấp mật khẩu ban đầu"), _new_password),
}


@admin.register(Staff)
class StaffAdmin(_Admin):
    """Accounts are ended, never deleted: the journal names them for years."""

    form = StaffForm
    list_display = ("username", "display_name", "role", "agency", "is_active", "last_login")
    list_filter = ("role", "is_active", "agency")
    list_select_related = ("agency",)
    search_fields = ("username", "display_name")
    autocomplete_fields = ("agency",)
    readonly_fields = ("is_active", "joined_at", "ended_at", "last_login", "factor", "acts")

    def get_fields(self, _request: HttpRequest, obj: Staff | None = None) -> Any:
        fields = ["username", "display_name", "role", "agency", "language", "email"]
        return [*fields, "reason", *self.readonly_fields] if obj else fields

    def get_readonly_fields(
        self, request: HttpRequest, obj: Staff | None = None
    ) -> tuple[str, ...]:
        own = ("role", "agency") if obj and obj.pk == request.user.pk else ()
        name = ("username",) if obj else ()
        return (*self.readonly_fields, *own, *name)

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("xác thực hai bước"))
    def factor(self, obj: Staff) -> str:
        return _("đang bật") if sessions.has_second_factor(obj) else _("chưa bật")

    @admin.display(description=gettext_lazy("việc khác"))
    def acts(self, obj: Staff) -> SafeString:
        names = [name for name in ACTS if name != ("mo-lai" if obj.is_active else "nghi")]
        return format_html_join(
            " · ",
            '<a href="{}">{}</a>',
            ((reverse("admin:agencies_staff_act", args=(obj.pk, n)), ACTS[n][0]) for n in names),
        )

    def save_model(self, request: HttpRequest, obj: Staff, form: Any, change: bool) -> None:
        actor = actor_of(request.user)
        if not change:
            obj.is_staff = obj.role not in OFFICE_ROLES
            obj.set_unusable_password()
            obj.save()
            record(actor, "staff.created", chain=chain_of(obj), role=obj.role)
            return
        moved = {"role", "agency"} & set(form.changed_data)
        if moved:
            if obj.pk == request.user.pk:
                raise PermissionDenied
            services.staff_set_role(
                actor=actor,
                staff=obj,
                role=Role(obj.role),
                agency_id=obj.agency_id,
                reason=form.cleaned_data["reason"],
            )
        own = ("display_name", "language", "email")
        plain = [name for name in own if name in form.changed_data]
        if plain:
            obj.save(update_fields=plain)
            record(actor, "staff.changed", chain=chain_of(obj), fields=", ".join(plain))

    def response_add(
        self, request: HttpRequest, obj: Staff, _post_url_continue: str | None = None
    ) -> HttpResponse:
        password = services.staff_start_password(
            actor=actor_of(request.user), staff=obj, reason=_("Tài khoản mới")
        )
        return self._show_password(request, obj, password)

    def _show_password(self, request: HttpRequest, staff: Staff, password: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Mật khẩu ban đầu"),
            "opts": self.opts,
            "original": staff,
            "password": password,
        }
        response = TemplateResponse(request, "admin/agencies/staff/password.html", context)
        response["Cache-Control"] = "no-store, private"
        return response

    def get_urls(self) -> list[URLPattern]:
        act = path(
            "<int:pk>/viec/<slug:name>/",
            self.admin_site.admin_view(self.act),
            name="agencies_staff_act",
        )
        return [act, *super().get_urls()]

    def act(self, request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
        """Confirm one of ACTS with a reason, then do it."""
        staff = get_object_or_404(Staff, pk=pk)
        if name not in ACTS or not self.has_change_permission(request, staff):
            raise PermissionDenied
        label, do = ACTS[name]
        error = ""
        if request.method == "POST":
            try:
                shown = do(actor_of(request.user), staff, request.POST.get("reason", "")[:200])
            except ValidationError as wrong:
                error = " ".join(wrong.messages)
            else:
                if shown:
                    return self._show_password(request, staff, shown)
                messages.success(request, f"{label}: {staff}")
                return redirect("admin:agencies_staff_change", staff.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": format_html("{}: {}", label, staff),
            "opts": self.opts,
            "original": staff,
            "label": label,
            "error": error,
        }
        return TemplateResponse(
            request,
            "admin/agencies/staff/act.html",
            context,
            status=422 if error else 200,
        )
