"""`./start reset`: throws the demo's data, files, papers and keys away, after asking."""

import shutil
import sys

from opsa.embedded.places import AlreadyRunning, lock, socket_directory, var_directory
from opsa.embedded.postgres import nobody_home


def main(words: list[str]) -> int:
    """Remove `var/`; the exit status."""
    home = var_directory()
    if not home.exists():
        print("There is nothing to throw away.")
        return 0
    try:
        held = lock(home / "launcher.lock", patience=1.0)
        lock(home / "guard.lock", patience=10.0).close()
    except AlreadyRunning as other:
        print(f"OPSA runs: {other}. End it first.", file=sys.stderr)
        return 1
    if "--yes" not in words:
        print(f"This removes all cases, files and keys in {home}. Type yes to go on: ", end="")
        if sys.stdin.readline().strip().lower() != "yes":
            print("Nothing was removed.")
            return 1
    with held:
        for folder in {socket_directory(home), nobody_home(home), home}:
            if folder.exists():
                shutil.rmtree(folder)
    print("Gone. ./start begins anew.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
