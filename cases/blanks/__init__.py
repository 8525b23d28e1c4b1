"""Numbered slips for a power cut: printed beforehand, written by hand, typed in later (F25)."""
