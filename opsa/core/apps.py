from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    """What all rooms share and that knows no domain."""

    name = "opsa.core"
    label = "core"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Nhật ký và lịch làm việc")

    def ready(self) -> None:
        from opsa.core.rls import guard_pools
        from opsa.core.roles import grant

        guard_pools()
        post_migrate.connect(grant, sender=self, dispatch_uid="opsa.core.grant")
