"""Forms of delivery: the hand-over with its proof, and the address. Errors are in words for the
clerk."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.models import Commune
from cases.intake import phones
from cases.models import Case, DeliveryAddress
from delivery.models import ProofOfDelivery
from delivery.parcels import communes_of
from delivery.proofs import HandOver
from opsa.core.text import clean

Method, Relation = ProofOfDelivery.Method, ProofOfDelivery.Relation


class HandOverForm(forms.Form):
    """Who took the results, and how we know. The code and the digits are compared, never kept."""

    method = forms.ChoiceField(
        label=_("Xác nhận bằng"),
        choices=[
            (Method.CODE, _("Mã một lần gửi đến điện thoại khách")),
            (Method.ID_SHOWN, _("Xem giấy tờ tùy thân")),
            (Method.SIGNATURE, _("Chữ ký trên giấy")),
        ],
        widget=forms.RadioSelect,
        initial=Method.CODE,
    )
    code = forms.CharField(
        label=_("Mã khách đọc"),
        required=False,
        help_text=_("6 số trong tin nhắn của khách"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    id_digits = forms.CharField(
        label=_("4 số cuối giấy tờ"),
        required=False,
        help_text=_("chỉ để so, không lưu"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    receiver = forms.CharField(
        label=_("Họ tên người nhận"),
        error_messages={"required": _("Ghi họ tên người nhận.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    relation = forms.ChoiceField(label=_("Là ai"), choices=Relation.choices, initial=Relation.SELF)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound:
            # Shown again only when refused: the next keys are the answer, not a search.
            wanted = {Method.ID_SHOWN: "id_digits", Method.SIGNATURE: "receiver"}
            name = wanted.get(self.data.get("method", ""), "code")
            self.fields[name].widget.attrs["autofocus"] = True

    def said(self) -> HandOver:
        """What was typed, for the service."""
        data = self.cleaned_data
        return HandOver(
            method=data["method"],
            receiver=data["receiver"],
            relation=data["relation"],
            code=data["code"],
            id_digits=data["id_digits"],
        )


class AddressForm(forms.Form):
    """Where the results go. The old ward name stays beside the new one."""

    by_post = forms.TypedChoiceField(
        label=_("Trả kết quả"),
        choices=[("1", _("Bưu tá mang đến nhà")), ("0", _("Khách nhận tại bưu điện"))],
        coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
    )
    recipient = forms.CharField(label=_("Người nhận"), required=False)
    phone = forms.CharField(
        label=_("Điện thoại người nhận"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    line = forms.CharField(label=_("Số nhà, đường"), required=False)
    commune = forms.ChoiceField(label=_("Xã, phường theo tên mới"), required=False)
    old_unit = forms.CharField(label=_("Tên xã, phường cũ"), required=False)

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        address: DeliveryAddress | None = getattr(case, "delivery_address", None)
        if address is not None:
            kwargs.setdefault(
                "initial",
                {
                    "by_post": "1" if address.by_post else "0",
                    "recipient": address.recipient,
                    "phone": phones.read(address.phone).shown,
                    "line": address.line,
                    "commune": address.commune_id or "",
                    "old_unit": address.old_unit,
                },
            )
        super().__init__(*args, **kwargs)
        self._communes = {commune.pk: commune for commune in communes_of()}
        if address is not None and address.commune is not None:
            self._communes.setdefault(address.commune.pk, address.commune)
        field = self.fields["commune"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Chọn")), *((pk, str(c)) for pk, c in self._communes.items())]
        for name in ("recipient", "line", "old_unit"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for name in ("recipient", "line", "old_unit"):
            data[name] = clean(data.get(name, "")).strip()
        if data.get("by_post"):
            phone = phones.read(data.get("phone", ""))
            if phone.fault or not phone.e164:
                self.add_error("phone", phone.fault or _("Bưu tá cần số điện thoại để gọi."))
            data["phone"] = phone.e164
            for name, words in (
                ("recipient", _("Ghi tên người nhận.")),
                ("line", _("Ghi số nhà, đường hoặc thôn, xóm.")),
                ("commune", _("Chọn xã, phường.")),
            ):
                if not data.get(name):
                    self.add_error(name, words)
        return data

    def values(self) -> dict[str, Any]:
        """The address as the service takes it; nothing but the choice changes for the counter."""
        data = self.cleaned_data
        if not data["by_post"]:
            return {"by_post": False}
        commune: Commune = self._communes[data["commune"]]
        return {
            name: data[name] for name in ("by_post", "recipient", "phone", "line", "old_unit")
        } | {"commune": commune}
