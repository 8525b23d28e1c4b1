"""Hostile, broken and honest files on their way through the counter: a clear sentence each,
nothing lost, nothing served as it came. Each file itself: test_files_at_the_counter.py."""

import socketserver
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from cases.intake import mandate_sheet, practice, scan_binding, scans
from cases.models import CaseDocument, Scan
from opsa.core import file_check, files
from opsa.core.once import new_key
from tests.support.hostile import BAD, pdf, picture
from tests.support.worklists import sign_in

# Cut in two, so that this file itself alarms nobody.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


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
