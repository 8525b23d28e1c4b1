"""`./start bench <name>`: runs `benchmarks/<name>.py` on servers of its own, durable as real ones.

The script prints its figures as the last line (`name key=value …`) and ends with 1 when a budget is
missed. The tables are there and the reference data is loaded; the rest is the script's.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from opsa.embedded.places import PROJECT
from opsa.embedded.servers import Servers

SETUP = (("migrate", "--no-input", "-v", "0"), ("load_reference",))


def main(words: list[str]) -> int:
    """Run one benchmark; the exit status."""
    known = sorted(
        p.stem for p in (PROJECT / "benchmarks").glob("*.py") if not p.stem.startswith("_")
    )
    if not words or words[0] not in known:
        print(f"usage: ./start bench {{{' | '.join(known)}}} [args]", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="opsa-bench-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        servers = Servers(home)
        try:
            servers.start()
            environment = {
                **os.environ,
                **servers.environment(),
                "DJANGO_SETTINGS_MODULE": os.environ.get(
                    "DJANGO_SETTINGS_MODULE", "opsa.settings.local"
                ),
                "PYTHONPATH": str(PROJECT),
                "OPSA_BENCH_HOME": str(home),
            }
            owner = {**environment, "DATABASE_URL": environment["DATABASE_OWNER_URL"]}
            for command in SETUP:
                subprocess.run(
                    [sys.executable, "manage.py", *command],
                    cwd=PROJECT, env=owner if command[0] == "migrate" else environment,
                    stdout=sys.stderr, check=True,
                )  # fmt: skip
            script = PROJECT / "benchmarks" / f"{words[0]}.py"
            return subprocess.run(
                [sys.executable, script, *words[1:]], cwd=PROJECT, env=environment, check=False
            ).returncode
        except subprocess.CalledProcessError as failure:
            print(f"{failure.cmd[2]} failed", file=sys.stderr)
            return 1
        finally:
            servers.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
