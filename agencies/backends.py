"""Checking a password, and loading the person behind a session in one query."""

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from agencies.models import Staff


class StaffBackend(BaseBackend):
    """Username and password; says the same, after the same work, whatever was wrong (ASVS 6.3.8)."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **credentials: object,
    ) -> Staff | None:
        """The person, or None for an unknown name, a wrong password or an ended account."""
        if not username or password is None:
            return None
        staff = Staff.objects.filter(username=username.strip().lower()).first()
        if staff is None:
            Staff().set_password(
                password
            )  # the same hashing work as for a name that exists
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

    def has_perm(self, user_obj: Staff, perm: str, obj: object | None = None) -> bool:
        """Admin rights follow the role (agencies.admin_rights); nothing is granted by groups."""
        return user_obj.is_active and user_obj.is_superuser
