"""The hand-over slip: what drawing it costs, beside a naive WeasyPrint and a reportlab twin.

All three draw the same slip of one case that was really filed, with the same two cut fonts, from
the same frozen data, in interleaved rounds of one process; each side pays for its own codes and
texts. Naive is what one writes first: everything in one HTML string, `HTML(string).write_pdf()`,
bar and QR codes of one rectangle for each module; `naive_paths_ratio` is the same with the
product's codes of one path each, to tell both savings apart. The twin (`_slip_twin.py`) says the
same words in the same order on the same A5 sheet; it is not tagged, so it has less to do.

    receipt naive_ratio= reportlab_ratio= bytes= cpu_ms= …

Budgets: ours ≤ 0.60 of naive and ≤ 3 × the twin in CPU, ≤ 60 kB, one page, 0 PDF/UA errors.
"""

import argparse
import base64
import json
import sys
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from benchmarks._bench import Figures, cpu_medians, make_clerk, published, set_up

BIRTH = {"relation": "parent"}


def main() -> int:
    """Draw, compare, check; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--keep", type=Path, help="a folder for the three papers")
    options = parser.parse_args()
    set_up()

    from benchmarks._slip_twin import twin_pdf
    from cases.papers.drawing import moments, pdf_of
    from opsa.core import pdf

    paper = filed_slip()
    data = moments(json.loads(paper.data))
    pdf.warm_up()
    sides = {
        "ours": lambda: pdf_of(paper),
        "naive": lambda: naive_pdf(paper.template, data, codes_as_rectangles),
        "naive, our codes": lambda: naive_pdf(paper.template, data, codes_as_paths),
        "twin": lambda: twin_pdf(data),
    }
    papers = {name: draw() for name, draw in sides.items()}
    medians = cpu_medians(sides, rounds=options.rounds)
    for name, content in papers.items():
        print(f"{name:17} {medians[name]:7.1f} ms CPU  {len(content):6} bytes")
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            (options.keep / f"{name}.pdf").write_bytes(content)

    ours = papers["ours"]
    figures = Figures("receipt")
    figures.put("naive_ratio", round(medians["ours"] / medians["naive"], 3), most=0.60)
    figures.put("naive_paths_ratio", round(medians["ours"] / medians["naive, our codes"], 3))
    figures.put("reportlab_ratio", round(medians["ours"] / medians["twin"], 2), most=3)
    figures.put("bytes", len(ours), most=60_000)
    figures.put("cpu_ms", round(medians["ours"], 1))
    figures.put("pages", pages(ours), most=1)
    figures.put("ua_errors", accessibility_errors(ours), most=0)
    if other := words(ours) ^ words(papers["twin"]):
        print(f"words on one of slip and twin only: {', '.join(sorted(other)[:12])}")
    if len(other) > 0.05 * len(words(ours)):
        figures.miss("the twin does not say the same as the slip")
    return figures.end()


def filed_slip() -> Any:
    """The slip that filing a real case asks for: birth registration by a parent, by post."""
    from agencies.access import actor_of
    from cases.filing.services import case_file
    from cases.intake import practice
    from cases.models import Paper

    staff = make_clerk()
    case = practice.prepared_case(published(), BIRTH, staff=staff, number=7)
    case_file(case.pk, staff=staff, actor=actor_of(staff))
    return Paper.objects.get(case=case, kind=Paper.Kind.SLIP)


def codes_as_rectangles(data: dict[str, Any]) -> dict[str, str]:
    """QR and bar code as plain libraries draw them."""
    return {
        "qr": _rectangles(qr_rows(data["qr"]), border=4),
        "barcode": _rectangles(bar_rows(data["barcode"]), border=10),
    }


def codes_as_paths(data: dict[str, Any]) -> dict[str, str]:
    """QR and bar code of the product: one path each."""
    from opsa.core import barcodes

    return {
        "qr": barcodes.qr_data_uri(data["qr"]),
        "barcode": barcodes.code128_data_uri(data["barcode"]),
    }


def naive_pdf(
    template: str, data: dict[str, Any], codes: Callable[[dict[str, Any]], dict[str, str]]
) -> bytes:
    """The same HTML and CSS as one string, nothing shared, nothing tagged."""
    from django.contrib.staticfiles import finders
    from django.template.loader import render_to_string
    from django.utils.translation import override
    from weasyprint import HTML

    from cases.models import Paper
    from cases.papers.drawing import _STYLES
    from opsa.core import fonts

    sheets = [fonts.font_css(), f'html {{ font-family: "{fonts.FAMILY}"; }}']
    sheets += [Path(finders.find(name)).read_text() for name in _STYLES[Paper.Kind.SLIP]]
    context = {"data": data, "lang": "vi", "demo": True, **codes(data)}
    with override("vi"):
        html = render_to_string(template, context)
    html = html.replace("</head>", f"<style>{'\n'.join(sheets)}</style></head>", 1)
    return bytes(HTML(string=html).write_pdf())


def qr_rows(text: str) -> list[list[bool]]:
    """The QR code's modules, dark is True."""
    import segno

    matrix = segno.make(text, error="m", micro=False).matrix
    return [[bool(module) for module in row] for row in matrix]


def bar_rows(text: str) -> list[list[bool]]:
    """Code 128 as one row of modules."""
    import zxingcpp

    image = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128).to_image(
        scale=1, add_quiet_zones=False
    )
    width = image.shape[1]
    row = bytes(memoryview(image).cast("B"))[:width]
    return [[module == 0 for module in row]]


def _rectangles(rows: list[list[bool]], border: int) -> str:
    """A picture with one <rect> for each dark module, as plain bar code libraries draw it."""
    height = 40 if len(rows) == 1 else 1
    wide = len(rows[0]) + 2 * border
    high = height if len(rows) == 1 else len(rows) + 2 * border
    top = 0 if len(rows) == 1 else border
    marks = "".join(
        f'<rect x="{x + border}" y="{y + top}" width="1" height="{height}" fill="#000"/>'
        for y, row in enumerate(rows)
        for x, dark in enumerate(row)
        if dark
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}"'
        f' height="{high}">{marks}</svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def pages(content: bytes) -> int:
    """How many pages the PDF has."""
    import pypdfium2

    with pypdfium2.PdfDocument(BytesIO(content)) as document:
        return len(document)


def words(content: bytes) -> set[str]:
    """Every word of the paper but page numbers, whatever the line breaks."""
    import pypdfium2

    with pypdfium2.PdfDocument(BytesIO(content)) as document:
        text = " ".join(page.get_textpage().get_text_range() for page in document)
    return {word for word in text.replace("￾", "").split() if word != "1/1"}


def accessibility_errors(content: bytes) -> int:
    """PDF/UA errors by the checker that the tests use."""
    import outloud

    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(content)
        file.flush()
        result = outloud.check(file.name)
    return int(result.errors) if not result.error else 1


if __name__ == "__main__":
    sys.exit(main())
