"""Supervisors write what citizens are told, and say which procedures tell nothing (F10)."""

from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agencies.access import actor_of, require_role, staff_of
from agencies.models import Role
from cases.messages import texts
from cases.messages.quiet import SECRET
from cases.models import MessageSwitch, MessageText
from opsa.core import journal
from opsa.core.once import once
from opsa.core.pages import go, render_page
from procedures.models import Procedure

WRITERS: Final = (Role.SUPERVISOR, Role.ADMIN)
for_readers = require_role(*WRITERS, Role.AUDITOR)
for_writers = require_role(*WRITERS)
TONGUES: Final = {"vi": "Tiếng Việt", "en": "English"}
#: Codes are waited for: they are never switched off.
SWITCHED: Final = tuple(event for event in texts.EVENTS if event not in SECRET)


def _key(slug: str) -> tuple[str, str]:
    """Event and language of an address like `taken-vi`."""
    event, _dash, language = slug.rpartition("-")
    if event not in texts.EVENTS or language not in TONGUES:
        raise Http404
    return event, language


def _address(event: str, language: str) -> str:
    return reverse("board:text", args=[f"{event}-{language}"])


def _shown(text: MessageText) -> dict[str, Any]:
    """A text as an example, its size, and what is wrong with it."""
    return {
        "said": texts.render(text, texts.example(text.event)),
        "size": texts.measured(text),
        "problems": texts.problems(text),
    }


@require_GET
@for_readers
def text_list(request: HttpRequest) -> HttpResponse:
    """Every event with its words in both languages, and the procedures that tell less."""
    used: dict[tuple[str, str], MessageText] = {}
    drafts = set()
    for text in MessageText.objects.order_by("number"):
        if text.state == MessageText.State.DRAFT:
            drafts.add((text.event, text.language))
        else:
            used[text.event, text.language] = text
    lines = []
    for event, name in texts.EVENTS.items():
        for language, tongue in TONGUES.items():
            text = used.get((event, language)) or texts.current(event, language)
            lines.append(
                {
                    "event": name,
                    "language": tongue,
                    "text": text,
                    "url": _address(event, language),
                    "draft": (event, language) in drafts,
                    **_shown(text),
                }
            )
    off: dict[int, int] = {}
    for procedure in MessageSwitch.objects.values_list("procedure", flat=True):
        off[procedure] = off.get(procedure, 0) + 1
    procedures = [
        {"name": short_name, "url": reverse("board:text_off", args=[slug]), "off": off.get(pk, 0)}
        for pk, slug, short_name in Procedure.objects.order_by("short_name").values_list(
            "pk", "slug", "short_name"
        )
    ]
    return render_page(request, "messages/texts.html", {"lines": lines, "procedures": procedures})


def _posted(request: HttpRequest, event: str, language: str) -> MessageText:
    draft = texts.draft_of(event, language)
    draft.body = request.POST.get("body", "")[:4000].replace("\r\n", "\n")
    draft.plain = request.POST.get("plain") == "1"
    draft.zalo_template = request.POST.get("zalo", "").strip()[:400]
    return draft


def _page(
    request: HttpRequest,
    draft: MessageText,
    *,
    problem: str = "",
    part: str | None = None,
    status: int = 200,
) -> HttpResponse:
    event, language = draft.event, draft.language
    context = {
        "draft": draft,
        "event": texts.EVENTS[event],
        "language": TONGUES[language],
        "places": [f"{{{name}}}" for name in texts.placeholders(event)],
        "used": texts.current(event, language),
        "older": MessageText.objects.filter(
            event=event, language=language, state=MessageText.State.PUBLISHED
        ).select_related("changed_by")[:10],
        "here": reverse("board:text_save", args=[f"{event}-{language}"]),
        "preview_url": reverse("board:text_preview", args=[f"{event}-{language}"]),
        "writes": staff_of(request).role in WRITERS,
        "problem": problem,
        **_shown(draft),
    }
    return render_page(request, "messages/text.html", context, part=part, status=status)


@require_POST
@for_writers
def text_preview(request: HttpRequest, slug: str) -> HttpResponse:
    """The words being typed, as an example with their size. Keeps nothing."""
    return _page(request, _posted(request, *_key(slug)), part="preview")


@require_GET
@for_readers
def text(request: HttpRequest, slug: str) -> HttpResponse:
    """One text with its draft and the versions before."""
    return _page(request, texts.draft_of(*_key(slug)))


@require_POST
@for_writers
@once
def text_save(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep the draft, or put it to use as the next version."""
    event, language = _key(slug)
    draft, publish = _posted(request, event, language), request.POST.get("act") == "publish"
    try:
        texts.keep(draft, actor=actor_of(staff_of(request)), publish=publish)
    except ValueError as refused:
        return _page(request, draft, problem=str(refused), status=422)
    messages.success(
        request,
        _("Từ giờ khách nhận lời nhắn bản %(number)s.") % {"number": draft.number}
        if publish
        else _("Đã lưu nháp. Khách vẫn nhận lời cũ."),
    )
    return go(request, _address(event, language))


@require_GET
@for_readers
def text_off(request: HttpRequest, slug: str) -> HttpResponse:
    """Which events a procedure's people are told about."""
    procedure = get_object_or_404(Procedure, slug=slug)
    off = set(MessageSwitch.objects.filter(procedure=procedure).values_list("event", flat=True))
    context = {
        "procedure": procedure,
        "events": [
            {"key": event, "name": texts.EVENTS[event], "on": event not in off}
            for event in SWITCHED
        ],
        "here": reverse("board:text_off_save", args=[slug]),
        "writes": staff_of(request).role in WRITERS,
    }
    return render_page(request, "messages/switches.html", context)


@require_POST
@for_writers
@once
def text_off_save(request: HttpRequest, slug: str) -> HttpResponse:
    """Say which events a procedure's people are told about."""
    procedure = get_object_or_404(Procedure, slug=slug)
    told = set(request.POST.getlist("event"))
    off = {event for event in SWITCHED if event not in told}
    was = set(MessageSwitch.objects.filter(procedure=procedure).values_list("event", flat=True))
    MessageSwitch.objects.filter(procedure=procedure).exclude(event__in=off).delete()
    MessageSwitch.objects.bulk_create(
        [MessageSwitch(procedure=procedure, event=event) for event in sorted(off - was)]
    )
    if off != was:
        journal.record(
            actor_of(staff_of(request)),
            "messages.switched",
            chain="catalogue",
            subject=f"procedure:{procedure.pk}",
            off=",".join(sorted(off)),
        )
    messages.success(request, _("Đã lưu."))
    return go(request, reverse("board:text_off", args=[procedure.slug]))
