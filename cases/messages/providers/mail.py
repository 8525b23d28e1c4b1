"""E-mail by Django's mailer. A letter that may have left cannot be asked about: a person calls."""

import smtplib
from collections.abc import Iterable, Mapping

from django.core.mail import EmailMessage

from cases.messages.providers.port import BadReport, Handed, Report, Text
from cases.models import Message
from opsa.core.outbox import Answer


class Mail:
    """One plain letter; the message's key is its Message-ID's beginning."""

    code = "email"
    keyed = False

    def hand_over(self, text: Text) -> Handed:
        letter = EmailMessage(
            subject=text.subject,
            body=text.body,
            to=[text.to],
            headers={"Message-ID": f"<{text.key}@opsa>"},
        )
        try:
            letter.send()
        except smtplib.SMTPRecipientsRefused:
            return Handed(Answer.REFUSED, Message.Why.WRONG_NUMBER)
        except (ConnectionRefusedError, smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
            return Handed(Answer.NOT_PROCESSED, type(error).__name__)
        except (OSError, smtplib.SMTPException) as error:
            return Handed(Answer.UNKNOWN, type(error).__name__)
        return Handed(Answer.DONE)

    def find(self, key: str) -> Handed:
        return Handed(Answer.CANNOT_TELL, Message.Why.NOT_HANDED)

    def outcomes(self, keys: Iterable[str]) -> list[Report]:
        return []

    def well(self) -> bool:
        return True

    def read_report(self, body: bytes, headers: Mapping[str, str]) -> list[Report]:
        raise BadReport
