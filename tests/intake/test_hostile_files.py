"""Hostile, broken and honest files on their way through the counter: a clear sentence each,
nothing lost, nothing served as it came. Each file itself: test_files_at_the_counter.py."""

import io
import socketserver
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from datetime import timedelta

import pikepdf
import pillow_heif
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from cases.intake import mandate_sheet, practice, scan_binding, scans
from cases.models import CaseDocument, Scan
from opsa.core import file_check, files
from opsa.core.once import new_key
from tests.support.worklists import sign_in

pillow_heif.register_heif_opener()
# Cut in two, so that this file itself alarms nobody.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


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


# --- on their way through the counter -----------------------------------------------------------


@pytest.fixture
def line(draft) -> CaseDocument:
    return draft.documents.get(document__key="giay-chung-sinh")


def send(clerk, case, line, *contents, name="anh.jpg", **headers):
    uploads = [SimpleUploadedFile(name, content, "image/jpeg") for content in contents]
    return clerk.post(
        reverse("quay:scan_upload", args=[case.pk, line.pk]),
        {"form_key": new_key(), "file": uploads},
        **headers,
    )


def test_an_upload_lies_sealed_until_it_is_checked_and_is_then_kept_anew(clerk, draft, line):
    original = picture(comment=b"<script>alert(1)</script>")
    assert send(clerk, draft, line, original).status_code == 303
    scan = Scan.objects.get()
    assert scan.state == Scan.State.QUARANTINED
    assert clerk.get(reverse("quay:scan_view", args=[scan.pk])).status_code == 404
    from django.core.files.storage import default_storage

    with default_storage.open(scan.file) as stored:
        assert original[:64] not in stored.read()
    quarantined = scan.file
    scans.scan_check(scan.pk)
    scan.refresh_from_db()
    line.refresh_from_db()
    assert (scan.state, scan.kind, scan.pages) == (Scan.State.CLEAN, "jpeg", 1)
    assert line.mark == CaseDocument.Mark.SCANNED
    assert files.exists(scan.file)
    assert quarantined != scan.file


def test_a_clean_file_is_served_as_an_attachment_that_nothing_runs_in(clerk, draft, line):
    scan = practice.scan_of(draft.opened_by, line, picture())
    answer = clerk.get(reverse("quay:scan_view", args=[scan.pk]))
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("content", [BAD["web page named .pdf"][0], BAD["pdf with a password"][0]])
def test_a_refused_file_stays_on_the_list_with_its_reason_and_is_never_served(
    clerk, draft, line, content
):
    send(clerk, draft, line, content, name="giay-to.pdf")
    scan = Scan.objects.get()
    scans.scan_check(scan.pk)
    scan.refresh_from_db()
    assert scan.state == Scan.State.REFUSED
    page = clerk.get(reverse("quay:step", args=[draft.pk, "ban-quet"])).content.decode()
    assert scan.refused_because in page
    assert clerk.get(reverse("quay:scan_view", args=[scan.pk])).status_code == 404
    assert scan.file == ""


def test_two_hundred_megabytes_are_refused_before_they_are_read(clerk, draft, line):
    class Sparse:
        """A body that says 200 MB and fails the test when anybody reads it."""

        def read(self, size=-1):
            raise AssertionError("the body was read")

        readline = read

    answer = clerk.generic(
        "POST", reverse("quay:scan_upload", args=[draft.pk, line.pk]), b"",
        content_type="multipart/form-data; boundary=x",
        **{"wsgi.input": Sparse(), "CONTENT_LENGTH": str(200 * 1024 * 1024)},
    )  # fmt: skip
    assert answer.status_code == 413
    assert "10 MB" in answer.content.decode()
    assert not Scan.objects.exists()


def test_eleven_megabytes_are_told_at_once_and_the_other_file_is_taken(clerk, draft, line):
    answer = send(clerk, draft, line, b"0" * 11 * 1024 * 1024, picture())
    assert answer.status_code == 422
    assert "10 MB" in answer.content.decode()
    assert Scan.objects.count() == 1


def test_the_same_file_twice_is_one_scan(clerk, draft, line):
    same = picture()
    send(clerk, draft, line, same)
    send(clerk, draft, line, same)
    assert Scan.objects.count() == 1


