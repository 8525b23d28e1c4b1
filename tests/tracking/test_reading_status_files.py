"""What is read in a file of statuses and what is not; whatever it holds, nothing breaks."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.imports import reading
from cases.imports.reading import Line, Problem, Unfit
from tests.support.status_files import CODE, EXPORTED, HEAD


def read(text: str | bytes, at: datetime = EXPORTED) -> list[Line | Problem]:
    return list(reading.read(text.encode() if isinstance(text, str) else text, at))


def line_of(row: str, head: str = HEAD) -> Line | Problem:
    (found,) = read(f"{head}\n{row}\n")
    return found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_file_is_read_in_each_usual_encoding_and_with_each_usual_sign(encoding, sign):
    text = sign.join(["Mã hồ sơ", "TRẠNG THÁI", "Ngày tiếp nhận", "Họ và tên"])
    text += "\r\n" + sign.join([CODE, "Đang xử lý", "16/11/2026 09:05", "NGUYỄN THỊ HƯỜNG"])
    (line,) = read(text.encode(encoding))
    assert isinstance(line, Line)
    assert (line.code, line.status) == (CODE, "4")
    assert line.received is not None
    assert f"{line.received.at:%H:%M}" == "09:05"


def test_names_numbers_and_phones_never_leave_the_reader():
    line = line_of(
        f"{CODE},1.000894,5,16/11/2026,,,UBND,Gọi 0912345678 hoặc 001190012345,"
        "NGUYỄN THỊ HƯỜNG,001190012345,0912345678",
        f"{HEAD},ChuHoSo,SoDinhDanh,SoDienThoai",
    )
    assert isinstance(line, Line)
    assert line.note == "Gọi *** hoặc ***"
    assert not any(word in repr(line) for word in ("HƯỜNG", "001190012345", "0912345678"))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("16/11/2026", date(2026, 11, 16)), ("6-1-2026", date(2026, 1, 6)),
        ("2026-11-16 08:00:00", date(2026, 11, 16)), ("20261116080000", date(2026, 11, 16)),
        ("08:00 16/11/2026", date(2026, 11, 16)), ("20261116", date(2026, 11, 16)),
    ],
)  # fmt: skip
def test_days_are_read_as_they_are_written_here(text, day):
    line = line_of(f"{CODE},,2,{text},,,,")
    assert isinstance(line, Line)
    assert line.received is not None
    assert line.received.day == day


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("=HYPERLINK(1),,2,,,,,", "formula"), (f"{CODE},,+2,,,,,", "formula"),
        (f"{CODE},,@SUM(A1),,,,,", "formula"), (",,2,,,,,", "code"), ("ab c!,,2,,,,,", "code"),
        (f"{CODE},,,,,,,", "status"), (f"{CODE},,{'x' * 41},,,,,", "status"),
        (f"{CODE},,2,31/02/2026,,,,", "date"), (f"{CODE},,2,11/16/2026,,,,", "date"),
        (f"{CODE},,2,hôm qua,,,,", "date"), (f"{CODE},,2,30/11/2026,,,,", "later"),
        (f"{CODE},,2,,,,,,thừa", "cells"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_read_says_its_number_and_why(row, why):
    found = line_of(row)
    assert found == Problem(2, why)
    assert reading.reasons()[why]


def test_a_code_twice_counts_once_and_a_wrapped_code_is_a_code():
    first, again = read(f'{HEAD}\n"=""{CODE}""",,2,,,,,\n{CODE},,9,,,,,\n')
    assert isinstance(first, Line)
    assert first.code == CODE
    assert again == Problem(3, "again")


def test_a_heading_above_the_titles_and_empty_lines_are_passed_over():
    found = read(f"sep=;\nSỞ TƯ PHÁP\n\n{HEAD.replace(',', ';')}\n\n{CODE};;2;;;;;\n")
    assert [one.number for one in found] == [6]


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0\0\0", b"\xef\xbb\xbf", b"PK\x03\x04xlsx", b"mot cot\nhai\n", b"\xff\xfe\x00",
        f"{HEAD}\n{CODE}\0,,2,,,,,".encode(), HEAD.encode("utf-8") + b"\n\xff\xfe\xfa",
        f'{HEAD}\n"{CODE},,2,,,,,\n'.encode(), f'{HEAD}\n"{"x" * 200_000}\n'.encode(),
        b"," * 1_000_000, (HEAD + "," * 1_000_000).encode(), HEAD.encode() + b"\n" + b"," * 999_999,
        b"MaHoSo,NgayTra\n1,2", ("Mã hồ sơ;Trạng thái\n" * 2).encode("cp1258", "replace"),
        HEAD.encode() + b"\n" + b"H26-261116-0001,,2,,,,,\n" * 20_001,
    ],
    ids=range(16),
)  # fmt: skip
def test_a_hostile_file_is_refused_in_words_and_breaks_nothing(data):
    with pytest.raises(Unfit) as refused:
        read(data)
    assert len(str(refused.value)) > 5


@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda t: f"{HEAD}\n{t}".encode()))
def test_whatever_bytes_come_they_are_lines_or_a_sentence(data):
    try:
        found = read(data)
    except Unfit:
        return
    assert all(isinstance(one, Line | Problem) for one in found)
