"""Which picture and which stylesheet each kind of paper has."""

import json
from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_datetime

from cases.models import Paper
from opsa.core import barcodes, pdf
from opsa.core.codes import group_reference

_STYLES: dict[str, list[str]] = {
    Paper.Kind.SLIP: ["css/print/base.css", "css/print/slip.css"],
    Paper.Kind.LABEL: ["css/print/base.css", "css/print/label.css"],
    Paper.Kind.MANIFEST: ["css/print/base.css", "css/print/manifest.css"],
    Paper.Kind.CONSENT: ["css/print/base.css", "css/print/slip.css"],
    Paper.Kind.BRING: ["css/print/base.css", "css/print/slip.css", "css/print/sheets.css"],
    Paper.Kind.CHECK: ["css/print/base.css", "css/print/sheets.css"],
    Paper.Kind.TWIN: ["css/print/base.css", "css/print/sheets.css"],
    Paper.Kind.BLANKS: ["css/print/base.css", "css/print/blanks.css"],
}


def moments(data: dict[str, Any]) -> dict[str, Any]:
    """The data with its `…_at` texts as aware moments again."""
    return {
        name: parse_datetime(value)
        if name.endswith("_at") and isinstance(value, str) and value
        else value
        for name, value in data.items()
    }


def pdf_of(paper: Paper) -> bytes:
    """The PDF/UA-1 bytes of a paper from its frozen data."""
    data = moments(json.loads(paper.data))
    practised = paper.agency.is_practice
    return pdf.render_pdf(
        paper.template,
        {
            "data": data,
            "qr": barcodes.qr_data_uri(data["qr"]) if data.get("qr") else "",
            "barcode": barcodes.code128_data_uri(data["barcode"]) if data.get("barcode") else "",
            "codes": [
                (group_reference(code), barcodes.qr_data_uri(code))
                for code in data.get("codes", ())
            ],
            "practice": practised,
            "demo": getattr(settings, "DEMO", False),
        },
        css=[*_STYLES[paper.kind], *(["css/print/practice.css"] if practised else [])],
        lang=data.get("language", "vi"),
    )
