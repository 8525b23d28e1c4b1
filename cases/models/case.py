from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Counter, Staff
from cases.models.citizen import Citizen
from cases.states import Delivery, Dossier, Money, Sync, Work
from opsa.core.fields import EncryptedTextField
from procedures.models import FilingSystem, ProcedureVersion


class Case(models.Model):
    """One citizen, one procedure version, one office (hồ sơ).

    A case has no single status: `work`, `dossier`, `money`, `delivery` and `sync` are separate
    facts (`cases.states`), worded in one place (`cases.headline`). `queue` says whose work it is; a
    database check keeps it filled, so every live case stands in exactly one queue (invariant 3).
    """

    class Mode(models.TextChoices):
        ASSIST = "assist", _("khách tự nộp, nhân viên giúp")
        ON_BEHALF = "on_behalf", _("nộp thay theo ủy quyền")

    class Channel(models.TextChoices):
        """How the filing came to be online, for the honest share (F16)."""

        SELF_SERVICE = "self_service", _("khách tự nộp")
        ASSISTED = "assisted", _("được giúp tại điểm")
        TYPED_LATER = "typed_later", _("nhập lại sau")
        PAPER = "paper", _("hồ sơ giấy")

    class Queue(models.TextChoices):
        """Whose work it is, from most to least urgent."""

        ATTENTION = "attention", _("Cần xử lý")
        SUPPLEMENT = "supplement", _("Chờ bổ sung")
        RESULT = "result", _("Có kết quả")
        PARCEL = "parcel", _("Chờ giao bưu tá")
        FAILED_DELIVERY = "failed_delivery", _("Phát không được")
        DRAFT = "draft", _("Đang làm")
        HELD = "held", _("Đang giữ cho khách")
        SENDING = "sending", _("Chờ gửi")
        AGENCY = "agency", _("Cơ quan đang giải quyết")
        ON_ROAD = "on_road", _("Bưu tá đang mang đi")
        DONE = "done", _("Đã xong")

    reference = models.CharField(_("mã tiếp nhận"), max_length=11, unique=True, editable=False)
    token = models.CharField(max_length=22, unique=True, editable=False)
    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="cases", verbose_name=_("điểm phục vụ")
    )
    counter = models.ForeignKey(Counter, models.SET_NULL, null=True, blank=True, related_name="+")
    opened_by = models.ForeignKey(
        Staff, models.PROTECT, related_name="+", verbose_name=_("người mở")
    )
    owner = models.ForeignKey(
        Staff,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="cases",
        verbose_name=_("người phụ trách"),
    )
    version = models.ForeignKey(
        ProcedureVersion, models.PROTECT, related_name="cases", verbose_name=_("thủ tục")
    )
    system = models.ForeignKey(
        FilingSystem, models.PROTECT, related_name="+", verbose_name=_("nơi nộp")
    )
    mode = models.CharField(_("hình thức"), max_length=9, choices=Mode, default=Mode.ASSIST)
    channel = models.CharField(max_length=12, choices=Channel, default=Channel.ASSISTED)
    filer = models.OneToOneField(
        Citizen, models.PROTECT, null=True, related_name="filed_case", verbose_name=_("người nộp")
    )
    subject = models.OneToOneField(
        Citizen,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="subject_case",
        verbose_name=_("chủ hồ sơ"),
    )
    #: The filer's name, kept by the database: a list reads it without a look-up a line.
    filer_name = models.CharField(
        _("họ và tên người nộp"),
        max_length=100,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    relation = models.CharField(_("quan hệ với chủ hồ sơ"), max_length=20, default="self")
    answers = models.JSONField(_("trường hợp"), default=dict, blank=True)
    declaration = EncryptedTextField(
        _("tờ khai"), default="{}", help_text=_("JSON, khóa theo ô tờ khai")
    )
    contact_by = models.CharField(_("nhận tin bằng"), max_length=5, default="sms")
    language = models.CharField(_("ngôn ngữ của khách"), max_length=2, default="vi")
    copies = models.PositiveSmallIntegerField(_("số bản"), default=1)
    authority = models.CharField(_("nơi giải quyết"), max_length=200, blank=True)
    #: What the delivery address says, which keeps it: a list reads it without a look-up a line.
    by_post = models.BooleanField(_("gửi bưu điện"), default=True, db_default=True, editable=False)

    work = models.CharField(_("việc tại quầy"), max_length=10, choices=Work, default=Work.DRAFT)
    dossier = models.CharField(
        _("ở cơ quan"), max_length=2, choices=Dossier, default=Dossier.NONE, blank=True
    )
    money = models.CharField(_("tiền"), max_length=12, choices=Money, default=Money.UNKNOWN)
    delivery = models.CharField(
        _("trả kết quả"), max_length=12, choices=Delivery, default=Delivery.WAITING
    )
    sync = models.CharField(_("tin từ cổng"), max_length=8, choices=Sync, default=Sync.NEVER)
    queue = models.CharField(_("hàng việc"), max_length=16, choices=Queue, default=Queue.DRAFT)
    attention = models.CharField(_("vì sao cần xử lý"), max_length=40, blank=True)
    waiting_for = models.CharField(_("đang chờ gì"), max_length=200, blank=True)
    #: What the authority asked for is on its way or there: the next word is the authority's.
    answered = models.BooleanField(_("đã gửi bổ sung"), default=False)

    revision = models.PositiveIntegerField(default=1, help_text=_("tăng mỗi lần lưu nháp"))
    step = models.CharField(max_length=12, default="nguoi-nop")
    #: The field of that step where the person was who put the draft aside: its name, no value.
    field = models.CharField(max_length=50, blank=True, default="", db_default="", editable=False)
    incomplete_until = models.DateField(_("nhận thiếu đến ngày"), null=True, blank=True)
    opened_at = models.DateTimeField(_("mở lúc"), auto_now_add=True)
    changed_at = models.DateTimeField(_("sửa lúc"), auto_now=True)
    taken_at = models.DateTimeField(_("nhận tại quầy lúc"), null=True, blank=True)
    first_sent_at = models.DateTimeField(_("gửi lần đầu lúc"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("cổng nhận lúc"), null=True, blank=True)
    due_at = models.DateTimeField(_("hẹn trả"), null=True, blank=True)
    decided_at = models.DateTimeField(_("có kết quả lúc"), null=True, blank=True)
    moved_at = models.DateTimeField(_("chuyển trạng thái lúc"), null=True, blank=True)
    closed_at = models.DateTimeField(_("đóng lúc"), null=True, blank=True)
    #: The last answer to the question that goes on (`PollState`), kept by the database: a list
    #: reads it without a look-up a line.
    heard_at = models.DateTimeField(_("hỏi cổng lúc"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("hồ sơ")
        verbose_name_plural = _("hồ sơ")
        indexes: ClassVar = [
            models.Index(
                fields=("agency", "queue", "due_at", "id"),
                condition=~models.Q(queue="done"),
                name="case_open_work",
            ),
            models.Index(
                fields=("agency", "due_at", "id"),
                condition=~models.Q(queue="done"),
                name="case_open_due",
            ),
            models.Index(
                fields=("agency", "-closed_at", "-id"),
                condition=models.Q(closed_at__isnull=False),
                name="case_closed",
            ),
            models.Index(fields=("agency", "-id"), name="case_newest"),
            models.Index(fields=("agency", "taken_at"), name="case_taken"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(queue=""), name="case_in_one_queue"),
            models.CheckConstraint(
                condition=~models.Q(work="filed") | models.Q(taken_at__isnull=False),
                name="filed_case_was_taken",
            ),
            models.CheckConstraint(
                condition=~models.Q(work="closed") | models.Q(queue="done"),
                name="closed_case_is_done",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class CaseNameToken(models.Model):
    """One folded word of a person's name, scoped by office: the search index that stays fast
    (B3)."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    token = models.CharField(max_length=30, db_collation="C")
    case = models.ForeignKey(Case, models.CASCADE, related_name="name_tokens")
    pk = models.CompositePrimaryKey("agency", "token", "case")

    class Meta:
        verbose_name = _("từ trong tên")
        verbose_name_plural = _("từ trong tên")

    def __str__(self) -> str:
        return self.token
