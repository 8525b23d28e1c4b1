"""The national portal's machine interface (LGSP-like messages), over HTTP.

One retry layer only: the outbox. Redirects are not followed, every call has a time limit, and the
difference between *not processed* and *don't know* is kept: a refused connection never sent a byte,
a broken answer may hide a stored dossier.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from cases.filing.ports import (
    DossierStatus,
    HeldFile,
    IssuedResult,
    Receipt,
    Report,
    SentFile,
    StatusAnswer,
    Submission,
)
from cases.weather import calls
from opsa.core import files
from opsa.core.outbox import Answer, checkpoint
from opsa.core.outside import retry_after, word_of

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class ChangedOnDisk(Exception):
    """A stored file is no longer what was frozen; nothing may be sent (F02)."""


class _Stop(Exception):
    """The submission ended before the dossier was posted."""

    def __init__(self, receipt: Receipt) -> None:
        self.receipt = receipt


class Portal:
    """The gateway adapter. Holds no state; one HTTP client per call keeps workers fork-safe."""

    def __init__(self, base: str, *, timeout: float | None = None, channel: str = "") -> None:
        self.base = base.rstrip("/")
        self.timeout = timeout
        self.channel = channel

    @contextlib.contextmanager
    def _client(self) -> Iterator[httpx.Client]:
        """A client for one errand; what its calls met goes into the channel's weather."""
        tally = calls.Tally()
        try:
            with calls.Counted(self.base, tally, seconds=self.timeout) as client:
                yield client
        finally:
            if self.channel:
                calls.note(self.channel, tally)

    def submit(self, submission: Submission) -> Receipt:
        """Upload the files, then post the dossier. Only the post has an effect that counts."""
        return self._post("/portal/ho-so", submission)

    def supplement(self, dossier_code: str, submission: Submission) -> Receipt:
        """Send further papers for a dossier that waits for them; our key makes repeats harmless."""
        return self._post(f"/portal/ho-so/{quote(dossier_code, safe='')}/bo-sung", submission)

    def _post(self, path: str, submission: Submission) -> Receipt:
        message = json.loads(json.dumps(submission.message))
        try:
            with self._client() as client:
                uploaded = {}
                for file in submission.files:
                    _or_stop(submission)
                    uploaded[file.stored] = self._upload(client, file)
                    checkpoint("file_uploaded")
                _fill_in(message, submission.files, uploaded)
                _or_stop(submission)
                checkpoint("files_uploaded")
                response = client.post(path, json=message)
        except _Stop as stop:
            return stop.receipt
        except _NOT_SENT as error:
            return Receipt(Answer.NOT_PROCESSED, detail=_plain(error))
        except httpx.HTTPError as error:
            return Receipt(Answer.UNKNOWN, detail=_plain(error))
        checkpoint("posted")
        return self._accepted(response) if response.is_success else _failed(response)

    def _upload(self, client: httpx.Client, file: SentFile) -> str:
        content = files.load(file.stored)
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise ChangedOnDisk(file.name)
        try:
            response = client.post(
                "/portal/tep",
                content=content,
                headers={
                    "Content-Type": "application/octet-stream",
                    "X-Ten-Tep": quote(file.name),
                    "X-Hash": file.sha256,
                },
            )
            body = response.json() if response.is_success else {}
        except (httpx.HTTPError, ValueError) as error:
            raise _Stop(Receipt(Answer.NOT_PROCESSED, detail=_plain(error))) from error
        if not response.is_success:
            failed = _failed(response)
            definite = failed.answer is Answer.REFUSED
            raise _Stop(failed if definite else _as_not_processed(failed))
        if body.get("HashTepTin") != file.sha256 or "IdTepTin" not in body:
            raise _Stop(Receipt(Answer.NOT_PROCESSED, detail="upload_answer_differs"))
        return str(body["IdTepTin"])

    def _accepted(self, response: httpx.Response) -> Receipt:
        try:
            code = str(response.json()["MaHoSo"])
        except (ValueError, KeyError, TypeError):
            return Receipt(Answer.UNKNOWN, detail="malformed_answer")
        proof = self.held_files(code)
        return (
            proof if proof.answer is Answer.DONE else Receipt(Answer.UNKNOWN, detail=proof.detail)
        )

    def find_by_our_reference(self, key: str) -> Receipt:
        """Ask whether the other side holds a dossier under our key, and which files."""
        return self._held("/portal/ho-so/tra-cuu", params={"MaThamChieu": key})

    def held_files(self, dossier_code: str) -> Receipt:
        """What the portal holds for a dossier code."""
        return self._held(f"/portal/ho-so/{quote(dossier_code, safe='')}")

    def _held(self, path: str, params: dict[str, str] | None = None) -> Receipt:
        try:
            with self._client() as client:
                response = client.get(path, params=params)
        except httpx.HTTPError as error:
            return Receipt(Answer.UNKNOWN, detail=_plain(error))
        if response.status_code == 404 and word_of(response, "MaLoi").endswith(".404"):
            return Receipt(Answer.ABSENT)
        if response.status_code == 501:
            return Receipt(Answer.CANNOT_TELL, detail="look_up_not_offered")
        if not response.is_success:
            return Receipt(
                Answer.UNKNOWN, detail=str(response.status_code), retry_after=retry_after(response)
            )
        try:
            body = response.json()
            return Receipt(
                Answer.DONE,
                dossier_code=str(body["MaHoSo"]),
                received_at=_when(body.get("NgayNop")),
                held=tuple(
                    HeldFile(str(f["TenGiayTo"]), int(f["SoByte"]), str(f["HashTepTin"]))
                    for part in body.get("ThanhPhanHoSo", [])
                    for f in part.get("GiayToDinhKem", [])
                ),
            )
        except (ValueError, KeyError, TypeError):
            return Receipt(Answer.UNKNOWN, detail="malformed_answer")

    def status_of(self, codes: Sequence[tuple[str, str]]) -> StatusAnswer:
        """One batch call for up to 100 dossiers; only reports newer than the last one known."""
        body: dict[str, Any] = {"MaHoSo": [code for code, _ in codes]}
        since = {code: last for code, last in codes if last}
        if since:
            body["TuBaoCao"] = since
        try:
            with self._client() as client:
                response = client.post("/portal/trang-thai", json=body)
        except httpx.HTTPError as error:
            return StatusAnswer(False, detail=_plain(error))
        if not response.is_success:
            return StatusAnswer(
                False, detail=str(response.status_code), retry_after=retry_after(response)
            )
        try:
            answer = response.json()
            return StatusAnswer(
                True,
                tuple(filter(None, map(_dossier, answer["HoSo"]))),
                tuple(str(code) for code in answer.get("KhongTimThay", [])),
            )
        except (ValueError, KeyError, TypeError):
            return StatusAnswer(False, detail="malformed_answer")


