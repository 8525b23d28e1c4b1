"""Saving a step: by itself while the clerk types, and with 'next' (F06, ux 4.3).

What somebody else saved meanwhile is joined or asked about (`cases.intake.clashes`), never written
over. The same values again are no clash, so a double save or two saves on their way at once do no
harm.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from agencies.access import actor_of
from agencies.models import Staff
from cases.intake import addresses, applicants, documents, drafts, fees, phones, steps
from cases.intake.clashes import join, plain, token_of
from cases.intake.desk import Desk, open_desk
from cases.intake.forms import HAND, SUBJECT, ApplicantForm, DeclarationForm, FeesForm, StepForm
from cases.models import Case
from opsa.core import journal

FORMS: Final[dict[str, type[StepForm]]] = {
    steps.APPLICANT: ApplicantForm,
    steps.DECLARATION: DeclarationForm,
    steps.FEES: FeesForm,
}


class NotEditableError(Exception):
    """The case has left the counter; its steps are read-only."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written: the desk as it is now, the form with its errors, the new version, and the
    values of others that this page does not show yet."""

    desk: Desk
    form: StepForm
    token: str
    values: dict[str, str]

    @property
    def errors(self) -> dict[str, str]:
        """Every field's message, empty when it is fine, for the page to paint."""
        return faults(self.form)


def faults(form: StepForm) -> dict[str, str]:
    """What each field's message is; a phone that may be right but is odd has one too."""
    found = dict.fromkeys(form.fields, "")
    for name, messages in form.errors.items():
        found[name] = " ".join(str(message) for message in messages)
    if "phone" in found and not found["phone"]:
        found["phone"] = phones.read(str(form.data.get("phone", ""))).fault
    return found


def step_save(*, staff: Staff, case_id: int, step: str, data: Any, go_on: bool = False) -> Saved:
    """Write the good values of a step; wrong ones come back as messages and stay on the page.

    A held draft is open again with the first save. `go_on` remembers the next step when nothing is
    wrong. Raises ClashError and NotEditableError, writing nothing, and Http404. One transaction,
    the case held.
    """
    with transaction.atomic():
        desk = open_desk(staff, case_id, lock=True)
        if not desk.editable:
            raise NotEditableError
        form = FORMS[step](desk, data)
        joined = join(form, staff)
        good = {name: value for name, value in form.good().items() if name not in joined.kept}
        drafts.take_up(desk.case, actor=actor_of(staff))
        changed = _apply(desk, step, good, staff)
        if changed:
            Case.objects.filter(pk=case_id).update(
                revision=F("revision") + 1, changed_at=timezone.now()
            )
            journal.record(
                actor_of(staff),
                "draft.saved",
                chain=f"case:{case_id}",
                subject=f"case:{case_id}",
                step=step,
                fields=",".join(sorted(changed))[:200],
            )
        if go_on and not any(faults(form).values()):
            drafts.step_remember(desk.case, steps.after(step))
        elif go_on or changed:  # a save that comes after "next" and changes nothing moves nobody
            drafts.step_remember(desk.case, step)
        fresh = open_desk(staff, case_id, lock=True)
    drawn = FORMS[step](fresh, hand=form.hand)
    held = drawn.stored()
    values = {name: plain(held[name]) for name in sorted(joined.kept) if name in held}
    return Saved(fresh, form, token_of(drawn, joined), values)


def _apply(desk: Desk, step: str, good: dict[str, Any], staff: Staff) -> set[str]:
    match step:
        case steps.APPLICANT:
            return _apply_applicant(desk, good, staff)
        case steps.DECLARATION:
            return _apply_declaration(desk, good)
        case _:
            return _apply_fees(desk, good, staff)


def _apply_applicant(desk: Desk, good: dict[str, Any], staff: Staff) -> set[str]:
    case = desk.case
    before = applicants.snapshot(case)
    held = ApplicantForm(desk, hand="name" in good).stored()
    changed = {name for name, value in good.items() if name in held and held[name] != value}
    if "phone" in changed and phones.read(good["phone"]).shown == held["phone"]:
        changed.discard("phone")
    changed |= {name for name in good if name not in held}
    filer = {name: good[name] for name in (*HAND, "phone", "email") if name in changed}
    if "commune" in changed:
        filer["commune"] = applicants.commune_of(good["commune"])
    if filer:
        applicants.person_type(case, "filer", filer)
    plain = [name for name in ("relation", "contact_by", "language") if name in changed]
    for name in plain:
        setattr(case, name, good[name])
    answers = {
        name[2:]: good[name]
        for name in good
        if name.startswith("q-") and name in changed and good[name]
    }
    if answers:
        case.answers = {**case.answers, **answers}
        plain.append("answers")
    if plain:
        case.save(update_fields=[*plain, "changed_at"])
    subject = {name: good[f"subject_{name}"] for name in SUBJECT if f"subject_{name}" in changed}
    if case.relation == "self":
        subject = {}
    if any(subject.values()) or (subject and case.subject_id):
        applicants.person_type(case, "subject", subject)
    if answers or "relation" in plain:
        documents.lines_refresh(case)
    _apply_ticks(desk, good, changed, staff)
    if filer or subject or "relation" in plain:
        applicants.settle(case, before)
    return changed


def _apply_ticks(desk: Desk, good: dict[str, Any], changed: set[str], staff: Staff) -> None:
    for line in desk.documents:
        name = f"d{line.pk}"
        if name in good and name in changed:
            documents.tick(line, bool(good[name]), staff=staff)


def _apply_declaration(desk: Desk, good: dict[str, Any]) -> set[str]:
    values: dict[str, str] = json.loads(desk.case.declaration or "{}")
    new = {name[2:]: plain(value) for name, value in good.items()}
    changed = {key for key, value in new.items() if values.get(key, "") != value}
    if changed:
        desk.case.declaration = json.dumps({**values, **new}, ensure_ascii=False)
        desk.case.save(update_fields=["declaration", "changed_at"])
    return changed


def _apply_fees(desk: Desk, good: dict[str, Any], staff: Staff) -> set[str]:
    names = {"recipient_phone": "phone", "address_commune": "commune_id"}
    held = FeesForm(desk).stored()
    address = desk.address
    held["by_post"] = address.by_post if address else None
    held["recipient_phone"] = address.phone if address else ""
    held["copies"] = desk.case.copies
    changed = {name for name, value in good.items() if held.get(name) != value}
    values = {
        names.get(name, name): (good[name] or None) if name == "address_commune" else good[name]
        for name in good
        if name != "copies"
    }
    if address is None or changed - {"copies"}:
        addresses.address_save(desk.case, values)
    if "copies" in changed:
        desk.case.copies = good["copies"]
        desk.case.save(update_fields=["copies", "changed_at"])
    if changed:
        fees.fees_refresh(desk.case, actor=actor_of(staff))
    return changed
