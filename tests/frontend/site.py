"""A tiny site that stands on the base templates: pages and answers for the browser tests."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.backends.django import DjangoTemplates
from django.urls import include, path
from django.utils import timezone

from agencies.keys import Keyboard
from agencies.views import offline
from opsa.core.middleware import HtmxSignInMiddleware
from tests.frontend import morning


@dataclass
class Notes:
    """What the browser sent, and how the site is to answer."""

    scans: list[tuple[str, str]] = field(default_factory=list)
    posts: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    saves: list[dict[str, str]] = field(default_factory=list)
    save_answers: list[int] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    delay: float = 0
    page_delay: float = 0
    version: int = 1
    locked: bool = False
    polls: int = 0
    paths: list[str] = field(default_factory=list)
    idle_minutes: str = "30"
    passive: list[tuple[str, bool]] = field(default_factory=list)
    keys: dict[str, Any] = field(default_factory=dict)
    serial: bool = False
    plain_answers: list[int] = field(default_factory=list)


notes = Notes()


def fresh() -> Notes:
    """Forget everything; gives the new notes."""
    vars(notes).update(vars(Notes()))  # the views hold this one object
    return notes


@dataclass
class Desk:
    """A counter, as the frame sees it."""

    serial_scanner: bool = False

    def __str__(self) -> str:
        return "Quầy 3"


engine = DjangoTemplates(
    {
        "NAME": "frontend-tests",
        "DIRS": [Path(settings.BASE_DIR) / "templates", Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "string_if_invalid": "UNDEFINED(%s)",
            "libraries": {"weather": "tests.frontend.fair_weather"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csrf",
                "opsa.core.context.chrome",
            ],
        },
    }
)


def page(request: HttpRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
    """Render one of the test templates; an undefined variable is an error."""
    text = engine.get_template(f"fe/{name}.html").render(context, request)
    assert "UNDEFINED(" not in text, text[text.index("UNDEFINED(") :][:80]
    return HttpResponse(text, status=status)


type Handler = Callable[[HttpRequest], HttpResponse]


def person(get_response: Handler) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: these addresses, a signed-in person, the lock."""

    stay = HtmxSignInMiddleware(get_response)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        request.urlconf = "tests.frontend.site"
        request.user = SimpleNamespace(  # only what the frame shows
            is_authenticated=True,
            is_staff=True,
            can_supervise=False,
            username="lan",
            display_name="Trần Mai Lan",
            agency=SimpleNamespace(short_name="Bưu cục Cầu Giấy"),
            counter=Desk(notes.serial),
            keyboard=Keyboard.of(notes.keys),
        )
        notes.paths.append(request.get_full_path())
        notes.passive.append((request.path, "X-Passive" in request.headers))
        if notes.locked and request.path not in {"/mo-khoa/", "/khoa/"}:
            return HttpResponse("khóa", status=423)
        return stay(request)

    return middleware


# --- pages -------------------------------------------------------------------------------------


