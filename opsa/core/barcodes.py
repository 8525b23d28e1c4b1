"""QR and Code 128 as pictures; apart from the PDF service, so that web pages never load it."""

import base64
from io import BytesIO

import segno
import zxingcpp


def _svg_uri(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"


def qr_data_uri(text: str) -> str:
    """A QR code (error level M, quiet zone of 4) as an SVG data URI. Use it in an `<img alt>`."""
    out = BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", border=4, xmldecl=False, svgclass=None, lineclass=None, unit=None
    )
    return _svg_uri(out.getvalue())


def code128_data_uri(text: str) -> str:
    """A Code 128 bar code as an SVG data URI: one path, quiet zones of 10 modules, 40 high.

    Raises ValueError for text that isn't printable ASCII.
    """
    if not text or not text.isascii() or not text.isprintable():
        raise ValueError("a Code 128 of ours holds printable ASCII")
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
    image = barcode.to_image(scale=1, add_quiet_zones=False)
    height, length = image.shape
    row = bytes(memoryview(image).cast("B"))[height // 2 * length :][:length]
    bars: list[str] = []
    start = None
    for x, light in enumerate([*row, 255]):
        if light == 0 and start is None:
            start = x
        elif light != 0 and start is not None:
            bars.append(f"M{start + 10} 0h{x - start}v40h-{x - start}z")
            start = None
    width = len(row) + 20
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 40"'
        f' width="{width}" height="40">'
        f'<path d="{"".join(bars)}"/></svg>'
    )
    return _svg_uri(svg.encode())
