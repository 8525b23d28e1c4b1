"""The outside world over real HTTP: national portal, carrier and SMS, with faults on a dial.

Runs in a process of its own (`python -m opsa.simulator`). Speaks HTTP only: it imports no other
room, and no other room imports it. The wire format is in README.md beside this file.
"""
