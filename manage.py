#!/usr/bin/env python
"""Django's command line for OPSA; `./start manage <command>` runs it against the embedded servers."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsa.settings.local")
    execute_from_command_line(sys.argv)
