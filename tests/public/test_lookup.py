"""Finding a case with the slip in hand, and learning nothing without it (F09)."""

import re
import time
from statistics import median

import pytest
import redis

from cases.public import lookup
from opsa.core import limits
from opsa.core.codes import group_reference, new_reference

WRONG = "không khớp"


def ask(client, code, digits, address="10.0.0.1"):
    return client.post("/", {"code": code, "digits": digits}, REMOTE_ADDR=address)


def body(answer, code):
    """The page without what must differ: the code as it was typed."""
    return answer.content.decode().replace(group_reference(code), "CODE").replace(code, "CODE")


def test_the_code_and_four_digits_lead_to_the_case(client, make):
    case = make(dossier="4", phone="+84912345678")
    answer = ask(client, group_reference(case.reference).lower(), "5678")
    assert (answer.status_code, answer["Location"]) == (303, f"/t/{case.token}/")


def test_big_text_is_kept_on_the_way(client, make):
    case = make(phone="+84912345678")
    answer = client.post("/?chu=to", {"code": case.reference, "digits": "5678"})
    assert answer["Location"] == f"/t/{case.token}/?chu=to"


def test_an_unknown_code_and_wrong_digits_get_the_same_answer_byte_for_byte(client, make):
    case = make(phone="+84912345678")
    other = new_reference()
    wrong = ask(client, case.reference, "0000", "10.0.0.1")
    unknown = ask(client, other, "0000", "10.0.0.2")
    assert wrong.status_code == unknown.status_code == 422
    assert WRONG in wrong.content.decode()
    assert body(wrong, case.reference) == body(unknown, other)
    mine, theirs = dict(wrong.headers), dict(unknown.headers)
    for headers in (mine, theirs):
        headers.pop("X-Request-ID")
    assert mine == theirs
    assert not wrong.cookies
    assert not unknown.cookies


def test_a_draft_is_answered_like_an_unknown_code(client, make):
    draft = make(work="draft", phone="+84912345678")
    answer = ask(client, draft.reference, "5678")
    assert answer.status_code == 422
    assert WRONG in answer.content.decode()


def test_wrong_pairs_take_the_same_time(client, make):
    """No answer before the time that both kinds wait for, and as much work for both: the
    processor's time, which other work on this machine does not stretch as it does the clock's."""
    case = make(phone="+84912345678")
    waited, worked = [], {"hit": [], "miss": []}
    for number in range(12):
        for kind, code in (("hit", case.reference), ("miss", new_reference())):
            limits.forget("lookup-code", code)
            began, work = time.perf_counter(), time.thread_time()
            ask(client, code, "0000", f"10.1.{number}.{len(worked[kind])}")
            worked[kind].append(time.thread_time() - work)
            waited.append(time.perf_counter() - began)
    assert min(waited) >= lookup.ANSWER_AFTER
    assert abs(median(worked["hit"]) - median(worked["miss"])) < 0.005, worked
    assert median(worked["miss"]) < lookup.ANSWER_AFTER / 2, "the work ends long before the answer"


def test_hit_and_miss_ask_the_database_the_same(client, make, query_budget):
    case = make(phone="+84912345678")
    shapes = []
    for code in (case.reference, new_reference()):
        with query_budget(3) as seen:
            ask(client, code, "0000", f"10.2.0.{len(shapes)}")
        shapes.append([re.sub(r"'[^']*'", "?", q["sql"]) for q in seen.captured_queries])
    assert shapes[0] == shapes[1]


def test_five_tries_then_a_pause_for_the_code_from_any_address(client, make):
    case = make(phone="+84912345678")
    for number in range(5):
        assert ask(client, case.reference, "0000", f"10.3.0.{number}").status_code == 422
    answer = ask(client, case.reference, "5678", "10.3.0.99")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) <= 15 * 60
    assert "phút" in answer.content.decode()


def test_five_tries_then_a_pause_for_the_address_whatever_the_code(client, make):
    case = make(phone="+84912345678")
    for _number in range(5):
        assert ask(client, new_reference(), "0000", "10.4.0.1").status_code == 422
    assert ask(client, case.reference, "5678", "10.4.0.1").status_code == 429
    assert ask(client, case.reference, "5678", "10.4.0.2").status_code == 303


def test_an_ipv6_network_counts_as_one_address(client, db):
    for number in range(5):
        ask(client, new_reference(), "0000", f"2001:db8:1:1::{number + 1:x}")
    assert ask(client, new_reference(), "0000", "2001:db8:1:1::ffff").status_code == 429
    assert ask(client, new_reference(), "0000", "2001:db8:1:2::1").status_code == 422


def test_nobody_guesses_for_free_when_the_counter_is_away(client, make, monkeypatch):
    case = make(phone="+84912345678")
    away = redis.Redis.from_url("unix:///nowhere/valkey.sock")
    monkeypatch.setattr(limits, "client", lambda: away)
    assert ask(client, case.reference, "5678").status_code == 429


@pytest.mark.parametrize("code", ["", "7K3F9", "7K3F9-QX2MT-5", "<script>alert(1)</script>"])
def test_a_mistyped_code_is_told_at_once_and_costs_no_try(client, make, code):
    for _number in range(7):
        answer = ask(client, code, "1234", "10.5.0.1")
        assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert "<script" not in answer.content.decode()
    case = make(phone="+84912345678")
    assert ask(client, case.reference, "5678", "10.5.0.1").status_code == 303


def test_the_typed_digits_are_never_in_a_url_or_shown_again(client, make):
    case = make(phone="+84912345678")
    answer = ask(client, case.reference, "4321")
    assert "4321" not in answer.content.decode()
