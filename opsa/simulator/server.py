"""Threaded HTTP listeners whose socket can really close, and connections that can really break."""

import contextlib
import logging
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any
from wsgiref.types import WSGIApplication

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

logger = logging.getLogger("opsa.simulator")

LOOPBACK = "127.0.0.1"


class Handler(WSGIRequestHandler):
    """One connection. Views find the service's name and a way to drop the line in the environ."""

    disable_nagle_algorithm = True

    def get_environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environ()
        server = self.server
        assert isinstance(server, Listener)
        environ["simulator.service"] = server.service
        environ["simulator.drop"] = self.drop
        return environ

    def drop(self) -> None:
        """Ends the connection now: whatever is written later goes nowhere."""
        self.close_connection = True
        _break(self.connection)

    def log_message(self, *_: Any) -> None:
        """Requests are logged by FaultMiddleware, without addresses and bodies."""


class Listener(ThreadedWSGIServer):
    """Serves one port until `close`; then its open connections are broken too."""

    request_queue_size = 256

    def __init__(self, service: str | None, bound: socket.socket, app: WSGIApplication) -> None:
        self.service = service
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(bound.getsockname(), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = bound
        self.server_name, self.server_port = bound.getsockname()[:2]
        self.setup_environ()
        self.set_app(app)
        self.server_activate()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, *_: Any) -> None:
        """Broken lines are this program's trade; anything else is worth a traceback."""
        error = sys.exception()
        if not isinstance(error, OSError | ValueError):
            logger.error("connection failed", exc_info=error)

    def break_connections(self) -> None:
        with self._open_lock:
            for connection in self._open:
                _break(connection)


def _break(connection: Any) -> None:
    with contextlib.suppress(OSError):  # the other side was first
        connection.shutdown(socket.SHUT_RDWR)


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket bound to `port` (0 = a free one) that does not listen: connecting is refused.

    Raises OSError if the port is taken, or `host` is no address of this machine.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


class Port:
    """One service's port: open or refusing, and never given up to somebody else meanwhile."""

    def __init__(
        self, service: str | None, port: int, app: WSGIApplication, host: str = LOOPBACK
    ) -> None:
        self._host = host
        self._service = service
        self._app = app
        self._lock = threading.Lock()
        self._reserved: socket.socket | None = bound_socket(host, port)
        self._listener: Listener | None = None
        self.number: int = self._reserved.getsockname()[1]

    @property
    def address(self) -> str:
        return f"http://{self._host}:{self.number}"

    def open(self) -> None:
        """Listens; a second call changes nothing."""
        with self._lock:
            if self._listener is not None:
                return
            assert self._reserved is not None
            self._listener = Listener(self._service, self._reserved, self._app)
            self._reserved = None
            serve: Callable[..., None] = self._listener.serve_forever
            threading.Thread(
                target=serve, args=(0.05,), name=f"port-{self.number}", daemon=True
            ).start()

    def refuse(self) -> None:
        """Closes the listening socket and every open connection; the port stays ours."""
        with self._lock:
            if self._listener is not None:
                self._end_listener()
                self._reserved = bound_socket(self._host, self.number)

    def close(self) -> None:
        with self._lock:
            if self._listener is not None:
                self._end_listener()
            if self._reserved is not None:
                self._reserved.close()
                self._reserved = None

    def _end_listener(self) -> None:
        assert self._listener is not None
        self._listener.shutdown()
        self._listener.socket.close()
        self._listener.break_connections()
        self._listener = None
