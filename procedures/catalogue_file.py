"""The catalogue as a file people can read and compare: YAML, or JSON by its name's ending."""

import json
from pathlib import Path
from typing import Any, Final

import yaml

CATALOGUE: Final = Path(__file__).with_name("data") / "catalogue.yaml"
_HEAD: Final = """\
# Working catalogue of the 30 procedures. Not an official list: see meta, and the source and
# confidence of every row. A value that equals the model's default is left out.
"""


class _Plain(yaml.SafeDumper):
    """Writes repeated values out in full: an anchor is hard to read and to compare."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def dump(data: dict[str, Any]) -> str:
    """The catalogue as YAML, in the order given."""
    body = yaml.dump(data, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=100)
    return _HEAD + body


def write(path: Path, data: dict[str, Any]) -> None:
    """Write the file; `.json` gives JSON, anything else YAML."""
    text = (
        json.dumps(data, ensure_ascii=False, indent=1) + "\n"
        if path.suffix == ".json"
        else dump(data)
    )
    path.write_text(text, encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    """The content of a catalogue file. Raises OSError, ValueError or yaml.YAMLError."""
    text = path.read_text(encoding="utf-8")
    # libyaml reads this file in a tenth of the time.
    data = json.loads(text) if path.suffix == ".json" else yaml.load(text, yaml.CSafeLoader)
    if not isinstance(data, dict):
        raise ValueError("a catalogue file is an object with meta and procedures")
    return data
