"""The admin site at /quan-tri/: Django's own, behind a second factor."""

from django.contrib.admin.apps import AdminConfig


class OpsaAdminConfig(AdminConfig):
    """Puts our site (second factor, our tokens) in the place of Django's default."""

    default_site = "opsa.admin_site.OpsaAdminSite"
