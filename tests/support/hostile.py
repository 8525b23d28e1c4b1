"""Hostile, broken and honest files, made here byte by byte: what each is stands in its name."""

import io
import struct
import zlib

import pikepdf
import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()


def picture(kind: str = "JPEG", size: tuple[int, int] = (400, 560), **how: object) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(out, kind, **how)
    return out.getvalue()


def pdf(pages: int = 1, *, change=None, **how: object) -> bytes:
    made = pikepdf.new()
    for _ in range(pages):
        made.add_blank_page()
    if change:
        change(made)
    out = io.BytesIO()
    made.save(out, **how)
    return out.getvalue()


def script(made):
    made.Root.OpenAction = pikepdf.Dictionary(
        S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)")
    )


def names_script(made):
    action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(2)"))
    made.Root.Names = pikepdf.Dictionary(JavaScript=pikepdf.Dictionary(Names=["x", action]))


def launch(made):
    made.pages[0].AA = pikepdf.Dictionary(
        O=pikepdf.Dictionary(S=pikepdf.Name.Launch, F=pikepdf.String("calc.exe"))
    )


def link(made):
    action = pikepdf.Dictionary(S=pikepdf.Name.URI, URI=pikepdf.String("http://evil.example/"))
    note = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 99, 99], A=action
    )
    made.pages[0].Annots = made.make_indirect([note])


def attachment(made):
    made.attachments["bien-lai.exe"] = b"MZ this program"


def xfa(made):
    made.Root.AcroForm = pikepdf.Dictionary(
        Fields=[], XFA=pikepdf.Stream(made, b"<xdp:xdp>run()</xdp:xdp>")
    )


def metadata(made):
    with made.open_metadata() as meta:
        meta["dc:title"] = "rieng tu"


def big_picture_inside(made):
    stream = pikepdf.Stream(made, b"\0", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image,
    Width=90000,
                            Height=90000, BitsPerComponent=8,
                            ColorSpace=pikepdf.Name.DeviceGray)  # fmt: skip
    made.pages[0].Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=stream))


def flate_bomb(made):
    stream = pikepdf.Stream(made, b"")
    packer, piece = zlib.compressobj(1), b"q " * 500_000
    packed = b"".join(packer.compress(piece) for _ in range(230)) + packer.flush()
    stream.write(packed, filter=pikepdf.Name.FlateDecode)
    made.pages[0].Contents = stream


def doubled_flate(made):
    stream = pikepdf.Stream(made, b"")
    packed = zlib.compress(zlib.compress(b"q " * 1000))
    stream.write(packed, filter=pikepdf.Array([pikepdf.Name.FlateDecode, pikepdf.Name.FlateDecode]))
    made.pages[0].Contents = stream


def png_bomb() -> bytes:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    return out.getvalue()


def png_lying_about_its_size() -> bytes:
    good = bytearray(picture("PNG"))
    good[16:24] = struct.pack(">II", 50_000, 50_000)
    good[29:33] = struct.pack(">I", zlib.crc32(bytes(good[12:29])))
    return bytes(good)


def moving_png() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (80, 80), colour) for colour in ("red", "blue")]
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    return out.getvalue()


ZIP = b"PK\x03\x04" + b"\0" * 30 + b"evil.exe" + b"PK\x05\x06" + b"\0" * 18
GOOD = {
    "jpeg": picture(), "png": picture("PNG"), "heic": picture("HEIF"), "pdf of two pages": pdf(2),
    "jpeg with a zip behind it": picture() + ZIP,
    "jpeg with a page behind it": picture() + b"<script>alert(1)</script>",
    "png with a script behind it": picture("PNG") + b"<?php system($_GET[0]); ?>",
    "jpeg with a script in its comment": picture(comment=b"<script>alert(1)</script>"),
    "pdf with a script": pdf(change=script), "pdf with a named script": pdf(change=names_script),
    "pdf that starts a program": pdf(change=launch), "pdf with a link": pdf(change=link),
    "pdf with a program attached": pdf(change=attachment), "pdf with an XFA form": pdf(change=xfa),
    "pdf with private metadata": pdf(change=metadata), "pdf with a zip behind it": pdf() + ZIP,
    "pdf locked for printing only": pdf(encryption=pikepdf.Encryption(owner="o", user="")),
}  # fmt: skip
BAD = {
    "empty": (b"", "empty"),
    "jpeg cut short": (picture()[:3000], "broken"),
    "png cut short": (picture("PNG")[:3000], "broken"),
    "heic cut short": (picture("HEIF")[:600], "broken"),
    "pdf cut short": (pdf(3)[:200], "broken"),
    "pdf of noise": (b"%PDF-1.7\n" + bytes(range(256)) * 20, "broken"),
    "pdf without pages": (pdf(0), "broken"),
    "jpeg head on noise": (b"\xff\xd8\xff\xe0" + bytes(range(256)) * 10, "broken"),
    "page before a pdf": (b"<html><script>1</script>" + pdf(), "wrong_kind"),
    "web page named .pdf": (b"<!doctype html><script>alert(1)</script>", "wrong_kind"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "wrong_kind"),
    "program named .jpg": (b"MZ\x90\x00" + b"\0" * 500, "wrong_kind"),
    "zip named .pdf": (ZIP, "wrong_kind"),
    "word document": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "wrong_kind"),
    "gif": (b"GIF89a" + b"\0" * 100, "wrong_kind"),
    "png of 400 million pixels": (png_bomb(), "too_many_pixels"),
    "png that lies about its size": (png_lying_about_its_size(), "too_many_pixels"),
    "pdf with a huge picture": (pdf(change=big_picture_inside), "too_many_pixels"),
    "pdf that unpacks to 230 MB": (pdf(change=flate_bomb), "too_heavy"),
    "pdf packed twice": (pdf(change=doubled_flate,
    stream_decode_level=pikepdf.StreamDecodeLevel.none,
                             compress_streams=False), "too_heavy"),
    "pdf of 31 pages": (pdf(31), "too_many_pages"),
    "pdf with a password": (pdf(encryption=pikepdf.Encryption(owner="o", user="u")), "encrypted"),
    "moving png": (moving_png(), "animated"),
    "picture of one pixel": (picture("PNG", (1, 1)), "too_small"),
    "eleven megabytes": (b"%PDF-1.7" + b"0" * 11 * 1024 * 1024, "too_large"),
}  # fmt: skip
POISON = (b"<script", b"app.alert", b"JavaScript", b"Launch", b"EmbeddedFile", b"evil", b"<?php",
b"MZ this", b"XFA",
          b"rieng tu", b"PK\x03\x04", b"/Encrypt", b"/URI")  # fmt: skip
