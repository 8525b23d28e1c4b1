"""Checking a password, and loading the person behind a session in one query."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model
from django.http import HttpRequest

from agencies.admin_rights import may
from agencies.models import Staff


class StaffBackend(BaseBackend):
    """Username and password; the same answer after the same work, whatever was wrong."""

    def authenticate(
        self, request: HttpRequest | None, username: str = "", password: str = "", **kwargs: Any
    ) -> Staff | None:
        """The person, or None for an unknown name, a wrong password or an ended account.

        Every way out has hashed the password once (ASVS 6.3.8).
        """
        staff = Staff.objects.filter(username=username.strip().lower()).first()
        if staff is None:
            Staff().set_password(password)
            return None
        if not staff.check_password(password) or not staff.is_active:
            return None
        return staff

    def get_user(self, user_id: int) -> Staff | None:
        """The person with office and counter, or None once the account has ended."""
        return (
            Staff.objects.select_related("agency", "counter")
            .filter(pk=user_id, is_active=True)
            .first()
        )

    def has_perm(
        self, user_obj: Staff | AnonymousUser, perm: str, _obj: Model | None = None
    ) -> bool:
        """Admin rights follow the role; nothing is granted by groups or flags."""
        return isinstance(user_obj, Staff) and user_obj.is_active and may(user_obj.role, perm)

    def has_module_perms(self, user_obj: Staff, app_label: str) -> bool:
        """Whether the role may see anything of this app in the admin."""
        return user_obj.is_active and may(user_obj.role, f"{app_label}.view_")
