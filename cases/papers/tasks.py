"""Drawing papers off the request; the sweep finds what a lost nudge left."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from cases.models import Paper
from cases.papers import services


@shared_task(name="cases.papers.tasks.draw")
def draw(paper_id: int) -> None:
    """Draw one paper."""
    services.paper_draw(paper_id)


@shared_task(name="cases.papers.tasks.sweep")
def sweep() -> None:
    """Draw what has waited for more than ten seconds."""
    waiting = Paper.objects.filter(
        state=Paper.State.QUEUED, asked_at__lt=timezone.now() - timedelta(seconds=10)
    ).values_list("pk", flat=True)[:50]
    for paper_id in waiting:
        services.paper_draw(paper_id)
