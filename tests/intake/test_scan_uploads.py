"""Files in pieces: resumed after a drop, checked piece by piece, bound by the same limits and the
same walls as a whole file; a full disk leaves the draft as it was."""

import errno
import hashlib
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.intake import scan_pieces, scans
from cases.models import Case, CaseDocument, Scan, Upload
from opsa.core import files
from tests.intake.test_hostile_files import send
from tests.support.cases import make_counter
from tests.support.hostile import picture
from tests.support.worklists import sign_in

PIECE = scan_pieces.PIECE


@pytest.fixture
def line(draft) -> CaseDocument:
    return draft.documents.get(document__key="giay-chung-sinh")


class Sender:
    """A browser that sends a file in pieces."""

    def __init__(self, client, case, line, content, **begin):
        self.client, self.content = client, content
        names = ("quay:upload_begin", "quay:upload_piece")
        self.urls = [reverse(name, args=[case.pk, line.pk]) for name in names]
        self.announced = {
            "name": "anh.jpg", "size": len(content), "sha256": hashlib.sha256(content).hexdigest(),
            **begin,
        }  # fmt: skip

    def begin(self):
        self.answer = self.client.post(self.urls[0], self.announced)
        self.at = self.answer.json() if self.answer.status_code == 200 else {}
        return self.answer

    def piece(self, offset=None, content=None, digest=None, **headers):
        offset = self.at["offset"] if offset is None else offset
        content = self.content[offset : offset + PIECE] if content is None else content
        answer = self.client.post(
            self.urls[1], content, content_type="application/octet-stream",
            headers={
                "Upload-Id": self.at["id"], "Upload-Offset": str(offset),
                "Upload-Hash": digest or hashlib.sha256(content).hexdigest(), **headers,
            },
        )  # fmt: skip
        if answer.status_code == 200:
            self.at = {**self.at, **answer.json()}
        return answer

    def all(self):
        self.begin()
        while not self.at.get("done"):
            assert self.piece().status_code == 200
        return Scan.objects.get(upload_sha256=self.announced["sha256"])


def big(pieces: float = 3.5) -> bytes:
    made = picture(size=(900, 1300), quality=95)
    return made + b"\0" * (int(pieces * PIECE) - len(made))


@pytest.fixture
def sender(clerk, draft, line):
    return Sender(clerk, draft, line, big())


def test_a_file_in_pieces_is_the_file(sender):
    scan = sender.all()
    assert files.load(scan.file) == sender.content
    assert scan.upload_size == len(sender.content)
    assert not Upload.objects.exists()
    assert scans.scan_check(scan.pk).state == Scan.State.CLEAN


def test_pieces_lie_sealed_and_are_gone_afterwards(sender):
    sender.begin()
    sender.piece()
    (stored,) = Upload.objects.get().pieces
    with default_storage.open(stored) as raw:
        assert sender.content[:64] not in raw.read()
    sender.all()
    assert not files.exists(stored)


def test_after_a_drop_the_file_goes_on_where_it_stopped(sender):
    sender.begin()
    sender.piece()
    sender.piece()
    assert sender.begin().json()["offset"] == 2 * PIECE
    sender.all()
    assert Scan.objects.count() == 1


def test_a_piece_sent_twice_or_too_early_changes_nothing(sender):
    sender.begin()
    sender.piece()
    assert sender.piece(offset=0).json()["offset"] == PIECE
    assert sender.piece(offset=3 * PIECE).json()["offset"] == PIECE
    assert Upload.objects.get().received == PIECE


def test_the_last_answer_lost_is_no_second_file(sender):
    sender.all()
    assert sender.begin().json() == {"done": True}
    assert Scan.objects.count() == 1


def test_a_piece_damaged_on_the_way_is_asked_for_again(sender):
    sender.begin()
    answer = sender.piece(digest="0" * 64)
    assert (answer.status_code, answer.json()["offset"]) == (409, 0)
    assert Upload.objects.get().received == 0


def test_a_file_that_is_not_what_was_announced_is_dropped(clerk, draft, line):
    sender = Sender(clerk, draft, line, big(1.5), sha256="1" * 64)
    sender.begin()
    while (answer := sender.piece()).status_code == 200:
        continue
    assert answer.status_code == 422
    assert "thay đổi" in answer.json()["problem"]
    assert not Upload.objects.exists()
    assert not Scan.objects.exists()


def test_more_than_announced_is_never_taken(sender):
    sender.announced["size"] = PIECE
    sender.begin()
    sender.piece()
    assert not Scan.objects.exists()


