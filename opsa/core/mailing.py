"""Letters over SMTP with a time limit for the whole talk, not only for each line of it."""

import smtplib
import socket
from collections.abc import Sequence
from typing import override

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends import smtp

from opsa.core.outside import Watch


class EmailBackend(smtp.EmailBackend):
    """Django's SMTP backend under a `Watch`: a mail server that dribbles is cut off after
    `settings.OUTSIDE_DEADLINE_SECONDS`, and the letter fails as with any lost connection."""

    _watch: Watch | None = None

    @override
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        with Watch(settings.OUTSIDE_DEADLINE_SECONDS) as self._watch:
            return super().send_messages(email_messages) or 0

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        watch = self._watch

        class Line(smtplib.SMTP):
            def _get_socket(self, host: str, port: int, timeout: float | None) -> socket.socket:
                """What `smtplib` opens its line with; of `SMTP_SSL` before the handshake."""
                found = socket.create_connection((host, port), timeout, self.source_address)
                if watch is not None:
                    watch.hold(found)
                return found

        class SslLine(smtplib.SMTP_SSL, Line):
            """The line is watched before its handshake."""

        return SslLine if self.use_ssl else Line
