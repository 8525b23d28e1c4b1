"""Nudges: an id comes in, one service is called; the sweeper finds what a lost nudge left."""

from celery import shared_task

from cases.intake import expiry, promises, scan_binding, scan_pieces, scans


@shared_task(name="cases.intake.tasks.check_scan", soft_time_limit=110, time_limit=120)
def check_scan(scan_id: str) -> None:
    """Check one uploaded file."""
    scans.scan_check(scan_id)


@shared_task(name="cases.intake.tasks.bind_pages", soft_time_limit=110, time_limit=120)
def bind_pages(document_id: int) -> None:
    """Bind the pages of one paper into its PDF."""
    scan_binding.document_bind(document_id)


@shared_task(name="cases.intake.tasks.sweep_scans")
def sweep_scans() -> None:
    """Check files that still lie in quarantine; clear away uploads that belong to nothing or were
    never ended."""
    scans.scans_sweep()
    scan_pieces.uploads_expire()


@shared_task(name="cases.intake.tasks.expire_promises")
def expire_promises() -> None:
    """End the promises of papers whose day has passed."""
    promises.expire()


@shared_task(name="cases.intake.tasks.expire_drafts")
def expire_drafts() -> None:
    """Delete drafts that nobody touched for the whole term."""
    expiry.expire()
