"""F10: the same events by Zalo and by e-mail, for who asked for it."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.db.models.functions import Now

from cases.messages import outcomes, texts
from cases.messages.providers import Text, by_code
from cases.models import Case, Message
from opsa.core.actors import Actor, ActorKind
from opsa.core.outbox import Answer, Outbox
from tests.messages.post import carrier, drain, held, make_due, owe_for, times_told
from tests.support.cases import Counter
from tests.support.processes import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
State = Message.State


@contextmanager
def answering(body: object, status: int = 200) -> Generator[str]:
    """The address of a service that says this to everybody."""

    class Same(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_args: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Same)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def zalo_case(counter: Counter) -> Case:
    """A person reached by Zalo, and a text that is registered there."""
    draft = texts.draft_of("result", "vi")
    draft.zalo_template = "100001"
    actor = Actor(ActorKind.SUPERVISOR, counter.staff.pk)
    texts.keep(draft, actor=actor, publish=True)
    return counter.case(contact_by="zalo")


def test_zalo_gets_the_template_and_its_values_and_nothing_else(
    counter: Counter, simulator: Simulator
) -> None:
    case = zalo_case(counter)
    message = owe_for(case, "result")
    drain()
    message.refresh_from_db()
    assert (carrier(message), message.state, message.provider) == ("zalo", State.HANDED, "zalo")
    (sent,) = simulator.get("/api/sms")["sms"]
    template, values = json.loads(sent["text"])
    assert (sent["service"], template, set(values)) == ("zalo", "100001", {"code", "link", "date"})
    assert case.filer.name not in sent["text"]
    simulator.post("/api/advance", {"minutes": 2})
    assert outcomes.ask() == 1
    message.refresh_from_db()
    assert message.state == State.DELIVERED


def test_a_number_without_zalo_gets_the_same_words_by_sms_once(
    counter: Counter, simulator: Simulator
) -> None:
    simulator.put("/api/dial", {"zalo": {"no_account": {"next": 1}}})
    message = owe_for(zalo_case(counter), "result")
    drain()
    drain()
    message.refresh_from_db()
    assert (message.state, message.outcome) == (State.STOPPED, "no_account")
    second = Message.objects.exclude(pk=message.pk).get()
    assert (second.body, second.state, second.provider) == (message.body, State.HANDED, "sms")
    assert (times_told(simulator, message), times_told(simulator, second)) == (0, 1)


def test_where_nothing_protects_from_a_double_one_an_unclear_hand_over_is_asked_about_first(
    counter: Counter, simulator: Simulator
) -> None:
    simulator.put("/api/dial", {"zalo": {"cut": {"next": 1}}})
    message = owe_for(zalo_case(counter), "result")
    drain()
    assert Outbox.objects.get(key=f"message:{message.pk}").state == "unknown"
    make_due()
    drain()
    message.refresh_from_db()
    assert message.state == State.HANDED
    assert held(simulator)["zalo"][str(message.provider_key)] == {
        "count": 1,
        "posts": 1,
        "state": "DA_NHAN",
    }


def test_half_an_answer_of_a_provider_that_would_send_twice_is_asked_about_first(
    counter: Counter, settings: Any
) -> None:
    """JSON it is, but says neither yes nor no; nor then what became of it."""
    message = owe_for(zalo_case(counter), "result")
    with answering({"data": ["?"]}) as settings.ZALO_URL:
        drain()
        assert Outbox.objects.get(key=f"message:{message.pk}").state == "unknown"
        Message.objects.filter(pk=message.pk).update(
            state=State.HANDED, provider="zalo", handed_at=Now()
        )
        assert outcomes.ask() == 0


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_provider_that_does_not_let_us_in_did_nothing_and_is_not_taken_up(
    status: int, settings: Any
) -> None:
    with answering({}, status) as settings.SMS2_URL:
        assert by_code("sms2").hand_over(Text("k", "+84912345678", "…")).answer is (
            Answer.NOT_PROCESSED
        )
        assert not by_code("sms2").well()


def test_a_text_that_is_not_registered_with_zalo_goes_by_sms(
    counter: Counter, simulator: Simulator
) -> None:
    message = owe_for(counter.case(contact_by="zalo"), "accepted")
    assert carrier(message) == "sms"


def test_where_there_is_no_zalo_who_asked_for_it_is_told_by_sms(
    counter: Counter, settings: Any
) -> None:
    settings.ZALO_URL = ""
    assert carrier(owe_for(zalo_case(counter), "result")) == "sms"


def test_a_one_time_code_always_goes_by_sms(counter: Counter) -> None:
    message = owe_for(zalo_case(counter), "out", once="1", what="4827")
    assert carrier(message) == "sms"


def test_who_asked_for_letters_and_has_an_address_gets_one_letter(
    counter: Counter, mailoutbox: list[Any]
) -> None:
    case = counter.case(contact_by="email")
    assert carrier(owe_for(case, "taken")) == "sms"
    case.filer.email = "huong@example.org"
    case.filer.save()
    message = owe_for(case, "accepted")
    assert carrier(message) == "email"
    drain()
    message.refresh_from_db()
    (letter,) = mailoutbox
    assert (letter.to, letter.body) == (["huong@example.org"], message.body)
    assert letter.extra_headers["Message-ID"] == f"<{message.provider_key}@opsa>"
    assert (message.state, message.provider) == (State.HANDED, "email")
    outcomes.ask()
    message.refresh_from_db()
    assert message.state == State.HANDED
