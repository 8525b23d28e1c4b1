"""Telling a citizen: one key per event, so nothing is told twice; sent by the outbox (F10)."""

import hashlib

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from cases.messages import routes, texts
from cases.messages.quiet import SECRET, until_morning
from cases.models import Case, ExtraUse, Message
from opsa.core import outbox
from opsa.core.codes import group_reference

#: What a message's key has room for beside the case and the event.
ONCE_MOST = 40


def public_link(case: Case) -> str:
    """The citizen's page, as printed and texted."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/t/{case.token}/"


def tell(case: Case, event: str, *, once: str = "", what: str = "") -> Message | None:
    """Owe the citizen a text about an event of their case; None when they want none.

    `once` tells repeated events apart (a second supplement). Call inside a transaction.
    """
    if case.contact_by == "none" or case.filer is None or not case.filer.phone:
        return None
    with translation.override(case.language):
        body = texts.text(
            event,
            code=group_reference(case.reference),
            link=public_link(case),
            date=timezone.localtime(case.due_at).strftime("%d/%m") if case.due_at else "",
            what=what,
        )
    # What the outside calls its news may be longer than a key.
    if len(once) > ONCE_MOST:
        once = hashlib.sha256(once.encode()).hexdigest()[:ONCE_MOST]
    first = _owe(case, event, case.filer.phone, body, f"{case.pk}:{event}:{once}")
    if event not in SECRET and (second := _second_phone(case)) not in ("", case.filer.phone):
        _owe(case, event, second, body, f"{case.pk}:{event}:{once}:2")
    return first


def _second_phone(case: Case) -> str:
    """The number of a helper, for as long as the citizen agrees to it (F05)."""
    uses = ExtraUse.objects.in_force(timezone.localdate())
    use = uses.filter(case=case, kind=ExtraUse.Kind.SECOND_PHONE).first()
    return use.phone if use else ""


def send_code(case: Case, *, to: str, code: str, key: str) -> Message:
    """Text a one-time code to a phone number; `key` makes a repeated request one text."""
    with translation.override(case.language):
        body = texts.text("code", code="", link="", what=code)
    return _owe(case, "code", to, body, key)


def _owe(case: Case, event: str, to: str, body: str, key: str) -> Message:
    message, created = Message.objects.get_or_create(
        key=key, defaults={"case": case, "event": event, "to": to, "body": body}
    )
    if created:
        _send(message)
    return message


def _send(message: Message) -> None:
    """Owe it to the provider that is best now; in the quiet hours from the morning on."""
    channel, now = routes.best("sms"), timezone.localtime()
    wait = until_morning(message.event, now)
    outbox.put(
        kind="message",
        channel=channel,
        key=f"message:{message.pk}",
        subject=message.pk,
        run_at=now + wait if wait else None,
    )
    if not wait:
        transaction.on_commit(lambda: _nudge(channel))


def _nudge(channel: str) -> None:
    from cases.filing.tasks import nudge

    nudge(channel)
