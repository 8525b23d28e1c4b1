"""`./start check`: all that reads the code without running the tests. Ends with 1 on a fault."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from opsa.embedded.places import PROJECT
from opsa.embedded.servers import Servers

ROOMS = ("opsa", "agencies", "procedures", "cases", "delivery")
CODE = (*ROOMS, "tests", "benchmarks", "manage.py")


def steps() -> list[tuple[str, list[str], dict[str, str]]]:
    """Name, command and extra environment of each check."""
    module = [sys.executable, "-m"]
    manage = [sys.executable, "manage.py"]
    production = {
        "DJANGO_SETTINGS_MODULE": "opsa.settings.production",
        "ALLOWED_HOSTS": "localhost",
    }
    templates = [
        str(path.relative_to(PROJECT))
        for folder in (PROJECT / "templates", *(PROJECT / room for room in ROOMS))
        for path in sorted(folder.rglob("*.html"))
    ]
    code = [part for part in CODE if (PROJECT / part).exists()]
    return [
        ("ruff check", [*module, "ruff", "check", *code], {}),
        ("ruff format", [*module, "ruff", "format", "--check", *code], {}),
        ("mypy", [*module, "mypy"], {}),
        ("imports", [sys.executable, "-c", LINT_IMPORTS], {}),
        (
            "djade",
            [
                str(Path(sys.executable).with_name("djade")),
                "--check",
                "--target-version",
                "6.1",
                *templates,
            ],
            {},
        ),
        ("system check", [*manage, "check", "--fail-level", "WARNING"], {}),
        ("migrations", [*manage, "makemigrations", "--check", "--dry-run"], {}),
        (
            "deploy check",
            [*manage, "check", "--deploy", "--fail-level", "WARNING"],
            production,
        ),
        ("translations", [*manage, "translations_check"], {}),
        ("lock", [sys.executable, "-m", "opsa.embedded.lockfile"], {}),
    ]


LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def main() -> int:
    """Run all checks, also after a fault; the exit status."""
    failed: list[str] = []
    # Static files are built by the demo and the tests; here the folder need only exist.
    (PROJECT / "static_built").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="opsa-check-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        servers = Servers(home, durable=False)
        try:
            servers.start()
            environment = {
                **os.environ,
                **servers.environment(),
                "DJANGO_SETTINGS_MODULE": "opsa.settings.test",
            }
            for name, command, extra in steps():
                if not passes(name, command, {**environment, **extra}):
                    failed.append(name)
        finally:
            servers.stop()
    print(f"\n{len(failed)} failed: {', '.join(failed)}" if failed else "\nAll checks passed.")
    return 1 if failed else 0


def passes(name: str, command: list[str], environment: dict[str, str]) -> bool:
    """Run one check; its output is shown only when it fails."""
    begun = time.monotonic()
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    word = "ok" if done.returncode == 0 else "FAILED"
    print(f"{name:<14} {word:<7} {time.monotonic() - begun:5.1f} s", flush=True)
    if done.returncode != 0:
        print((done.stdout + done.stderr).rstrip(), flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
