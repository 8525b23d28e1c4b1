"""What the benchmarks of sending share: offices with drafts ready to file, a clerk over HTTP, the
simulator's dials, and the comparison of what was filed with what the portal holds."""

import json
import time
import urllib.request
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

#: A portal that does not know a repeated reference, cuts answers after storing, and fails: what
#: makes a careless sender send twice.
TROUBLE = {
    "idempotency": False,
    "cut": {"rate": 0.05},
    "error": {"rate": 0.05},
    "late": {"rate": 0.03, "seconds": 0.3},
}


class World:
    """The simulator's control port."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"

    def portal(self, **dials: Any) -> None:
        """Turn the portal's dials."""
        self._call("/api/dial", "PUT", {"portal": dials})

    def truth(self) -> Any:
        """Everything the outside holds."""
        return self._call("/api/truth", "GET", None)

    def requests(self, since: int = 0) -> Any:
        """The outside's own log of what it was asked after this number, ten thousand at most."""
        return self._call(f"/api/requests?since={since}&limit=10000", "GET", None)

    def newest(self) -> int:
        """The number of the last request in the log."""
        last = 0
        while (found := self.requests(last))["requests"]:
            last = found["last"]
        return last

    def _call(self, path: str, method: str, body: Any) -> Any:
        request = urllib.request.Request(
            self._base + path,
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None


def counters() -> list[Any]:
    """The 32 offices, a clerk in each, and one gateway procedure with one scanned paper."""
    from agencies.models import Agency
    from benchmarks._bench import make_clerk
    from tests.support.cases import Counter, make_counter

    offices = list(Agency.objects.order_by("pk"))
    version = make_counter().version
    return [Counter(office, make_clerk(office.code), version) for office in offices]


@dataclass
class Desk:
    """A clerk of one office at the real web server."""

    base: str
    cookie: str

    def __post_init__(self) -> None:
        self._web = httpx.Client(
            base_url=self.base, cookies={"opsa_session": self.cookie}, timeout=60, trust_env=False
        )
        self._token = ""

    def file(self, case_id: int, patience: float = 0) -> float:
        """Press "file" once; the seconds until it is taken. With `patience` (seconds) a press that
        meets a dead server is the same press again, with its own key, as the page repeats it.
        Raises when the answer is anything else."""
        from django.urls import reverse

        from opsa.core.once import new_key

        key, begun = new_key(), time.monotonic()
        while True:
            try:
                answer = self._press(reverse("quay:file", args=[case_id]), key)
                if answer.status_code == 204 and "HX-Redirect" in answer.headers:
                    return time.monotonic() - begun
                said = f"{answer.status_code} {answer.text[:300]}"
                again = answer.status_code >= 500
            except httpx.TransportError as error:
                said, again = type(error).__name__, True
            if not again or time.monotonic() - begun > patience:
                raise RuntimeError(f"not taken: {said}")
            time.sleep(0.5)

    def open(self) -> httpx.Response:
        """The clerk's page, which a press needs to have been open."""
        from django.urls import reverse

        page = self._web.get(reverse("quay:home"))
        if page.status_code == 200:
            self._token = page.text.split('"X-CSRFToken": "')[1].split('"')[0]
        return page

    def _press(self, address: str, key: str) -> httpx.Response:
        if not self._token and (page := self.open()).status_code != 200:
            return page
        return self._web.post(
            address,
            data={"form_key": key},
            headers={"X-CSRFToken": self._token, "X-Stay": "1", "Referer": self.base},
        )


@dataclass(frozen=True)
class Compared:
    """What became of filings, file by file, beside what the portal holds."""

    lost: int
    twice: int
    wrong_files: int


def compare(filings: Iterable[Any], truth: Any) -> Compared:
    """Each filing's frozen files beside those of the dossier under its key."""
    lost = twice = wrong = 0
    for filing in filings:
        held = truth["dossiers"].get(str(filing.key), {"count": 0, "items": []})
        lost += held["count"] == 0
        twice += max(0, held["count"] - 1)
        ours = sorted((f["name"], f["size"], f["sha256"]) for f in filing.files)
        for item in held["items"]:
            theirs = sorted((f["name"], f["bytes"], f["sha256"]) for f in item["files"])
            wrong += theirs != ours
    return Compared(lost, twice, wrong)


def counted(keys: Sequence[str], truth: Any) -> tuple[int, int]:
    """How many of these references the portal never got, and how many it holds too many."""
    counts = [truth["dossiers"].get(key, {"count": 0})["count"] for key in keys]
    return sum(n == 0 for n in counts), sum(max(0, n - 1) for n in counts)
