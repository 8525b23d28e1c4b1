"""What the step of scans shows: each paper with its pages as they will be bound."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from typing import Any
from zlib import crc32

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from cases.intake import virus
from cases.intake.desk import Desk
from cases.intake.lines import hint, row_state
from cases.models import CaseDocument, Scan
from opsa.core.file_check import WARNINGS
from procedures.models import RequiredDocument
from procedures.words import localised

Kind = RequiredDocument.Kind
SCANNED = (Kind.UPLOAD, Kind.IF_LOOKUP_FAILS)
CHECK_TAKES = timedelta(minutes=2)
ACCEPT = "application/pdf,image/jpeg,image/png,image/heic,.heic"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page on the screen, or an upload that is still being checked or was refused."""

    scan: Scan
    number: int
    faults: list[str]
    first: bool
    last: bool

    @property
    def late(self) -> bool:
        """The check should be over and is not: the checker or the virus scanner is away."""
        waits = timezone.now() - self.scan.uploaded_at
        return self.scan.state == Scan.State.QUARANTINED and waits > CHECK_TAKES


def context(desk: Desk) -> dict[str, Any]:
    """The papers of the step, and whether a worker still has something to do for them."""
    papers = [
        one for line in desk.documents if (one := paper(desk, line))["sheets"] or _asked(line)
    ]
    return {
        "papers": papers,
        "waiting": any(one["waiting"] for one in papers),
        "first_open": next(
            (p["line"].pk for p in papers if not p["sheets"] and p["state"][1] != "tick"), 0
        ),
        "virus_scanner": virus.configured(),
        "max_mb": desk.case.system.max_file_bytes // 1_000_000,
        "accept": ACCEPT,
        "left_mark": _left_mark(desk),
    }


def with_news(request: HttpRequest, response: HttpResponse, found: dict[str, Any]) -> HttpResponse:
    """The pages, and word to the rest of their page when what is left to do is not what it was when
    they were last drawn."""
    if request.GET.get("left") != found["left_mark"]:
        response.headers["HX-Trigger"] = "saved"
    return response


def _left_mark(desk: Desk) -> str:
    """Changes with what is left to do about the papers."""
    papers = [
        (line.pk, bool(line.pdf_due), line.pdf_problem, [scan.state for scan in line.scans.all()])
        for line in desk.documents
    ]
    left = [(problem.field, problem.text) for problem in desk.problems]
    return f"{crc32(repr((papers, left)).encode()):08x}"


def _asked(line: CaseDocument) -> bool:
    return line.needed and line.document.kind in SCANNED


def _numbered(found: list[Scan]) -> list[tuple[Scan, int]]:
    """The scans with the numbers of their pages; a refused file is no page."""
    pages = accumulate(int(scan.state != Scan.State.REFUSED) for scan in found)
    return list(zip(found, pages, strict=True))


def paper(desk: Desk, line: CaseDocument) -> dict[str, Any]:
    """One paper with its pages, for the step and for an answer to the authority."""
    found = [scan for scan in line.scans.all() if scan.state != Scan.State.REMOVED]
    clean = [scan for scan in found if scan.state == Scan.State.CLEAN]
    checking = any(scan.state == Scan.State.QUARANTINED for scan in found)
    binding = bool(line.pdf_due and clean and not checking)
    return {
        "line": line,
        "title": localised(line.document, "name"),
        "hint": hint(line),
        "state": row_state(desk, line),
        "sheets": [
            Sheet(
                scan,
                number,
                [str(WARNINGS[code]) for code in scan.warnings if code in WARNINGS],
                first=place == 0,
                last=place == len(found) - 1,
            )
            for place, (scan, number) in enumerate(_numbered(found))
        ],
        "waiting": checking or binding,
        "binding": binding,
        "miscounted": line.pages and clean and not checking and line.pages != len(clean),
        "pages": len(clean),
    }
