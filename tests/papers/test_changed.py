"""A stored paper that is no longer what was drawn reaches nobody's hands, and can be had again."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from agencies.models import Role, Staff
from cases.models import Case, Paper
from cases.papers import services
from opsa.core import files
from opsa.core.models import JournalEntry
from opsa.core.once import new_key
from tests.support.cases import Counter
from tests.support.worklists import lay, sign_in


@pytest.fixture
def slip(counter: Counter) -> Paper:
    case: Case = lay(counter)
    content = b"%PDF-1.7 a slip"
    made = services.paper_ask(
        Paper.Kind.SLIP, case=case, key=f"slip:test-{case.pk}", data={},
        template="papers/slip.html", staff=counter.staff,
    )  # fmt: skip
    made.file, made.state = files.store([content], folder="papers"), Paper.State.READY
    made.sha256 = hashlib.sha256(content).hexdigest()
    made.save()
    return made


def exchanged(paper: Paper) -> None:
    """Another paper of ours, sealed by our own key, lies in its place."""
    Paper.objects.filter(pk=paper.pk).update(file=files.store([b"%PDF-1.7 other"], folder="papers"))


def scribbled(paper: Paper) -> None:
    with Path(default_storage.path(paper.file)).open("r+b") as file:
        file.seek(-3, 2)
        file.write(b"xxx")


def gone(paper: Paper) -> None:
    default_storage.delete(paper.file)


@pytest.mark.parametrize("harm", [exchanged, scribbled, gone])
def test_a_changed_slip_is_not_handed_out_and_is_drawn_again_on_request(clerk, slip, harm):
    assert clerk.get(f"/quay/in/{slip.pk}.pdf").status_code == 200
    harm(slip)
    answer = clerk.get(f"/quay/in/{slip.pk}.pdf")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Phiếu không còn nguyên" in page
    assert "Hồ sơ vẫn an toàn" in page
    assert "PDF-1.7" not in page
    again = f"/quay/in/{slip.pk}/lai/"
    assert again in page
    assert clerk.post(again, {"form_key": new_key()}).status_code == 303
    assert Paper.objects.get(pk=slip.pk).state == Paper.State.QUEUED


def test_a_slip_that_is_whole_is_not_drawn_twice(clerk, slip):
    clerk.post(f"/quay/in/{slip.pk}/lai/", {"form_key": new_key()})
    assert Paper.objects.get(pk=slip.pk).state == Paper.State.READY


def test_a_paper_of_the_whole_office_can_be_drawn_again(clerk, counter):
    manifest = Paper.objects.create(
        kind=Paper.Kind.MANIFEST, agency=counter.agency, key="manifest:office", data="{}",
        template="papers/manifest.html", state=Paper.State.FAILED, tries=3,
    )  # fmt: skip
    answer = clerk.post(f"/quay/in/{manifest.pk}/lai/", {"form_key": new_key()})
    assert answer.status_code == 303
    manifest.refresh_from_db()
    assert manifest.state == Paper.State.QUEUED


def test_who_only_looks_may_open_a_slip_and_neither_print_nor_redraw_it(counter, slip):
    looker = Staff.objects.create_user(
        "looker", "a-long-test-password", display_name="Kiểm soát", role=Role.AUDITOR
    )
    client = sign_in(Client(), looker)
    assert client.get(f"/quay/in/{slip.pk}.pdf").status_code == 200
    assert client.post(f"/quay/in/{slip.pk}/in/").status_code == 403
    assert client.post(f"/quay/in/{slip.pk}/lai/", {"form_key": new_key()}).status_code == 403
    assert (
        "<form"
        not in client.get(f"/quay/in/{slip.pk}/", headers={"HX-Request": "true"}).content.decode()
    )
    slip.refresh_from_db()
    assert slip.prints == 0


def printed(slip: Paper) -> tuple[int, int]:
    slip.refresh_from_db()
    presses = JournalEntry.objects.filter(action="paper.printed", subject=f"paper:{slip.pk}")
    return slip.prints, presses.count()


def test_a_doubled_press_of_print_is_one_print_and_a_later_one_is_the_next(
    clerk, slip, monkeypatch
):
    for _ in range(2):
        assert clerk.post(f"/quay/in/{slip.pk}/in/").status_code == 303
    assert printed(slip) == (1, 1)
    monkeypatch.setattr(services, "ONE_PRESS", timedelta(0))
    assert clerk.post(f"/quay/in/{slip.pk}/in/").status_code == 303
    assert printed(slip) == (2, 2)


def test_the_same_slip_printed_by_two_people_is_two_prints(clerk, counter, slip):
    other = Staff.objects.create_user(
        "other", "a-long-test-password", display_name="Quầy bên", role=Role.CLERK,
        agency=counter.agency,
    )  # fmt: skip
    for client in (clerk, sign_in(Client(), other)):
        assert client.post(f"/quay/in/{slip.pk}/in/").status_code == 303
    assert printed(slip) == (2, 2)
