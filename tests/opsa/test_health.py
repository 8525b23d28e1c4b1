"""The health addresses tell a balancer the truth, without a sign-in."""

import pytest
from django.db import connection
from django.test import Client, override_settings


@pytest.mark.django_db
def test_a_process_that_runs_says_so_and_one_with_its_servers_is_ready(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"database": True, "broker": True})


@pytest.mark.django_db
def test_a_broker_that_is_away_is_told_but_does_not_take_the_process_out(client: Client) -> None:
    with override_settings(REDIS_CLIENT_URL="unix:///nowhere/valkey.sock"):
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["broker"]) == (200, False)


@pytest.mark.django_db
def test_without_its_database_a_process_is_not_ready(client: Client) -> None:
    from django.db import DatabaseError

    def refuse(*_: object) -> object:
        raise DatabaseError("gone")

    with connection.execute_wrapper(refuse):
        assert client.get("/readyz").status_code == 503
