#!/usr/bin/env python
"""Django's command line; `./start manage <command>` runs it against the embedded servers."""

import atexit
import os
import sys

from django.core.management import execute_from_command_line


def close_pools() -> None:
    """End the connection pools' threads, so that a finished command ends at once."""
    from django.db import connections
    from django.db.backends.postgresql.base import DatabaseWrapper

    for connection in connections.all(initialized_only=True):
        if isinstance(connection, DatabaseWrapper):
            connection.close_pool()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsa.settings.local")
    atexit.register(close_pools)
    execute_from_command_line(sys.argv)
