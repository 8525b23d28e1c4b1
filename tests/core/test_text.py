"""Vietnamese text: found without accents, sorted by given name, masked, cleaned."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsa.core.text import clean, fold, mask_name, sort_key

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đăng ký khai sinh", "dang ky khai sinh"),
        ("NGUYỄN THỊ HƯỜNG", "nguyen thi huong"),
        ("  Đà   Nẵng\n", "da nang"),
        (unicodedata.normalize("NFD", "Hường"), "huong"),
        ("Ở Ỹ Ặ ư", "o y a u"),
        ("", ""),
    ],
)
def test_search_compares_without_accents(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(TEXT)
def test_folding_is_stable_and_blind_to_composition(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(text)


SORTED = [
    "Trần An",
    "Lê Văn An",
    "Phạm Ân",
    "Đỗ Bình",
    "Lê Dung",
    "Nguyễn Dũng",
    "Bùi Đào",
    "Hồ Hoa",
    "Vũ Hòa",
    "Nguyễn Huệ",
    "Nguyễn Văn Hùng",
    "Nguyễn Hương",
    "Nguyễn Thị Hường",
    "Lê Ô",
    "Lê Ơ",
    "Lê U",
    "Lê Ư",
    "Lê Vy",
]


def test_names_sort_by_given_name_in_the_vietnamese_alphabet() -> None:
    expected = ["Lê Văn An", "Trần An", *SORTED[2:]]
    assert sorted(set(SORTED), key=sort_key) == expected


def test_tones_follow_the_school_order() -> None:
    words = ["ma", "mà", "mả", "mã", "má", "mạ", "măn", "mân"]
    assert sorted(set(words), key=sort_key) == words


def test_letters_decide_before_tones_and_whole_given_names_before_families() -> None:
    assert sort_key("Lê Má") < sort_key("Lê Mai")
    assert sort_key("Vũ Hoa") < sort_key("An Hoà")


def test_both_ways_to_write_a_tone_sort_alike() -> None:
    assert sort_key("Vũ Hoà") == sort_key("Vũ Hòa") == sort_key("VŨ  HÒA ")


@given(TEXT, TEXT)
def test_any_names_can_be_sorted(a: str, b: str) -> None:
    assert isinstance(sort_key(a) < sort_key(b), bool)
    assert sort_key(unicodedata.normalize("NFD", a)) == sort_key(a)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("NGUYỄN THỊ HƯỜNG", "N*** T*** H***"),
        ("Đặng  An", "Đ*** A***"),
        (unicodedata.normalize("NFD", "Ân"), "Â***"),
        ("X", "X***"),
        ("", ""),
    ],
)
def test_a_masked_name_shows_initials_and_three_stars(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@given(st.text("ABCĐ", min_size=1, max_size=30))
def test_a_masked_name_does_not_show_how_long_it_is(name: str) -> None:
    assert len(mask_name(name)) == 4


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (unicodedata.normalize("NFD", "Hường"), "Hường"),
        ("a\u202eb\u200bc\x00d\x1b[31m", "abcd[31m"),
        ("\ufeffNguyễn\u00a0Văn\tAn ", "Nguyễn Văn An"),
        ("dòng 1\r\ndòng 2", "dòng 1 dòng 2"),
        ("\u2066x\u2069\u061c", "x"),
    ],
)
def test_input_is_cleaned(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_lines_stay_where_they_are_wanted() -> None:
    assert clean(" a \r\n\u202eb\u2028c\x0bd ", lines=True) == "a\nb\nc\nd"


@given(st.text(max_size=80))
def test_cleaned_text_can_be_stored_and_stays_clean(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert not [sign for sign in once if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co")]
    once.encode()
    assert once == unicodedata.normalize("NFC", once)
