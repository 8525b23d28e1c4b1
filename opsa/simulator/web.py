"""What all JSON views share: reading bodies, refusing in the wire's words, ETags."""

import functools
import json
from collections.abc import Callable
from typing import Any, Concatenate

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from .store import Json, content_hash
from .world import the_world

#: Error prefixes of the services.
PREFIX = {"portal": "KQ.DVC", "carrier": "VC", "sms": "SMS", "sms2": "SMS2", "zalo": "ZALO"}

TEXTS = {
    400: "Nội dung gửi đến không đọc được",
    404: "Không tìm thấy",
    405: "Phương thức không được hỗ trợ",
    409: "Mã tham chiếu đã dùng cho nội dung khác",
    411: "Thiếu Content-Length",
    429: "Quá nhiều yêu cầu, vui lòng thử lại sau",
    500: "Lỗi hệ thống",
    501: "Hệ thống không hỗ trợ tra cứu theo mã tham chiếu",
    503: "Hệ thống tạm thời không phục vụ",
}


class Refusal(Exception):
    """Answered as `{"MaLoi", "MoTa"}`. `number` is the part behind the service's prefix."""

    def __init__(self, status: int, number: int | str | None = None, text: str = "") -> None:
        super().__init__(status)
        self.status = status
        self.number = status if number is None else number
        self.text = text or TEXTS.get(status, TEXTS[400])


def service_of(request: HttpRequest) -> str:
    return str(request.META.get("simulator.service") or "portal")


def refusal(request: HttpRequest, status: int, number: int | str, text: str) -> JsonResponse:
    code = number if isinstance(number, str) else f"{PREFIX[service_of(request)]}.{number}"
    return answer({"MaLoi": code, "MoTa": text}, status=status)


def answer(body: Json, status: int = 200) -> JsonResponse:
    return JsonResponse(
        body,
        status=status,
        content_type="application/json; charset=utf-8",
        json_dumps_params={"ensure_ascii": False},
    )


def endpoint[**P](
    *methods: str,
) -> Callable[
    [Callable[Concatenate[HttpRequest, P], HttpResponse]],
    Callable[Concatenate[HttpRequest, P], HttpResponse],
]:
    """A machine's view: these methods only, refusals as JSON, no form token."""

    def wrap(
        view: Callable[Concatenate[HttpRequest, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        def inner(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method not in methods:
                return refusal(request, 405, 405, TEXTS[405])
            try:
                if request.META.get("HTTP_TRANSFER_ENCODING"):
                    raise Refusal(411)
                return view(request, *args, **kwargs)
            except Refusal as refused:
                return refusal(request, refused.status, refused.number, refused.text)

        functools.update_wrapper(inner, view)
        wrapped: Callable[Concatenate[HttpRequest, P], HttpResponse] = csrf_exempt(inner)
        return wrapped

    return wrap


def body_of(request: HttpRequest) -> Json:
    """The JSON object of the request. Raises Refusal(400)."""
    try:
        value = json.loads(request.body)
    except (ValueError, RequestDataTooBig, RecursionError):
        raise Refusal(400) from None
    if not isinstance(value, dict):
        raise Refusal(400)
    return value


def text_of(body: Json, name: str, *, limit: int = 300, needed: bool = True) -> str:
    """A text field. Raises Refusal(422) where it is missing, too long or something else."""
    value = body.get(name, "")
    if value is None:
        value = ""
    if not isinstance(value, str) or len(value) > limit or (needed and not value.strip()):
        raise Refusal(422, 101, f"Thiếu hoặc sai trường {name}")
    return value.strip()


def codes_of(body: Json, name: str, *, limit: int) -> list[str]:
    """A list of 1 to `limit` texts, each once. Raises Refusal(422)."""
    value: Any = body.get(name)
    if (
        not isinstance(value, list)
        or not 1 <= len(value) <= limit
        or any(not isinstance(item, str) for item in value)
    ):
        raise Refusal(422, 101, f"{name}: danh sách từ 1 đến {limit} mã")
    return list(dict.fromkeys(value))


def about(request: HttpRequest, reference: str) -> None:
    """Names the reference in the request log; never a person's data."""
    request.META["simulator.reference"] = reference[:80]


def tagged(request: HttpRequest, body: Json) -> HttpResponse:
    """`body` with an ETag, or 304 if the caller has just that already."""
    if not the_world().dials.get(service_of(request), "etag"):
        return answer(body)
    tag = f'"{content_hash(body)[:32]}"'
    if request.headers.get("If-None-Match") == tag:
        same = HttpResponseNotModified()
        same["ETag"] = tag
        return same
    told = answer(body)
    told["ETag"] = tag
    return told


def json_error(status: int) -> Callable[..., HttpResponse]:
    """A Django error handler that answers in the wire's words."""

    def handler(request: HttpRequest, *_: object, **__: object) -> HttpResponse:
        return refusal(request, status, status, TEXTS[status])

    return handler
