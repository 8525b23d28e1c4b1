"""Words for money, dates and digits, in both languages."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.template import Context, Template
from django.utils import translation

from opsa.core.templatetags.core import ConstantNode, dong, group_digits, vn_date, vn_when

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # Monday 10:00 in Hanoi


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        (30000, "30.000\u00a0đ", "30,000 VND"),
        (0, "0\u00a0đ", "0 VND"),
        (1234567, "1.234.567\u00a0đ", "1,234,567 VND"),
        (None, "", ""),
    ],
)
def test_money(value: int | None, vi: str, en: str) -> None:
    with translation.override("vi"):
        assert dong(value) == vi
    with translation.override("en"):
        assert dong(value) == en


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        (date(2026, 11, 23), "Thứ Hai, 23/11/2026", "Monday, 23 November 2026"),
        (date(2026, 11, 29), "Chủ Nhật, 29/11/2026", "Sunday, 29 November 2026"),
        (
            datetime(2026, 11, 23, 18, 0, tzinfo=UTC),
            "Thứ Ba, 24/11/2026",
            "Tuesday, 24 November 2026",
        ),
        (None, "", ""),
    ],
)
def test_dates(value: Any, vi: str, en: str) -> None:
    with translation.override("vi"):
        assert vn_date(value) == vi
    with translation.override("en"):
        assert vn_date(value) == en


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (datetime(2026, 11, 23, 9, 30, tzinfo=UTC), "Hôm nay 16:30"),
        (datetime(2026, 11, 23, 1, 5, tzinfo=UTC), "Hôm nay 8:05"),
        (datetime(2026, 11, 22, 2, 5, tzinfo=UTC), "Hôm qua 9:05"),
        (datetime(2026, 11, 24, 1, 0, tzinfo=UTC), "Ngày mai 8:00"),
        (datetime(2026, 11, 22, 17, 5, tzinfo=UTC), "Hôm nay 0:05"),
        (date(2026, 11, 26), "Còn 3 ngày"),
        (date(2026, 11, 21), "2 ngày trước"),
        (date(2026, 12, 24), "Thứ Năm, 24/12/2026"),
        (date(2026, 10, 1), "Thứ Năm, 01/10/2026"),
        (date(2026, 11, 23), "Hôm nay"),
        (None, ""),
    ],
)
def test_moments_as_people_say_them(value: Any, words: str) -> None:
    with time_machine.travel(NOW, tick=False), translation.override("vi"):
        assert vn_when(value) == words


@pytest.mark.parametrize(
    ("value", "size", "shown"),
    [
        ("001088000123", 3, "001\u00a0088\u00a0000\u00a0123"),
        ("1234567", 4, "1234\u00a0567"),
        ("A123", 3, "A123"),
        ("", 3, ""),
        (None, 3, ""),
        (123456, 3, "123\u00a0456"),
    ],
)
def test_digits_in_groups(value: Any, size: int, shown: str) -> None:
    assert group_digits(value, size) == shown


def draw(text: str, **context: Any) -> str:
    return Template("{% load core i18n %}" + text).render(Context(context))


def test_what_is_constant_is_drawn_once_in_each_language() -> None:
    drawn = Template('{% load core i18n %}{% constant %}{% translate "Tìm" %}{% endconstant %}')
    for language, word in (("vi", "Tìm"), ("en", "Search"), ("vi", "Tìm")):
        with translation.override(language):
            assert drawn.render(Context()) == word
    node = drawn.nodelist.get_nodes_by_type(ConstantNode)[0]
    node.nodelist = None  # asked again, nothing is drawn again
    with translation.override("en"):
        assert drawn.render(Context()) == "Search"


@pytest.mark.loose_templates("shows that nothing stands there")
def test_nothing_of_the_person_gets_into_what_is_kept() -> None:
    text = "{% constant %}[{{ name }}{% if name %}!{% endif %}]{% endconstant %}{{ name }}"
    assert draw(text, name="Lan") == "[]Lan"


def test_a_link_to_the_page_itself_is_marked_and_a_longer_one_is_not() -> None:
    links = '<a href="/a/">A</a><a href="/a/b/">B</a><a href="/a/" data-key="F1">C</a>'
    text = "{% filter current:path %}" + links + "{% endfilter %}"
    marked = links.replace('/a/">', '/a/" aria-current="page">')
    assert draw(text, path="/a/") == marked
    assert draw(text, path="/b/") == links
    assert draw(text, path='"><script>') == links
