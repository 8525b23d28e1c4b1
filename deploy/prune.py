"""Prints the installed packages that production does not need, one a line (image build).

What is needed is the closure of `[project] dependencies`; test tools and the embedded servers are
in the same lock, so that their hashes are checked too, and are taken out afterwards.
"""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement


def normal(name: str) -> str:
    """A package name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def closure(declared: list[str]) -> set[str]:
    """Names of the declared packages and of all they need, extras and markers respected."""
    needed: set[str] = set()
    done: set[tuple[str, str]] = set()
    waiting = [(Requirement(line), "") for line in declared]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = normal(requirement.name)
        needed.add(name)
        for wanted in ("", *sorted(requirement.extras)):
            if (name, wanted) in done:
                continue
            done.add((name, wanted))
            try:
                lines = distribution(name).requires or []
            except PackageNotFoundError:
                continue
            waiting += [(Requirement(line), wanted) for line in lines]
    return needed


def main() -> None:
    """Print what to remove."""
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    needed = closure(project["dependencies"])
    installed = {normal(found.metadata["Name"]) for found in distributions()}
    print("\n".join(sorted(installed - needed)))


if __name__ == "__main__":
    main()
