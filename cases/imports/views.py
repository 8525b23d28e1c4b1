"""The supervisors' page of status files: bring one, look at its numbers, apply it, watch it go."""

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.access import passive, require_role, staff_of
from agencies.models import Role
from cases.imports import reading, services
from cases.intake.uploads import DISK_FULL, QuarantineHandler, SealedUpload
from cases.models import StatusImport
from opsa.core import files, practice
from opsa.core.once import once
from opsa.core.pages import go, render_page
from procedures.models import FilingSystem

#: Who brings and applies files: what they say moves cases of every office.
only_supervisors = require_role(Role.SUPERVISOR)
SHOWN: Final = 20
#: The file and the few fields beside it.
MAX_BODY: Final = reading.MAX_BYTES + 64 * 1024
#: News older than this is no news.
OLDEST: Final = timedelta(days=31)
State = StatusImport.State


class ImportForm(forms.Form):
    """Which system, when its screen made the file, and whether the file is complete."""

    system: "forms.ModelChoiceField[FilingSystem]" = forms.ModelChoiceField(
        FilingSystem.objects.filter(active=True)
        .exclude(pk=practice.SYSTEM)
        .order_by("-news", "name"),
        label=gettext_lazy("Hệ thống nhận hồ sơ"),
        empty_label=gettext_lazy("Chọn"),
        error_messages={"required": gettext_lazy("Chọn hệ thống của tệp này.")},
    )
    exported_at = forms.DateTimeField(
        label=gettext_lazy("Cổng xuất tệp lúc"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={
            "required": gettext_lazy("Ghi ngày giờ cổng xuất tệp."),
            "invalid": gettext_lazy("Ghi ngày giờ cổng xuất tệp."),
        },
    )
    whole = forms.BooleanField(
        required=False, label=gettext_lazy("Tệp có đủ mọi hồ sơ ta nộp trong kỳ")
    )

    def clean_exported_at(self) -> datetime:
        """Never after now, and of this month."""
        at: datetime = self.cleaned_data["exported_at"]
        now = timezone.now()
        if at > now:
            raise forms.ValidationError(_("Lúc xuất tệp không thể ở sau lúc này."))
        if at < now - OLDEST:
            raise forms.ValidationError(_("Tệp cũ hơn 31 ngày. Xuất tệp mới rồi nhập."))
        return at


def _page(
    request: HttpRequest, form: ImportForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "problem": problem,
        "rows": StatusImport.objects.select_related("system", "by")[:SHOWN],
        "megabytes": reading.MAX_BYTES // (1024 * 1024),
        "most": f"{reading.MAX_ROWS:,}".replace(",", "."),
        "hours": round(services.KEPT / timedelta(hours=1)),
    }
    return render_page(request, "imports/list.html", context, status=status)


@csrf_exempt
@require_http_methods(["GET", "POST"])
@only_supervisors
def imports(request: HttpRequest) -> HttpResponseBase:
    """The form and the last files. The token is checked inside, once the body may be read: a body
    beyond the limit never is."""
    if request.method == "GET":
        form = ImportForm(initial={"exported_at": timezone.localtime()})
        return csrf_protect(_page)(request, form)
    if _body(request) > MAX_BODY:
        response = _page(request, ImportForm(), problem=reading.too_large(), status=413)
        response["Connection"] = "close"
        return response
    request.upload_handlers = [QuarantineHandler(request)]
    return _upload(request)


def _body(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return MAX_BODY + 1


@csrf_protect
@once
def _upload(request: HttpRequest) -> HttpResponse:
    form = ImportForm(request.POST)
    given = request.FILES.get("file")
    if not isinstance(given, SealedUpload):
        return _page(request, form, problem=_("Chọn tệp CSV."), status=422)
    if given.disk_full:
        return _page(request, form, problem=str(DISK_FULL), status=507)
    if given.arrived is None:
        return _page(request, form, problem=reading.too_large(), status=422)
    try:
        if not form.is_valid():
            return _page(request, form, problem=_("Chọn lại tệp sau khi sửa."), status=422)
        made, new = services.import_read(
            files.load(given.arrived.stored),
            system=form.cleaned_data["system"],
            exported_at=form.cleaned_data["exported_at"],
            whole=form.cleaned_data["whole"],
            staff=staff_of(request),
        )
    except reading.Unfit as unfit:
        return _page(request, form, problem=str(unfit), status=422)
    finally:
        given.discard()
    if not new:
        messages.warning(request, _("Tệp này đã nhập trước đây, không có gì mới."))
    return go(request, reverse("board:import", args=[made.pk]))


def _found(pk: int) -> StatusImport:
    one = StatusImport.objects.select_related("system", "by").filter(pk=pk).first()
    if one is None:
        raise Http404
    return one


@require_GET
@passive
@only_supervisors
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One file in numbers; while it is applied the page asks how far it is."""
    found = _found(pk)
    why = reading.reasons()
    context: dict[str, Any] = {
        "one": found,
        "problems": [(number, why.get(key, key)) for number, key in found.problems],
        "more": found.unreadable - len(found.problems),
        "unknown": sorted(found.unknown.items()),
        "hours": round(services.KEPT / timedelta(hours=1)),
        "until": found.at + services.KEPT,
    }
    return render_page(request, "imports/one.html", context, part="one")


@require_POST
@only_supervisors
@once
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the file applied by a worker."""
    _found(pk)
    if not services.import_apply(pk, staff=staff_of(request)):
        messages.warning(request, _("Tệp này đã được áp dụng hoặc đã bỏ."))
    return go(request, reverse("board:import", args=[pk]))


@require_POST
@only_supervisors
@once
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget the file without applying it."""
    _found(pk)
    if services.import_drop(pk, staff=staff_of(request)):
        messages.success(request, _("Đã bỏ tệp, không lưu lại gì của tệp."))
    else:
        messages.warning(request, _("Tệp này đã được áp dụng hoặc đã bỏ."))
    return go(request, reverse("board:imports"))
