"""Checks that requirements.lock belongs to pyproject.toml: each declared pin is in it, hashed.

Compiling again would need a package index; this needs nothing.
"""

import re
import sys
import tomllib

from opsa.embedded.places import PROJECT

PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
WANTED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*(?:==\s*([^\s;]+))?")


def faults() -> list[str]:
    """What does not fit, in words."""
    text = (PROJECT / "requirements.lock").read_text()
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    locked: dict[str, set[str]] = {}
    for name, version in PIN.findall(text):
        locked.setdefault(normal(name), set()).add(version)
    found = [
        f"requirements.lock names a host: {line.strip()}"
        for line in text.splitlines()
        if "://" in line or line.startswith(("-i", "--index", "--extra-index", "--find-links"))
    ]
    if text.count("--hash=sha256:") < len(locked):
        found.append("requirements.lock has entries without hashes")
    declared = [*project["project"]["dependencies"]]
    for group in project["dependency-groups"].values():
        declared += group
    for line in declared:
        match = WANTED.match(line)
        name, version = (normal(match[1]), match[2]) if match else (line, None)
        if name not in locked:
            found.append(f"{name} is declared but not locked")
        elif version and version not in locked[name]:
            found.append(f"{name}=={version} is declared, {sorted(locked[name])} is locked")
    return found


def normal(name: str) -> str:
    """A package name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    faulty = faults()
    print("\n".join(faulty))
    sys.exit(1 if faulty else 0)
