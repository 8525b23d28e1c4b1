"""Small, complete cases for tests of sending and tracking: one procedure, one office, ready to
file.

Tests of intake make theirs through the steps; these need only what filing reads.
"""

import hashlib
import itertools
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from django.utils import timezone

from agencies.models import Agency, Commune, Province, Role, Staff
from cases.intake.drafts import filing_system
from cases.models import Case, CaseDocument, Citizen, DeliveryAddress, Mandate, MandateText, Scan
from opsa.core import files
from opsa.core.actors import Actor, ActorKind
from opsa.core.codes import new_reference, new_token
from procedures.models import (
    FilingSystem,
    Procedure,
    ProcedureVersion,
    RequiredDocument,
    ResultKind,
)

_serial = itertools.count(1)


@dataclass
class Counter:
    """An office, its clerk, and one published procedure filed through the gateway."""

    agency: Agency
    staff: Staff
    version: ProcedureVersion

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.CLERK, self.staff.pk)

    def case(self, **changes: object) -> Case:
        """A draft with everything that filing needs, two pages of one scanned paper included."""
        number = next(_serial)
        filer = Citizen.objects.create(
            name="NGUYỄN THỊ HƯỜNG",
            id_number=f"{1190012000 + number:012d}",
            birth_date=date(1990, 9, 2),
            sex=Citizen.Sex.FEMALE,
            address="Số 12 ngõ 5, Trung Hòa, Cầu Giấy, Hà Nội",
            commune=self.agency.commune,
            phone="+84912345678",
        )
        case = Case.objects.create(
            reference=new_reference(practice=self.agency.is_practice),
            token=new_token(),
            agency=self.agency,
            opened_by=self.staff,
            owner=self.staff,
            version=self.version,
            system=filing_system(self.agency, self.version),
            filer=filer,
            **changes,
        )
        for document in self.version.documents.all():
            line = CaseDocument.objects.create(
                case=case, document=document, mark=CaseDocument.Mark.SCANNED
            )
            content = b"%PDF-1.7 " + f"{case.reference} {document.key}".encode()
            digest = hashlib.sha256(content).hexdigest()
            Scan.objects.create(
                case=case,
                agency=self.agency,
                document=line,
                state=Scan.State.CLEAN,
                file=files.store([content], folder="scans"),
                original_name="scan.pdf",
                kind="pdf",
                size=len(content),
                pages=2,
                sha256=digest,
                upload_sha256=digest,
                uploaded_by=self.staff,
            )
        DeliveryAddress.objects.create(
            case=case,
            recipient=filer.name,
            phone=filer.phone,
            line="Số 12 ngõ 5",
            commune=self.agency.commune,
        )
        text, _ = MandateText.objects.get_or_create(
            mode=Case.Mode.ASSIST,
            language="vi",
            number=1,
            defaults={"body": "Tôi nhờ nhân viên giúp.", "sha256": "0" * 64},
        )
        Mandate.objects.create(
            case=case,
            mode=Case.Mode.ASSIST,
            method=Mandate.Method.SCREEN,
            state=Mandate.State.GIVEN,
            text=text,
            given_at=timezone.now(),
            valid_until=timezone.localdate() + timedelta(days=30),
            taken_by=self.staff,
        )
        return case


def make_counter(way: str = FilingSystem.Way.GATEWAY, form: str = ResultKind.Form.PAPER) -> Counter:
    """A fresh office with one clerk and one procedure of one scanned paper and one result."""
    number = next(_serial)
    province, _ = Province.objects.get_or_create(code="01", defaults={"name": "Thành phố Hà Nội"})
    commune, _ = Commune.objects.get_or_create(
        code="00167",
        defaults={
            "province": province,
            "kind": "phuong",
            "name": "Cầu Giấy",
            "search_key": "cau giay",
        },
    )
    agency = Agency.objects.create(
        code=f"T-{number}",
        name=f"Bưu điện thử {number}",
        name_en=f"Test office {number}",
        short_name=f"Thử {number}",
        vnpost_code="122000",
        address="165 Cầu Giấy",
        commune=commune,
    )
    staff = Staff.objects.create_user(
        f"clerk{number}",
        "a-long-test-password",
        display_name="Nhân viên thử",
        role=Role.CLERK,
        agency=agency,
    )
    system, _ = FilingSystem.objects.get_or_create(
        code=f"system-{way}", defaults={"name": "Cổng thử", "name_en": "Test portal", "way": way}
    )
    procedure = Procedure.objects.create(
        code=f"9.{number:06d}",
        slug=f"thu-{number}",
        short_name="Khai sinh",
        field="Hộ tịch",
        field_en="Civil status",
    )
    version = ProcedureVersion.objects.create(
        procedure=procedure,
        number=1,
        valid_from=date(2026, 7, 1),
        name="Thủ tục đăng ký khai sinh",
        name_en="Birth registration",
        level="commune",
        authority="UBND cấp xã",
        authority_en="Commune People's Committee",
        time_value=3,
        time_unit="working_day",
        system=system,
        presence="none",
        authorisation="general_civil_law",
        confidence="low",
        confidence_time="low",
        confidence_fee="low",
    )
    RequiredDocument.objects.create(
        version=version,
        key="giay-chung-sinh",
        position=1,
        name="Giấy chứng sinh",
        name_en="Medical birth certificate",
        kind=RequiredDocument.Kind.UPLOAD,
        originals=1,
    )
    ResultKind.objects.create(version=version, position=1, name="Giấy khai sinh", form=form)
    return Counter(agency, staff, version)


@pytest.fixture
def counter(db: None) -> Counter:
    """One office, its clerk and a procedure, as `make_counter` makes them."""
    return make_counter()
