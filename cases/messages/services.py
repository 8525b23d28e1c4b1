"""Telling a citizen: one key per event, so nothing is told twice; sent by the outbox (F10)."""

import hashlib
import json
from collections.abc import Mapping

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from cases.messages import outcomes, providers, routes, texts
from cases.messages.quiet import SECRET, until_morning
from cases.models import Case, ExtraUse, Message, MessageSwitch, MessageText
from opsa.core import outbox, practice
from opsa.core.codes import group_reference

#: What a message's key has room for beside the case and the event.
ONCE_MOST = 40
#: How the keys of messages to a helper's phone begin; the person's own begin with a case's number.
HELPER = "helper:"


def public_link(case: Case) -> str:
    """The citizen's page, as printed and texted."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/t/{case.token}/"


def tell(case: Case, event: str, *, once: str = "", what: str = "") -> Message | None:
    """Owe the citizen a text about an event of their case; None when they want none.

    `once` tells repeated events apart (a second supplement). Call inside a transaction.
    """
    filer = case.filer
    if case.contact_by == "none" or filer is None or not filer.phone:
        return None
    if event not in SECRET and _switched_off(case, event):
        return None
    text = texts.stored(event, case.language)
    values = {
        "code": group_reference(case.reference),
        "link": public_link(case),
        "date": timezone.localtime(case.due_at).strftime("%d/%m") if case.due_at else "",
        "what": what,
    }
    # What the outside calls its news may be longer than a key.
    if len(once) > ONCE_MOST:
        once = hashlib.sha256(once.encode()).hexdigest()[:ONCE_MOST]
    way, to = "sms", filer.phone
    if event not in SECRET and case.system_id != practice.SYSTEM:
        if case.contact_by == "email" and filer.email:
            way, to = "email", filer.email
        elif case.contact_by == "zalo" and text.zalo_template and providers.there("zalo"):
            way = "zalo"
    key = f"{case.pk}:{event}:{once}"
    first = _owe(case, text, to, values, key, way=way)
    if event not in SECRET and (second := _second_phone(case)) not in ("", filer.phone):
        _owe(case, text, second, values, f"{HELPER}{key}")
    return first


def _switched_off(case: Case, event: str) -> bool:
    return MessageSwitch.objects.filter(procedure__versions=case.version_id, event=event).exists()


def _second_phone(case: Case) -> str:
    """The number of a helper, for as long as the citizen agrees to it (F05)."""
    uses = ExtraUse.objects.in_force(timezone.localdate())
    use = uses.filter(case=case, kind=ExtraUse.Kind.SECOND_PHONE).first()
    return use.phone if use else ""


def send_code(case: Case, *, to: str, code: str, key: str) -> Message:
    """Text a one-time code to a phone number; `key` makes a repeated request one text."""
    return _owe(case, texts.stored("code", case.language), to, {"what": code}, key)


def by_sms(message: Message) -> Message | None:
    """The same words as an SMS, for a number that cannot be reached the other way; None when the
    person has had enough of them meanwhile."""
    if message.case.contact_by == "none":
        return None
    assert message.text is not None
    values = json.loads(message.values or "{}")
    return _owe(message.case, message.text, message.to, values, f"{message.key}:sms")


def again(message: Message, to: str) -> Message:
    """The same words to a corrected number, under a key of their own."""
    second, created = Message.objects.get_or_create(
        key=f"{message.key}:{message.pk}"[-80:],
        defaults={
            "case": message.case,
            "event": message.event,
            "to": to,
            "body": message.body,
            "text": message.text,
        },
    )
    if created:
        _send(second, "sms")
    return second


def _owe(
    case: Case,
    text: MessageText,
    to: str,
    values: Mapping[str, str],
    key: str,
    *,
    way: str = "sms",
) -> Message:
    kept = {name: values.get(name, "") for name in texts.placeholders(text.event)}
    message, created = Message.objects.get_or_create(
        key=key,
        defaults={
            "case": case,
            "event": text.event,
            "to": to,
            "body": texts.render(text, values),
            "text": text,
            "values": json.dumps(kept) if way == "zalo" else None,
        },
    )
    if created:
        _send(message, way)
    return message


def _send(message: Message, way: str) -> None:
    """Owe it to the provider that is best now; in the quiet hours from the morning on. What is only
    practised goes to the simulator or nowhere."""
    if message.case.system_id == practice.SYSTEM:
        way = providers.PRACTICE
        if not providers.there(way):
            outcomes.stopped([message.pk], Message.Why.PRACTICE)
            message.refresh_from_db(fields=["state", "outcome", "settled_at"])
            return
    channel, now = routes.best(way), timezone.localtime()
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
