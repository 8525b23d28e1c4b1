"""Messages are sent by the outbox (`cases.filing.tasks`); their outcome is asked for here, and the
providers are watched."""

from celery import shared_task

from cases.messages import apologies, outcomes, routes


@shared_task(name="cases.messages.tasks.ask_outcomes")
def ask_outcomes() -> int:
    """Ask what became of the messages that are on their way; returns how many changed."""
    return outcomes.ask()


@shared_task(name="cases.messages.tasks.watch_providers")
def watch_providers() -> None:
    """Leave a provider that is slow, take one up again that is well."""
    routes.look_round()


@shared_task(name="cases.messages.tasks.apologise")
def apologise() -> int:
    """Tell those whose result is late; returns how many are told."""
    return apologies.apologise()
