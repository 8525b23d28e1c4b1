"""The dials: which faults each service shows, how often, and whether one strikes now."""

import copy
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from .chance import Chance
from .store import Json

SERVICES = ("portal", "carrier", "sms", "sms2", "zalo")
#: Services that send messages to people.
MESSAGES = ("sms", "sms2", "zalo")
MODES = ("ok", "down", "maintenance")
OPERATIONS = {
    "portal": (
        "tep",
        "ho-so",
        "tra-cuu",
        "chi-tiet",
        "trang-thai",
        "thay-doi",
        "bo-sung",
        "cong-dan",
    ),
    "carrier": ("don", "huy", "ban-giao", "van-don", "tra-cuu"),
    "sms": ("gui", "tin", "tra-cuu"),
    "sms2": ("messages", "reports"),
    "zalo": ("gui", "tin"),
}
#: Requests whose effect must be there exactly once; an upload alone is none.
WRITES = {
    "portal": ("ho-so", "bo-sung", "cong-dan"),
    "carrier": ("don", "huy", "ban-giao"),
    "sms": ("gui",),
    "sms2": ("messages",),
    "zalo": ("gui",),
}
REFUSAL_CODES = {
    "portal": "KQ.DVC.201",
    "carrier": "VC.201",
    "sms": "SMS.201",
    "sms2": "SMS2.201",
    "zalo": "ZALO.201",
}


def _service(name: str) -> Json:
    tree: Json = {
        "mode": "ok",
        "slow": {"seconds": 0.0, "rate": 1.0, "next": 0, "when": "before", "on": ["any"]},
        "error": {"rate": 0.0, "next": 0, "status": 503, "on": ["any"]},
        "cut": {"rate": 0.0, "next": 0, "on": ["write"]},
        "late": {"rate": 0.0, "next": 0, "seconds": 0.3, "on": ["write"]},
        "malformed": {"rate": 0.0, "next": 0, "on": ["any"]},
        "refuse": {
            "rate": 0.0,
            "next": 0,
            "code": REFUSAL_CODES[name],
            "text": "Hồ sơ chưa hợp lệ" if name == "portal" else "Yêu cầu không hợp lệ",
            "on": ["write"],
        },
        "rate_limit": {"per_second": 0.0, "retry_after": 2, "on": ["any"]},
    }
    told: Json = {
        "etag": True,
        "duplicate": {"rate": 0.0, "next": 0},
        "out_of_order": {"rate": 0.0, "next": 0},
        "unknown": {"rate": 0.0, "next": 0, "code": 97},
    }
    if name == "portal":
        tree |= told | {
            "idempotency": True,
            "lookup": True,
            "drop_file": {"rate": 0.0, "next": 0},
            "alter_file": {"rate": 0.0, "next": 0},
            "plan": {"supplement_rate": 0.15, "refuse_rate": 0.0},
        }
    elif name == "carrier":
        tree |= told | {"plan": {"failed_rate": 0.12, "return_rate": 0.03}}
    else:
        tree |= {
            "fail": {"rate": 0.0, "next": 0, "reason": "SAI_SO"},
            "silent": {"rate": 0.0, "next": 0},
            "duplicate": {"rate": 0.0, "next": 0},
            "callbacks": True,
        }
        if name == "zalo":
            tree["no_account"] = {"rate": 0.0, "next": 0}
    return tree


def default_dials(*, seed: int = 1, speed: float = 1.0) -> Json:
    return {"seed": seed, "speed": speed, **{name: _service(name) for name in SERVICES}}


class BadDial(ValueError):
    """The message names the dial and what is wrong with its value."""


def _number(path: str, value: object, low: float, high: float, *, whole: bool = False) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadDial(f"{path}: not a number")
    if not low <= value <= high or (whole and value != int(value)):
        kind = "a whole number" if whole else "a number"
        raise BadDial(f"{path}: not {kind} from {low} to {high}")
    return int(value) if whole else float(value)


