"""The lists at the counter: which queues each shows, and under which words. Every queue has one.

A list is open work of the person's office (or the week's answered cases), never a search over
history, so each is O(page) by a partial index.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from cases.worklists.terms import Terms

Queue = Case.Queue
Words = str | Promise

#: Something to do now, by us.
NOW: Final = (Queue.ATTENTION, Queue.RESULT, Queue.PARCEL, Queue.FAILED_DELIVERY)
#: The citizen's turn, or unfinished at the counter.
GUEST: Final = (Queue.SUPPLEMENT, Queue.HELD, Queue.DRAFT)
#: Others are at work; nothing to do for us.
OTHERS: Final = (Queue.AGENCY, Queue.SENDING, Queue.ON_ROAD)
OPEN: Final = (*NOW, *GUEST, *OTHERS)


@dataclass(frozen=True)
class WorkList:
    """One address under /quay/. `queues` and `also` give its cases; `order` is due or closed."""

    slug: str
    title: Words
    queues: tuple[str, ...]
    empty: Words
    order: Literal["due", "closed"] = "due"
    also: Callable[[Terms], Q] | None = None
    or_else: Callable[[Terms], Q] | None = None
    tab: bool = False

    def condition(self, now: datetime) -> Q:
        """The cases of this list, before the office is applied."""
        return self.where(Terms.at(now))

    def where(self, terms: Terms) -> Q:
        """The same, said with these terms."""
        where = Q(queue=self.queues[0]) if len(self.queues) == 1 else Q(queue__in=self.queues)
        if self.also:
            where &= self.also(terms)
        return where | self.or_else(terms) if self.or_else else where


def needs_us(terms: Terms) -> Q:
    """Cases in a queue of others that still ask something of us: late ones, and codes to record."""
    late = Q(queue=Queue.AGENCY, due_at__lt=terms.now, decided_at__isnull=True)
    return late | Q(queue=Queue.SENDING, system__in=terms.copilot)


def asks_us(
    now: datetime,
    queue: str,
    due_at: datetime | None,
    decided_at: datetime | None,
    way: str,
) -> bool:
    """`needs_us` for a line that is read already."""
    if queue == Queue.AGENCY:
        return due_at is not None and due_at < now and decided_at is None
    return queue == Queue.SENDING and way == "copilot"


def due_soon(terms: Terms) -> Q:
    """Undecided and due before the end of the next working day; what is late already counts too."""
    return Q(decided_at__isnull=True, due_at__lt=terms.soon)


def theirs(terms: Terms) -> Q:
    """What asks nothing of us."""
    return ~needs_us(terms)


def taken_incomplete(_terms: Terms) -> Q:
    """Taken in with a paper promised for later, still to come (F03)."""
    return Q(incomplete_until__isnull=False)


def closed_this_week(terms: Terms) -> Q:
    """Ended since Monday."""
    return Q(closed_at__isnull=False, closed_at__gte=terms.week)


_NOTHING: Final = _("Không có hồ sơ nào ở đây")

LISTS: Final = {
    one.slug: one
    for one in (
        WorkList(
            "co-ket-qua",
            _("Có kết quả"),
            (Queue.RESULT, Queue.PARCEL),
            _("Chưa có kết quả nào chờ trả"),
            tab=True,
        ),
        WorkList(
            "sap-den-han",
            _("Sắp đến hạn"),
            OPEN,
            _("Không có hồ sơ nào sắp đến hạn"),
            also=due_soon,
            tab=True,
        ),
        WorkList(
            "da-tra",
            _("Đã trả trong tuần"),
            (Queue.DONE,),
            _("Tuần này chưa trả hồ sơ nào"),
            order="closed",
            also=closed_this_week,
            tab=True,
        ),
        WorkList(
            "buu-cuc", _("Cả bưu cục"), OPEN, _("Bưu cục không còn hồ sơ nào đang mở"), tab=True
        ),
        WorkList(
            "lam-ngay",
            _("Làm ngay"),
            NOW,
            _("Không còn việc phải làm ngay"),
            or_else=needs_us,
        ),
        WorkList("can-xu-ly", _("Cần xử lý"), (Queue.ATTENTION,), _NOTHING),
        WorkList("tra-ket-qua", _("Kết quả chờ trả"), (Queue.RESULT,), _NOTHING),
        WorkList("cho-giao", _("Chờ giao bưu tá"), (Queue.PARCEL,), _NOTHING),
        WorkList("phat-khong-duoc", _("Phát không được"), (Queue.FAILED_DELIVERY,), _NOTHING),
        WorkList("cho-khach", _("Chờ khách"), GUEST, _("Không chờ khách nào")),
        WorkList(
            "nhan-thieu",
            _("Nhận thiếu"),
            OPEN,
            _("Không có hồ sơ nào nhận thiếu"),
            also=taken_incomplete,
        ),
        WorkList("cho-bo-sung", _("Chờ bổ sung"), (Queue.SUPPLEMENT,), _NOTHING),
        WorkList(
            "dang-giu", _("Đang giữ cho khách"), (Queue.HELD,), _("Không giữ hồ sơ nào cho khách")
        ),
        WorkList("dang-lam", _("Đang làm dở"), (Queue.DRAFT,), _NOTHING),
        WorkList("dang-cho", _("Đang chờ nơi khác"), OTHERS, _NOTHING, also=theirs),
        WorkList("co-quan", _("Cơ quan đang giải quyết"), (Queue.AGENCY,), _NOTHING),
        WorkList("cho-gui", _("Chờ gửi"), (Queue.SENDING,), _("Không có hồ sơ nào chờ gửi")),
        WorkList("tren-duong", _("Bưu tá đang mang đi"), (Queue.ON_ROAD,), _NOTHING),
    )
}
TABS: Final = tuple(one for one in LISTS.values() if one.tab)
INCOMPLETE: Final = LISTS["nhan-thieu"]
#: One list for each queue, in the order of urgency; shown beside every list.
BY_QUEUE: Final = tuple(
    next(one for one in LISTS.values() if one.queues == (queue,)) for queue in Queue.values
)
