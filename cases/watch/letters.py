"""The letters of the watch. One that could not leave goes at the next turn."""

import smtplib
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db.models import QuerySet
from django.utils import timezone

log = structlog.get_logger(__name__)


class Away(Exception):
    """The mail server cannot be reached or keeps silent: no other letter leaves now either."""


def post(what: str, subject: str, body: str, to: list[str]) -> bool:
    """Send one letter; False when the mail server did not take it. Waits for the outside, so never
    inside a transaction. Raises Away; `what` names the letter in the log."""
    try:
        send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, to)
    except OSError as error:  # SMTPException is one
        log.warning("letter_not_sent", what=what, why=type(error).__name__)
        if isinstance(error, smtplib.SMTPException):
            return False
        raise Away from error
    return True


def once(row: "QuerySet[Any]", send: Callable[[], bool]) -> bool:
    """Have the letter of this one row sent, and say whether it left now. It is taken before it is
    sent: of two at once, or one killed on the way, nobody sends another. Raises Away."""
    if not row.filter(mailed_at__isnull=True).update(mailed_at=timezone.now()):
        return False
    try:
        sent = send()
    except Away:
        row.update(mailed_at=None)
        raise
    if not sent:
        row.update(mailed_at=None)
    return sent
