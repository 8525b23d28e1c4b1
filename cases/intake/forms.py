"""The forms of the steps. Names and ids are the same word, and the same as in
`readiness.Problem.field`."""

import json
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from cases.intake import applicants, cards, numbers, phones
from cases.intake.communes import CommuneField
from cases.intake.desk import Desk
from cases.intake.documents import TICKED, Mark
from cases.intake.fields import (
    BirthDate,
    CleanText,
    IdNumber,
    NameText,
    declaration_field,
    question_field,
)
from cases.models import Citizen, Payment
from opsa.core.text import clean
from procedures import checklist
from procedures.models import DeclarationField, Question
from procedures.words import localised

HAND = ("name", "id_number", "birth_date", "sex", "address")
SUBJECT = ("name", "id_number", "birth_date", "sex")


def relations() -> list[tuple[str, str]]:
    """How the filer stands to the one the case is about."""
    return [
        ("self", _("Làm cho chính mình")),
        ("parent", _("Cha hoặc mẹ")),
        ("child", _("Con")),
        ("spouse", _("Vợ hoặc chồng")),
        ("grandparent", _("Ông hoặc bà")),
        ("sibling", _("Anh, chị, em")),
        ("guardian", _("Người giám hộ")),
        ("relative", _("Người thân khác")),
        ("agent", _("Người được ủy quyền")),
    ]


class StepForm(forms.Form):
    """A step's fields, prefilled from the desk. Drafts take anything clean; only wrong values are
    errors."""

    def __init__(self, desk: Desk, data: Any = None, *, hand: bool = False) -> None:
        # Cleaned before anything looks at it, so that a refused value is shown back harmless too.
        typed = (
            None if data is None else {name: clean(str(data[name]), lines=True) for name in data}
        )
        super().__init__(typed, auto_id="%s")
        self.desk = desk
        self.hand = hand
        self.build()
        self.initial = self.stored()

    def build(self) -> None:
        """Make the step's own fields; a step that asks nothing has none."""

    def stored(self) -> dict[str, Any]:
        """What the server holds now, by field name."""
        return {}

    def good(self) -> dict[str, Any]:
        """The values that came and may be written although others are wrong."""
        self.is_valid()
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in self.errors and self.came(name)
        }

    def came(self, name: str) -> bool:
        """Whether the page that was sent had this field. An unticked box is not sent at all, so the
        checklist names its boxes in `papers`: a page without them takes no tick away."""
        return name in self.data or name in str(self.data.get("papers", "")).split()

    def focus(self, name: str) -> bool:
        """Let the page begin at this field; False when the form doesn't have it."""
        field = self.fields.get(name)
        if field is None:
            return False
        field.widget.attrs["autofocus"] = True
        return True


