"""Nothing personal is logged, by whomever (F21)."""

import io
import json
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from opsa.core.logs import MASK, configure_logging, logging_config, mask, scrub

PERSONAL = [
    "001088000123",
    "001 088 000 123",
    "001.088.000.123",
    "012345678",
    "0912345678",
    "0912 345 678",
    "0912.345.678",
    "091-234-5678",
    "+84912345678",
    "+84 912 345 678",
    "84912345678",
    "(+84) 912 345 678",
    "02438255948",
    "024 3825 5948",
    "huong.nguyen@example.vn",
    "Huong+a@mail.example.com.vn",
]
HARMLESS = [
    "case 41 filed in 350 ms",
    "7K3F9-QX2MT-4",
    "2026-11-23T10:00:00.123456Z",
    "GET /quay/ho-so/123456/ 200",
    "0.10.2",
    "H26.15.7-261123-0001",
    "Quầy 2, 30.000 đ",
    "19001234",
    "d2f1c3a45b6e788990aabbccddeeff00",
]


@pytest.mark.parametrize("value", PERSONAL)
@pytest.mark.parametrize(
    "frame", ["{}", "số {}, xong", "a={}&b=1", "({})", "'{}'", "/t/{}/", "x:{};"]
)
def test_personal_values_become_stars(value: str, frame: str) -> None:
    masked = mask(frame.format(value))
    assert MASK in masked
    assert value not in masked
    assert sum(sign.isdigit() for sign in masked) <= 3  # at most +84 and what was around it


@pytest.mark.parametrize("value", HARMLESS)
def test_what_helps_to_find_a_fault_stays(value: str) -> None:
    assert mask(value) == value


@given(st.integers(0, 999_999_999_999), st.text(" ,;:/()'\"", max_size=3))
def test_no_citizen_number_survives(number: int, around: str) -> None:
    value = f"{number:012d}"
    assert value not in mask(f"{around}{value}{around}")


@given(st.from_regex(r"0[35789][0-9]{8}", fullmatch=True))
def test_no_phone_survives(phone: str) -> None:
    assert phone not in mask(f"gọi {phone} không được")
    assert phone[1:] not in mask(f"gọi +84{phone[1:]}")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Real logging, into a string."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    configure_logging(json=True)
    out = io.StringIO()
    ours = [
        handler
        for handler in root.handlers
        if isinstance(handler, logging.StreamHandler)
        and isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter)
    ]
    ours[0].setStream(out)
    yield out
    root.handlers[:], level = before[0], before[1]
    root.setLevel(level)


def test_everything_that_is_logged_is_scrubbed(lines: io.StringIO) -> None:
    log = structlog.get_logger("opsa.test")
    log.info(
        "filed 001088000123", phone="x", where={"note": ["0912 345 678", 12345678901]}, case=41
    )
    log.warning("sent", number=912345678, raw=b"0912345678", who="huong@example.vn")
    logging.getLogger("some.library").warning("GET %s failed", "https://x/?sdt=0912345678")
    try:
        raise ValueError("duplicate key (id_number)=(001088000123)")
    except ValueError:
        logging.getLogger("django.request").exception("boom")
        log.exception("boom again")
    text = lines.getvalue()
    for secret in ("001088000123", "0912 345 678", "912345678", "huong@"):
        assert secret not in text
    events = [json.loads(line) for line in text.splitlines()]
    assert len(events) == 5
    assert events[0]["case"] == 41
    assert events[0]["phone"] == MASK
    assert "duplicate key" in events[3]["exception"]
    assert events[0]["level"] == "info"
    assert events[0]["timestamp"]


def test_the_request_id_is_in_every_line_and_is_not_starred(lines: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="1" * 32):
        structlog.get_logger("opsa.test").info("x")
        logging.getLogger("lib").warning("y")
    assert [json.loads(line)["request_id"] for line in lines.getvalue().splitlines()] == [
        "1" * 32
    ] * 2


@pytest.mark.parametrize(
    "key", ["phone", "id_number", "cccd", "address", "full_name", "email", "csrftoken"]
)
def test_a_value_whose_name_is_personal_is_never_shown(key: str) -> None:
    event = scrub(None, "info", {"event": "x", key: "Hường", "deep": {key: "Hường"}})
    assert "Hường" not in str(event)


def test_deep_or_strange_values_do_not_break_logging() -> None:
    endless: dict[str, Any] = {}
    endless["again"] = endless
    scrub(
        None,
        "info",
        {"event": "x", "endless": endless, "thing": object(), "none": None, "ok": True},
    )


def test_readable_lines_are_scrubbed_too() -> None:
    formatter = logging_config(json=False)["formatters"]["scrubbed"]
    made = structlog.stdlib.ProcessorFormatter(
        processors=formatter["processors"], foreign_pre_chain=formatter["foreign_pre_chain"]
    )
    record = logging.LogRecord("x", logging.INFO, "f", 1, "gọi %s", ("0912345678",), None)
    assert "0912345678" not in made.format(record)
