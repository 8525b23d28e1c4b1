"""A date of which only the year, or the year and the month, is known."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsa.core.partial_date import PartialDate

days = st.dates(min_value=date(1000, 1, 1), max_value=date(9999, 12, 31))
parts = st.builds(
    lambda day, known: PartialDate(*(day.year, day.month, day.day)[:known]), days, st.integers(1, 3)
)


@given(parts)
def test_what_is_written_in_either_way_is_read_back_no_more_precise_than_it_was(day):
    assert PartialDate.read(str(day)) == day
    assert PartialDate.fromisoformat(day.isoformat()) == day


@pytest.mark.parametrize(
    ("day", "shown", "sent"),
    [
        (PartialDate(1948), "1948", "1948"),
        (PartialDate(1948, 5), "05/1948", "1948-05"),
        (PartialDate(1948, 5, 2), "02/05/1948", "1948-05-02"),
    ],
)
def test_it_is_shown_as_papers_write_it_and_sent_as_iso_8601(day, shown, sent):
    assert (str(day), day.isoformat()) == (shown, sent)


@pytest.mark.parametrize(
    "text", ["", "48", "5/48", "1948/5", "19480512", "may 1948", "٢٠٠٠", "00/00/0000", "5/1948/2"]
)
def test_any_other_text_is_no_date(text):
    try:
        assert PartialDate.read(text) is None
    except ValueError:
        return


@pytest.mark.parametrize("text", ["31/02/1990", "02001990", "13/1990", "00/13/1990", "0000"])
def test_a_day_that_never_was_is_refused(text):
    with pytest.raises(ValueError, match=r"month|day|year"):
        PartialDate.read(text)


@given(parts, parts)
def test_two_agree_when_nothing_that_both_know_differs(one, other):
    assert one.agrees(other) == other.agrees(one)
    assert one.agrees(PartialDate(one.year))
    assert not one.agrees(PartialDate(one.year - 1 or 2))


def test_a_day_of_an_unknown_month_cannot_be_made():
    with pytest.raises(ValueError, match=r"month|day|year"):
        PartialDate(1948, None, 2)
