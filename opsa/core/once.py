"""One effect per form: a replay, a double click or a second tab gets the first answer (I10).

Every form carries a key made when the page was drawn (`{% form_key %}`). The key is unique in the
database together with the person and the address, and is written in the same transaction as the
effect: both happen, or neither.
"""

import functools
import hashlib
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Concatenate, Final

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from opsa.core import errors
from opsa.core.fields import blind
from opsa.core.models import FormKey

FIELD: Final = "form_key"
KEPT: Final = timedelta(days=30)
_LONGEST_BODY: Final = 64 * 1024
_KEPT_HEADERS: Final = (
    "Location", "HX-Redirect", "HX-Trigger", "HX-Retarget", "HX-Reswap", "HX-Push-Url",
    "HX-Location", "HX-Refresh", "Content-Type",
)  # fmt: skip
_IGNORED: Final = frozenset({FIELD, "csrfmiddlewaretoken"})

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def new_key() -> str:
    """A fresh form key (UUID version 7, so that its age can be read from it)."""
    milliseconds = int(time.time() * 1000)
    number = (milliseconds << 80) | (uuid.uuid4().int & ((1 << 80) - 1))
    number = number & ~(0xF000 << 64) | (0x7000 << 64)
    number = number & ~(0xC000 << 48) | (0x8000 << 48)
    return str(uuid.UUID(int=number))


def _read_key(request: HttpRequest) -> uuid.UUID | None:
    try:
        key = uuid.UUID(request.POST.get(FIELD, ""))
    except ValueError:
        return None
    age = time.time() - (key.int >> 80) / 1000
    # Older keys are forgotten in the database, so they can't be told from new ones any more.
    if key.version != 7 or not -300 < age < KEPT.total_seconds():
        return None
    return key


def _who(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    return f"staff:{user.pk}" if user is not None and user.is_authenticated else ""


def _fingerprint(request: HttpRequest) -> bytes:
    parts: list[str] = [request.META.get("QUERY_STRING", "")]
    for name in sorted(set(request.POST) - _IGNORED):
        parts += [name, *request.POST.getlist(name)]
    for name in sorted(request.FILES):
        for upload in request.FILES.getlist(name):
            digest = hashlib.sha256()
            for chunk in upload.chunks():
                digest.update(chunk)
            upload.seek(0)
            parts += [name, upload.name or "", digest.hexdigest()]
    # Keyed, because the answers of a form are personal and some (a phone) are easily guessed.
    return blind("form", "\x1f".join(f"{len(part)}:{part}" for part in parts))


def once[**P](view: View[P]) -> View[P]:
    """Decorator: let each form take effect once.

    A replay returns the first outcome (redirect, or the same content). The same key with other
    content answers 409. An answer of 400 or above doesn't use the key up: the form may be mended
    and sent again. A POST without a usable key answers 400. The view runs in a transaction, so it
    must not call the outside. Streaming answers can't be replayed: TypeError.
    """

    @functools.wraps(view)
    def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        key = _read_key(request)
        if key is None:
            return errors.bad_request(request)
        fingerprint = _fingerprint(request)
        with transaction.atomic():
            row_id = _claim(request, key, fingerprint)
            if row_id is None:
                return _replay(request, key, fingerprint)
            response = view(request, *args, **kwargs)
            if response.status_code >= 400:
                FormKey.objects.filter(pk=row_id).delete()
            else:
                _keep(row_id, response)
            return response

    return wrapper


def _claim(request: HttpRequest, key: uuid.UUID, fingerprint: bytes) -> int | None:
    """The id of the new row, None when the key is taken. Waits while its first use still runs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_formkey (key, who, path, fingerprint, headers, created_at)"
            " VALUES (%s, %s, %s, %s, '{}', clock_timestamp())"
            " ON CONFLICT (key, who, path) DO NOTHING RETURNING id",
            [key, _who(request), request.path[:300], fingerprint],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _keep(row_id: int, response: HttpResponseBase) -> None:
    if response.streaming or not isinstance(response, HttpResponse):
        raise TypeError("a form that takes effect once can't answer with a stream")
    render: Any = getattr(response, "render", None)
    if render is not None:
        render()
    body = response.content.decode(response.charset)
    if len(body) > _LONGEST_BODY:
        raise TypeError("the answer to a form is too long to be kept; redirect instead")
    FormKey.objects.filter(pk=row_id).update(
        status=response.status_code,
        headers={name: response[name] for name in _KEPT_HEADERS if name in response},
        body=body or None,
    )


def _replay(request: HttpRequest, key: uuid.UUID, fingerprint: bytes) -> HttpResponse:
    first = FormKey.objects.get(key=key, who=_who(request), path=request.path[:300])
    if not constant_time_compare(bytes(first.fingerprint).hex(), fingerprint.hex()):
        return errors.conflict(request)
    return HttpResponse(first.body or "", status=first.status or 204, headers=first.headers)


def forget_old_keys() -> int:
    """Delete keys past their time; returns how many. They would be refused by their age anyway."""
    deleted, _rows = FormKey.objects.filter(
        created_at__lt=timezone.now() - KEPT - timedelta(days=1)
    ).delete()
    return deleted
