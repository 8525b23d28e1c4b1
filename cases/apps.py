from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    """Registers what cases owe to the outside."""

    name = "cases"
    verbose_name = _("Hồ sơ")

    def ready(self) -> None:
        from cases.blanks import services as blanks
        from cases.filing.sending import FilingSender
        from cases.intake import command, mandate_sheet
        from cases.messages.actions import message_actions
        from cases.messages.sending import MessageSender
        from cases.supplements.actions import supplement_actions
        from cases.supplements.sending import SupplementSender
        from cases.worklists.actions import register
        from opsa.celery import app
        from opsa.core import outbox

        # In every thread of every process: without it tasks called by web pages would go to a
        # broker
        # that nobody set up.
        app.set_default()
        outbox.handles("filing", FilingSender())
        outbox.handles("message", MessageSender())
        command.register(mandate_sheet.by_code)
        command.register(blanks.by_code)
        outbox.handles("supplement", SupplementSender())
        register(supplement_actions)
        register(message_actions)
