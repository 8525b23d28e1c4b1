"""The engines that `./start` and the tests run on."""

import os
import subprocess

import psycopg
import pytest
import redis

from opsa.embedded.places import PROJECT
from opsa.embedded.postgres import Footing, Postgres


def test_the_engines_are_the_majors_of_production():
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        assert connection.info.server_version // 10_000 == 18
    client = redis.Redis.from_url(os.environ["REDIS_URL"].replace("redis+socket:", "unix:"))
    with client:
        assert client.info("server")["valkey_version"].startswith("9.")


def test_the_first_start_of_the_production_database_makes_roles_with_passwords(tmp_path):
    server = Postgres(tmp_path / "home", tmp_path / "run", durable=False)
    if server.footing is Footing.NOBODY:
        server.sockets = server.home / "run"
    for name in ("db_owner_password", "db_app_password"):
        (tmp_path / name).write_text(f"it's {name}")
    script = (PROJECT / "deploy" / "postgres" / "init.sh").read_text()
    script = script.replace("/etc/opsa", str(PROJECT / "deploy" / "postgres"))
    script = script.replace("/run/secrets", str(tmp_path))
    try:
        server.start()
        done = subprocess.run(
            ["sh", "-c", script], capture_output=True, text=True, check=False,
            env={
                "PATH": f"{server.bin}:{os.environ['PATH']}", "POSTGRES_USER": "postgres",
                "PGHOST": str(server.sockets),
            },
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        with psycopg.connect(server.url("postgres", "opsa")) as connection:
            roles = connection.execute(
                "select rolname, rolpassword like 'SCRAM%' from pg_authid "
                "where rolname like 'opsa%' order by 1"
            ).fetchall()
        assert roles == [("opsa_app", True), ("opsa_owner", True)]
        with psycopg.connect(server.url("opsa_owner", "opsa")) as owner:
            owner.execute("create table thing (a int)")
        with psycopg.connect(server.url("opsa_app", "opsa")) as app:
            app.execute("insert into thing values (1)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute("create table other (a int)")
    finally:
        server.stop()
