"""Sessions in the database of which a request writes only what it changed.

Django writes a session whole, as it was when the request began. A slow request (an upload on a bad
line) that ends after the clerk has locked the screen would so take the lock off again.
"""

from copy import deepcopy
from typing import Any

from django.contrib.sessions.backends import db
from django.db import router, transaction


class SessionStore(db.SessionStore):
    """What other requests wrote since this one read the session stays, unless both changed it."""

    _session_cache: dict[str, Any]
    _read: dict[str, Any] | None = None

    def load(self) -> dict[str, Any]:
        """What the session holds now; remembered, to tell later what was changed."""
        data: dict[str, Any] = super().load()
        self._read = deepcopy(data)
        return data

    def save(self, must_create: bool = False) -> None:
        """Write what was changed. A session that was never read is written whole: who empties
        another one means all of it. Raises UpdateError when it has ended meanwhile."""
        if must_create or self.session_key is None or self._read is None:
            super().save(must_create)
        else:
            with transaction.atomic(using=router.db_for_write(self.model)):
                held = self.model.objects.select_for_update().filter(session_key=self.session_key)
                for row in held:
                    self._session_cache = _joined(
                        self._read, self._session_cache, self.decode(row.session_data)
                    )
                super().save()
        self._read = deepcopy(self._session_cache)


def _joined(read: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    gone = read.keys() - mine.keys()
    changed = {key: value for key, value in mine.items() if key not in read or read[key] != value}
    return {key: value for key, value in theirs.items() if key not in gone} | changed
