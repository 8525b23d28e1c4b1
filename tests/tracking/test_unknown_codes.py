"""A code nobody explained is told of, never guessed; explained, what was kept is read (F08)."""

from typing import Any

import pytest
from django.test import Client

from agencies.models import Role, Staff
from cases import services as case_services
from cases.models import Alarm, Case, Filing, StatusMapping, StatusReport
from cases.states import Dossier, Work
from cases.tracking import mapping, services
from cases.tracking.tasks import read_explained
from cases.watch import alarms
from opsa.core import journal
from opsa.core.actors import SYSTEM
from opsa.core.models import JournalEntry
from tests.support.filings import history, told
from tests.support.worklists import PASSWORD, sign_in

pytestmark = pytest.mark.django_db
ADD = "/quan-tri/cases/statusmapping/add/"


def of_role(role: Role) -> Client:
    return sign_in(
        Client(),
        Staff.objects.create_user(
            f"{role}9", PASSWORD, display_name="Người", role=role, is_staff=True
        ),
    )


def save(client: Client, filing: Filing, code: str, state: str, **more: Any) -> Any:
    return client.post(
        ADD, {"system": filing.system_id, "raw_code": code, "dossier": state, **more}
    )


def explain(filing: Filing, code: str, state: str) -> None:
    mapping.changed(
        StatusMapping.objects.create(system=filing.system, raw_code=code, dossier=state)
    )


