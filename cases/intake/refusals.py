"""Refusal memory: why authorities sent a paper back lately, shown while it is taken in (F03).

Learnt from the supplement requests of all offices. Only a closed list of reasons is kept, so that
no word of a request, which may name a person, reaches another office.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from django.utils import timezone

from cases.models import Refusal, StatusReport
from opsa.core.kept import Kept
from opsa.core.text import fold
from procedures.models import RequiredDocument

DAYS: Final = 90
TOP: Final = 3
#: What the words of a request point to; the first that fits is taken, the plainest first.
_SIGNS: Final[tuple[tuple[str, str], ...]] = (
    (Refusal.Reason.BLURRED, r"\bmo\b|ro net|khong ro|doc duoc|khong doc|chup lai|toi qua|nhoe"),
    (Refusal.Reason.EXPIRED, r"het han|qua han|con han|hieu luc"),
    (Refusal.Reason.UNCERTIFIED, r"chung thuc|cong chung|sao y"),
    (Refusal.Reason.UNSIGNED, r"chu ky|chua ky|ky ten|dong dau|con dau|thieu dau"),
    (Refusal.Reason.MISMATCH, r"khong khop|sai lech|khac nhau|khong dung|thong nhat|sai thong tin"),
    (Refusal.Reason.WRONG_FORM, r"sai mau|dung mau|mau so|bieu mau"),
    (Refusal.Reason.INCOMPLETE, r"thieu trang|du trang|day du cac trang|mat sau"),
    (Refusal.Reason.MISSING, r"thieu|chua co|nop them|bo sung|cung cap"),
)
_WORD: Final = re.compile(r"[a-z0-9]+")
#: Words that many papers share say nothing about which one is meant.
_COMMON: Final = frozenset(
    ["giay", "to", "ban", "van", "cua", "va", "hoac", "cac", "theo", "mau", "so", "don"]
)

type Memory = Mapping[str, list[tuple[str, str, int]]]

_kept: Kept[int, Memory] = Kept(60)


def reason_of(text: str) -> str:
    """The reason of the closed list that a request's words point to."""
    plain = fold(text)
    return next((reason for reason, sign in _SIGNS if re.search(sign, plain)), Refusal.Reason.OTHER)


def papers_meant(text: str, papers: Iterable[RequiredDocument]) -> list[str]:
    """The keys of the papers that a request's words name, best guess; the only paper that is sent
    when it names none, and nothing when that would be a guess among several."""
    said = set(_WORD.findall(fold(text)))
    sendable = [one for one in papers if one.kind in _SENT]
    named = [one.key for one in sendable if _named(one.name, said)]
    if named:
        return named
    return [one.key for one in sendable] if len(sendable) == 1 else []


_SENT: Final = (RequiredDocument.Kind.UPLOAD, RequiredDocument.Kind.IF_LOOKUP_FAILS)


def _named(name: str, said: set[str]) -> bool:
    own = [word for word in _WORD.findall(fold(name)) if word not in _COMMON]
    return len(own) > 0 and sum(word in said for word in own) * 3 >= len(own) * 2


def learn(report: StatusReport, *, procedure_id: int, authority: str, papers: list[str]) -> None:
    """Remember what one request teaches. The same request again teaches nothing new."""
    reason = reason_of(report.text)
    Refusal.objects.bulk_create(
        [
            Refusal(
                procedure_id=procedure_id,
                authority=authority[:200],
                document=paper,
                reason=reason,
                occurred_at=report.occurred_at,
                learnt_from=report.pk,
            )
            for paper in papers or [""]
        ],
        ignore_conflicts=True,
    )


def correct(report: StatusReport, papers: list[str]) -> None:
    """A person says which papers the request was about; what the words suggested gives way."""
    known = list(Refusal.objects.filter(learnt_from=report.pk))
    if not known or not papers:
        return
    first = known[0]
    Refusal.objects.filter(learnt_from=report.pk).exclude(document__in=papers).delete()
    Refusal.objects.bulk_create(
        [
            Refusal(
                procedure_id=first.procedure_id,
                authority=first.authority,
                document=paper,
                reason=first.reason,
                occurred_at=first.occurred_at,
                learnt_from=report.pk,
            )
            for paper in papers
        ],
        ignore_conflicts=True,
    )
    Refusal.objects.filter(learnt_from=report.pk).update(by_person=True)


def top(procedure_id: int, authority: str) -> dict[str, list[tuple[str, int]]]:
    """For each paper of a procedure the three reasons it came back for most in the last 90 days,
    with how often. The authority's own come first, then those of all of them.

    One query, and none while the answer is under a minute old in this process.
    """
    found: dict[str, list[tuple[str, int]]] = {}
    memory = _kept.get(procedure_id, lambda: _memory(procedure_id))
    for paper, lines in memory.items():
        own: Counter[str] = Counter()
        every: Counter[str] = Counter()
        for where, reason, times in lines:
            every[reason] += times
            if where == authority:
                own[reason] += times
        ranked = [reason for reason, _times in own.most_common()]
        ranked += [reason for reason, _times in every.most_common() if reason not in own]
        found[paper] = [(reason, every[reason]) for reason in ranked[:TOP]]
    return found


def _memory(procedure_id: int) -> Memory:
    counted: Counter[tuple[str, str, str]] = Counter(
        Refusal.objects.filter(
            procedure=procedure_id, occurred_at__gte=timezone.now() - timedelta(days=DAYS)
        )
        .exclude(document="")
        .values_list("document", "authority", "reason")[:5000]
    )
    memory: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for (paper, where, reason), times in counted.items():
        memory[paper].append((where, reason, times))
    return memory
