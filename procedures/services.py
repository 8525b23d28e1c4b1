"""Changes to the catalogue: draft, published by a second person, retired (F15)."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.access import actor_of
from agencies.models import Staff
from opsa.core import journal
from opsa.core.actors import SYSTEM, Actor

from . import catalogue_file, checks, search, transfer
from .models import Procedure, ProcedureVersion

CHAIN = "catalogue"


class CatalogueRefusedError(ValueError):
    """The step is not allowed; the message says why, for the person who asked."""


@transaction.atomic
def version_new_draft(*, staff: Staff, procedure: Procedure, reason: str = "") -> ProcedureVersion:
    """A draft that starts as the newest text, for somebody to change. One draft at a time.

    Raises CatalogueRefusedError when there is a draft already or nothing to start from.
    """
    Procedure.objects.select_for_update().get(pk=procedure.pk)
    newest = (
        ProcedureVersion.objects.filter(procedure=procedure)
        .prefetch_related("questions", "documents", "fields", "fees", "results")
        .order_by("-number")
        .first()
    )
    if newest is None:
        raise CatalogueRefusedError(_("Thủ tục này chưa có bản nào."))
    if newest.state == ProcedureVersion.State.DRAFT:
        raise CatalogueRefusedError(_("Đã có một bản nháp. Sửa tiếp bản đó."))
    draft = _copy(newest, staff, reason)
    _note(actor_of(staff), "version.drafted", draft, reason)
    return draft


def _copy(newest: ProcedureVersion, staff: Staff, reason: str) -> ProcedureVersion:
    parts = {name: list(getattr(newest, name).all()) for name in transfer.PARTS}
    draft = ProcedureVersion(
        **{
            field.attname: getattr(newest, field.attname)
            for field in ProcedureVersion._meta.concrete_fields
            if not field.primary_key
        }
    )
    draft.number = newest.number + 1
    draft.state = ProcedureVersion.State.DRAFT
    draft.valid_from = max(timezone.localdate(), newest.valid_from) + timedelta(days=1)
    draft.valid_to = None
    draft.published_by, draft.published_at = None, None
    draft.last_edited_by, draft.last_edited_at = staff, timezone.now()
    draft.change_note = reason[:250]
    draft.save(force_insert=True)
    for rows in parts.values():
        for row in rows:
            row.pk, row._state.adding, row.version = None, True, draft
            row.save(force_insert=True)
    return draft


@transaction.atomic
def version_edited(*, staff: Staff, version: ProcedureVersion) -> None:
    """Put down who changed a draft last; that person cannot publish it."""
    version.last_edited_by, version.last_edited_at = staff, timezone.now()
    version.save(update_fields=["last_edited_by", "last_edited_at"])
    _note(actor_of(staff), "version.edited", version)


@transaction.atomic
def version_publish(*, staff: Staff, version: ProcedureVersion) -> ProcedureVersion:
    """Put a draft in force from its date; the one before ends the day before. Then it is frozen.

    Two people (F15): whoever changed it last may not publish it. Raises CatalogueRefusedError.
    """
    procedure = Procedure.objects.select_for_update().get(pk=version.procedure_id)
    draft = ProcedureVersion.objects.select_for_update().get(pk=version.pk)
    if draft.state != ProcedureVersion.State.DRAFT:
        raise CatalogueRefusedError(_("Bản này không còn là bản nháp."))
    if draft.last_edited_by_id == staff.pk:
        raise CatalogueRefusedError(_("Người sửa cuối không được tự công bố. Nhờ một người khác."))
    if draft.last_edited_by_id is None:
        raise CatalogueRefusedError(_("Chưa rõ ai sửa bản này. Sửa rồi lưu lại trước."))
    if wrong := checks.problems(draft):
        raise CatalogueRefusedError(" ".join(wrong))
    before = (
        ProcedureVersion.objects.select_for_update()
        .filter(
            procedure=procedure,
            state=ProcedureVersion.State.PUBLISHED,
            valid_to__isnull=True,
        )
        .first()
    )
    if before is not None:
        if draft.valid_from <= before.valid_from:
            raise CatalogueRefusedError(
                _("Ngày áp dụng phải sau %(day)s, ngày của bản đang áp dụng.")
                % {"day": f"{before.valid_from:%d/%m/%Y}"}
            )
        before.valid_to = draft.valid_from - timedelta(days=1)
        before.save(update_fields=["valid_to"])
    draft.state = ProcedureVersion.State.PUBLISHED
    draft.published_by, draft.published_at = staff, timezone.now()
    draft.save(update_fields=["state", "published_by", "published_at"])
    _note(
        actor_of(staff),
        "version.published",
        draft,
        edited_by=draft.last_edited_by_id,
        valid_from=draft.valid_from.isoformat(),
    )
    transaction.on_commit(search.forget)
    return draft


@transaction.atomic
def version_retire(
    *, staff: Staff, version: ProcedureVersion, reason: str, on: date | None = None
) -> ProcedureVersion:
    """Take a published text out of use; `on` (default today) is its last day in the record.

    Cases started under it keep it. Raises CatalogueRefusedError without a reason.
    """
    if not reason.strip():
        raise CatalogueRefusedError(_("Ghi lý do ngừng áp dụng."))
    kept = ProcedureVersion.objects.select_for_update().get(pk=version.pk)
    if kept.state != ProcedureVersion.State.PUBLISHED:
        raise CatalogueRefusedError(_("Chỉ ngừng được bản đang áp dụng."))
    kept.state = ProcedureVersion.State.RETIRED
    kept.valid_to = on or timezone.localdate()
    kept.save(update_fields=["state", "valid_to"])
    _note(actor_of(staff), "version.retired", kept, reason.strip())
    transaction.on_commit(search.forget)
    return kept


def catalogue_export() -> dict[str, Any]:
    """The whole catalogue as plain types; see `procedures.transfer`."""
    return transfer.catalogue_export()


def catalogue_import(
    data: Mapping[str, Any], *, actor: Actor = SYSTEM, only_new: bool = False
) -> int:
    """Take a catalogue file over, all or nothing; returns how many versions were written.

    Raises transfer.CatalogueError.
    """
    written = transfer.catalogue_import(data, actor=actor, only_new=only_new)
    transaction.on_commit(search.forget)
    return written


def catalogue_load() -> int:
    """Load the working list that comes with the product; what is there stays as people left it."""
    return catalogue_import(catalogue_file.read(catalogue_file.CATALOGUE), only_new=True)


def _note(
    actor: Actor,
    action: str,
    version: ProcedureVersion,
    reason: str = "",
    **facts: str | int | bool | None,
) -> None:
    journal.record(
        actor,
        f"catalogue.{action}",
        chain=CHAIN,
        subject=f"version:{version.pk}",
        reason=reason,
        procedure=Procedure.objects.values_list("code", flat=True).get(pk=version.procedure_id),
        number=version.number,
        **facts,
    )
