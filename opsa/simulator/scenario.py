"""A timeline of faults: dials set and time moved at set seconds, without a hand on the page."""

import threading
import time
from typing import TYPE_CHECKING, Any

from .dials import merged
from .store import Json

if TYPE_CHECKING:
    from .world import World

STEP_KEYS = {"after", "dial", "advance_hours"}


class BadScenario(ValueError):
    """The message says what is wrong with the timeline."""


class Scenario:
    """One timeline at a time, on the wall clock or on simulated time."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._name = ""
        self._steps: list[Json] = []
        self._done = 0
        self._total = 0
        self._started = 0.0
        self._simulated = False

    def start(self, plan: Any) -> None:
        """Checks the whole plan, then starts it. Raises BadScenario or dials.BadDial."""
        if not isinstance(plan, dict):
            raise BadScenario("not an object")
        steps, clock = plan.get("steps"), plan.get("clock", "real")
        repeat = plan.get("repeat", 1)
        if clock not in ("real", "simulated"):
            raise BadScenario("clock: real or simulated")
        if isinstance(repeat, bool) or not isinstance(repeat, int) or not 1 <= repeat <= 10_000:
            raise BadScenario("repeat: a whole number from 1 to 10000")
        if not isinstance(steps, list) or not steps:
            raise BadScenario("steps: a list with at least one step")
        self._check(steps)
        self.stop()
        with self._lock:
            self._stop = threading.Event()
            self._name = str(plan.get("name", ""))[:100]
            self._steps, self._done, self._total = steps, 0, len(steps) * repeat
            self._simulated = clock == "simulated"
            self._thread = threading.Thread(
                target=self._run, args=(self._stop, repeat), name="scenario", daemon=True
            )
            self._started = self._now()
            self._thread.start()

    def _check(self, steps: list[Any]) -> None:
        tree, before = self._world.dials.tree(), 0.0
        for step in steps:
            if not isinstance(step, dict) or set(step) - STEP_KEYS:
                raise BadScenario(f"a step has only {', '.join(sorted(STEP_KEYS))}")
            after = step.get("after")
            if isinstance(after, bool) or not isinstance(after, int | float) or after < before:
                raise BadScenario("after: seconds from the start, ascending")
            before = after
            merged(tree, step.get("dial", {}))
            hours = step.get("advance_hours", 0)
            if isinstance(hours, bool) or not isinstance(hours, int | float) or hours < 0:
                raise BadScenario("advance_hours: a number from 0")

    def _now(self) -> float:
        return self._world.now() if self._simulated else time.monotonic()

    def _run(self, stop: threading.Event, repeat: int) -> None:
        start = self._started
        for _ in range(repeat):
            for step in self._steps:
                while self._now() < start + step["after"]:
                    if stop.wait(0.02):
                        return
                if stop.is_set():
                    return
                if step.get("dial"):
                    self._world.change_dials(step["dial"])
                if step.get("advance_hours"):
                    self._world.advance(step["advance_hours"] * 3600)
                self._done += 1
            start = start + self._steps[-1]["after"]

    def stop(self) -> None:
        """Ends the timeline; the dials stay as they are."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._stop.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=2)

    def state(self) -> Json:
        with self._lock:
            running = self._thread is not None and self._thread.is_alive()
            return {
                "name": self._name,
                "running": running,
                "done": self._done,
                "steps": self._total,
                "elapsed": round(self._now() - self._started, 1) if running else 0,
            }
