"""Ends every child when the launcher dies, however it dies.

Run as `python -m opsa.embedded.guard LOCK`, standard input a pipe from the launcher. Lines are
`+GROUP` and `-GROUP` (process groups). At end of file (the launcher is gone) the groups get
SIGTERM, after a grace SIGKILL. The lock file stays locked until nothing is left, so that the next
start can wait.
"""

import fcntl
import os
import signal
import sys
import time
from pathlib import Path

GRACE_SECONDS = 8.0


def sweep(groups: set[int], grace: float = GRACE_SECONDS) -> None:
    """End all `groups`: politely first, by force after `grace` seconds."""
    for sig in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + grace
        for group in groups:
            _signal(group, sig)
        while groups and time.monotonic() < deadline:
            groups = {group for group in groups if _signal(group, 0)}
            time.sleep(0.05)


def _signal(group: int, sig: int) -> bool:
    try:
        os.killpg(group, sig)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def main(lock: Path) -> None:
    """Follow the launcher's list until it ends, then sweep."""
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, signal.SIG_IGN)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        groups: set[int] = set()
        for line in sys.stdin:
            number = int(line[1:])
            if line[0] == "+":
                groups.add(number)
            else:
                groups.discard(number)
        sweep(groups)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
