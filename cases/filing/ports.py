"""The filing port: how OPSA speaks to a system that takes dossiers (DESIGN: two ways, one port).

Adapters answer in these types and never raise for a failed call: whether something was sent is
information, not an exception.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from opsa.core.outbox import Answer


@dataclass(frozen=True)
class SentFile:
    """A file as it was frozen: what must be found again on the other side (F02)."""

    name: str
    document: str
    document_name: str
    size: int
    pages: int
    sha256: str
    kind: str
    stored: str


@dataclass(frozen=True)
class HeldFile:
    """A file as the other side says it holds it."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Receipt:
    """What a submission or a look-up established, with proof."""

    answer: Answer
    dossier_code: str = ""
    received_at: datetime | None = None
    held: tuple[HeldFile, ...] = ()
    detail: str = ""
    retry_after: float | None = None


@dataclass(frozen=True)
class Report:
    """One status report as it came; `code` is the outside's own code, as text."""

    external_id: str
    code: str
    occurred_at: datetime
    unit: str = ""
    text: str = ""


@dataclass(frozen=True)
class IssuedResult:
    """A result the authority says it issued."""

    number: str
    name: str
    form: str
    issued_on: str = ""


@dataclass(frozen=True)
class DossierStatus:
    """All the reports of one dossier since we last asked, and the results it has by now."""

    dossier_code: str
    reports: tuple[Report, ...]
    results: tuple[IssuedResult, ...] = ()
    due_at: datetime | None = None


@dataclass(frozen=True)
class StatusAnswer:
    """A batch answer. `ok` is False when the system could not be asked; then nothing else
    counts."""

    ok: bool
    dossiers: tuple[DossierStatus, ...] = ()
    missing: tuple[str, ...] = ()
    detail: str = ""
    retry_after: float | None = None


@dataclass(frozen=True)
class Submission:
    """One frozen dossier ready to leave. `still_ours` is asked before each call, because many slow
    uploads may outlast the lease; after a no, nothing more may be sent."""

    key: str
    message: dict[str, Any]
    files: tuple[SentFile, ...] = field(default=())
    still_ours: Callable[[], bool] = field(default=lambda: True, compare=False)


class FilingSystemPort(Protocol):
    """What every filing system can do for us."""

    def submit(self, submission: Submission) -> Receipt: ...

    def supplement(self, dossier_code: str, submission: Submission) -> Receipt:
        """Send further papers for a dossier that waits for them."""
        ...

    def find_by_our_reference(self, key: str) -> Receipt: ...

    def status_of(self, codes: Sequence[tuple[str, str]]) -> StatusAnswer:
        """Ask about many dossiers at once; each pair is (dossier code, last report known or '')."""
        ...

    def held_files(self, dossier_code: str) -> Receipt: ...
