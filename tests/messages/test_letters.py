"""F10: what a mail server says decides: come again, wrong address, or nothing known."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cases.messages import calls
from cases.models import Message
from opsa.core.outbox import Channel, Outbox
from tests.messages.post import drain, make_due, owe_for
from tests.support.cases import Counter

pytestmark = pytest.mark.django_db(transaction=True)
State, Why = Message.State, Message.Why


@contextmanager
def mail_server(settings: Any, **answers: str) -> Iterator[list[str]]:
    """A mail server on the loopback with these answers instead of yes; what letters it took."""
    taken: list[str] = []

    def talk(line: socket.socket) -> None:
        with line, line.makefile("rwb") as both, suppress(OSError):

            def say(text: str) -> None:
                both.write(f"{text}\r\n".encode())
                both.flush()

            say("220 here")
            for raw in both:
                verb = raw.decode().split(":")[0].split()[0].lower()
                if verb == "quit":
                    say("221 bye")
                    return
                if verb != "data":
                    say(answers.get(verb, "250 yes"))
                    continue
                say("354 go on")
                letter = b"".join(iter(both.readline, b".\r\n"))
                if "letter" not in answers:
                    taken.append(letter.decode())
                say(answers.get("letter", "250 taken"))

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(
                        target=talk, args=(listening.accept()[0],), daemon=True
                    ).start()

        threading.Thread(target=serve, daemon=True).start()
        host, port = listening.getsockname()
        settings.MAILERS = {
            "default": {
                "BACKEND": "opsa.core.mailing.EmailBackend",
                "OPTIONS": {"host": host, "port": port, "timeout": 3},
            }
        }
        yield taken


@pytest.fixture
def letter(counter: Counter) -> Message:
    case = counter.case(contact_by="email")
    assert case.filer is not None
    case.filer.email = "huong@example.org"
    case.filer.save()
    return owe_for(case, "accepted")


def now_at(message: Message) -> tuple[str, str, str]:
    message.refresh_from_db()
    return message.state, message.outcome, Outbox.objects.get(key=f"message:{message.pk}").state


@pytest.mark.parametrize(
    "answers",
    [
        {"rcpt": "450 4.2.0 greylisted, huong@example.org"},
        {"rcpt": "451 try again"},
        {"rcpt": "452 4.2.2 box is full"},
        {"mail": "451 4.7.1 not now"},
        {"letter": "451 4.3.0 not now"},
    ],
)
def test_a_mail_server_that_says_come_again_is_come_to_again_and_the_letter_arrives_once(
    letter: Message, settings: Any, answers: dict[str, str]
) -> None:
    with mail_server(settings, **answers):
        drain()
    assert now_at(letter) == (State.QUEUED, "", "ready")
    row = Outbox.objects.get(key=f"message:{letter.pk}")
    wait = row.run_at - timezone.now()
    assert timedelta(minutes=4) < wait <= timedelta(minutes=5)
    assert "huong" not in row.last_error
    assert Channel.objects.get(code="email").failures == 0, "others are told meanwhile"
    assert not calls.unheard().exists()
    with mail_server(settings) as taken:
        make_due()
        drain()
    assert now_at(letter) == (State.HANDED, "", "done")
    assert len(taken) == 1


def test_who_is_put_off_for_half_a_day_is_called_but_has_no_wrong_address(
    letter: Message, settings: Any
) -> None:
    Message.objects.filter(pk=letter.pk).update(created_at=timezone.now() - timedelta(hours=13))
    with mail_server(settings, rcpt="450 4.2.0 greylisted"):
        drain()
    assert now_at(letter) == (State.FAILED, Why.NOT_HANDED, "refused")
    assert calls.unheard().exists()


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"rcpt": "550 5.1.1 no such user"}, Why.WRONG_NUMBER),
        ({"rcpt": "553 bad mailbox"}, Why.WRONG_NUMBER),
        ({"rcpt": "552 5.2.2 box is full"}, Why.NOT_HANDED),
        ({"rcpt": "550 5.7.1 policy"}, Why.NOT_HANDED),
        ({"mail": "550 5.7.1 not from you"}, Why.NOT_HANDED),
        ({"letter": "554 5.6.0 refused"}, Why.NOT_HANDED),
    ],
)
def test_only_a_lasting_no_about_the_address_makes_it_a_wrong_one(
    letter: Message, settings: Any, answers: dict[str, str], why: str
) -> None:
    with mail_server(settings, **answers):
        drain()
    assert now_at(letter) == (State.FAILED, why, "refused")


def test_a_server_that_goes_away_holds_the_way_not_the_letter(
    letter: Message, settings: Any
) -> None:
    with mail_server(settings, rcpt="421 going down"):
        drain()
    assert now_at(letter) == (State.QUEUED, "", "ready")
    assert Channel.objects.get(code="email").failures == 1
