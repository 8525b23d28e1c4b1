"""The clock's nudge of the weather."""

from celery import shared_task

from cases.weather import judging


@shared_task(name="cases.weather.tasks.judge")
def judge() -> None:
    """Every 10 seconds: has trouble begun, is it over?"""
    judging.judge()
