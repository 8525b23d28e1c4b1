"""Rules are data; an alarm begins once, is mailed once, stands on the board, and ends (F25)."""

import runpy
import shutil
import smtplib
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMessage
from django.db.models.signals import post_init
from django.test import Client, override_settings
from django.utils import timezone

from agencies.models import Role, Staff
from cases.filing import services
from cases.filing.systems import channel_of
from cases.models import Alarm, AlarmRule, Outage, Pulse
from cases.watch import alarms
from cases.watch.measures import Reading, readings
from cases.weather import sky
from opsa.core.models import JournalEntry
from opsa.core.outbox import Channel, Outbox
from tests.support.cases import Counter
from tests.support.worklists import PASSWORD, sign_in

Measure = AlarmRule.Measure


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    alarms._kept.forget()
    sky.forget()
    yield
    alarms._kept.forget()
    sky.forget()


def person(role: Role, **more: object) -> Staff:
    return Staff.objects.create_user(
        f"{role}1", PASSWORD, display_name=f"Người {role}", role=role, **more
    )


def rule(**facts: object) -> AlarmRule:
    return AlarmRule.objects.create(**{"measure": Measure.DISK, "bound": 10} | facts)


def value(measure: str, subject: str = "", at: datetime | None = None) -> int | None:
    found = [one.value for one in readings(at) if (one.measure, one.subject) == (measure, subject)]
    return found[0] if found else None


def test_the_shipped_rules_hold_unsent_over_half_an_hour_and_are_loaded_once(db: None) -> None:
    assert alarms.load_rules() == len(alarms.SHIPPED)
    shipped = AlarmRule.objects.get(measure=Measure.UNSENT)
    assert (shipped.bound, shipped.minutes) == (30, 0)
    shipped.delete()
    assert alarms.load_rules() == 0, "what an administrator took away stays away"


def test_a_filing_unsent_for_31_minutes_with_the_portal_up_is_an_alarm(
    counter: Counter, now: datetime
) -> None:
    alarms.load_rules()
    filing = services.case_file(counter.case().pk, staff=counter.staff, actor=counter.actor)
    row = Outbox.objects.filter(key=f"filing:{filing.pk}")
    row.update(created_at=now - timedelta(minutes=29), run_at=now + timedelta(minutes=1))
    alarms.evaluate(now)
    assert not Alarm.objects.filter(rule__measure=Measure.UNSENT).exists()
    row.update(created_at=now - timedelta(minutes=31, seconds=1))
    alarms.evaluate(now)
    alarm = Alarm.objects.get(rule__measure=Measure.UNSENT)
    assert (alarm.subject, alarm.value) == (filing.system_id, 31)
    row.update(state="done")
    alarms.evaluate(now + timedelta(minutes=1))
    alarm.refresh_from_db()
    assert alarm.ended_at is not None


@pytest.mark.parametrize("why", ["breaker", "outage", "maintenance"])
def test_the_same_wait_while_the_portal_is_away_is_none(
    counter: Counter, now: datetime, why: str
) -> None:
    filing = services.case_file(counter.case().pk, staff=counter.staff, actor=counter.actor)
    Outbox.objects.filter(key=f"filing:{filing.pk}").update(created_at=now - timedelta(hours=2))
    assert value(Measure.UNSENT, filing.system_id, now) == 120
    if why == "breaker":
        Channel.objects.filter(code=channel_of(filing.system_id)).update(open_since=now)
    else:
        planned = why == "maintenance"
        outage = Outage.objects.create(
            system_id=filing.system_id, kind="planned" if planned else "down",
            began_at=now - timedelta(hours=1),
            ended_at=now + timedelta(hours=1) if planned else None,
        )  # fmt: skip
    assert value(Measure.UNSENT, filing.system_id, now) is None
    if why == "outage":
        outage.ended_at = now - timedelta(minutes=5)
        outage.save()
        assert value(Measure.UNSENT, filing.system_id, now) == 5, "it counts from the recovery"


def test_outages_of_the_past_are_not_read_each_minute(counter: Counter, now: datetime) -> None:
    system = counter.version.system_id
    for hours in range(1, 6):
        Outage.objects.create(
            system_id=system, kind="down", began_at=now - timedelta(hours=hours + 1),
            ended_at=now - timedelta(hours=hours), affected=0,
        )  # fmt: skip
    read: list[Outage] = []

    def seen(instance: Outage, **_more: object) -> None:
        read.append(instance)

    post_init.connect(seen, sender=Outage)
    try:
        readings(now)
    finally:
        post_init.disconnect(seen, sender=Outage)
    assert read == []