def test_too_large_a_file_or_piece_is_told_at_once(clerk, draft, line):
    sender = Sender(clerk, draft, line, b"x", size=11 * 1024 * 1024)
    assert sender.begin().status_code == 422
    assert "10 MB" in sender.answer.json()["problem"]
    sender = Sender(clerk, draft, line, big())
    sender.begin()
    assert sender.piece(content=b"0" * (PIECE + 1)).status_code == 413


@pytest.mark.parametrize("changed", [{"size": "-1"}, {"size": "viele"}, {"sha256": "../../etc"}])
def test_nonsense_is_no_upload(clerk, draft, line, changed):
    assert Sender(clerk, draft, line, b"x", **changed).begin().status_code == 400


def test_every_piece_wants_the_token(staff, draft, line):
    careful = sign_in(Client(enforce_csrf_checks=True), staff)
    sender = Sender(careful, draft, line, big())
    assert sender.begin().status_code == 403
    sender.at = {"id": "0190b6a0-0000-7000-8000-000000000000", "offset": 0}
    assert sender.piece().status_code == 403


def test_nobody_else_adds_to_a_file(sender, draft, line):
    sender.begin()
    stranger = Sender(sign_in(Client(), make_counter().staff), draft, line, sender.content)
    assert stranger.begin().status_code == 404
    stranger.at = sender.at
    assert stranger.piece().status_code == 404
    assert Upload.objects.get().received == 0


def test_a_filed_case_takes_no_more_pieces(sender, draft):
    sender.begin()
    Case.objects.filter(pk=draft.pk).update(work="filed", taken_at=timezone.now())
    while (answer := sender.piece()).status_code == 200:
        continue
    assert answer.status_code == 422
    assert "đã nộp" in answer.json()["problem"]
    assert not Scan.objects.exists()


def test_what_was_never_ended_is_gone_after_a_day(sender):
    sender.begin()
    sender.piece()
    (stored,) = Upload.objects.get().pieces
    assert scan_pieces.uploads_expire() == 0
    Upload.objects.update(touched_at=timezone.now() - timedelta(hours=25))
    assert scan_pieces.uploads_expire() == 1
    assert not files.exists(stored)


@pytest.fixture
def full_disk(monkeypatch):
    """A storage whose disk is full; no test may fill the real one."""

    def refuse(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    def switch(on=True):
        if on:
            monkeypatch.setattr(default_storage, "save", refuse)
        else:
            monkeypatch.undo()

    return switch


def test_a_full_disk_is_told_and_the_file_goes_on_when_there_is_room(sender, full_disk, draft):
    sender.begin()
    sender.piece()
    full_disk()
    answer = sender.piece()
    assert answer.status_code == 507
    assert "hết chỗ" in answer.json()["problem"]
    full_disk(on=False)
    assert Upload.objects.get().received == PIECE
    sender.all()
    draft.refresh_from_db()
    assert draft.work == "draft"


def test_a_full_disk_is_told_where_there_is_no_script(clerk, draft, line, full_disk):
    full_disk()
    answer = send(clerk, draft, line, picture())
    assert answer.status_code == 507
    assert "hết chỗ" in answer.content.decode()
    full_disk(on=False)
    assert not Scan.objects.exists()
    assert send(clerk, draft, line, picture()).status_code == 303


def test_a_new_photo_takes_the_place_of_the_old_one(clerk, draft, line):
    for name in ("1", "2"):
        send(clerk, draft, line, picture(), name=f"{name}.jpg")
    first, second = Scan.objects.order_by("position")
    scan = Sender(clerk, draft, line, big(1.5), replaces=str(first.pk)).all()
    first.refresh_from_db()
    assert first.state == Scan.State.REMOVED
    assert scan.position < second.position


def test_a_last_piece_that_comes_twice_gives_the_same_page(line, staff):
    """The second one finds the pieces gone, because the first has made the file whole."""
    content = picture()
    digest = hashlib.sha256(content).hexdigest()
    begun = scan_pieces.upload_begin(
        staff=staff, document=line, name="anh.jpg", size=len(content), sha256=digest
    )
    first = scan_pieces.upload_piece(
        staff=staff, upload=begun, offset=0, sha256=digest, content=content
    )
    late = Upload(document=line, staff=staff, sha256=digest, size=len(content))
    late.received, late.pieces = len(content), ["uploads/gone"]
    again = scan_pieces.upload_piece(
        staff=staff, upload=late, offset=0, sha256=digest, content=content
    )
    assert again.pk == first.pk
    assert Scan.objects.filter(document=line).count() == 1
