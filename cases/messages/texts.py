"""What citizens are told, per event and language: no name, no ID number, no procedure, at most two
SMS parts (F10). The words are data; version 1 of each comes with the release."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import yaml
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cases.messages.parts import MOST, Size, size, without_accents
from cases.messages.quiet import SECRET
from cases.models import MessageText
from opsa.core import journal
from opsa.core.actors import Actor
from opsa.core.text import clean

EVENTS: Final = {
    "taken": gettext_lazy("Bưu điện đã nhận hồ sơ"),
    "accepted": gettext_lazy("Cơ quan đã nhận hồ sơ"),
    "supplement": gettext_lazy("Cần thêm giấy tờ"),
    "late": gettext_lazy("Xin lỗi vì trả chậm"),
    "result": gettext_lazy("Đã có kết quả"),
    "out": gettext_lazy("Bưu tá mang kết quả đến"),
    "failed": gettext_lazy("Bưu tá chưa gặp được khách"),
    "delivered": gettext_lazy("Đã giao kết quả"),
    "returned": gettext_lazy("Hồ sơ chưa được nhận"),
    "code": gettext_lazy("Mã xác nhận"),
}
LANGUAGES: Final = ("vi", "en")
_TEXTS: Final = Path(__file__).with_name("texts.yaml")
_PLACE: Final = re.compile(r"\{([^{}]*)\}")
#: Signs that a draft has room for; far more than any text may have in the end.
DRAFT_MOST: Final = 400
ZALO_MOST: Final = 20


def placeholders(event: str) -> tuple[str, ...]:
    """What the words of an event may name. Nothing else of a case can get into a message."""
    if event == "code":
        return ("what",)
    return ("code", "link", "date", "what") if event in SECRET else ("code", "link", "date")


def example(event: str) -> dict[str, str]:
    """Values as long as real ones."""
    values = {
        "code": "7K3F9-QX2MT-4",
        "link": f"{settings.PUBLIC_URL.rstrip('/')}/t/{'Vd8xKp2mQz7LrT4wYc9Bn1'}/",
        "date": "23/11",
        "what": "482715",
    }
    return {name: values[name] for name in placeholders(event)}


def render(text: MessageText, values: Mapping[str, str]) -> str:
    """The message as it is sent."""
    said = _PLACE.sub(lambda found: values.get(found[1], ""), text.body)
    return without_accents(said) if text.plain else said


def measured(text: MessageText) -> Size:
    """The size of an example."""
    return size(render(text, example(text.event)))


def problems(text: MessageText) -> list[str]:
    """Why this text may not be used, in words for the person who writes it."""
    found = []
    named = _PLACE.findall(text.body)
    allowed = placeholders(text.event)
    if not text.body.strip():
        found.append(_("Lời nhắn còn trống."))
    unknown = sorted({f"{{{name}}}" for name in named if name not in allowed})
    if unknown:
        found.append(
            _("Không có chỗ điền %(names)s. Chỉ dùng: %(allowed)s.")
            % {
                "names": ", ".join(unknown),
                "allowed": ", ".join(f"{{{name}}}" for name in allowed),
            }
        )
    if set("{}") & set(_PLACE.sub("", text.body)):
        found.append(_("Dấu { hoặc } bị lẻ."))
    if text.event in SECRET and "what" not in named:
        found.append(_("Thiếu {what}: khách không nhận được mã."))
    if re.search(r"\d{9,}", text.body):
        found.append(_("Không ghi số dài: có thể là số định danh hoặc điện thoại của ai đó."))
    if not unknown and measured(text).parts > MOST:
        found.append(_("Dài quá %(most)s tin: bớt chữ, hoặc gửi không dấu.") % {"most": MOST})
    if text.zalo_template and not text.zalo_template.isdecimal():
        found.append(_("Mã mẫu Zalo chỉ có chữ số."))
    if len(text.zalo_template) > ZALO_MOST:
        found.append(_("Mã mẫu Zalo dài quá %(most)s chữ số.") % {"most": ZALO_MOST})
    return found


@cache
def _ours() -> dict[tuple[str, str], str]:
    """The release's words by event and language."""
    return {
        (entry["event"], entry["language"]): entry["body"]
        for entry in yaml.safe_load(_TEXTS.read_text())
    }


def _first(event: str, language: str) -> MessageText:
    return MessageText(
        event=event,
        language=language,
        number=1,
        body=_ours()[event, language],
        state=MessageText.State.PUBLISHED,
    )


def ensure_texts() -> int:
    """Load version 1 of each text that has none yet; returns how many were new."""
    there = set(MessageText.objects.filter(number=1).values_list("event", "language"))
    missing = [_first(*key) for key in _ours() if key not in there]
    return len(MessageText.objects.bulk_create(missing, ignore_conflicts=True))


def current(event: str, language: str) -> MessageText:
    """The newest published text in the language, in Vietnamese when there is none; KeyError for an
    unknown event. Reads only: a text of the release that was never used comes unsaved."""
    found = MessageText.objects.filter(
        event=event, language__in=(language, "vi"), state=MessageText.State.PUBLISHED
    )
    texts = {(one.language, one.number): one for one in found}
    if not texts:
        return _first(event, language if (event, language) in _ours() else "vi")
    return texts[max(texts, key=lambda key: (key[0] == language, key[1]))]


def stored(event: str, language: str) -> MessageText:
    """The same, as the row that a message names."""
    text = current(event, language)
    if text._state.adding:
        text, _new = MessageText.objects.get_or_create(
            event=text.event,
            language=text.language,
            number=text.number,
            defaults={"body": text.body, "state": text.state},
        )
    return text


def text(event: str, *, code: str, link: str, date: str = "", what: str = "") -> str:
    """The release's words of an event in the active language; raises KeyError for an unknown
    event."""
    language = "en" if (get_language() or "vi").startswith("en") else "vi"
    values = {"code": code, "link": link, "date": date, "what": what}
    return render(_first(event, language), values)


def draft_of(event: str, language: str) -> MessageText:
    """The draft being written, or a fresh one with the words in use; unsaved until it is kept."""
    draft = MessageText.objects.filter(
        event=event, language=language, state=MessageText.State.DRAFT
    ).first()
    if draft is not None:
        return draft
    used = current(event, language)
    numbers = MessageText.objects.filter(event=event, language=language).order_by("-number")
    newest = numbers.values_list("number", flat=True).first() or used.number
    return MessageText(
        event=event,
        language=language,
        number=newest + 1,
        body=used.body,
        plain=used.plain,
        zalo_template=used.zalo_template,
    )


def keep(draft: MessageText, *, actor: Actor, publish: bool = False) -> MessageText:
    """Keep a draft, or put it to use. Raises ValueError with the problems of one that may not, or
    when somebody else kept theirs since it was read."""
    draft.body = clean(draft.body).strip()
    found = problems(draft)
    long = len(draft.body) > DRAFT_MOST or len(draft.zalo_template) > ZALO_MOST
    if found and (publish or long):
        raise ValueError(" ".join(found))
    draft.state = MessageText.State.PUBLISHED if publish else MessageText.State.DRAFT
    draft.changed_by_id = actor.staff_id
    try:
        with transaction.atomic():
            draft.save()
            journal.record(
                actor,
                "message_text.published" if publish else "message_text.drafted",
                chain="catalogue",
                subject=f"message_text:{draft.pk}",
                event=draft.event,
                language=draft.language,
                number=draft.number,
            )
    except IntegrityError:
        words = _("Người khác vừa lưu lời nhắn này. Xem lại rồi lưu lần nữa.")
        raise ValueError(words) from None
    return draft
