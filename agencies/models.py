"""Places, offices and the people who work there.

Sources: communes, codes and names since 1 July 2025 are the statistics office's (34 provinces,
3,321 communes); postal codes are Decision 2334/QĐ-BKHCN (24 August 2025); offices are a
working list (see `Agency.confidence`).
"""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.keys import Keyboard
from opsa.core.fields import EncryptedTextField


class Confidence(models.TextChoices):
    """How sure we are of a row of reference data; shown wherever the row is edited."""

    HIGH = "high", _("chắc chắn")
    MEDIUM = "medium", _("khá chắc")
    LOW = "low", _("cần xác minh")


class Province(models.Model):
    """One of the 34 provinces and cities since 1 July 2025."""

    class Kind(models.TextChoices):
        CITY = "thanh_pho", _("Thành phố")
        PROVINCE = "tinh", _("Tỉnh")

    code = models.CharField(_("mã"), max_length=2, primary_key=True)
    kind = models.CharField(_("loại"), max_length=9, choices=Kind, default=Kind.PROVINCE)
    name = models.CharField(_("tên"), max_length=60, help_text=_("không kèm tỉnh, thành phố"))

    class Meta:
        verbose_name = _("tỉnh, thành phố")
        verbose_name_plural = _("tỉnh, thành phố")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class Commune(models.Model):
    """A ward, commune or special zone since 1 July 2025; the only level below the province."""

    class Kind(models.TextChoices):
        WARD = "phuong", _("Phường")
        COMMUNE = "xa", _("Xã")
        SPECIAL = "dac_khu", _("Đặc khu")

    code = models.CharField(_("mã"), max_length=5, primary_key=True)
    province = models.ForeignKey(
        Province, models.PROTECT, related_name="communes", verbose_name=_("tỉnh, thành phố")
    )
    kind = models.CharField(_("loại"), max_length=8, choices=Kind)
    name = models.CharField(_("tên"), max_length=80, help_text=_("không kèm phường, xã"))
    postal_code = models.CharField(_("mã bưu chính"), max_length=5, blank=True)
    search_key = models.CharField(max_length=80, db_index=True, editable=False)

    old_name = ""  # places.py sets it on what it finds by an old name

    class Meta:
        verbose_name = _("xã, phường")
        verbose_name_plural = _("xã, phường")
        ordering = ("code",)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"


class OldUnit(models.Model):
    """A ward, commune or town before 1 July 2025, as on ID cards; leads to new communes."""

    class Kind(models.TextChoices):
        WARD = "phuong", _("Phường")
        COMMUNE = "xa", _("Xã")
        TOWN = "thi_tran", _("Thị trấn")

    kind = models.CharField(_("loại"), max_length=8, choices=Kind)
    name = models.CharField(_("tên cũ"), max_length=80)
    district = models.CharField(
        _("quận, huyện cũ"),
        max_length=80,
        help_text=_("kèm quận, huyện, thị xã, thành phố"),
    )
    old_province = models.CharField(_("tỉnh, thành phố cũ"), max_length=60)
    province = models.ForeignKey(
        Province,
        models.PROTECT,
        related_name="old_units",
        verbose_name=_("tỉnh, thành phố"),
    )
    search_key = models.CharField(max_length=160, db_index=True, editable=False)
    communes = models.ManyToManyField(
        Commune, related_name="old_units", verbose_name=_("xã, phường mới")
    )

    class Meta:
        verbose_name = _("đơn vị cũ")
        verbose_name_plural = _("đơn vị cũ")
        ordering = ("province", "district", "name")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("province", "old_province", "district", "kind", "name"),
                name="old_unit_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}, {self.district}"


