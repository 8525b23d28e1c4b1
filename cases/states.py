"""The five facts of a case and how each may move. One table per fact; `cases.headline` words them.

Work, money and sync are ours, so a move outside their tables is refused. The dossier and delivery
facts are reported from outside: those tables say which jumps are plausible, and an implausible one
is kept and flagged, never refused (DESIGN: five facts, one headline).
"""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from opsa.core.actors import ActorKind
from opsa.core.states import Machine, Move

PEOPLE = frozenset({ActorKind.CLERK, ActorKind.SUPERVISOR})
MACHINE = frozenset({ActorKind.SYSTEM})
OURS = PEOPLE | MACHINE
ANYONE = frozenset({ActorKind.CLERK, ActorKind.SUPERVISOR, ActorKind.SYSTEM, ActorKind.PORTAL})


class Work(models.TextChoices):
    """Work at the counter."""

    DRAFT = "draft", _("Nháp")
    HELD = "held", _("Đang giữ")
    FILED = "filed", _("Đã nộp")
    ATTENTION = "attention", _("Cần xử lý")
    CLOSED = "closed", _("Đã đóng")


class Dossier(models.TextChoices):
    """The national status codes 1-10, and nothing before the first report."""

    NONE = "", _("Chưa có")
    NEW = "1", _("Mới đăng ký")
    RECEIVED = "2", _("Được tiếp nhận")
    NOT_ACCEPTED = "3", _("Không được tiếp nhận")
    IN_WORK = "4", _("Đang xử lý")
    SUPPLEMENT = "5", _("Yêu cầu bổ sung giấy tờ")
    FINANCIAL = "6", _("Yêu cầu thực hiện nghĩa vụ tài chính")
    WITHDRAWN = "7", _("Công dân yêu cầu rút hồ sơ")
    STOPPED = "8", _("Dừng xử lý")
    DECIDED = "9", _("Đã xử lý xong")
    RETURNED = "10", _("Đã trả kết quả")


class Money(models.TextChoices):
    """What the citizen owes. 'Nothing due' always carries its reason on the fee parts."""

    UNKNOWN = "unknown", _("Chưa tính")
    NOTHING_DUE = "nothing_due", _("Không phải trả")
    DUE = "due", _("Còn phải trả")
    PAID = "paid", pgettext_lazy("money", "Đã trả")
    REFUNDED = "refunded", _("Đã hoàn")


class Delivery(models.TextChoices):
    """The slowest of the case's results, as one fact."""

    WAITING = "waiting", _("Chưa có kết quả")
    NOT_NEEDED = "not_needed", _("Không phải phát")
    AVAILABLE = "available", _("Có kết quả tại điểm")
    LABELLED = "labelled", _("Đã in nhãn")
    HANDED_OVER = "handed_over", _("Đã giao bưu tá")
    IN_TRANSIT = "in_transit", _("Đang vận chuyển")
    OUT_FOR_DELIVERY = "out", _("Đang phát")
    FAILED_ATTEMPT = "failed", _("Phát không được")
    HELD_AT_COUNTER = "held", _("Giữ tại điểm")
    RETURNING = "returning", _("Đang chuyển hoàn")
    RETURNED = "returned", _("Đã chuyển hoàn")
    LOST = "lost", _("Thất lạc")
    DELIVERED = "delivered", _("Đã phát")
    COLLECTED = "collected", _("Khách đã nhận tại điểm")


class Sync(models.TextChoices):
    """How our last question to the filing system went."""

    NEVER = "never", _("Chưa hỏi")
    OK = "ok", _("Đã hỏi")
    STALE = "stale", _("Tin cũ")
    FAILING = "failing", _("Không hỏi được")
    ENDED = "ended", _("Thôi hỏi")


WORK = Machine(
    "work",
    Work,
    (
        Move(Work.DRAFT, Work.HELD, PEOPLE),
        Move(Work.HELD, Work.DRAFT, PEOPLE),
        Move(Work.DRAFT, Work.FILED, PEOPLE),
        Move(Work.HELD, Work.FILED, PEOPLE),
        Move(Work.DRAFT, Work.CLOSED, OURS, reason_needed=True),
        Move(Work.HELD, Work.CLOSED, OURS, reason_needed=True),
        Move(Work.FILED, Work.ATTENTION, ANYONE, reason_needed=True),
        Move(Work.ATTENTION, Work.FILED, OURS, reason_needed=True),
        Move(Work.FILED, Work.CLOSED, OURS, reason_needed=True),
        Move(Work.ATTENTION, Work.CLOSED, PEOPLE, reason_needed=True),
        Move(Work.CLOSED, Work.FILED, OURS, reason_needed=True),
    ),
)

MONEY = Machine(
    "money",
    Money,
    (
        Move(Money.UNKNOWN, Money.NOTHING_DUE, ANYONE),
        Move(Money.UNKNOWN, Money.DUE, ANYONE),
        Move(Money.NOTHING_DUE, Money.DUE, ANYONE),
        Move(Money.DUE, Money.NOTHING_DUE, ANYONE),
        Move(Money.DUE, Money.UNKNOWN, ANYONE),
        Move(Money.NOTHING_DUE, Money.UNKNOWN, ANYONE),
        Move(Money.DUE, Money.PAID, PEOPLE),
        Move(Money.PAID, Money.REFUNDED, PEOPLE, reason_needed=True),
    ),
)

SYNC = Machine(
    "sync",
    Sync,
    (
        Move(Sync.NEVER, Sync.OK, MACHINE),
        Move(Sync.NEVER, Sync.FAILING, MACHINE),
        Move(Sync.NEVER, Sync.STALE, MACHINE),
        Move(Sync.OK, Sync.STALE, MACHINE),
        Move(Sync.OK, Sync.FAILING, MACHINE),
        Move(Sync.STALE, Sync.OK, MACHINE),
        Move(Sync.STALE, Sync.FAILING, MACHINE),
        Move(Sync.FAILING, Sync.OK, MACHINE),
        Move(Sync.FAILING, Sync.STALE, MACHINE),
        Move(Sync.NEVER, Sync.ENDED, MACHINE),
        Move(Sync.OK, Sync.ENDED, MACHINE),
        Move(Sync.STALE, Sync.ENDED, MACHINE),
        Move(Sync.FAILING, Sync.ENDED, MACHINE),
        Move(Sync.ENDED, Sync.NEVER, ANYONE),
    ),
)

#: Plausible moves of the national codes (our reading of published lists); others are kept and
#: flagged.
DOSSIER_PLAUSIBLE: dict[str, frozenset[str]] = {
    "": frozenset({"1", "2"}),
    "1": frozenset({"2", "3", "7"}),
    "2": frozenset({"4", "5", "6", "7", "8"}),
    "4": frozenset({"5", "6", "7", "8", "9"}),
    "5": frozenset({"4", "7", "8"}),
    "6": frozenset({"4", "7", "8"}),
    "8": frozenset({"4"}),
    "9": frozenset({"10"}),
    "3": frozenset(),
    "7": frozenset(),
    "10": frozenset(),
}
DOSSIER_ENDS = frozenset({Dossier.NOT_ACCEPTED, Dossier.WITHDRAWN, Dossier.RETURNED})
DOSSIER_PAUSED = frozenset({Dossier.SUPPLEMENT, Dossier.FINANCIAL})
DELIVERY_ENDS = frozenset({Delivery.NOT_NEEDED, Delivery.DELIVERED, Delivery.COLLECTED})