class ApplicantForm(StepForm):
    """Who files, for whom, how to reach them, the situation, and the ticks of the checklist."""

    def build(self) -> None:
        desk = self.desk
        filer = desk.filer
        asked = self.is_bound and "name" in self.data
        self.hand = self.hand or asked or filer is None or filer.source != Citizen.Source.CARD
        if self.hand:
            self.by_hand()
        self.fields["commune"] = CommuneField(desk, label=_("Xã, phường theo tên mới"))
        self.fields["phone"] = CleanText(
            label=_("Điện thoại"), limit=30, widget=forms.TextInput(attrs={"inputmode": "tel"})
        )
        self.fields["email"] = CleanText(label=_("Thư điện tử"), limit=120)
        self.fields["relation"] = forms.ChoiceField(
            label=_("Quan hệ với chủ hồ sơ"), choices=relations(), required=False
        )
        self.fields["contact_by"] = forms.ChoiceField(
            label=_("Nhận tin bằng"),
            choices=[
                ("sms", _("SMS")),
                ("zalo", _("Zalo")),
                ("email", _("Thư điện tử")),
                ("none", _("Không")),
            ],
            required=False,
        )
        self.fields["language"] = forms.ChoiceField(
            label=_("Ngôn ngữ của khách"),
            choices=[("vi", "Tiếng Việt"), ("en", "English")],
            required=False,
        )
        self.subject_fields()
        for question in self.questions():
            self.fields[f"q-{question.key}"] = question_field(question)
        for line in desk.documents:
            if line.document.kind in TICKED and line.needed:
                self.fields[f"d{line.pk}"] = forms.BooleanField(
                    label=localised(line.document, "name"), required=False
                )

    def questions(self) -> list[Question]:
        """Only the questions that matter for the answers given so far."""
        return checklist.relevant_questions(self.desk.version, self.answers())

    def answers(self) -> dict[str, str]:
        held: dict[str, str] = dict(self.desk.case.answers)
        if self.is_bound:
            for question in self.desk.version.questions.all():
                given = self.data.get(f"q-{question.key}")
                if given is not None:
                    held[question.key] = given
        return held

    def by_hand(self) -> None:
        self.fields["name"] = NameText(label=_("Họ và tên"))
        self.fields["id_number"] = IdNumber(
            label=_("Số định danh"),
            limit=30,
            instead=_("Gõ 12 số trên thẻ hoặc VNeID. Chưa có: khách hỏi công an xã, phường."),
            widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        )
        self.fields["birth_date"] = BirthDate(label=_("Ngày sinh"))
        self.fields["sex"] = forms.ChoiceField(
            label=_("Giới tính"), choices=[("", _("Chọn")), *Citizen.Sex.choices], required=False
        )
        self.fields["address"] = CleanText(label=_("Nơi thường trú"), limit=200)

    def subject_fields(self) -> None:
        self.fields["subject_name"] = NameText(label=_("Họ và tên chủ hồ sơ"))
        self.fields["subject_id_number"] = IdNumber(
            label=_("Số định danh, nếu có"),
            limit=30,
            instead=_("Gõ 12 số trên thẻ, không có thì để trống."),
        )
        self.fields["subject_birth_date"] = BirthDate(label=_("Ngày sinh"), whole=self.is_born())
        self.fields["subject_sex"] = forms.ChoiceField(
            label=_("Giới tính"), choices=[("", _("Chọn")), *Citizen.Sex.choices], required=False
        )

    def is_born(self) -> bool:
        """Whether the form registers the subject's birth and so must have its day: it takes the
        birth date where it asks for a whole date."""
        return any(
            field.kind == DeclarationField.Kind.DATE and field.prefill == "subject.birth_date"
            for field in self.desk.version.fields.all()
        )

    def clean_phone(self) -> str:
        text: str = self.cleaned_data["phone"]
        return phones.read(text).e164 or text

    def clean_relation(self) -> str:
        return self.cleaned_data["relation"] or "self"

    def clean_contact_by(self) -> str:
        return self.cleaned_data["contact_by"] or "sms"

    def clean_language(self) -> str:
        return self.cleaned_data["language"] or "vi"

    def clean_email(self) -> str:
        text: str = self.cleaned_data["email"]
        if text:
            try:
                validate_email(text)
            except forms.ValidationError:
                words = _("Địa chỉ thư chưa đúng. Ví dụ ten@vidu.vn.")
                raise forms.ValidationError(words) from None
        return text

    def stored(self) -> dict[str, Any]:
        desk = self.desk
        filer = desk.filer or Citizen()
        subject = desk.case.subject or Citizen()
        answers = checklist.complete(desk.version, desk.case.answers)
        values: dict[str, Any] = {
            **{name: getattr(filer, name) for name in HAND},
            "commune": filer.commune_id or "",
            "phone": phones.read(filer.phone).shown,
            "email": filer.email,
            "relation": desk.case.relation,
            "contact_by": desk.case.contact_by,
            "language": desk.case.language,
            **{f"subject_{name}": getattr(subject, name) for name in SUBJECT},
            **{f"q-{key}": value for key, value in answers.items()},
            **{f"d{line.pk}": line.mark != Mark.OPEN for line in desk.documents},
        }
        return {name: values[name] for name in self.fields}

    def warnings(self) -> dict[str, str]:
        """Things to look at that refuse nothing: what the card reader doubts, an odd number."""
        filer = self.desk.filer
        if filer is None:
            return {}
        words = _("Đọc chưa rõ. Xem lại trên thẻ.")
        found = {mark[1:]: words for mark in filer.changed_by_hand if mark.startswith("?")}
        if filer.source == Citizen.Source.TYPED and len(filer.id_number) == 12:
            for name in cards.number_warnings(filer.id_number, filer.birth_date, filer.sex):
                found.setdefault(name, _("Không khớp với số định danh. Xem lại."))
        return found