def test_an_alarm_is_mailed_once_to_those_its_rule_names(db: None, now: datetime) -> None:
    person(Role.ADMIN, email="quantri@example.vn")
    person(Role.SUPERVISOR, email="dieuhanh@example.vn")
    rule()
    for minute in range(4):
        alarms.evaluate(now + timedelta(minutes=minute), [Reading(Measure.DISK, "", 4)])
    (letter,) = mail.outbox
    assert letter.to == ["quantri@example.vn"]
    assert "ổ đĩa" in letter.subject
    assert "4" in letter.body
    alarms.evaluate(now + timedelta(minutes=5), [Reading(Measure.DISK, "", 50)])
    alarms.evaluate(now + timedelta(minutes=6), [Reading(Measure.DISK, "", 4)])
    assert len(mail.outbox) == 2, "a new alarm is a new letter"
    assert Alarm.objects.filter(ended_at__isnull=True).count() == 1


def test_a_letter_that_could_not_leave_is_tried_again(
    db: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    person(Role.ADMIN, email="quantri@example.vn")
    rule()

    def refuse(*_args: object, **_more: object) -> int:
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr(EmailMessage, "send", refuse)
        alarms.evaluate(now, [Reading(Measure.DISK, "", 4)])
    assert Alarm.objects.get().mailed_at is None
    alarms.evaluate(now, [Reading(Measure.DISK, "", 4)])
    assert len(mail.outbox) == 1


def test_a_mail_server_that_is_away_is_waited_for_once_a_turn_whatever_is_to_be_told(
    db: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    person(Role.ADMIN, email="quantri@example.vn")
    found = [Reading(Measure.QUEUE, f"portal:{n}", 9) for n in range(5)]
    rule(measure=Measure.QUEUE, bound=5)
    asked: list[object] = []

    def silent(*_args: object, **_more: object) -> int:
        asked.append(now)
        raise TimeoutError

    with monkeypatch.context() as broken:
        broken.setattr(EmailMessage, "send", silent)
        alarms.evaluate(now, found)
    assert len(asked) == 1
    assert not Alarm.objects.filter(mailed_at__isnull=False).exists()
    alarms.evaluate(now, found)
    assert len(mail.outbox) == 5


def test_a_letter_that_leaves_while_the_next_minute_is_judged_is_not_sent_again(
    db: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    person(Role.ADMIN, email="quantri@example.vn")
    rule()
    found = [Reading(Measure.DISK, "", 4)]
    with monkeypatch.context() as slow:
        slow.setattr(alarms, "_mail_new", lambda: None)
        alarms.evaluate(now, found)
    goes_on = alarms._goes_on

    def meanwhile(*args: Any) -> None:
        alarms._mail_new()  # the worker of the minute before
        goes_on(*args)

    monkeypatch.setattr(alarms, "_goes_on", meanwhile)
    alarms.evaluate(now + timedelta(minutes=1), found)
    assert len(mail.outbox) == 1


def test_an_address_that_is_refused_keeps_no_other_letter_back(
    db: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    person(Role.ADMIN, email="sai@example.vn")
    person(Role.SUPERVISOR, email="dieuhanh@example.vn")
    rule()
    rule(bound=11, role=Role.SUPERVISOR)
    send = EmailMessage.send

    def refuse(letter: EmailMessage, *args: object, **more: object) -> int:
        if letter.to == ["sai@example.vn"]:
            raise smtplib.SMTPRecipientsRefused({})
        return send(letter, *args, **more)

    monkeypatch.setattr(EmailMessage, "send", refuse)
    alarms.evaluate(now, [Reading(Measure.DISK, "", 4)])
    assert [letter.to for letter in mail.outbox] == [["dieuhanh@example.vn"]]


def test_a_mail_server_that_falls_silent_loses_no_letter_and_holds_no_worker(
    db: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "x" * 60)
    path = settings.BASE_DIR / "opsa" / "settings" / "production.py"
    mailer = runpy.run_path(str(path), run_name="opsa.settings.production")["MAILERS"]["default"]
    assert 0 < mailer["OPTIONS"]["timeout"] <= 20
    person(Role.ADMIN, email="quantri@example.vn")
    rule()
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the call and says nothing
        host, port = silent.getsockname()
        options = mailer["OPTIONS"] | {"host": host, "port": port, "timeout": 0.3}
        with override_settings(MAILERS={"default": mailer | {"OPTIONS": options}}):
            alarms.evaluate(now, [Reading(Measure.DISK, "", 4)])
    assert Alarm.objects.get().mailed_at is None
    alarms.evaluate(now, [Reading(Measure.DISK, "", 4)])
    assert len(mail.outbox) == 1


def test_a_short_spike_is_no_alarm_and_a_lasting_one_is(db: None, now: datetime) -> None:
    rule(measure=Measure.DATABASE, bound=500, minutes=3)
    slow = [Reading(Measure.DATABASE, "", 900)]
    alarms.evaluate(now, slow)
    alarms.evaluate(now + timedelta(minutes=1), [Reading(Measure.DATABASE, "", 3)])
    assert not Alarm.objects.exists()
    for minute in (2, 3, 4, 5):
        alarms.evaluate(now + timedelta(minutes=minute), slow)
    assert Alarm.objects.get().raised_at == now + timedelta(minutes=5)


def test_a_rule_that_is_switched_off_ends_its_alarm(db: None, now: datetime) -> None:
    held = rule()
    alarms.evaluate(now, [Reading(Measure.DISK, "", 4)])
    AlarmRule.objects.filter(pk=held.pk).update(active=False)
    alarms.evaluate(now, [Reading(Measure.DISK, "", 4)])
    assert not Alarm.objects.filter(ended_at__isnull=True).exists()


def test_the_board_shows_what_stands_without_a_query_of_its_own(
    db: None, now: datetime, counter: Counter, query_budget: Callable[..., Iterator[object]]
) -> None:
    boss = sign_in(Client(), person(Role.SUPERVISOR))
    lead = sign_in(Client(), person(Role.LEAD, agency=counter.agency))
    rule()
    alarms.evaluate(now, [Reading(Measure.DISK, "", 4)])
    alarms._kept.forget()
    assert "Báo động" in boss.get("/dieu-hanh/").content.decode()
    with query_budget(8):
        boss.get("/dieu-hanh/")
    assert "Báo động:" not in lead.get("/dieu-hanh/").content.decode()


def test_the_health_page_shows_each_measure_beside_its_bound(
    counter: Counter, now: datetime
) -> None:
    alarms.load_rules()
    Pulse.objects.create(queue="pdf", at=now - timedelta(minutes=9))
    services.case_file(counter.case().pk, staff=counter.staff, actor=counter.actor)
    page = sign_in(Client(), person(Role.ADMIN)).get("/dieu-hanh/suc-khoe/").content.decode()
    for words in ("Cơ sở dữ liệu trả lời", "Ổ đĩa còn trống", "Chờ gửi lâu nhất", "nhịp gần nhất"):
        assert words in page
    assert "vượt ngưỡng" in page, "the queue of papers has no worker"
    assert "“outside”" in page, "a queue that nobody ever served is said aloud"


def certificate(path: Path, days: int) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "opsa.example")])
    start = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(key.public_key()).serial_number(1)
        .not_valid_before(start - timedelta(days=1))
        .not_valid_after(start + timedelta(days=days, hours=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))


def test_the_days_of_the_certificate_are_counted_and_an_unreadable_one_has_none(
    db: None, tmp_path: Path
) -> None:
    held = tmp_path / "cert.pem"
    assert value(Measure.CERTIFICATE) is None, "not configured: nothing to count"
    with override_settings(TLS_CERTIFICATE=str(held)):
        assert value(Measure.CERTIFICATE) == 0
        certificate(held, 20)
        assert value(Measure.CERTIFICATE) == 20


def test_the_disk_is_the_one_the_data_lies_on(db: None) -> None:
    usage = shutil.disk_usage("/")
    assert 0 <= (value(Measure.DISK) or 0) <= 100
    assert usage.total > 0


def test_an_administrator_changes_a_rule_and_the_journal_says_so(db: None) -> None:
    held = rule()
    client = sign_in(Client(), person(Role.ADMIN, is_staff=True))
    url = f"/quan-tri/cases/alarmrule/{held.pk}/change/"
    sent = {"measure": "disk", "bound": "20", "minutes": "1", "role": "admin", "active": "on"}
    assert client.post(url, sent).status_code == 302
    held.refresh_from_db()
    assert held.bound == 20
    entry = JournalEntry.objects.get(action="alarm_rule.changed")
    assert entry.facts["bound"] == 20
