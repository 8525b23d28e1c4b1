"""F02: what an acknowledgement says is read, whatever it is made of; what is doubtful was not
said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.acknowledgements.comparing import compare, in_words
from cases.acknowledgements.reading import Told, ToldFile, read

A, B = "ab12" * 16, "cd34" * 16
PORTAL = f"""CỔNG DỊCH VỤ CÔNG (MÔ PHỎNG)
GIẤY TIẾP NHẬN HỒ SƠ TRỰC TUYẾN
Mã hồ sơ: H26.31-261122-0001
Mã thủ tục: 1.001193
Tên thủ tục: Thủ tục đăng ký khai sinh
Thời điểm nộp: 2026-11-22T10:00:00+07:00
Số tệp: 2
- giay-chung-sinh-1.pdf (123456 byte, SHA-256 {A})
- to-khai-1.pdf (1.234 byte, SHA-256 {B})
"""
FILES = (ToldFile("giay-chung-sinh-1.pdf", 123456, A), ToldFile("to-khai-1.pdf", 1234, B))
SENT = [
    {"name": "giay-chung-sinh-1.pdf", "size": 123456, "sha256": A},
    {"name": "to-khai-1.pdf", "size": 1234, "sha256": B},
]


def held(told: Told, code: str = "H26.31-261122-0001", procedure: str = "1.001193"):
    return compare(SENT, told, code=code, procedure=procedure)


def what(told: Told, **how: str) -> list[str]:
    return [one["what"] for one in held(told, **how).difference]


def test_code_procedure_time_and_files_are_read() -> None:
    told = read(PORTAL)
    assert (told.code, told.procedure, told.count) == ("H26.31-261122-0001", "1.001193", 2)
    assert told.at == "2026-11-22T10:00:00+07:00"
    assert told.files == FILES
    assert Told.of(told.as_json()) == told


def test_lines_that_a_page_broke_are_read_as_one() -> None:
    broken = PORTAL.replace(" SHA-256 ab", "\r\nSHA-256 ab").replace("cd34cd34)", "cd34\ncd34)")
    broken = broken.replace("Mã hồ sơ: ", "Mã hồ sơ:\n").replace("chung-sinh", "chung-\nsinh")
    told = read(broken)
    assert told.code == "H26.31-261122-0001"
    assert [file.sha256 for file in told.files] == [A, B]
    assert held(told).difference == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("22/11/2026 10:05", "2026-11-22T10:05:00+07:00"),
        ("10:05 ngày 22/11/2026", "2026-11-22T10:05:00+07:00"),
        ("2026-11-22 10:05:00", "2026-11-22T10:05:00+07:00"),
        ("31/02/2026 10:05", ""),
        ("hôm qua", ""),
    ],
)
def test_a_time_is_read_as_portals_write_it(written: str, meant: str) -> None:
    assert read(f"Ngày nộp: {written}").at == meant


def test_signs_that_turn_or_hide_text_are_taken_away_first() -> None:
    hidden = PORTAL.replace("H26.31", "\u202eH26\u200b.31\u0007").replace(
        "Mã", "M\u00ad\u0061\u0303"
    )
    assert read(hidden).code == "H26.31-261122-0001"


def test_two_different_codes_are_none() -> None:
    assert read(PORTAL + "Mã hồ sơ: H26.31-261122-0002\n").code == ""
    assert read(PORTAL + "Mã hồ sơ: H26.31-261122-0001\n").code == "H26.31-261122-0001"


def test_what_is_equal_is_called_equal_and_names_what_was_compared() -> None:
    found = held(read(PORTAL))
    assert found.compared == ["code", "procedure", "count", "sizes", "contents"]
    assert (found.difference, found.whole) == ([], True)


def test_each_difference_has_its_words() -> None:
    told = read(PORTAL)
    fewer = Told(told.code, told.procedure, told.at, 1, FILES[:1])
    assert what(fewer) == ["count", "missing"]
    smaller = Told(files=(ToldFile("giay-chung-sinh-1.pdf", 9, A), FILES[1]))
    assert what(smaller) == ["size"]
    other = Told(files=(ToldFile("giay-chung-sinh-1.pdf", 123456, B), FILES[1]))
    assert what(other) == ["content"]
    assert what(Told(files=(*FILES, ToldFile("la.pdf", 1)))) == ["count", "extra"]
    assert what(told, code="H26.31-261122-0009") == ["code"]
    assert what(told, procedure="2.000635") == ["procedure"]
    for told_now in (fewer, smaller, other):
        for one in held(told_now).difference:
            assert in_words(one).endswith(".")
            assert "%" not in in_words(one)
    assert "giay-chung-sinh-1.pdf" in in_words(held(smaller).difference[0])


def test_a_file_under_another_name_is_known_by_its_content() -> None:
    renamed = Told(files=(ToldFile("1_scan.pdf", 123456, A), FILES[1]))
    assert held(renamed).difference == []


def test_a_paper_that_lists_no_files_is_not_called_compared() -> None:
    found = held(read("Mã hồ sơ: H26.31-261122-0001\nSố tệp: 2\n"))
    assert (found.difference, found.whole) == ([], False)
    assert not held(read("")).compared
    # Two of three lines could be read: the files were not compared, whatever they say.
    cut = Told(count=2, files=FILES[:1])
    assert not held(cut).whole
    assert held(cut).difference == []


@given(st.text(max_size=3000))
def test_nothing_in_a_text_breaks_the_reading(text: str) -> None:
    told = read(text)
    assert Told.of(told.as_json()) == told
    for one in compare(SENT, told, code="X", procedure="1.1").difference:
        assert in_words(one)


@pytest.mark.parametrize(
    "text",
    [
        "Mã hồ sơ: " + "A" * 200_000,
        "- " + "x" * 100_000 + " (1 byte",
        "- a (1 byte, SHA-256 " + "a " * 90_000,
        "\n".join(["- a.pdf (1 byte)"] * 50_000),
        "(" * 100_000 + ")" * 100_000,
        "\u202e" * 200_000,
        "Số tệp: 99999999999999999999",
        "- a.pdf (999999999999999 byte)",
    ],
)
def test_a_monstrous_text_is_read_within_bounds(text: str) -> None:
    told = read(text)
    assert len(told.files) <= 100
    assert all(file.size < 2**31 and len(file.name) <= 120 for file in told.files)
    assert told.count is None or told.count <= 999