@dataclass(frozen=True, slots=True)
class Asked:
    """A field of the e-form as the page shows it. `check` is a warning to look at, or empty."""

    field: forms.BoundField
    optional: bool
    check: str


class DeclarationForm(StepForm):
    """The e-form's own fields, in its order and with its labels; nothing the card said is asked
    again."""

    def build(self) -> None:
        for field in self.desk.version.fields.all():
            self.fields[f"f-{field.key}"] = declaration_field(field)

    def stored(self) -> dict[str, Any]:
        values = json.loads(self.desk.case.declaration or "{}")
        return {name: values.get(name[2:], "") for name in self.fields}

    def warnings(self) -> dict[str, str]:
        """Numbers that do not fit the birth date or sex beside them, as the card reader sees it."""
        values = json.loads(self.desk.case.declaration or "{}")
        words = _("Không khớp với ngày sinh hoặc giới tính. Xem lại.")
        return {
            f"f-{key}": _("Ba số đầu không phải mã tỉnh. Xem lại.") if "id_number" in odd else words
            for key, odd in numbers.doubtful(self.desk.version, values).items()
        }

    def groups(self) -> tuple[list[Asked], list[Asked]]:
        """The fields to ask, and those that the people of the case have filled."""
        filled = applicants.prefills(self.desk.case, self.desk.version)
        stored, odd = self.stored(), self.warnings()
        ask: list[Asked] = []
        rest: list[Asked] = []
        for field in self.desk.version.fields.all():
            name, known = f"f-{field.key}", filled.get(field.key)
            one = Asked(self[name], optional=not field.required, check=odd.get(name, ""))
            wrong = self.is_bound and name in self.errors
            (rest if known and known == stored[name] and not wrong else ask).append(one)
        return ask, rest


class FeesForm(StepForm):
    """Where the results go, and how many copies."""

    def build(self) -> None:
        self.fields["by_post"] = forms.ChoiceField(
            label=_("Nhận kết quả"),
            choices=[("yes", _("Bưu tá mang đến nhà")), ("no", _("Nhận tại điểm này"))],
            widget=forms.RadioSelect,
            required=False,
        )
        self.fields["recipient"] = NameText(label=_("Người nhận"))
        self.fields["recipient_phone"] = CleanText(
            label=_("Điện thoại người nhận"),
            limit=30,
            widget=forms.TextInput(attrs={"inputmode": "tel"}),
        )
        self.fields["line"] = CleanText(label=_("Số nhà, đường"), limit=200)
        address = self.desk.address
        self.fields["address_commune"] = CommuneField(
            self.desk,
            label=_("Xã, phường"),
            chosen=address.commune if address else None,
        )
        self.fields["old_unit"] = CleanText(label=_("Tên xã, phường cũ"), limit=200)
        if any(fee.per in ("copy", "document") for fee in self.desk.version.fees.all()):
            self.fields["copies"] = CleanText(label=_("Số bản"), limit=3)

    def clean_by_post(self) -> bool:
        return bool(self.cleaned_data["by_post"] != "no")

    def clean_recipient_phone(self) -> str:
        text: str = self.cleaned_data["recipient_phone"]
        phone = phones.read(text)
        if phone.fault:
            raise forms.ValidationError(phone.fault)
        return phone.e164

    def clean_copies(self) -> int:
        text: str = self.cleaned_data["copies"] or "1"
        if not text.isdecimal() or not 1 <= int(text) <= 100:
            raise forms.ValidationError(_("Số bản từ 1 đến 100."))
        return int(text)

    def stored(self) -> dict[str, Any]:
        address = self.desk.address
        values: dict[str, Any] = {
            "by_post": "no" if address and not address.by_post else "yes",
            "recipient": address.recipient if address else "",
            "recipient_phone": phones.read(address.phone).shown if address else "",
            "line": address.line if address else "",
            "address_commune": (address.commune_id or "") if address else "",
            "old_unit": address.old_unit if address else "",
            "copies": str(self.desk.case.copies),
        }
        return {name: values[name] for name in self.fields}


class PaymentForm(forms.Form):
    """How the money was paid."""

    method = forms.ChoiceField(choices=Payment.Method)
    reference = CleanText(limit=40)
    amount = forms.IntegerField(widget=forms.HiddenInput)
