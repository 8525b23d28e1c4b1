"""E-mail by Django's mailer. A letter that may have left cannot be asked about: a person calls.

A mail server that answers 4xx took nothing and asks to come again (RFC 5321, 4.2.1); most say so to
whoever they see for the first time. Only 5xx about the address itself makes it a wrong one.
"""

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
        except smtplib.SMTPRecipientsRefused as refused:
            (answer,) = refused.recipients.values()
            return _refused(*answer, about_address=True)
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as refused:
            return _refused(refused.smtp_code, refused.smtp_error, about_address=False)
        except (
            ConnectionRefusedError,
            smtplib.SMTPConnectError,
            smtplib.SMTPHeloError,
            smtplib.SMTPAuthenticationError,
        ) as error:
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


def _refused(code: int, words: bytes | str, *, about_address: bool) -> Handed:
    """What a refusal means. Its words may name the person, so only the number is kept."""
    if code == 421:  # the server itself goes away
        return Handed(Answer.NOT_PROCESSED, str(code))
    if 400 <= code < 500:
        return Handed(Answer.LATER, str(code))
    said = words.decode("ascii", "replace") if isinstance(words, bytes) else words
    # 5.2.2 is a full box and 5.3 to 5.7 are the servers' own matters (RFC 3463).
    theirs = code == 552 or said.startswith(("5.2.2", "5.3.", "5.4.", "5.5.", "5.6.", "5.7."))
    wrong = about_address and not theirs
    return Handed(Answer.REFUSED, Message.Why.WRONG_NUMBER if wrong else Message.Why.NOT_HANDED)
