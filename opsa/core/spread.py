"""Chance that spreads load over time, so that not everybody asks in the same second. The system's
own source, so that no process that was forked from another throws the same."""

from random import SystemRandom
from typing import Final

dice: Final = SystemRandom()