def _or_stop(submission: Submission) -> None:
    if not submission.still_ours():
        raise _Stop(Receipt(Answer.UNKNOWN, detail="lease_lost"))


def _fill_in(message: dict[str, Any], sent: Sequence[SentFile], ids: dict[str, str]) -> None:
    """Put the portal's file ids into the frozen message; nothing else of it may change."""
    for part in message.get("ThanhPhanHoSo", []):
        part["GiayToDinhKem"] = [
            {
                "IdGiayTo": ids[f.stored],
                "TenGiayTo": f.name,
                "HashTepTin": f.sha256,
                "SoByte": f.size,
            }
            for f in sent
            if f.document == part["MaThanhPhanHoSo"]
        ]


def _dossier(item: dict[str, Any]) -> DossierStatus | None:
    """One dossier of a batch; None for one that can't be read, which hides no other."""
    with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
        return _read(item)
    return None


def _read(item: dict[str, Any]) -> DossierStatus:
    return DossierStatus(
        str(item["MaHoSo"]),
        tuple(
            Report(
                external_id=str(r["MaBaoCao"])[:80],
                code=str(r["TrangThai"])[:40],
                occurred_at=_when(r["ThoiDiem"]) or timezone.now(),
                unit=str(r.get("DonViXuLy") or "")[:200],
                text=str(r.get("NoiDung") or ""),
            )
            for r in item.get("LichSu", [])
        ),
        tuple(
            IssuedResult(
                number=str(k["SoKetQua"]),
                name=str(k["TenKetQua"])[:200],
                form="paper" if k.get("HinhThuc") == "GIAY" else "electronic",
                issued_on=str(k.get("NgayCap") or ""),
            )
            for k in item.get("KetQua", [])
        ),
        _when(item.get("NgayHenTra")),
    )


def _failed(response: httpx.Response) -> Receipt:
    code = word_of(response, "MaLoi") or str(response.status_code)
    if response.status_code == 409:
        return Receipt(Answer.CANNOT_TELL, detail=code)
    if response.status_code in (429, 503):
        return Receipt(Answer.NOT_PROCESSED, detail=code, retry_after=retry_after(response))
    if 400 <= response.status_code < 500 and response.status_code not in (401, 403, 404, 408):
        text = ""
        with contextlib.suppress(ValueError, AttributeError):  # refused without a sentence
            text = str(response.json().get("MoTa", ""))
        return Receipt(Answer.REFUSED, detail=f"{code}: {text}"[:300])
    return Receipt(Answer.UNKNOWN, detail=code)


def _as_not_processed(receipt: Receipt) -> Receipt:
    return Receipt(Answer.NOT_PROCESSED, detail=receipt.detail, retry_after=receipt.retry_after)


def _when(text: object) -> datetime | None:
    """A moment as the portal writes it; one without a zone is Hanoi's."""
    found = parse_datetime(text) if isinstance(text, str) else None
    return timezone.make_aware(found) if found and timezone.is_naive(found) else found


def _plain(error: Exception) -> str:
    """The kind of failure, without addresses or bodies that might carry personal data."""
    return type(error).__name__
