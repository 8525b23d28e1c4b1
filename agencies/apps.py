from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils.translation import gettext_lazy as _


class AgenciesConfig(AppConfig):
    name = "agencies"
    verbose_name = _("Điểm phục vụ và nhân viên")

    def ready(self) -> None:
        from agencies import sessions

        # The framework's own hook: whatever signs a person in, the session gets its bounds.
        user_logged_in.connect(sessions.begin, dispatch_uid="agencies.sessions.begin")
