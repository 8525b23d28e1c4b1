"""Web processes, in the demo and in production. Numbers come from the environment."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

wsgi_app = "opsa.wsgi:application"
proc_name = "opsa"
bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 60
graceful_timeout = 20
keepalive = 15
max_requests = 5000
max_requests_jitter = 500
control_socket_disable = True
# The heartbeat file must not touch a disk: a busy disk would look like a dead worker.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
# Only the proxy in front may say who the visitor is.
forwarded_allow_ips = os.environ.get("PROXY_ADDRESSES", "127.0.0.1")


def _counts() -> str:
    """Where web processes add up their counts of requests; empty at the start of a server."""
    if home := os.environ.get("OPSA_VAR_DIR"):
        found = Path(home) / "metrics"
        try:
            shutil.rmtree(found, ignore_errors=True)  # of a server that was killed
            found.mkdir(parents=True)
        except OSError:  # a container whose files can't be written has its /tmp
            pass
        else:
            return str(found)
    return tempfile.mkdtemp(prefix="opsa-metrics-")


if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = _counts()


def on_exit(server: Any) -> None:
    """The counts end with the server."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)


def child_exit(server: Any, worker: Any) -> None:
    """A process that ended has no living values any more; what it counted stays counted."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def worker_exit(server: Any, worker: Any) -> None:
    """Close the connection pool while its threads can still answer; at interpreter exit they
    cannot, and each would be waited for in vain."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()