class Applicant(forms.Form):
    ward = forms.ChoiceField(
        label="Xã, phường theo tên mới",
        choices=[("yh", "Phường Yên Hòa"), ("cg", "Phường Cầu Giấy")],
    )
    phone = forms.CharField(
        label="Điện thoại",
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    relation = forms.ChoiceField(label="Quan hệ với trẻ", choices=[("me", "Mẹ"), ("cha", "Cha")])
    news = forms.ChoiceField(
        label="Nhận tin bằng", choices=[("sms", "Tin nhắn SMS"), ("no", "Không")]
    )

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"].replace(" ", "")
        if len(phone) != 10:
            raise forms.ValidationError("Thiếu 1 số.")
        return phone


def home(request: HttpRequest) -> HttpResponse:
    return page(
        request,
        "home",
        now=morning.ROWS[:2],
        wait=morning.ROWS[2:5],
        work=morning.ROWS[5:] * 6,
        picks=morning.PICKS,
        idle_minutes=notes.idle_minutes,
        shift=morning.SHIFT,
    )


def intake(request: HttpRequest) -> HttpResponse:
    data = {"ward": "yh", "phone": "0912 345 67", "relation": "me", "news": "sms"}
    form = Applicant(request.POST if request.method == "POST" else data)
    return page(
        request,
        "intake",
        form=form,
        docs=morning.PAPERS,
        version=notes.version,
        saved_at=timezone.now(),
        steps=[{"url": "#", "name": n, "note": t, "state": s} for n, t, s in morning.STEPS],
        todos=morning.STILL_MISSING,
        money=morning.MONEY,
        events=[{"at": timezone.now(), "text": "Đã đọc thẻ", "by": "Trần Mai Lan", "kind": "done"}],
        idle_minutes=notes.idle_minutes,
    )


def bench(request: HttpRequest) -> HttpResponse:
    return page(request, "bench", version=notes.version, idle_minutes=notes.idle_minutes)


def simple(name: str) -> Handler:
    return lambda request: page(request, name, helpline="1900 0000", form=Applicant({"phone": "1"}))


# --- answers -----------------------------------------------------------------------------------


def command(request: HttpRequest) -> HttpResponse:
    notes.scans.append(("command", request.POST["q"]))
    return HttpResponse(status=303, headers={"Location": "/quay/"})


def case_scan(request: HttpRequest) -> HttpResponse:
    notes.scans.append(("case", request.POST["q"]))
    number = request.POST["q"][:12]
    known = "001190012345"
    text = "Đã đọc thẻ" if number == known else "Thẻ của người khác. Đổi người nộp?"
    return HttpResponse(f'<div id="scan-answer"><h2>{text}</h2></div>')


def part(request: HttpRequest, mode: str) -> HttpResponse:
    notes.posts.append((mode, request.POST.dict()))
    time.sleep(notes.delay)
    status = notes.answers.pop(0) if notes.answers else 200
    if mode == "poll":
        notes.polls += 1
    if status == 302:
        return HttpResponse(status=401)
    if status == 204:
        return HttpResponse(status=204, headers={"HX-Redirect": "/quay/"})
    if mode == "form":
        return page(request, "bench_form", status=status, value="từ máy chủ", bad=status == 422)
    token = "csrf" if request.headers.get("X-CSRFToken") else ""
    text = f"{mode} {len(notes.posts)} {token}"
    return HttpResponse(f'<p id="out"><b>{text}</b></p>', status=status)


def pushed(request: HttpRequest) -> HttpResponse:
    return page(request, "bench", version=1, idle_minutes="30")


def save(request: HttpRequest) -> HttpResponse:
    status = notes.save_answers.pop(0) if notes.save_answers else 200
    sent = request.POST.dict()
    notes.saves.append(sent)
    if status == 0:
        request.META["wsgi.input"].close()
        raise ConnectionAbortedError
    if status == 409 or (status == 200 and sent["version"] != str(notes.version)):
        return HttpResponse("<p>Hoàng Lan vừa sửa số điện thoại</p>", status=409)
    if status != 200:
        return HttpResponse(status=status)
    notes.version += 1
    errors = {"phone": "Thiếu 1 số." if len(sent.get("phone", "")) == 9 else ""}
    return JsonResponse({"version": notes.version, "saved_at": "10:42:07", "errors": errors})


def lock(request: HttpRequest) -> HttpResponse:
    notes.locked = True
    return HttpResponse(status=204)


def unlock(request: HttpRequest) -> HttpResponse:
    if request.POST.get("pin") != "2468":
        return HttpResponse(status=422)
    notes.locked = False
    return HttpResponse(status=204)


def recorded(request: HttpRequest) -> HttpResponse:
    status = notes.plain_answers.pop(0) if notes.plain_answers else 303
    time.sleep(notes.delay)
    if status == 0:
        request.META["wsgi.input"].close()
        raise ConnectionAbortedError
    if status == 302:
        return HttpResponse(status=302, headers={"Location": "/dang-nhap/?next=/quay/"})
    if status in {200, 422}:
        return page(request, "answer", status=status, title="Còn ô cần sửa")
    if status != 303:
        return HttpResponse(f"<h1>{status}</h1>", status=status)
    notes.posts.append(("plain", request.POST.dict()))
    return HttpResponse(status=303, headers={"Location": "/quay/"})


def devices(request: HttpRequest) -> HttpResponse:
    notes.posts.append(("devices", {}))
    time.sleep(notes.page_delay)
    return home(request)


quay = [
    path("quay/", home, name="home"),
    path("quay/quet/", command, name="command"),
    path("quay/danh-sach/<slug:slug>/", home, name="list"),
    path("quay/thoi-tiet/", lambda _request: HttpResponse(status=204), name="weather"),
]
agencies = [
    path("dang-nhap/", simple("signin"), name="sign_in"),
    path("dang-xuat/", recorded, name="sign_out"),
    path("khoa/", lock, name="lock"),
    path("mo-khoa/", unlock, name="unlock"),
    path("thiet-bi/", devices, name="devices"),
    path("phim-tat/", home, name="keys"),
    path("tai-khoan/", home, name="account"),
    path("sw.js", offline.worker, name="worker"),
    path("mat-mang/", offline.offline, name="offline"),
]
urlpatterns = [
    path("", include((quay, "quay"))),
    path("", include((agencies, "agencies"))),
    path("ho-so/", intake),
    path("bench/", bench),
    path("bench/2/", pushed),
    path("bench/twice/", simple("twice")),
    path("tin/", simple("status")),
    path("giay/", simple("paper")),
    path("phan/<slug:mode>/", part),
    path("luu/", save),
    path("quet-ho-so/", case_scan),
    path("ghi/", recorded),
]
