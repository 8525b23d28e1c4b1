"""The admin site itself, apart from the app config so that it loads after the models."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class OpsaAdminSite(admin.AdminSite):
    """Django's admin with our names; only staff who gave a second factor may enter (F23)."""

    site_header = _("Quản trị đại lý dịch vụ công")
    site_title = _("Quản trị OPSA")
    index_title = _("Danh mục, điểm phục vụ, nhân viên")
    site_url = "/dieu-hanh/"

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(
            user.is_active
            and getattr(user, "is_staff", False)
            and getattr(user, "is_verified", lambda: False)()
        )
