"""Labels (A6) and manifests (A4) as papers: data frozen when asked for, drawn by a worker, kept
(F07, F13)."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from agencies.models import Agency, Staff
from cases.intake import phones
from cases.models import Case, Paper
from cases.papers.services import office_paper_ask, paper_ask
from delivery.models import Manifest, Parcel
from opsa.core.barcodes import code128_data_uri
from opsa.core.codes import group_reference


def label_data(parcel: Parcel, agency: Agency, reference: str) -> dict[str, Any]:
    """One label, from the address that was frozen with the number."""
    address = json.loads(parcel.address)
    return {
        **address,
        "number": parcel.number,
        "phone": phones.read(address.get("phone", "")).shown,
        "bar": code128_data_uri(parcel.number),
        "reference": group_reference(reference),
        "office": agency.name,
        "office_address": agency.address,
        "office_phone": phones.read(agency.phone).shown,
        "office_code": agency.vnpost_code,
        "made": timezone.localdate(parcel.made_at).strftime("%d/%m/%Y"),
    }


def label_ask(parcel: Parcel, case: Case, *, staff: Staff) -> Paper:
    """The label of one parcel. A reprint is the same paper with the same number."""
    return paper_ask(
        Paper.Kind.LABEL,
        case=case,
        key=f"label:{parcel.number}",
        data={"labels": [label_data(parcel, case.agency, case.reference)]},
        template="papers/label.html",
        staff=staff,
    )


def labels_ask(parcels: Sequence[Parcel], agency: Agency, *, staff: Staff) -> Paper:
    """Many labels in one file, a sheet each; the same choice again gives the same paper.

    It belongs to the office, not to a case: no case's page shows other people's labels.
    """
    numbers = ",".join(sorted(parcel.number for parcel in parcels))
    return office_paper_ask(
        Paper.Kind.LABEL,
        key=f"labels:{hashlib.sha256(numbers.encode()).hexdigest()}",
        agency=agency,
        data={"labels": [label_data(p, agency, p.case.reference) for p in parcels]},
        template="papers/label.html",
        staff=staff,
    )


def manifest_ask(manifest: Manifest, *, staff: Staff) -> Paper:
    """The hand-over list with both names, as it was when it was closed."""
    lines = manifest.lines.select_related("parcel__case").order_by("scanned_at", "id")
    agency = manifest.agency
    return office_paper_ask(
        Paper.Kind.MANIFEST,
        key=f"manifest:{manifest.number}",
        agency=agency,
        data={
            "number": manifest.number,
            "barcode": manifest.number,
            "office": agency.name,
            "office_address": agency.address,
            "office_phone": phones.read(agency.phone).shown,
            "office_code": agency.vnpost_code,
            "closed_at": timezone.localtime(manifest.closed_at).isoformat(),
            "clerk": staff.display_name,
            "carrier_person": manifest.carrier_person,
            "lines": [
                {
                    "number": line.parcel.number,
                    "reference": group_reference(line.parcel.case.reference),
                    "recipient": (address := json.loads(line.parcel.address)).get("recipient", ""),
                    "commune": address.get("commune", ""),
                    "postal_code": address.get("postal_code", ""),
                }
                for line in lines
            ],
        },
        template="papers/manifest.html",
        staff=staff,
    )