def _checked(path: tuple[str, ...], old: object, value: object) -> object:
    """`value` made fit for the leaf at `path`; `old` gives its type. Raises BadDial."""
    name, text = path[-1], ".".join(path)
    if name == "mode" and value not in MODES:
        raise BadDial(f"{text}: one of {', '.join(MODES)}")
    if name == "when" and value not in ("before", "after"):
        raise BadDial(f"{text}: before or after")
    if isinstance(old, bool):
        if not isinstance(value, bool):
            raise BadDial(f"{text}: true or false")
        return value
    if name == "on":
        allowed = ("any", "write", *OPERATIONS[path[0]])
        if not isinstance(value, list) or not value or any(item not in allowed for item in value):
            raise BadDial(f"{text}: a list out of {', '.join(allowed)}")
        return value
    limits: dict[str, tuple[float, float, bool]] = {
        "next": (0, 1_000_000, True),
        "status": (500, 599, True),
        "seconds": (0, 3600, False),
        "per_second": (0, 100_000, False),
        "retry_after": (0, 86_400, True),
        "seed": (0, 2**53, True),
        "speed": (0.001, 10_000_000, False),
    }
    if isinstance(old, int | float):
        low, high, whole = limits.get(name, (0, 1, False))
        if name == "code":
            low, high, whole = -(10**6), 10**6, True
        return _number(text, value, low, high, whole=whole)
    if not isinstance(value, str) or len(value) > 300:
        raise BadDial(f"{text}: a text of at most 300 characters")
    return value


def merged(tree: Json, change: Any, path: tuple[str, ...] = ()) -> Json:
    """A copy of `tree` with `change` laid over it. Raises BadDial; `tree` stays as it was."""
    if not isinstance(change, dict):
        raise BadDial(f"{'.'.join(path) or 'dial'}: not an object")
    out = copy.deepcopy(tree)
    for key, value in change.items():
        here = (*path, str(key))
        if key not in out:
            raise BadDial(f"{'.'.join(here)}: no such dial")
        old = out[key]
        out[key] = merged(old, value, here) if isinstance(old, dict) else _checked(here, old, value)
    return out


class Dials:
    """The dial tree of README.md section 6, thread-safe, kept through `keep` on every change."""

    def __init__(self, tree: Json, keep: Callable[[Json], None]) -> None:
        self._lock = threading.RLock()
        self._tree = tree
        self._keep = keep
        self._drawn: dict[tuple[str, str], int] = {}
        self._recent: dict[str, deque[float]] = {name: deque() for name in SERVICES}

    def tree(self) -> Json:
        with self._lock:
            return copy.deepcopy(self._tree)

    def change(self, change: object) -> Json:
        """Lays `change` over the tree. Raises BadDial, and then nothing has changed."""
        with self._lock:
            changed = merged(self._tree, change)
            if changed["seed"] != self._tree["seed"]:
                self._drawn.clear()
            self._tree = changed
            self._keep(self._tree)
            return copy.deepcopy(self._tree)

    def replace(self, tree: Json) -> None:
        with self._lock:
            self._tree = copy.deepcopy(tree)
            self._drawn.clear()
            self._keep(self._tree)

    def get(self, service: str, name: str) -> Any:
        with self._lock:
            return self._tree[service][name]

    @property
    def seed(self) -> int:
        with self._lock:
            return int(self._tree["seed"])

    def strikes(self, service: str, name: str, op: str | None = None) -> Json | None:
        """The fault's settings if it strikes this request, else None. Counts `next` down."""
        with self._lock:
            fault: Json | None = self._tree[service].get(name)
            if fault is None or (op is not None and not _matches(service, fault, op)):
                return None
            if name == "slow" and not fault["seconds"]:
                return None
            if fault["next"] > 0:
                fault["next"] -= 1
                struck = copy.deepcopy(fault)
                # Slow hits every request while it has seconds; counted ones end it.
                if name == "slow" and fault["next"] == 0:
                    fault["seconds"] = 0.0
                self._keep(self._tree)
                return struck
            if name == "slow" and fault["rate"] == 1.0:
                return copy.deepcopy(fault)
            if not fault["rate"]:
                return None
            key = (service, name)
            self._drawn[key] = self._drawn.get(key, 0) + 1
            draw = Chance(self._tree["seed"], service, name, self._drawn[key])
            return copy.deepcopy(fault) if draw.fraction() < fault["rate"] else None

    def over_limit(self, service: str, op: str) -> int | None:
        """Seconds for Retry-After if this request is one too many in the running second."""
        with self._lock:
            limit = self._tree[service]["rate_limit"]
            if not limit["per_second"] or not _matches(service, limit, op):
                return None
            now, recent = time.monotonic(), self._recent[service]
            while recent and recent[0] <= now - 1:
                recent.popleft()
            if len(recent) >= limit["per_second"]:
                return int(limit["retry_after"])
            recent.append(now)
            return None


def _matches(service: str, fault: Json, op: str) -> bool:
    on = fault["on"]
    return "any" in on or op in on or ("write" in on and op in WRITES[service])