def test_an_empty_file_is_told_at_once(clerk, draft, line):
    answer = send(clerk, draft, line, b"", headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert answer["Content-Type"].startswith("text/plain")


def test_a_forged_upload_without_the_token_is_refused(staff, draft, line):
    from django.test import Client

    from tests.support.worklists import sign_in

    careful = sign_in(Client(enforce_csrf_checks=True), staff)
    assert send(careful, draft, line, picture()).status_code == 403
    assert not Scan.objects.exists()


def test_a_removed_file_can_be_put_back(post, draft, line):
    scan = practice.scan_of(draft.opened_by, line, picture())
    post(reverse("quay:scan_act", args=[draft.pk, scan.pk]), {"act": "remove"})
    line.refresh_from_db()
    assert line.mark == CaseDocument.Mark.OPEN
    post(reverse("quay:scan_restore", args=[draft.pk, scan.pk]))
    scan.refresh_from_db()
    line.refresh_from_db()
    assert (scan.state, line.mark) == (Scan.State.CLEAN, CaseDocument.Mark.SCANNED)


# --- the virus scanner ---------------------------------------------------------------------------


class FakeClamd(socketserver.StreamRequestHandler):
    """Speaks enough INSTREAM to know the EICAR test string, also inside a PDF."""

    def handle(self) -> None:
        assert self.rfile.readline() == b"nINSTREAM\n"
        content = b""
        while size := struct.unpack("!L", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
        found = EICAR in content
        self.wfile.write(b"stream: Eicar-Test-Signature FOUND\n" if found else b"stream: OK\n")


@pytest.fixture
def clamd() -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), FakeClamd) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"tcp://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def eicar_in_a_pdf() -> bytes:
    return pdf(change=lambda made: made.attachments.__setitem__("x.txt", EICAR),
               stream_decode_level=pikepdf.StreamDecodeLevel.none,
               compress_streams=False)  # fmt: skip


def test_a_virus_is_refused_and_its_file_is_gone(clamd, draft, line):
    with override_settings(CLAMAV_URL=clamd):
        scan = practice.scan_of(draft.opened_by, line, pdf() + EICAR)
        assert scan.state == Scan.State.REFUSED
        assert "mã độc" in scan.refused_because
        good = practice.scan_of(draft.opened_by, line, picture())
        assert good.state == Scan.State.CLEAN


def test_while_the_scanner_is_away_files_wait_and_are_checked_when_it_is_back(clamd, draft, line):
    with override_settings(CLAMAV_URL="tcp://127.0.0.1:1"):
        scan = practice.scan_of(draft.opened_by, line, picture())
        assert scan.state == Scan.State.QUARANTINED
    with override_settings(CLAMAV_URL=clamd):
        assert scans.scans_sweep(older_than_seconds=-1) == 1
    scan.refresh_from_db()
    assert scan.state == Scan.State.CLEAN


UNABLE = {
    "an interpreter without a library of the system": "echo 'libz.so.1: not found' >&2; exit 127",
    "no packages": 'exec "$REAL" -S "$@"',
    "no programme": 'shift; exec "$REAL" -I /nowhere.py',
    "ended without a word": "exit 0",
}


@pytest.fixture(params=[*UNABLE, "no interpreter"])
def unable(request, monkeypatch, tmp_path) -> None:
    """The process that opens files can't start."""
    instead = tmp_path / "python"
    if script := UNABLE.get(request.param):
        instead.write_text(f"#!/bin/sh\nREAL={sys.executable}\n{script}\n")
        instead.chmod(0o700)
    monkeypatch.setattr(file_check.sys, "executable", str(instead))


def test_a_checker_that_cannot_start_refuses_nobodys_file(
    unable, monkeypatch, client, staff, draft, line
):
    scan = practice.scan_of(draft.opened_by, line, picture())
    assert scan.state == Scan.State.QUARANTINED
    with pytest.raises(file_check.CheckUnavailable):
        file_check.examine(picture())
    with pytest.raises(mandate_sheet.SheetRefusedError, match="Thử lại sau một phút"):
        mandate_sheet.read(picture(), "DY1-0")
    Scan.objects.update(uploaded_at=timezone.now() - timedelta(minutes=3))
    page = sign_in(client, staff).get(reverse("quay:step", args=[draft.pk, "ban-quet"]))
    assert "Chưa kiểm tra được, máy tự thử lại" in page.content.decode()
    monkeypatch.undo()
    assert scans.scans_sweep() == 1
    scan.refresh_from_db()
    assert scan.state == Scan.State.CLEAN


def test_a_checker_that_cannot_start_leaves_the_binding_due(draft, line, monkeypatch, tmp_path):
    practice.scan_of(draft.opened_by, line, picture())
    CaseDocument.objects.filter(pk=line.pk).update(pdf_due=timezone.now())
    with monkeypatch.context() as away:
        away.setattr(file_check.sys, "executable", str(tmp_path / "python"))
        row = scan_binding.document_bind(line.pk)
    assert row.pdf_due is not None
    assert row.pdf_problem == ""
    assert scan_binding.document_bind(line.pk).pdf_due is None


def test_the_child_that_opens_files_imports_nothing_of_ours():
    done = subprocess.run(
        [sys.executable, "-I", str(file_check._CHILD), "40000000", "30"],
        input=b"",
        capture_output=True,
        check=True,
    )
    assert b'"refused": "empty"' in done.stdout
