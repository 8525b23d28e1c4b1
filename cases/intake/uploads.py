"""Files sealed while they arrive: no clear byte of an upload reaches a disk, a big one is stopped
early."""

import errno
from io import BytesIO
from typing import TYPE_CHECKING, Final

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cases.intake.scans import QUARANTINE, Arrived
from opsa.core import files
from opsa.core.file_check import MAX_UPLOAD

#: A whole form: a few files one after the other, and its fields.
MAX_BODY: Final = 3 * MAX_UPLOAD + 256 * 1024
DISK_FULL: Final = _("Máy chủ hết chỗ chứa tệp. Hồ sơ vẫn còn nguyên. Báo quản trị rồi thử lại.")
#: What the system says when nothing more can be stored.
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


if TYPE_CHECKING:
    _Upload = UploadedFile[bytes]
else:
    _Upload = UploadedFile


class SealedUpload(_Upload):
    """An upload whose content lies sealed in quarantine; `arrived` is None for one that was too
    large.

    What can be read from it is its hash, not its content: enough to tell two uploads apart.
    """

    def __init__(
        self, name: str, size: int, arrived: Arrived | None, *, disk_full: bool = False
    ) -> None:
        told = BytesIO((arrived.sha256 if arrived else f"too large: {size}").encode())
        super().__init__(told, name, "application/octet-stream", size, None)
        self.arrived, self.disk_full = arrived, disk_full

    def discard(self) -> None:
        """Forget the content: the form it came with was not taken."""
        if self.arrived is not None:
            files.remove(self.arrived.stored)


class QuarantineHandler(FileUploadHandler):
    """Django's upload hook: each file goes through a `Sealer`; above `limit` it stops being
    kept."""

    chunk_size = 64 * 1024
    folder: str = QUARANTINE
    limit: int = MAX_UPLOAD

    def new_file(
        self,
        field_name: str,
        file_name: str,
        content_type: str,
        content_length: int | None,
        charset: str | None = None,
        content_type_extra: dict[str, bytes] | None = None,
    ) -> None:
        super().new_file(
            field_name, file_name, content_type, content_length, charset, content_type_extra
        )
        self._sealer: files.Sealer | None = files.Sealer(self.folder, limit=self.limit)
        self._seen = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self._seen += len(raw_data)
        if self._sealer is not None:
            try:
                self._sealer.write(raw_data)
            except files.TooLargeError:
                self._sealer = None
        return None

    def file_complete(self, file_size: int) -> SealedUpload:
        name = self.file_name or ""
        if self._sealer is None:
            return SealedUpload(name, file_size, None)
        try:
            stored = self._sealer.finish()
        except OSError as error:
            if error.errno not in FULL:
                raise
            return SealedUpload(name, file_size, None, disk_full=True)
        return SealedUpload(
            name, file_size, Arrived(stored, name, self._sealer.size, self._sealer.sha256)
        )


def body_too_large(request: HttpRequest) -> bool:
    """Whether the whole request says it is larger than any form of ours; then it isn't even
    read."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY
    except ValueError:
        return True


__all__ = ["DISK_FULL", "FULL", "MAX_BODY", "QuarantineHandler", "SealedUpload", "body_too_large"]