def test_an_unknown_code_alarms_on_the_board_by_letter_and_to_the_scraper_until_it_is_explained(
    filing: Filing, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = of_role(Role.SUPERVISOR)
    Staff.objects.filter(role=Role.SUPERVISOR).update(email="dieuhanh@example.vn")
    alarms.load_rules()
    services.apply_reports(filing.pk, told(*history("2", "DXL7")))
    alarms.evaluate()
    alarm = Alarm.objects.get(rule__measure="codes")
    assert (alarm.subject, alarm.value) == (f"{filing.system_id}: DXL7", 1)
    assert "DXL7" in mailoutbox[0].subject
    assert "DXL7" in boss.get("/dieu-hanh/").content.decode()
    health = boss.get("/dieu-hanh/suc-khoe/").content.decode()
    assert "/quan-tri/cases/statusmapping/" in health
    line = f'opsa_unknown_codes{{system="{filing.system_id}"}} 1.0'
    assert line in boss.get("/metrics").content.decode()
    explain(filing, "DXL7", Dossier.IN_WORK)
    assert read_explained() == 1
    alarms.evaluate()
    alarm.refresh_from_db()
    assert alarm.ended_at is not None
    assert "opsa_unknown_codes{" not in boss.get("/metrics").content.decode()


def test_what_was_kept_is_read_again_its_case_moves_and_waits_for_nobody(filing: Filing) -> None:
    services.apply_reports(filing.pk, told(*history("2", "DXL7")))
    assert read_explained() == 0
    assert Case.objects.get(pk=filing.case_id).work == Work.ATTENTION
    explain(filing, "DXL7", Dossier.SUPPLEMENT)
    assert read_explained() == 1
    case = Case.objects.get(pk=filing.case_id)
    assert (case.dossier, case.work, case.attention) == (Dossier.SUPPLEMENT, Work.FILED, "")
    assert case.messages.filter(event="supplement").count() == 1
    assert not StatusReport.objects.filter(unknown=True).exists()
    actions = JournalEntry.objects.filter(chain=f"case:{case.pk}").values_list("action", flat=True)
    assert "report.read_again" in actions
    assert not journal.verify(f"case:{case.pk}")
    assert read_explained() == 0
    assert case.messages.filter(event="supplement").count() == 1


def test_an_explained_old_report_moves_nothing_back(filing: Filing) -> None:
    services.apply_reports(filing.pk, told(*history("2", "DXL7", "9")))
    assert Case.objects.get(pk=filing.case_id).dossier == Dossier.DECIDED
    explain(filing, "DXL7", Dossier.IN_WORK)
    assert read_explained() == 1
    assert Case.objects.get(pk=filing.case_id).dossier == Dossier.DECIDED


def test_a_case_that_waits_for_another_reason_or_another_code_goes_on_waiting(
    filing: Filing,
) -> None:
    services.apply_reports(filing.pk, told(*history("2", "DXL7", "DXL8")))
    explain(filing, "DXL7", Dossier.IN_WORK)
    read_explained()
    case = Case.objects.get(pk=filing.case_id)
    assert (case.work, case.attention) == (Work.ATTENTION, "unknown_code")
    case_services.need_attention(case.pk, "mismatch", actor=SYSTEM, reason="x")
    explain(filing, "DXL8", Dossier.IN_WORK)
    read_explained()
    case = Case.objects.get(pk=filing.case_id)
    assert (case.work, case.attention) == (Work.ATTENTION, "mismatch")


def test_a_mapping_that_was_wrong_and_is_mended_is_applied_to_what_it_had_moved(
    filing: Filing,
) -> None:
    explain(filing, "DXL7", Dossier.SUPPLEMENT)
    services.apply_reports(filing.pk, told(*history("2", "DXL7")))
    assert Case.objects.get(pk=filing.case_id).dossier == Dossier.SUPPLEMENT
    held = StatusMapping.objects.get()
    held.dossier = Dossier.IN_WORK
    held.save()
    mapping.changed(held)
    assert read_explained() == 1
    assert Case.objects.get(pk=filing.case_id).dossier == Dossier.IN_WORK


def test_one_that_cannot_be_derived_stands_in_nobodys_way(
    filing: Filing, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.apply_reports(filing.pk, told(*history("DXL7")))
    explain(filing, "DXL7", Dossier.IN_WORK)

    def broken(_filing_id: int) -> int:
        raise ValueError

    with monkeypatch.context() as odd:
        odd.setattr(services, "read_again", broken)
        assert read_explained() == 0
    assert read_explained() == 1


def test_a_supervisor_finds_filters_and_enters_mappings_and_the_journal_names_them(
    filing: Filing,
) -> None:
    boss = of_role(Role.SUPERVISOR)
    assert save(boss, filing, " DXL7 ", Dossier.IN_WORK).status_code == 302
    held = StatusMapping.objects.get()
    assert held.raw_code == "DXL7"
    listed = boss.get(
        f"/quan-tri/cases/statusmapping/?q=dxl&dossier__exact=4&system__code__exact={filing.system_id}"
    )
    assert "DXL7" in listed.content.decode()
    assert "DXL7" not in boss.get("/quan-tri/cases/statusmapping/?q=zzz").content.decode()
    boss.post(f"/quan-tri/cases/statusmapping/{held.pk}/delete/", {"post": "yes"})
    noted = JournalEntry.objects.filter(action__startswith="mapping.").order_by("pk")
    assert [one.action for one in noted] == ["mapping.added", "mapping.deleted"]
    assert all(one.staff_id for one in noted)


@pytest.mark.parametrize(("code", "state"), [("D L", "4"), ("  ", "4"), ("DXL", ""), ("DXL", "11")])
def test_a_mapping_that_means_nothing_is_refused(filing: Filing, code: str, state: str) -> None:
    assert save(of_role(Role.EDITOR), filing, code, state).status_code == 200
    assert not StatusMapping.objects.exists()


def test_the_same_code_of_one_system_means_one_thing_and_a_clerk_explains_nothing(
    filing: Filing,
) -> None:
    editor = of_role(Role.EDITOR)
    save(editor, filing, "DXL", "4")
    assert save(editor, filing, "DXL", "5").status_code == 200
    assert StatusMapping.objects.get().dossier == "4"
    assert save(of_role(Role.AUDITOR), filing, "DXL2", "4").status_code == 403
