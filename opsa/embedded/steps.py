"""One Django process that runs several management commands: Django is loaded once, not for each.

Run as `python -m opsa.embedded.steps`; each line on standard input is one command with its
arguments (JSON list), the answer on standard output is `ok` or `failed`. What the commands print
goes to standard error, which is the log.
"""

import json
import os
import sys
import traceback
from typing import TextIO

import django
from django.core.management import CommandError, call_command
from django.db import connections


def serve(lines: TextIO, answers: TextIO) -> None:
    """Run commands until the input ends or one fails."""
    django.setup()
    for line in lines:
        words: list[str] = json.loads(line)
        print(f"--- {' '.join(words)}", flush=True)
        try:
            call_command(*words)
        except CommandError as failure:
            print(f"{failure}", flush=True)
            answers.write("failed\n")
        except Exception:  # any fault of a command belongs in the log; the launcher says so
            traceback.print_exc()
            answers.write("failed\n")
        else:
            answers.write("ok\n")
        answers.flush()
    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()


if __name__ == "__main__":
    # The answers get a channel of their own: a command may print whatever it likes.
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(sys.stdin, channel)
