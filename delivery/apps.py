from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeliveryConfig(AppConfig):
    """Hears of results, owes the carrier, and adds its buttons, lines and codes to the counter."""

    name = "delivery"
    verbose_name = _("Trả kết quả")

    def ready(self) -> None:
        from cases.tracking import hooks
        from delivery import services
        from delivery.sending import CancelSender, ManifestSender, ParcelSender
        from opsa.core import outbox

        hooks.on_result(services.results_announced)
        outbox.handles("parcel", ParcelSender())
        outbox.handles("parcel_cancel", CancelSender())
        outbox.handles("manifest", ManifestSender())
        from cases.intake import command
        from cases.worklists import actions, timeline
        from delivery import case_page

        actions.register(case_page.buttons)
        timeline.register(case_page.entries)
        timeline.register(case_page.in_person)
        command.register(case_page.codes)
