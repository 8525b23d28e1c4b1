"""No side outside holds a thread for longer than a call may take, however it dribbles (F01)."""

import itertools
import runpy
import smtplib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import HTTPClientError
from django.core.files.base import ContentFile
from django.core.mail import EmailMessage
from django.test import override_settings
from s3transfer.exceptions import RetriesExceededError
from storages.backends.s3 import S3Storage

from cases.filing.portal import Portal
from cases.messages.providers import Handed
from cases.messages.providers.port import answers_well, call
from delivery.carrier import Carrier
from opsa.core import lanes, outside
from opsa.core.outbox import Answer
from opsa.settings import base

SETTINGS = base.BASE_DIR / "opsa" / "settings"
LATE = 0.6
#: A byte comes well within the limit of a read.
DRIP = 0.05
LONGEST = 2.0
#: Between two tries the storage's client rests up to so long, by chance, seconds.
STORAGE_REST = 1.0


@contextmanager
def server(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """A side on the loopback that takes one call after another and speaks like this."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    line, _address = listening.accept()
                    threading.Thread(target=answer, args=(line,), daemon=True).start()

        def answer(line: socket.socket) -> None:
            with line, suppress(OSError):
                speak(line)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        listening.close()


def drip(line: socket.socket, text: bytes, ever: bytes) -> None:
    line.sendall(text)
    for _ in range(int(20 / DRIP)):
        line.sendall(ever)
        time.sleep(DRIP)


def heard(line: socket.socket) -> None:
    line.settimeout(5)
    line.recv(65536)


def in_its_header(line: socket.socket) -> None:
    heard(line)
    drip(line, b"HTTP/1.1 200 OK\r\nX-Long: ", b"a")


def in_its_body(line: socket.socket) -> None:
    heard(line)
    drip(line, b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n", b"1")


def in_an_endless_body(line: socket.socket) -> None:
    heard(line)
    drip(line, b"HTTP/1.1 200 OK\r\n\r\n", b"1")


def in_its_second_answer(line: socket.socket) -> None:
    heard(line)
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    in_its_body(line)


DRIBBLES = (in_its_header, in_its_body, in_an_endless_body)


@pytest.fixture(autouse=True)
def _short(settings: Any) -> None:
    settings.OUTSIDE_DEADLINE_SECONDS = LATE
    settings.MESSAGE_SLOW_SECONDS = LATE


@contextmanager
def soon(longest: float = LONGEST) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < longest


@pytest.mark.parametrize("dribble", DRIBBLES)
def test_a_portal_that_dribbles_is_given_up_in_time_and_nothing_is_known_of_it(
    dribble: Callable[[socket.socket], None],
) -> None:
    with server(dribble) as at, soon():
        receipt = Portal(f"http://{at}").find_by_our_reference("k")
    assert (receipt.answer, receipt.detail) == (Answer.UNKNOWN, "ReadTimeout")


@pytest.mark.parametrize("dribble", DRIBBLES)
def test_so_are_a_carrier_and_a_provider_of_messages(
    dribble: Callable[[socket.socket], None],
) -> None:
    with server(dribble) as at:
        with soon():
            assert Carrier(f"http://{at}").find("EE1VN").answer is Answer.UNKNOWN
        with soon():
            assert call(f"http://{at}", "POST", "/") == Handed(Answer.UNKNOWN, "ReadTimeout")
        with soon():
            assert answers_well(f"http://{at}", "/") is False


def test_the_second_call_on_one_line_has_its_limit_too() -> None:
    with server(in_its_second_answer) as at, outside.Client(f"http://{at}") as client:
        assert client.get("/").json() == {}
        with soon(), pytest.raises(httpx.ReadTimeout):
            client.get("/")


def test_a_side_that_never_ends_the_handshake_is_left() -> None:
    def shake(line: socket.socket) -> None:
        heard(line)
        # The beginning of a long record, of which a byte comes now and then.
        drip(line, b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc", b"\x00")

    with (
        server(shake) as at,
        outside.Client(f"https://{at}") as client,
        soon(),
        pytest.raises(httpx.ReadTimeout),
    ):
        client.get("/")


def test_an_answer_longer_than_any_honest_one_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "MOST_BYTES", 1000)

    def flood(line: socket.socket) -> None:
        heard(line)
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in itertools.repeat(None, 5000):
            line.sendall(b"1" * 1000)

    with server(flood) as at:
        with outside.Client(f"http://{at}") as client, pytest.raises(outside.TooLong):
            client.get("/")
        assert Portal(f"http://{at}").held_files("H1").answer is Answer.UNKNOWN


def test_no_byte_left_when_the_line_never_came_about() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        host, port = full.getsockname()
        crowd = [socket.socket() for _ in range(8)]
        for one in crowd:
            one.setblocking(False)
            with suppress(BlockingIOError):
                one.connect((host, port))
        with soon():
            said = call(f"http://{host}:{port}", "POST", "/")
        for one in crowd:
            one.close()
    assert isinstance(said, Handed)
    assert said.answer is Answer.NOT_PROCESSED


def greets_for_ever(line: socket.socket) -> None:
    drip(line, b"220-", b"a")


def lists_for_ever(line: socket.socket) -> None:
    line.sendall(b"220 here\r\n")
    heard(line)
    drip(line, b"", b"250-ONE MORE\r\n")


@pytest.mark.parametrize("dribble", [greets_for_ever, lists_for_ever])
def test_a_mail_server_that_dribbles_is_left_in_time(
    dribble: Callable[[socket.socket], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "x" * 60)
    path = SETTINGS / "production.py"
    mailer = runpy.run_path(str(path), run_name="opsa.settings.production")["MAILERS"]["default"]
    with server(dribble) as at, soon():
        host, port = at.split(":")
        mailer |= {"OPTIONS": mailer["OPTIONS"] | {"host": host, "port": int(port)}}
        with (
            override_settings(MAILERS={"default": mailer}),
            pytest.raises(smtplib.SMTPServerDisconnected),
        ):
            EmailMessage("s", "b", "a@example.vn", ["b@example.vn"]).send()


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], S3Storage]:
    """`storage(at)` is the storage as it is set up for production, at this address; only its limits
    are short."""
    monkeypatch.setenv("STORAGE_URL", "s3://storage/opsa")
    for name in ("STORAGE_ACCESS_KEY", "STORAGE_SECRET_KEY"):
        kept = tmp_path / name
        kept.write_text("of-the-storage")
        monkeypatch.setenv(f"{name}_FILE", str(kept))
    made = runpy.run_path(str(SETTINGS / "base.py"), run_name="opsa.settings.base")
    options = made["STORAGES"]["default"]["OPTIONS"]
    short = options["client_config"].merge(Config(connect_timeout=0.3, read_timeout=0.3))

    def connected(at: str) -> S3Storage:
        there = S3Storage(**options | {"endpoint_url": f"http://{at}", "client_config": short})
        assert there.bucket  # reading what the client knows of its calls is no waiting
        return there

    return connected


def read(there: S3Storage) -> None:
    with there.open("scans/a") as file:
        file.read(1)


@pytest.mark.parametrize(
    "act",
    [
        lambda there: there.exists("scans/a"),
        read,
        lambda there: there.save("scans/a", ContentFile(b"sealed")),
        lambda there: there.delete("scans/a"),
    ],
    ids=["exists", "read", "save", "delete"],
)
def test_a_storage_that_never_answers_is_asked_twice_and_left(
    storage: Callable[[str], S3Storage], act: Callable[[S3Storage], object]
) -> None:
    lines: list[int] = []

    def silent(line: socket.socket) -> None:
        lines.append(line.fileno())
        heard(line)
        time.sleep(LONGEST * 4)

    with server(silent) as at:
        there = storage(at)
        with soon(LONGEST + STORAGE_REST), pytest.raises(HTTPClientError):
            act(there)
    assert len(lines) == base.STORAGE_ATTEMPTS


def test_a_storage_that_stops_in_the_middle_of_a_file_is_left(
    storage: Callable[[str], S3Storage],
) -> None:
    def stops(line: socket.socket) -> None:
        heard(line)
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\na")
        time.sleep(LONGEST * 4)

    with server(stops) as at:
        there = storage(at)
        with soon(LONGEST + STORAGE_REST), pytest.raises(RetriesExceededError):
            read(there)


def test_a_storage_without_its_keys_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its client would look for some elsewhere, at each new line, before it says anything."""
    monkeypatch.setenv("STORAGE_URL", "s3://storage/opsa")
    with pytest.raises(RuntimeError, match="STORAGE_ACCESS_KEY_FILE"):
        runpy.run_path(str(SETTINGS / "base.py"), run_name="opsa.settings.base")


def test_waiting_for_the_storage_is_over_before_a_web_process_counts_as_lost() -> None:
    each = base.STORAGE_CONNECT_SECONDS + base.STORAGE_READ_SECONDS
    assert base.STORAGE_ATTEMPTS * each + STORAGE_REST < 30


def test_the_house_leaves_a_silent_system_after_five_failures_and_tries_once_a_minute() -> None:
    assert base.OUTBOX_BREAKER_FAILURES == 5
    assert base.OUTBOX_BREAKER_PROBE_SECONDS >= 60
    assert base.OUTBOX_PARALLEL <= 4
    assert base.OUTBOX_HORIZON_HOURS == 72


def test_two_calls_fit_into_the_lease_of_a_sending_and_one_into_a_lane() -> None:
    assert base.OUTSIDE_TIMEOUT_SECONDS < base.OUTSIDE_DEADLINE_SECONDS
    assert 2 * base.OUTSIDE_DEADLINE_SECONDS < base.OUTBOX_LEASE_SECONDS
    assert base.OUTSIDE_DEADLINE_SECONDS < lanes.LEASE_SECONDS
    assert base.OUTSIDE_DEADLINE_SECONDS < base.MESSAGE_SETTLE_SECONDS
