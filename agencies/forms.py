"""What people type about themselves: sign-in, codes, PIN, password, counter."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from agencies.models import Counter, Staff
from opsa.core.limits import forget, hit

_PASSWORD_MAX = 128


def _secret(label: Any, autocomplete: str, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        max_length=_PASSWORD_MAX,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
        **kwargs,
    )


def _own_password(staff: Staff, typed: str) -> str:
    """The password again, of who is signed in. Raises LimitReached after ten wrong ones in a
    quarter of an hour: nobody guesses it at a colleague's open screen."""
    hit("own-password", str(staff.pk), limit=10, seconds=15 * 60)
    if not staff.check_password(typed):
        raise forms.ValidationError(_("Mật khẩu không đúng."))
    forget("own-password", str(staff.pk))
    return typed


class SignInForm(forms.Form):
    """Name and password; pasting and password managers work (WCAG 3.3.8)."""

    username = forms.CharField(
        label=_("Tên đăng nhập"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "username",
                "autocapitalize": "off",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )
    password = _secret(_("Mật khẩu"), "current-password")


class CodeForm(forms.Form):
    """A code from the app, or a printed recovery code."""

    code = forms.CharField(
        label=_("Mã 6 chữ số"),
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "text",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )


class OwnPasswordForm(forms.Form):
    """One's password again, before something that nobody may do at a colleague's open screen."""

    password = _secret(_("Mật khẩu hiện tại"), "current-password")

    def __init__(self, *args: Any, staff: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.staff = staff

    def clean_password(self) -> str:
        return _own_password(self.staff, self.cleaned_data["password"])


class PinForm(OwnPasswordForm):
    """A new PIN."""

    pin = forms.CharField(
        label=_("Mã PIN mới"),
        max_length=6,
        help_text=_("4 đến 6 chữ số, để mở màn hình đã khóa"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    field_order = ("pin", "password")


class PasswordForm(forms.Form):
    """The old password and a new one, typed twice."""

    old = _secret(_("Mật khẩu hiện tại"), "current-password")
    new = _secret(
        _("Mật khẩu mới"),
        "new-password",
        help_text=_("ít nhất 12 ký tự; nên dùng vài từ ghép lại"),
    )
    again = _secret(_("Nhập lại mật khẩu mới"), "new-password")

    def __init__(self, *args: Any, staff: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.staff = staff

    def clean_old(self) -> str:
        return _own_password(self.staff, self.cleaned_data["old"])

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        validate_password(new, self.staff)
        return new

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        new = data.get("new")
        if new and new != data.get("again"):
            self.add_error("again", _("Hai lần nhập không giống nhau."))
        if new and new == data.get("old"):
            self.add_error("new", _("Mật khẩu mới phải khác mật khẩu cũ."))
        return data


class DeskForm(forms.Form):
    """The counter one sits at today, and the language of the pages."""

    counter = forms.ModelChoiceField(
        Counter.objects.none(), label=_("Quầy"), required=False, empty_label=_("Chưa chọn quầy")
    )
    language = forms.ChoiceField(
        label=_("Ngôn ngữ"), choices=[("vi", "Tiếng Việt"), ("en", "English")]
    )

    def __init__(self, *args: Any, staff: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if staff.agency_id is None:
            del self.fields["counter"]
            return
        field = self.fields["counter"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Counter.objects.filter(agency=staff.agency_id)
