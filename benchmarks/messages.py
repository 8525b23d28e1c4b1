"""Texts through a bad quarter of an hour at the first SMS provider: none lost, nobody told twice.

The whole product runs in processes of its own (web, workers, beat, simulator). Texts are owed
steadily while the first provider breaks lines after storing, is slow, fails, is down, and is well
again; every callback comes three times. Then each key is looked for at both providers, and each
text's outcome is compared with what the provider that carried it says.

    messages handed_p95= handed_most= doubled= lost= wrong_outcome= by_first= by_second= left=

`handed` is in seconds from the moment a text was owed until a provider had it. `left` counts how
often a provider was left. One-time codes are sent, because those go at any hour.

Budgets: 0 doubled, 0 lost, 0 wrong outcomes, 95 % handed over within 60 s (F10).
"""

import argparse
import sys
import time
from typing import Any

from benchmarks._bench import Figures, p95, set_up
from benchmarks._filings import World, counters
from benchmarks._product import choose_addresses, running

#: What the first provider does in turn, for an equal share of the time each.
FAULTS: tuple[dict[str, Any], ...] = (
    {"fail": {"rate": 0.05}},
    {"cut": {"rate": 0.05}},
    {"cut": {"rate": 0.0}, "slow": {"seconds": 6, "on": ["gui"]}},
    {"slow": {"seconds": 0}, "mode": "down"},
    {"mode": "ok", "error": {"rate": 0.3, "status": 500, "on": ["gui"]}},
    {"error": {"rate": 0.0}},
)
PATIENCE = 420.0
WORDS = {"DA_DEN": "delivered", "THAT_BAI": "failed"}


class Outside(World):
    """The control port, and the dials of any service."""

    def dial(self, change: dict[str, Any]) -> None:
        """Turn dials."""
        self._call("/api/dial", "PUT", change)


def main() -> int:
    """Send, break, compare; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=600)
    parser.add_argument("--seconds", type=float, default=120.0, help="in which they are owed")
    options = parser.parse_args()
    ports = choose_addresses()
    set_up()
    cases = [office.case() for office in counters()]
    figures = Figures("messages")
    world = Outside(ports["simulator"])
    with running(ports):
        for service in ("sms", "sms2"):
            world.dial({service: {"duplicate": {"rate": 1.0}}})
        owe(cases, world, options.texts, options.seconds)
        settle()
        compare(figures, world)
    return figures.end()


def owe(cases: list[Any], world: Outside, texts: int, seconds: float) -> None:
    """Owe the texts at an even pace while the faults take turns."""
    from django.db import transaction

    from cases.messages.services import tell

    begun, turn = time.monotonic(), -1
    for number in range(texts):
        now = number * len(FAULTS) // texts
        if now != turn:
            turn = now
            print(f"{time.monotonic() - begun:5.0f} s: {FAULTS[turn]}", flush=True)
            world.dial({"sms": FAULTS[turn]})
        with transaction.atomic():
            tell(cases[number % len(cases)], "out", once=str(number), what="482715")
        time.sleep(max(0.0, begun + (number + 1) * seconds / texts - time.monotonic()))


def settle() -> None:
    """Until every text has its outcome, or patience ends."""
    from cases.models import Message

    end = time.monotonic() + PATIENCE
    waiting = Message.objects.filter(state__in=("queued", "handed"))
    while (left := waiting.count()) and time.monotonic() < end:
        print(f"      {left} without an outcome", flush=True)
        time.sleep(5)


def compare(figures: Figures, world: World) -> None:
    """Each text beside what the two providers hold."""
    from cases.models import Message
    from opsa.core.models import JournalEntry

    truth = world.truth()
    doubled = lost = wrong = 0
    delays, carried = [], {"sms": 0, "sms2": 0}
    for message in Message.objects.defer("to", "body"):
        key = str(message.provider_key)
        held = {name: truth[name][key] for name in carried if key in truth[name]}
        times = sum(one["count"] for one in held.values())
        lost += times == 0
        doubled += max(0, times - 1)
        for name in held:
            carried[name] += 1
        there = next((WORDS.get(one["state"], "") for one in held.values()), "")
        wrong += there != message.state
        if message.handed_at is not None:
            delays.append((message.handed_at - message.created_at).total_seconds())
    figures.put("handed_p95", round(p95(delays), 1), most=60)
    figures.put("handed_most", round(max(delays), 1))
    figures.put("doubled", doubled, most=0)
    figures.put("lost", lost, most=0)
    figures.put("wrong_outcome", wrong, most=0)
    figures.put("by_first", carried["sms"])
    figures.put("by_second", carried["sms2"])
    figures.put("left", JournalEntry.objects.filter(action="messages.left").count())


if __name__ == "__main__":
    sys.exit(main())
