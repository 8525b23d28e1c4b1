"""What each step's page shows: one context for the page, its parts and its answers to a wrong
form."""

import json
import re
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.filing.readiness import Problem
from cases.intake import (
    consent_texts,
    extra_uses,
    mandate_sheet,
    mandates,
    phones,
    refusals,
    scan_step,
    steps,
    today,
)
from cases.intake.clashes import token_of
from cases.intake.communes import CommuneField
from cases.intake.desk import Desk
from cases.intake.documents import Mark
from cases.intake.forms import ApplicantForm, DeclarationForm, StepForm
from cases.intake.lines import row, row_state
from cases.intake.saving import FORMS
from cases.models import Citizen, Mandate, MandateText, Payment, Scan
from cases.screen import screens
from cases.states import Money
from opsa.core.codes import group_reference
from procedures import mandates as rules
from procedures.models import RequiredDocument
from procedures.words import localised

Kind = RequiredDocument.Kind

TEMPLATES = {
    steps.APPLICANT: "intake/applicant.html",
    steps.DECLARATION: "intake/declaration.html",
    steps.SCANS: "intake/scans.html",
    steps.FEES: "intake/fees.html",
    steps.MANDATE: "intake/mandate.html",
    steps.REVIEW: "intake/review.html",
    steps.FILE: "intake/file.html",
}
#: The pieces that pages include and htmx asks for alone: the same file with the same context.
PIECES = {
    "checklist": "intake/_checklist.html",
    "summary": "intake/_summary.html",
    "scans": "intake/_scans.html",
    "clash": "intake/_clash.html",
}
#: Which of them a step has.
PARTS = {
    steps.APPLICANT: {"checklist", "summary"},
    steps.DECLARATION: {"summary"},
    steps.SCANS: {"scans", "summary"},
    steps.FEES: {"summary"},
    steps.MANDATE: {"summary"},
    steps.REVIEW: {"summary"},
    steps.FILE: {"summary"},
}


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing left, in the shape of components/todo.html."""

    text: str
    anchor: str


def context(
    desk: Desk, step: str, form: StepForm | None = None, *, begin: str = "", **more: Any
) -> dict[str, Any]:
    """Everything that a step's template names. `begin` is the field that the page begins at; the
    first one that is wrong or open otherwise."""
    case = desk.case
    if form is None and step in FORMS:
        form = FORMS[step](desk)
    order = {name: place for place, name in enumerate(form.fields)} if form else {}
    left = sorted(desk.left(step), key=lambda one: order.get(anchor(one), len(order)))
    refused = _refused(form)
    todos = [
        *refused,
        *(
            Todo(problem.text, anchor(problem))
            for problem in left
            if anchor(problem) not in {one.anchor for one in refused}
        ),
    ]
    found: dict[str, Any] = {
        "desk": desk,
        "case": case,
        "version": desk.version,
        "step": step,
        "step_name": steps.NAMES[step],
        "steps": desk.steps(step),
        "next_step": steps.after(step),
        "next_name": steps.NAMES[steps.after(step)],
        "reference": group_reference(case.reference),
        "todos": todos,
        "title_state": state_words(len(todos)),
        "form": form,
        "token": token_of(type(form)(desk, hand=form.hand)) if form else "",
        "saved_at": case.changed_at,
        "clash": None,
        "begin": begin,
        "focus_next": not _focus(form, left, begin) and (form is not None or not left),
        "save_url": reverse("quay:save", args=[case.pk, step]) if step in FORMS else "",
        "quote": desk.quote,
        "problem": "",
        "has_screen": screens.is_seen(desk.staff.counter_id),
        "oob": False,
        "big": False,
        "removed": None,
        **more,
    }
    found |= _EXTRA[step](desk, form)
    return found


def anchor(problem: Problem) -> str:
    """The id on this page that a thing left points to."""
    moved = {"filer": "name", "subject": "subject_name", "address": "line", "payment": "method"}
    return moved.get(problem.field, problem.field)


def _refused(form: StepForm | None) -> list[Todo]:
    """What was typed and not taken: it is no part of the case, so readiness does not see it."""
    if form is None or not form.is_bound:
        return []
    return [
        Todo(f"{form.fields[name].label}: {messages[0]}", name)
        for name, messages in form.errors.items()
        if name in form.fields
    ]


def state_words(left: int) -> str:
    """How the title starts: the state first."""
    if not left:
        return _("Đủ")
    return ngettext("Còn %(n)s việc", "Còn %(n)s việc", left) % {"n": left}


def _focus(form: StepForm | None, left: list[Problem], begin: str) -> bool:
    if form is None:
        return False
    if begin and form.focus(begin):
        return True
    wrong = next((name for name in form.fields if form.is_bound and name in form.errors), None)
    if wrong:
        return form.focus(wrong)
    return any(form.focus(anchor(problem)) for problem in left)


# --- nguoi-nop -----------------------------------------------------------------------------------


def _applicant(desk: Desk, form: StepForm | None) -> dict[str, Any]:
    assert isinstance(form, ApplicantForm)
    memory = refusals.top(desk.version.procedure_id, desk.case.authority)
    rows = [row(desk, line, memory) for line in desk.documents]
    needed = [line for line in desk.documents if line.needed]
    done = [line for line in needed if line.mark != Mark.OPEN or line.document.kind == Kind.TYPED]
    commune = form.fields["commune"]
    assert isinstance(commune, CommuneField)
    marks = desk.filer.changed_by_hand if desk.filer else []
    return {
        "hand": form.hand,
        "warnings": form.warnings(),
        "rows": [one for one in rows if not one.off],
        "folded": [one for one in rows if one.off],
        "needed_count": len(needed),
        "done_count": len(done),
        "questions": [form[f"q-{question.key}"] for question in form.questions()],
        "phone_check": phones.read(desk.filer.phone).fault if desk.filer else "",
        "commune_check": commune_check(desk, commune.suggested),
        "doubts": [mark[1:] for mark in marks if mark.startswith("?")],
        "typed": [mark for mark in marks if not mark.startswith("?")],
        "others": [],
        "light": today.light(desk),
    }


def commune_check(desk: Desk, suggested: list[Any]) -> str:
    """What to say beside the commune while nobody has confirmed one."""
    filer = desk.filer
    if filer is None or filer.commune_id or not filer.address:
        return ""
    if not suggested:
        return _("Thẻ không ghi rõ phường, xã. Hỏi khách rồi chọn.")
    return _("Thẻ ghi tên cũ. Hỏi khách rồi chọn.")


# --- the others ----------------------------------------------------------------------------------


def _declaration(desk: Desk, form: StepForm | None) -> dict[str, Any]:
    assert isinstance(form, DeclarationForm)
    ask, known = form.groups()
    return {"ask": ask, "known": known}


def _scans(desk: Desk, form: StepForm | None) -> dict[str, Any]:
    return scan_step.context(desk)


def _fees(desk: Desk, form: StepForm | None) -> dict[str, Any]:
    payment = Payment.objects.filter(case=desk.case).select_related("taken_by").first()
    return {
        "payment": payment,
        # Taken over with its money paid where it began; that office keeps the receipt.
        "paid_elsewhere": payment is None and desk.case.money == Money.PAID,
        "methods": Payment.Method.choices,
    }


def _mandate(desk: Desk, form: StepForm | None) -> dict[str, Any]:
    case = desk.case
    asked = desk.mandate is not None and desk.mandate.state == Mandate.State.ASKED
    on_paper = asked and desk.mandate is not None and desk.mandate.method == Mandate.Method.PAPER
    text = _text(desk)
    return {
        "paper": mandate_sheet.sheet_of(desk.mandate) if desk.mandate and on_paper else None,
        "extra": extra_uses.extra_rows(case),
        "mandate": desk.mandate,
        "given": desk.mandate is not None and desk.mandate.state == Mandate.State.GIVEN,
        "asked": asked,
        "text": text,
        "text_words": (
            desk.mandate.shown if desk.mandate and text.pk == desk.mandate.text_id else ""
        )
        or mandates.words(text, case),
        "rule": rules.rule(desk.version, case.relation, mode=case.mode, answers=case.answers),
        "methods": Mandate.Method.choices,
        "modes": case.Mode.choices,
    }


def _text(desk: Desk) -> MandateText:
    if desk.mandate is not None and desk.mandate.state in (
        Mandate.State.GIVEN,
        Mandate.State.ASKED,
    ):
        return desk.mandate.text
    return consent_texts.newest(desk.case.mode, desk.case.language)


def _review(desk: Desk, form: StepForm | None) -> dict[str, Any]:
    values = json.loads(desk.case.declaration or "{}")
    subject = desk.subject
    return {
        "people": [
            (_("Người nộp"), person_rows(desk.filer)),
            *(
                [(_("Chủ hồ sơ"), person_rows(subject))]
                if subject and subject != desk.filer
                else []
            ),
        ],
        "answers": [
            (localised(field, "label"), masked(values[field.key]))
            for field in desk.version.fields.all()
            if values.get(field.key)
        ],
        "papers": [
            {
                "title": localised(line.document, "name"),
                "state": row_state(desk, line),
                "pages": sum(s.pages for s in line.scans.all() if s.state == Scan.State.CLEAN),
            }
            for line in desk.documents
            if line.needed
        ],
        "all_left": desk.problems,
    }


def masked(text: str) -> str:
    """A text for the turned screen: of a personal number only the last four digits."""
    return re.sub(r"\b\d{8}(\d{4})\b", r"•••• •••• \1", text)


def person_rows(person: Citizen | None) -> list[tuple[str, str]]:
    """A person as the citizen checks them: the number shows only its last four digits."""
    if person is None:
        return []
    rows = [
        (_("Họ và tên"), person.name),
        (_("Số định danh"), f"•••• •••• {person.id_number[-4:]}" if person.id_number else ""),
        (_("Ngày sinh"), str(person.birth_date or "")),
        (_("Xã, phường"), str(person.commune or "")),
        (_("Điện thoại"), phones.read(person.phone).shown),
    ]
    return [(name, value) for name, value in rows if value]


def _file(desk: Desk, form: StepForm | None) -> dict[str, Any]:
    return {"all_left": desk.problems}


_EXTRA = {
    steps.APPLICANT: _applicant,
    steps.DECLARATION: _declaration,
    steps.SCANS: _scans,
    steps.FEES: _fees,
    steps.MANDATE: _mandate,
    steps.REVIEW: _review,
    steps.FILE: _file,
}
