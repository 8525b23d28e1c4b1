"""Ready-made timelines for training and tests; each is an ordinary scenario."""

from django.utils.translation import gettext_lazy

from .dials import SERVICES, default_dials
from .store import Json

#: The portal at its worst that was still called "running": shares of all requests.
ROUGH: Json = {
    "error": {"rate": 0.10},
    "cut": {"rate": 0.10},
    "late": {"rate": 0.05, "seconds": 0.4},
    "malformed": {"rate": 0.02},
    "duplicate": {"rate": 0.05},
    "out_of_order": {"rate": 0.05},
}


def _portal(after: float, **change: object) -> Json:
    return {"after": after, "dial": {"portal": change}}


def _calm() -> Json:
    tree = default_dials()
    return {"after": 0, "dial": {name: tree[name] for name in SERVICES}}


PRESETS: dict[str, Json] = {
    "calm": {"steps": [_calm()]},
    "outage": {"steps": [_portal(0, mode="down"), _portal(600, mode="ok")]},
    "weekend": {
        "clock": "simulated",
        "steps": [_portal(0, mode="down"), _portal(60 * 3600, mode="ok")],
    },
    "flapping": {
        "steps": [_portal(0, mode="down"), _portal(5, mode="ok"), _portal(20, mode="ok")],
        "repeat": 10,
    },
    "slow": {"steps": [_portal(0, slow={"seconds": 45}), _portal(600, slow={"seconds": 0})]},
    "rough": {"steps": [_portal(0, **ROUGH)]},
}

PRESET_NAMES = {
    "calm": gettext_lazy("Bình thường"),
    "outage": gettext_lazy("Cổng ngừng 10 phút"),
    "weekend": gettext_lazy("Cổng ngừng 60 giờ mô phỏng"),
    "flapping": gettext_lazy("Cổng chập chờn"),
    "slow": gettext_lazy("Cổng chậm 45 giây"),
    "rough": gettext_lazy("Cổng hay lỗi"),
}


def preset(name: str) -> Json | None:
    """The timeline of that name, ready for Scenario.start; None if there is none."""
    plan = PRESETS.get(name)
    return None if plan is None else {"name": name, **plan}
