"""Every call to the outside world: a time limit for the whole of it, and an answer of bounded size.

A limit for each read is not enough: a side that lets one byte out now and then never reaches it,
and a thread has nobody who would stop it. So the line itself is cut when the time is over, whatever
is going on on it: a handshake, a header, a body.
"""

import os
import socket
import ssl
import threading
from contextlib import suppress
from functools import lru_cache
from types import TracebackType
from typing import Any, Final, Self, override

import httpx
from django.conf import settings

#: No answer of a filing system, carrier or provider comes near this, bytes after unpacking.
MOST_BYTES: Final = 8 * 1024 * 1024
CONNECT_SECONDS: Final = 5.0
#: After these httpcore hands out the line it will speak on.
_LINES: Final = ("connection.connect_tcp.complete", "connection.start_tls.complete")


class TooLong(httpx.TransportError):
    """The answer is longer than any honest one. Whether it had its effect is not known."""


class Watch:
    """Cuts the line it holds when `seconds` are over; afterwards `over` says whether it did."""

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._held: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._let_go()

    @property
    def held(self) -> bool:
        """Whether there was a line at all."""
        return self._held is not None

    def hold(self, line: socket.socket) -> None:
        """Watch this line from now on. A descriptor of its own is kept: the other one may be
        closed, or wrapped for TLS, meanwhile."""
        if line.fileno() < 0:
            return
        with self._lock:
            self._let_go()
            self._held = socket.socket(fileno=os.dup(line.fileno()))
            if self.over:
                self._shut()

    def _cut(self) -> None:
        with self._lock:
            self.over = True
            self._shut()

    def _shut(self) -> None:
        if self._held is not None:
            with suppress(OSError):  # the other side was first
                self._held.shutdown(socket.SHUT_RDWR)

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None


class Client(httpx.Client):
    """An HTTP client for one errand; one for each keeps workers fork-safe.

    Each connect, write and read has `settings.OUTSIDE_TIMEOUT_SECONDS`, each call as a whole
    `settings.OUTSIDE_DEADLINE_SECONDS`; with `seconds`, where a person waits, that is the limit of
    all. What is over time is a `ConnectTimeout` if no line came about, so that no byte left, and a
    `ReadTimeout` else. Answers are always read whole; one beyond MOST_BYTES is `TooLong`. No proxy
    of the environment, no redirects.
    """

    def __init__(self, base: str, *, seconds: float | None = None) -> None:
        self._whole = seconds or settings.OUTSIDE_DEADLINE_SECONDS
        seconds = seconds or settings.OUTSIDE_TIMEOUT_SECONDS
        self._line: socket.socket | None = None
        super().__init__(
            base_url=base,
            timeout=httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds, self._whole)),
            headers={"User-Agent": "OPSA/1 (dai ly dich vu cong truc tuyen Ha Noi)"},
            trust_env=False,
            verify=_tls(),
        )

    @override
    def send(self, request: httpx.Request, **more: Any) -> httpx.Response:
        more["stream"] = True
        with Watch(self._whole) as watch:
            if self._line is not None:
                watch.hold(self._line)  # a second call on the same line

            def noticed(event: str, info: dict[str, Any]) -> None:
                if event in _LINES:
                    line: socket.socket = info["return_value"].get_extra_info("socket")
                    self._line = line
                    watch.hold(line)

            request.extensions = {**request.extensions, "trace": noticed}
            try:
                whole = _whole(super().send(request, **more))
            except httpx.TransportError as error:
                if watch.over:
                    raise _late(request, had_line=watch.held) from error
                raise
            if watch.over:  # a body without a length looks complete when its line is cut
                raise _late(request, had_line=True)
            return whole


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Reading the authorities' certificates costs more than a call; no line hangs on this."""
    return httpx.create_ssl_context(trust_env=False)


def _late(request: httpx.Request, *, had_line: bool) -> httpx.TimeoutException:
    kind = httpx.ReadTimeout if had_line else httpx.ConnectTimeout
    return kind("over the time of the whole call", request=request)


def _whole(response: httpx.Response) -> httpx.Response:
    """The answer with its body, which is unpacked by now."""
    body = bytearray()
    try:
        for piece in response.iter_bytes():
            body += piece
            if len(body) > MOST_BYTES:
                raise TooLong("answer too long", request=response.request)
    finally:
        response.close()
    told = ("content-encoding", "content-length", "transfer-encoding")
    return httpx.Response(
        response.status_code,
        headers=[pair for pair in response.headers.multi_items() if pair[0].lower() not in told],
        content=bytes(body),
        request=response.request,
    )


def word_of(response: httpx.Response, name: str) -> str:
    """One word of an answer in JSON, such as the code of an error; empty when it has none."""
    try:
        return str(response.json()[name])
    except (ValueError, KeyError, TypeError):
        return ""


def retry_after(response: httpx.Response) -> float | None:
    """When the other side wants to be asked again, seconds, an hour at most; None if unsaid."""
    try:
        return min(3600.0, float(response.headers["Retry-After"]))
    except (KeyError, ValueError):
        return None
