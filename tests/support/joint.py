"""A filing made together with the citizen, and the papers a portal gives for it."""

import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from reportlab.pdfgen import canvas

from cases.acknowledgements import services
from cases.filing import services as filing_services
from cases.intake.scans import Arrived
from cases.models import Acknowledgement, Filing
from opsa.core import files
from procedures.models import DeclarationField, FilingSystem
from tests.support.cases import Counter, make_counter

CODE = "H26.31-261122-0001"


@pytest.fixture
def together(db: None) -> Counter:
    """An office whose procedure is filed in the citizen's own session."""
    counter = make_counter(way=FilingSystem.Way.COPILOT)
    DeclarationField.objects.create(
        version=counter.version, position=1, key="ten-con", label="Họ tên con", kind="text"
    )
    return counter


@pytest.fixture
def joint(together: Counter) -> Filing:
    case = together.case(declaration=json.dumps({"ten-con": "NGUYỄN GIA BẢO"}))
    return filing_services.case_file(case.pk, staff=together.staff, actor=together.actor)


def paper_of(filing: Filing, code: str = CODE, **changes: Any) -> str:
    """The text of the portal's acknowledgement. Changes: procedure, files."""
    listed = changes.get("files", filing.files)
    return "\n".join(
        [
            "GIẤY TIẾP NHẬN HỒ SƠ TRỰC TUYẾN",
            f"Mã hồ sơ: {code}",
            f"Mã thủ tục: {changes.get('procedure', filing.case.version.procedure.code)}",
            "Thời điểm nộp: 2026-11-22T10:00:00+07:00",
            f"Số tệp: {len(listed)}",
            *(f"- {f['name']} ({f['size']} byte, SHA-256 {f['sha256']})" for f in listed),
        ]
    )


def picture_pdf() -> bytes:
    """A PDF with a line drawn on it and no letters."""
    out = io.BytesIO()
    page = canvas.Canvas(out)
    page.line(50, 50, 300, 700)
    page.save()
    return out.getvalue()


@pytest.fixture
def bring(together: Counter) -> Callable[..., Acknowledgement]:
    """`bring(filing, text)` has a clerk bring a file and the worker read it."""

    def put(filing: Filing, content: str | bytes) -> Acknowledgement:
        made = content.encode() if isinstance(content, str) else content
        stored = files.store([made], folder=services.FOLDER)
        arrived = Arrived(stored, "x", len(made), hashlib.sha256(made).hexdigest())
        kept = services.acknowledgement_add(
            staff=together.staff, case_id=filing.case_id, upload=arrived
        )
        found = services.acknowledgement_check(kept.pk)
        assert found is not None
        filing.refresh_from_db()
        return found

    return put
