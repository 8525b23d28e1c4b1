"""What delivery adds to the counter: buttons and lines on a case's page, numbers on the command
line."""

from collections.abc import Iterable
from dataclasses import replace

from django.db.models import Exists, OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Role, Staff
from cases.intake.command import Link
from cases.models import Case
from cases.states import Delivery
from cases.worklists.actions import Action
from cases.worklists.timeline import Entry
from delivery import selectors, services
from delivery.codes import ENDED
from delivery.manifests import item_number
from delivery.models import Manifest, Parcel, ParcelEvent, Result
from delivery.parcels import READY
from delivery.proofs import AT_COUNTER

#: Cases before any result have nothing of ours; their pages ask us nothing.
_BEFORE = frozenset({Delivery.WAITING, Delivery.NOT_NEEDED})


def buttons(case: Case, staff: Staff) -> Iterable[Action]:
    """What can be done with the results of a case now; the next thing to do stands first."""
    if staff.role not in (Role.CLERK, Role.LEAD):
        return []
    receive = Action(
        _("Đã nhận từ cơ quan"), reverse("delivery:receive", args=[case.pk]),
        icon="tick", post=True, main=True, key="Ctrl+Enter",
    )  # fmt: skip
    if services.may_receive(case):
        return [receive]
    if case.delivery in _BEFORE:
        return []
    found = []
    parcel, announced = _hanging(case)
    if services.may_receive(case, announced=announced):
        found.append(replace(receive, label=_("Đã nhận thêm từ cơ quan"), main=False, key=""))
    live = parcel is not None and parcel.state not in ENDED
    address = getattr(case, "delivery_address", None)
    by_post = address is None or address.by_post
    if parcel is not None:
        found.append(
            Action(
                _("Bưu gửi %(number)s") % {"number": parcel.number},
                reverse("delivery:parcel", args=[parcel.number]),
                icon="van",
                main=live,
            )
        )
    if case.work == "closed":
        return found
    if case.delivery in READY and not live:
        if by_post:
            found.append(
                Action(
                    _("In nhãn, gửi bưu tá"), reverse("delivery:label", args=[case.pk]),
                    icon="print", post=True, main=case.delivery == Delivery.AVAILABLE,
                    key="Ctrl+Enter",
                )
            )  # fmt: skip
        found.append(Action(_("Sửa địa chỉ trả"), reverse("delivery:address", args=[case.pk])))
    if case.delivery in AT_COUNTER:
        found.append(
            Action(
                _("Khách đến nhận"),
                reverse("delivery:counter", args=[case.pk]),
                icon="tick",
                main=not by_post or case.delivery == Delivery.HELD_AT_COUNTER,
            )
        )
    return found


def _hanging(case: Case) -> tuple[Parcel | None, bool]:
    """The newest parcel, and whether a paper still lies at the authority; one query."""
    announced = Result.objects.filter(case=OuterRef("pk"), state=Result.State.ANNOUNCED)
    newest = Parcel.objects.filter(case=OuterRef("pk"), cancelled_at__isnull=True).order_by("-pk")
    number, state, waits = Case.objects.filter(pk=case.pk).values_list(
        Subquery(newest.values("number")[:1]),
        Subquery(newest.values("state")[:1]),
        Exists(announced),
    )[0]
    return (Parcel(number=number, state=state) if number else None), waits


def entries(case_id: int) -> Iterable[Entry]:
    """Results and the carrier's news as lines of the timeline."""
    union = ParcelEvent.objects.filter(parcel__case_id=case_id).select_related("parcel")[:60]
    for event in union:
        words = event.get_state_display() or _("Tin lạ từ hãng, mã %(code)s") % {
            "code": event.raw_code
        }
        bad = event.unknown or event.state in ("failed", "returning", "returned", "lost")
        text = f"{event.parcel.number}: {words}"
        if event.place:
            text += f", {event.place}"
        yield Entry(
            event.at,
            text,
            _("đơn vị vận chuyển"),
            "bad" if bad else "done" if event.state == "delivered" else "",
        )


def in_person(case_id: int) -> Iterable[Entry]:
    """Results that people collect at the authority itself are said in so many words."""
    for result in Result.objects.filter(case_id=case_id)[:20]:
        if result.state == Result.State.IN_PERSON:
            text = _("Có kết quả: %(name)s. Khách đến cơ quan ký và nhận, bưu điện không phát.")
        elif result.state == Result.State.ELECTRONIC:
            text = _("Có kết quả điện tử: %(name)s")
        else:
            text = _("Cơ quan báo có kết quả: %(name)s")
        yield Entry(
            result.announced_at, text % {"name": result.name}, _("cổng dịch vụ công"), "done"
        )


def codes(staff: Staff, text: str) -> list[Link]:
    """A scanned item or manifest number leads to its page."""
    number = item_number(text)
    if not 8 <= len(number) <= 24:
        return []
    parcel = selectors.parcels_for(staff).filter(number=number).defer("address").first()
    if parcel is not None:
        return [_link(parcel)]
    if number.startswith("BK-") and staff.role in (Role.CLERK, Role.LEAD, Role.SUPERVISOR):
        found = Manifest.objects.filter(number=number)
        if staff.scope_agency_id is not None:
            found = found.filter(agency_id=staff.scope_agency_id)
        return [
            Link(reverse("delivery:manifest", args=[m.pk]), _("Bảng kê %(n)s") % {"n": m.number})
            for m in found
        ]
    return []


def _link(parcel: Parcel) -> Link:
    return Link(
        reverse("delivery:parcel", args=[parcel.number]),
        _("Bưu gửi %(number)s") % {"number": parcel.number},
        str(parcel.get_state_display()),
    )