class Agency(models.Model):
    """A post office in the programme (đại lý dịch vụ công trực tuyến)."""

    code = models.CharField(
        _("mã"), max_length=8, unique=True, help_text=_("mã của chúng tôi: HN-01")
    )
    name = models.CharField(_("tên"), max_length=120)
    name_en = models.CharField(_("tên tiếng Anh"), max_length=120)
    short_name = models.CharField(_("tên ngắn"), max_length=40)
    vnpost_code = models.CharField(_("mã bưu cục"), max_length=6)
    address = models.CharField(_("địa chỉ"), max_length=160)
    commune = models.ForeignKey(
        Commune, models.PROTECT, verbose_name=_("xã, phường"), related_name="agencies"
    )
    old_ward = models.CharField(_("phường, xã cũ"), max_length=80, blank=True)
    old_district = models.CharField(_("quận, huyện cũ"), max_length=80, blank=True)
    postal_code_2017 = models.CharField(_("mã bưu chính 2017"), max_length=5, blank=True)
    phone = models.CharField(_("điện thoại"), max_length=16, blank=True)
    opened_on = models.DateField(_("ngày mở"), null=True, blank=True)
    closed_on = models.DateField(_("ngày đóng"), null=True, blank=True)
    is_practice = models.BooleanField(_("điểm tập sự"), default=False)
    confidence = models.CharField(
        _("tin cậy về tham gia chương trình"),
        max_length=6,
        choices=Confidence,
        default=Confidence.LOW,
    )
    confidence_office = models.CharField(
        _("tin cậy về bưu cục"), max_length=6, choices=Confidence, default=Confidence.MEDIUM
    )
    confidence_address = models.CharField(
        _("tin cậy về địa chỉ"), max_length=6, choices=Confidence, default=Confidence.MEDIUM
    )
    confidence_commune = models.CharField(
        _("tin cậy về xã, phường mới"),
        max_length=6,
        choices=Confidence,
        default=Confidence.MEDIUM,
    )
    hours_assumed = models.BooleanField(
        _("giờ mở cửa là giả định"),
        default=True,
        help_text=_("bỏ chọn khi bưu cục đã xác nhận giờ"),
    )
    source = models.TextField(_("nguồn"), blank=True)
    note = models.TextField(_("ghi chú"), blank=True)
    bank = models.CharField(
        _("mã ngân hàng (BIN)"),
        max_length=6,
        blank=True,
        validators=[RegexValidator(r"\A[0-9]{6}\Z", _("Mã ngân hàng có 6 chữ số."))],
    )
    bank_account = models.CharField(
        _("số tài khoản thu"),
        max_length=19,
        blank=True,
        validators=[RegexValidator(r"\A[0-9A-Za-z]+\Z", _("Chỉ gồm chữ và số, viết liền."))],
    )
    bank_holder = models.CharField(_("tên chủ tài khoản"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("điểm phục vụ")
        verbose_name_plural = _("điểm phục vụ")
        ordering = ("code",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(bank="", bank_account="", bank_holder="")
                | ~(models.Q(bank="") | models.Q(bank_account="") | models.Q(bank_holder="")),
                name="account_is_whole",
                violation_error_message=_("Tài khoản cần đủ ngân hàng, số và tên chủ."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class OpeningHours(models.Model):
    """When an office is open on one weekday (0 = Monday); two rows when it closes at noon."""

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField(_("thứ"))
    opens = models.TimeField(_("mở"))
    closes = models.TimeField(_("đóng"))

    class Meta:
        verbose_name = _("giờ mở cửa")
        verbose_name_plural = _("giờ mở cửa")
        ordering = ("weekday", "opens")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(weekday__lte=6), name="hours_weekday"),
            models.CheckConstraint(
                condition=models.Q(closes__gt=models.F("opens")), name="hours_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.weekday}: {self.opens:%H:%M}-{self.closes:%H:%M}"


class Counter(models.Model):
    """One desk with its second screen."""

    agency = models.ForeignKey(
        Agency, models.CASCADE, related_name="counters", verbose_name=_("điểm phục vụ")
    )
    number = models.PositiveSmallIntegerField(_("quầy số"))
    serial_scanner = models.BooleanField(
        _("đầu đọc nối cổng COM"),
        default=False,
        help_text=_("đầu đọc ở chế độ USB-COM, trang đọc thẳng qua Web Serial (Chrome, Edge)"),
    )

    class Meta:
        verbose_name = _("quầy")
        verbose_name_plural = _("quầy")
        ordering = ("agency", "number")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("agency", "number"), name="counter_once")
        ]

    def __str__(self) -> str:
        return _("Quầy %(number)s") % {"number": self.number}


class Role(models.TextChoices):
    """What a person may do; the matrix test walks every address with each of these (F23)."""

    CLERK = "clerk", _("giao dịch viên")
    LEAD = "lead", _("trưởng điểm")
    SUPERVISOR = "supervisor", _("điều hành trung tâm")
    EDITOR = "editor", _("biên tập danh mục")
    AUDITOR = "auditor", _("kiểm soát")
    ADMIN = "admin", _("quản trị")


OFFICE_ROLES = frozenset({Role.CLERK, Role.LEAD})
SECOND_FACTOR_ROLES = frozenset({Role.SUPERVISOR, Role.EDITOR, Role.AUDITOR, Role.ADMIN})


class StaffManager(BaseUserManager["Staff"]):
    """Creates people; the password may be empty only for accounts that cannot sign in."""

    def create_user(self, username: str, password: str | None = None, **fields: object) -> "Staff":
        staff = self.model(username=username.strip().lower(), **fields)
        staff.set_password(password)
        staff.save()
        return staff

    def create_superuser(
        self, username: str, password: str | None = None, **fields: object
    ) -> "Staff":
        return self.create_user(
            username,
            password,
            role=Role.ADMIN,
            is_superuser=True,
            is_staff=True,
            **fields,
        )


class Staff(AbstractBaseUser, PermissionsMixin):
    """A person who works with OPSA. Clerks and leads belong to one office; others to none."""

    username = models.CharField(_("tên đăng nhập"), max_length=40, unique=True)
    display_name = models.CharField(_("họ và tên"), max_length=80)
    role = models.CharField(_("vai trò"), max_length=12, choices=Role, default=Role.CLERK)
    agency = models.ForeignKey(
        Agency,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="staff",
        verbose_name=_("điểm phục vụ"),
    )
    counter = models.ForeignKey(
        Counter,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("quầy hiện tại"),
    )
    pin = models.CharField(max_length=128, blank=True, editable=False)
    pin_failures = models.PositiveSmallIntegerField(default=0, editable=False)
    session_key = models.CharField(max_length=40, blank=True, editable=False)
    must_change_password = models.BooleanField(_("phải đổi mật khẩu"), default=False)
    is_active = models.BooleanField(_("đang làm việc"), default=True)
    is_staff = models.BooleanField(_("vào trang quản trị"), default=False)
    language = models.CharField(_("ngôn ngữ"), max_length=2, default="vi")
    email = models.EmailField(
        _("thư điện tử công việc"),
        blank=True,
        help_text=_("nhận tin đầu ngày và báo động; không dùng thư riêng"),
    )
    keys = models.JSONField(default=dict, blank=True, editable=False)
    joined_at = models.DateTimeField(_("có tài khoản từ"), auto_now_add=True)
    ended_at = models.DateTimeField(_("nghỉ từ"), null=True, blank=True, editable=False)

    second_factor_given = False

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]
    objects: ClassVar[StaffManager] = StaffManager()

    class Meta:
        verbose_name = _("nhân viên")
        verbose_name_plural = _("nhân viên")
        ordering = ("username",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(role__in=("clerk", "lead")) | models.Q(agency__isnull=False),
                name="office_roles_have_an_office",
            )
        ]

    def __str__(self) -> str:
        return self.display_name

    def is_verified(self) -> bool:
        """Whether this session was opened with a second factor (SignInMiddleware says so)."""
        return self.second_factor_given

    @property
    def can_supervise(self) -> bool:
        """Whether the boards of /dieu-hanh/ are theirs to see."""
        return self.role not in (*OFFICE_ROLES, Role.EDITOR)

    @property
    def keyboard(self) -> Keyboard:
        """The keys this person works with (ux 4.1)."""
        return Keyboard.of(self.keys)

    @property
    def scope_agency_id(self) -> int | None:
        """The one office whose cases this person may see, or None for city-wide roles."""
        return self.agency_id if self.role in OFFICE_ROLES else None

    @property
    def practises(self) -> bool:
        """Whether this person only practises: nothing their office does is real (F25)."""
        return self.agency is not None and self.agency.is_practice


class Authenticator(models.Model):
    """The app on a person's phone that makes six-digit codes (TOTP, RFC 6238).

    The secret is encrypted at rest. Until `confirmed_at` is set it is only offered, not asked for.
    `last_step` is the newest time step whose code was taken: a code works once.
    """

    staff = models.OneToOneField(Staff, models.CASCADE, related_name="authenticator")
    secret = EncryptedTextField()
    last_step = models.BigIntegerField(default=-1)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("ứng dụng tạo mã")
        verbose_name_plural = _("ứng dụng tạo mã")

    def __str__(self) -> str:
        return str(self.staff_id)


class RecoveryCode(models.Model):
    """One printed code for the day the phone is lost; only its keyed hash is kept, works once."""

    staff = models.ForeignKey(Staff, models.CASCADE, related_name="recovery_codes")
    digest = models.BinaryField(max_length=16)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("mã dự phòng")
        verbose_name_plural = _("mã dự phòng")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("staff", "digest"), name="recovery_code_once")
        ]

    def __str__(self) -> str:
        return str(self.staff_id)
