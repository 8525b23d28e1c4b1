"""Template helpers of every room: the one-time form key, money, dates, groups of digits, and the
parts of a page that are drawn once."""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Final

from django import template
from django.template.base import NodeList, Parser, Token
from django.templatetags.static import static
from django.urls import get_urlconf
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from opsa.core.once import FIELD, new_key

register = template.Library()

WEEKDAYS_VI: Final = (
    "Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật",
)  # fmt: skip
WEEKDAYS_EN: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS_EN: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def _english() -> bool:
    return (get_language() or "vi").startswith("en")


def _local_day(value: date | datetime) -> date:
    if isinstance(value, datetime):
        return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value


@register.simple_tag
def form_key() -> SafeString:
    """The hidden field every POST form carries beside its CSRF token."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, new_key())


@register.simple_tag
@cache
def drawing(name: str, size: int) -> SafeString:
    """A drawing of img/icons.svg; templates include `components/icon.html`."""
    return format_html(
        '<svg width="{}" height="{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        size, size, static("img/icons.svg"), name,
    )  # fmt: skip


@register.filter
def dong(value: int | None) -> str:
    """30000 as `30.000 đ`, in English `30,000 VND`; nothing for None."""
    if value is None:
        return ""
    grouped = f"{int(value):,}"
    return f"{grouped} VND" if _english() else f"{grouped.replace(',', '.')}\u00a0đ"


@register.filter
def vn_date(value: date | datetime | None) -> str:
    """`Thứ Hai, 23/11/2026`, in English `Monday, 23 November 2026`; nothing for None."""
    if value is None:
        return ""
    day = _local_day(value)
    if _english():
        return f"{WEEKDAYS_EN[day.weekday()]}, {day.day} {MONTHS_EN[day.month - 1]} {day.year}"
    return f"{WEEKDAYS_VI[day.weekday()]}, {day:%d/%m/%Y}"


@register.filter
def vn_moment(value: datetime | None) -> str:
    """`10:45, Thứ Sáu, 20/11/2026`: the local clock time, then the date; nothing for None."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    return f"{local.hour}:{local:%M}, {vn_date(local)}"


@register.filter
def vn_when(value: date | datetime | None) -> str:
    """A moment as people say it: `Hôm nay 16:30`, `Hôm qua 9:05`, `Ngày mai 8:00`, `Còn 3 ngày`,
    `2 ngày trước`, and beyond a week the date. A plain date has no clock time."""
    if value is None:
        return ""
    day = _local_day(value)
    clock = ""
    if isinstance(value, datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        clock = f" {local.hour}:{local:%M}"
    days = (day - timezone.localdate()) // timedelta(days=1)
    near = {0: _("Hôm nay"), 1: _("Ngày mai"), -1: _("Hôm qua")}
    if days in near:
        return near[days] + clock
    if 0 < days <= 7:
        return ngettext("Còn %(n)d ngày", "Còn %(n)d ngày", days) % {"n": days}
    if -7 <= days < 0:
        return ngettext("%(n)d ngày trước", "%(n)d ngày trước", -days) % {"n": -days}
    return vn_date(day)


@register.filter
def group_digits(value: object, size: int = 3) -> str:
    """Digits in groups from the left, with no-break spaces: `001088000123` as `001 088 000 123`,
    so that people can compare and read aloud. Other signs are left as they are."""
    text = "" if value is None else str(value)
    if not text.isdigit():
        return text
    return "\u00a0".join(text[start : start + size] for start in range(0, len(text), size))


class ConstantNode(template.Node):
    """What `{% constant %}` holds, drawn once in each language."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist
        self.drawn: dict[tuple[str | None, str | None], SafeString] = {}

    def render(self, context: template.Context) -> SafeString:
        language = get_language(), get_urlconf()
        if (drawn := self.drawn.get(language)) is None:
            # Sees nothing of the page and the person, so that nothing of theirs can be kept.
            bare = template.Context()
            assert context.template is not None
            with bare.bind_template(context.template):
                drawn = self.drawn[language] = self.nodelist.render(bare)
        return drawn


@register.tag
def constant(parser: Parser, _token: Token) -> ConstantNode:
    """`{% constant %}…{% endconstant %}`: words, addresses and icons that are the same for
    everybody. No variable of the page is seen inside."""
    nodelist = parser.parse(("endconstant",))
    parser.delete_first_token()
    return ConstantNode(nodelist)


@register.filter(is_safe=True)
def current(links: str, path: str) -> str:
    """The same links; a plain one to this path is marked as the page one is on."""
    here = f'<a href="{escape(path)}"'
    return links.replace(f"{here}>", f'{here} aria-current="page">')
