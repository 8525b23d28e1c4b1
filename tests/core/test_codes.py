"""Codes that survive being read aloud, typed and scanned (F12, UPU S10)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsa.core.codes import (
    ALPHABET,
    check_reference,
    group_reference,
    new_reference,
    new_token,
    s10_check,
    s10_number,
    s10_valid,
)

SIGNS = st.sampled_from(ALPHABET)
REFERENCES = st.builds(lambda _n: new_reference(), st.integers())


def broken(code: str) -> bool:
    try:
        check_reference(code)
    except ValueError:
        return True
    return False


@given(REFERENCES)
def test_a_fresh_reference_has_eleven_signs_without_look_alikes(reference: str) -> None:
    assert len(reference) == 11
    assert not set(reference) & set("0O1ILUS")
    assert check_reference(reference) == reference


@given(REFERENCES, st.integers(0, 10), SIGNS)
def test_every_single_wrong_sign_is_found(reference: str, place: int, sign: str) -> None:
    wrong = reference[:place] + sign + reference[place + 1 :]
    assert broken(wrong) == (sign != reference[place])


@given(REFERENCES, st.integers(0, 10), st.integers(0, 10))
def test_every_swap_of_two_signs_is_found(reference: str, a: int, b: int) -> None:
    signs = list(reference)
    signs[a], signs[b] = signs[b], signs[a]
    wrong = "".join(signs)
    if 10 in (a, b) and a != b and wrong != reference:
        # The check sign itself: found whenever the two are neighbours, nearly always otherwise.
        if abs(a - b) == 1:
            assert broken(wrong)
        return
    assert broken(wrong) == (wrong != reference)


def test_every_neighbouring_swap_is_found_for_every_pair_at_every_place() -> None:
    base = list("2" * 10)
    for place in range(9):
        for a in ALPHABET:
            for b in ALPHABET:
                body, swapped = base.copy(), base.copy()
                body[place : place + 2] = a, b
                swapped[place : place + 2] = b, a
                from opsa.core.codes import _check_sign

                assert (_check_sign("".join(body)) == _check_sign("".join(swapped))) == (a == b)


@given(REFERENCES, st.sampled_from(["", " ", "-", " – ", "\u00a0", "_", "."]), st.booleans())
def test_how_it_is_written_does_not_matter(reference: str, gap: str, lower: bool) -> None:
    text = gap.join(reference)
    text = text.lower() if lower else text
    assert check_reference(f"  {text} ") == reference
    assert check_reference(group_reference(reference)) == reference


@given(REFERENCES)
def test_look_alikes_and_telex_are_mended(reference: str) -> None:
    assert check_reference(reference.replace("5", "S")) == reference
    assert check_reference(reference.replace("5", "s")) == reference
    assert check_reference(reference.replace("DD", "Đ")) == reference
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in reference)
    assert check_reference(wide) == reference


@given(st.text(max_size=40))
def test_any_rubbish_is_refused_with_words_that_do_not_repeat_it(text: str) -> None:
    try:
        check_reference(text)
        words = "Mã tiếp nhận"
    except ValueError as refused:
        words = str(refused)
    assert "Mã tiếp nhận" in words
    assert len(text.strip()) <= 3 or text not in words


def test_groups_are_as_on_the_slip() -> None:
    assert group_reference("7K3F9QX2MT4") == "7K3F9-QX2MT-4"


def test_references_and_tokens_do_not_repeat() -> None:
    assert len({new_reference() for _ in range(5000)}) == 5000
    tokens = {new_token() for _ in range(5000)}
    assert len(tokens) == 5000
    assert all(len(token) == 22 for token in tokens)


@pytest.mark.parametrize(
    "number", ["EE123456785VN", "RR473124829VN", "CP000000014VN", "EH102030405VN"]
)
def test_known_item_numbers_are_right(number: str) -> None:
    assert s10_valid(number)
    assert s10_number(number[:2], number[2:10]) == number


@given(st.integers(0, 99_999_999), st.integers(0, 7), st.integers(1, 9))
def test_a_wrong_digit_in_an_item_number_is_found(serial: int, place: int, shift: int) -> None:
    number = s10_number("EH", serial)
    assert s10_valid(number)
    digits = list(number)
    digits[2 + place] = str((int(digits[2 + place]) + shift) % 10)
    wrong = "".join(digits)
    # Weights are coprime to 11, so only the check digits folded to 0 and 5 may collide.
    if not s10_valid(wrong):
        return
    assert number[10] in "05"


@pytest.mark.parametrize("serial", ["1234567", "123456789", "1234567a", "１２３４５６７８"])
def test_a_serial_has_eight_digits(serial: str) -> None:
    with pytest.raises(ValueError, match="eight"):
        s10_check(serial)


@pytest.mark.parametrize(
    "number", ["", "EH10203040VN", "eh102030405VN", "EH1020304０5VN", "EH102030406VN"]
)
def test_other_forms_are_not_valid(number: str) -> None:
    assert not s10_valid(number)


@pytest.mark.parametrize("prefix", ["E", "EHH", "e1", "ÉH"])
def test_a_prefix_is_two_capital_letters(prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        s10_number(prefix, 1)
