"""Everything of one running simulator in one place: storage, clock, dials, scenario."""

import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .clock import Clock
from .dials import Dials, default_dials, merged
from .scenario import Scenario
from .store import Json, Store


class World:
    """Opened once per process on a data folder. `seed` and `speed` win over what was kept."""

    def __init__(self, data: Path, *, seed: int | None = None, speed: float | None = None) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.data = data
        self.store = Store(data / "simulator.sqlite3")
        self.stopping = threading.Event()
        tree = default_dials()
        kept = self.store.setting("dial")
        if isinstance(kept, dict):
            tree = _laid_over(tree, kept)
        if seed is not None:
            tree["seed"] = seed
        if speed is not None:
            tree["speed"] = speed
        self.clock = Clock(start=self._last_told(), speed=tree["speed"])
        self.dials = Dials(tree, lambda now: self.store.keep_setting("dial", now))
        self.scenario = Scenario(self)
        self.addresses: dict[str, str] = {}
        self.on_change: Callable[[], None] = lambda: None

    def _last_told(self) -> float:
        """The latest simulated second anybody may have seen: time must not fall behind it."""
        row = self.store.row("SELECT max(simulated_at) AS at FROM request")
        seen = row["at"] if row is not None and row["at"] is not None else 0.0
        return float(max(seen, self.store.setting("clock") or 0.0))

    def now(self) -> float:
        """Simulated seconds since 1970."""
        return self.clock.now()

    def change_dials(self, change: object) -> Json:
        """Merges `change`; listeners are open or closed as it says once this returns.

        Raises dials.BadDial, and then nothing has changed.
        """
        tree = self.dials.change(change)
        self._apply(tree)
        return tree

    def _apply(self, tree: Json) -> None:
        if self.clock.speed != tree["speed"]:
            self.clock.set_speed(tree["speed"])
        self.on_change()

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.store.keep_setting("clock", self.clock.now())

    def reset(self, *, seed: int | None = None, keep_dial: bool = False) -> None:
        """Forgets everything held; the only way simulated time goes back, to the wall clock."""
        self.scenario.stop()
        self.store.forget_everything()
        tree = self.dials.tree()
        fresh = tree if keep_dial else default_dials(seed=tree["seed"])
        if seed is not None:
            fresh["seed"] = seed
        self.dials.replace(fresh)
        self.clock.to_wall()
        self.store.keep_setting("clock", 0.0)
        self._apply(fresh)

    def secret_key(self) -> str:
        """For the form tokens of the control page; made once per data folder."""
        kept = self.store.setting("secret")
        if not isinstance(kept, str):
            kept = secrets.token_urlsafe(48)
            self.store.keep_setting("secret", kept)
        return kept

    def close(self) -> None:
        self.stopping.set()
        self.scenario.stop()
        self.store.keep_setting("clock", self.clock.now())
        self.store.close()


def _laid_over(tree: Json, kept: Json) -> Json:
    """Dials kept by an older run over today's defaults; what no longer fits is left out."""
    for name, value in kept.items():
        try:
            tree = merged(tree, {name: value})
        except ValueError:
            continue
    return tree


_world: Any = None


def open_world(world: World) -> None:
    """Makes `world` the one the views of this process answer from."""
    global _world
    _world = world


def the_world() -> World:
    assert isinstance(_world, World), "the simulator's world is not open"
    return _world
