"""Training in a practice office: clerks lead the simulated outside world themselves (F25)."""
