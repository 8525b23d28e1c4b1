"""A morning at a counter as in the mock-up, for looking at pages: 26 cases, every queue filled."""

from datetime import timedelta

from django.utils import timezone

from agencies.models import Counter as Desk
from cases.models import Case, CaseFee, Message, Paper, Payment, StatusReport
from opsa.core import journal
from opsa.core.actors import PORTAL, SYSTEM
from procedures.models import Procedure
from tests.support.cases import Counter
from tests.support.worklists import lay

#: The office's most asked for, in the mock-up's order.
PROCEDURES = (
    "Đăng ký khai sinh",
    "Trích lục hộ tịch",
    "Tình trạng hôn nhân",
    "Đổi giấy phép lái xe",
    "Phiếu lý lịch tư pháp",
    "Lập hộ kinh doanh",
    "Trợ cấp mai táng phí",
)


def morning(counter: Counter) -> dict[str, Case]:
    """Lay the cases; returns the ones that tests look at by name."""
    now = timezone.now()
    staff, agency = counter.staff, counter.agency
    agency.name, agency.short_name = "Bưu cục Cầu Giấy", "Bưu cục Cầu Giấy"
    agency.name_en = "Cau Giay Post Office"
    agency.save()
    staff.display_name, staff.counter = "Trần Mai Lan", Desk.objects.create(agency=agency, number=3)
    staff.save()
    version = counter.version
    versions = [version]
    for place, name in enumerate(PROCEDURES):
        procedure = Procedure.objects.get(pk=version.procedure_id) if place == 0 else None
        if procedure is None:
            procedure = Procedure.objects.create(
                code=f"8.{version.pk}{place}",
                slug=f"thu-tuc-{version.pk}-{place}",
                short_name=name,
                field="Hộ tịch",
                field_en="Civil status",
                rank=place,
            )
            twin = type(version).objects.get(pk=version.pk)
            twin.pk, twin.procedure, twin._state.adding = None, procedure, True
            twin.state, twin.published_at = "published", now
            twin.save()
            versions.append(twin)
        else:
            procedure.short_name, procedure.rank = name, 0
            procedure.save()
            type(version).objects.filter(pk=version.pk).update(state="published", published_at=now)

    at = timezone.localtime(now)
    today_end = at.replace(hour=23, minute=30)
    one, two, three, four, five, six, seven = versions
    hour = timedelta(hours=1)
    kept = {
        "refused": lay(
            counter,
            name="Phạm Đỗ Ngọc Ẩn",
            version=three,
            work="attention",
            attention="refused",
            due_at=now - timedelta(days=2),
            opened_at=now - 3 * hour,
        ),
        "result": lay(
            counter,
            name="Nguyễn Thị Hường",
            version=two,
            dossier="9",
            delivery="available",
            decided_at=now - hour,
            by_post=False,
            due_at=today_end,
            code="H26.13-261118-0012",
        ),
        "parcel": lay(
            counter,
            name="Hoàng Quốc Việt",
            version=six,
            dossier="9",
            delivery="labelled",
            decided_at=now - 2 * hour,
            due_at=today_end,
            code="H26.13-261118-0019",
        ),
        "sending": lay(
            counter, name="Đặng Văn Lượng", version=seven, due_at=now + timedelta(days=3)
        ),
        "held": lay(
            counter,
            name="Bùi Thanh Tuyền",
            version=one,
            work="held",
            waiting_for="Khách đi chụp giấy kết hôn",
        ),
        "draft": lay(counter, name="Vũ Đức Trọng", version=four, work="draft", money="due"),
        "supplement": lay(
            counter,
            name="Lê Hoàng Ỷ Nhi",
            version=five,
            dossier="5",
            due_at=today_end,
            waiting_for="Mang bản chụp hộ chiếu ra bưu cục",
            code="H26.13-261119-0027",
        ),
        "work": lay(
            counter,
            name="Đỗ Thị Kim Thoa",
            version=three,
            dossier="4",
            taken_at=now - timedelta(days=2),
            due_at=now + timedelta(days=1),
            moved_at=now - hour,
            code="H26.13-261119-0036",
        ),
        "late": lay(
            counter,
            name="Ngô Kiến Huy Hoàng",
            version=two,
            dossier="4",
            taken_at=now - timedelta(days=9),
            due_at=now - timedelta(days=3),
            moved_at=now - timedelta(days=8),
            code="H26.13-261110-0033",
        ),
        "road": lay(
            counter,
            name="Lý Thu Hằng",
            version=one,
            dossier="9",
            delivery="out",
            decided_at=now - timedelta(days=1),
            due_at=now,
            code="H26.13-261116-0042",
        ),
        "done": lay(
            counter,
            name="Phan Anh Tú",
            version=one,
            work="closed",
            dossier="10",
            delivery="delivered",
            decided_at=now - timedelta(days=1),
            closed_at=now - timedelta(minutes=5),
            code="H26.13-261115-0038",
        ),
    }
    for number in range(14):
        lay(
            counter,
            version=versions[number % 7],
            dossier="2",
            moved_at=now,
            taken_at=now - hour,
            due_at=now + timedelta(days=3 + number % 5),
            code=f"H26.13-261120-{number:04d}",
            channel=("assisted", "self_service", "typed_later", "paper")[number % 4],
        )
    _history(kept["work"], counter)
    return kept


def _history(case: Case, counter: Counter) -> None:
    now = timezone.now()
    filing = case.filings.get()
    journal.record(counter.actor, "case.filed", chain=f"case:{case.pk}", way="gateway")
    journal.record(PORTAL, "filing.accepted", chain=f"case:{case.pk}", dossier=filing.dossier_code)
    StatusReport.objects.create(
        filing=filing,
        external_id="1",
        raw_code="2",
        dossier="2",
        occurred_at=now - timedelta(hours=20),
        unit="UBND phường Yên Hòa",
    )
    StatusReport.objects.create(
        filing=filing,
        external_id="2",
        raw_code="4",
        dossier="4",
        occurred_at=now - timedelta(hours=1),
        unit="UBND phường Yên Hòa",
    )
    Message.objects.create(
        case=case, event="taken", key=f"{case.pk}:taken", to="x", body="y", state="delivered"
    )
    Paper.objects.create(
        case=case,
        agency=case.agency,
        kind="slip",
        key=f"slip:{case.pk}",
        state="ready",
        data="{}",
        template="papers/slip.html",
        prints=1,
        asked_by=counter.staff,
    )
    CaseFee.objects.create(case=case, kind="state_fee", label="Lệ phí", amount=30000)
    Payment.objects.create(
        case=case, agency=case.agency, amount=30000, method="cash", taken_by=counter.staff
    )
    case.money = "paid"
    case.save(update_fields=["money"])
    journal.record(SYSTEM, "case.money", chain=f"case:{case.pk}", before="due", after="paid")
