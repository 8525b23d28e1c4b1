"""Whether this container does its work, exit 0 or 1.

`healthcheck.py web | worker NAME | beat | simulator HOST`
"""

import os
import sys
import time
import urllib.request
from pathlib import Path

BEAT_SILENCE_SECONDS = 600


def web() -> bool:
    """The first page answers as it would through the proxy."""
    request = urllib.request.Request(
        "http://127.0.0.1:8000/",
        headers={
            "Host": os.environ["ALLOWED_HOSTS"].split()[0],
            "X-Forwarded-Proto": "https",
        },
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.status == 200


def worker(name: str) -> bool:
    """The worker answers a ping over the broker."""
    from opsa.celery import app

    node = f"{name}@{os.environ['HOSTNAME']}"
    return bool(app.control.inspect(destination=[node], timeout=5).ping())


def beat() -> bool:
    """The schedule was written lately."""
    newest = max(path.stat().st_mtime for path in Path("/tmp").glob("beat-schedule*"))
    return time.time() - newest < BEAT_SILENCE_SECONDS


def simulator(host: str) -> bool:
    """The simulator of practice offices serves all of its ports."""
    with urllib.request.urlopen(f"http://{host}:8804/healthz", timeout=5) as answer:
        return answer.status == 200


def main(words: list[str]) -> int:
    """Run the named check; the exit status."""
    checks = {"web": web, "worker": worker, "beat": beat, "simulator": simulator}
    return 0 if checks[words[0]](*words[1:]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
