from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    """Registers what cases owe to the outside."""

    name = "cases"
    verbose_name = _("Hồ sơ")

    def ready(self) -> None:
        from cases.filing.sending import FilingSender
        from cases.messages.sending import MessageSender
        from opsa.core import outbox

        outbox.handles("filing", FilingSender())
        outbox.handles("message", MessageSender())
