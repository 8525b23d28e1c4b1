"""F02: the files handed out for the portal are the frozen ones, under names that it takes, or none
is."""

import hashlib
import io
import json
import re
import zipfile

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from cases.filing import deciding, exporting, payload, services
from cases.models import Case, CaseDocument, Filing
from cases.states import Work
from opsa.core import files
from opsa.core.models import JournalEntry
from procedures.models import FilingSystem, RequiredDocument
from tests.support.cases import Counter, make_counter
from tests.support.worklists import sign_in

pytestmark = pytest.mark.django_db(transaction=True)
LONG = "Giấy tờ có thông tin chứng minh về nơi cư trú của người yêu cầu đăng ký"


@pytest.fixture
def counter() -> Counter:
    counter = make_counter(way=FilingSystem.Way.COPILOT)
    for number, more in enumerate((" (cha)", " (mẹ)"), start=2):
        RequiredDocument.objects.create(
            version=counter.version, key=f"cu-tru-{number}", position=number, name=LONG + more,
            kind=RequiredDocument.Kind.UPLOAD,
        )  # fmt: skip
    return counter


@pytest.fixture
def filing(counter: Counter) -> Filing:
    return services.case_file(counter.case().pk, staff=counter.staff, actor=counter.actor)


def ask(counter: Counter, filing: Filing, place: str = "") -> tuple[object, bytes]:
    client = sign_in(Client(), counter.staff)
    answer = client.post(f"/quay/ho-so/{filing.case_id}/tep/{place}")
    return answer, b"".join(answer) if answer.streaming else answer.content


def test_names_are_plain_once_each_and_within_the_systems_length(
    counter: Counter, filing: Filing
) -> None:
    names = [file["name"] for file in filing.files]
    assert len(set(names)) == len(names) == 3
    assert all(re.fullmatch(r"[a-z0-9-]+\.pdf", name) for name in names)
    assert all("huong" not in name for name in names)
    counter.version.system.name_length = 24
    counter.version.system.save()
    short = payload.sent_files(services.load_for_filing(filing.case_id))
    assert len({file.name for file in short}) == 3
    assert all(len(file.name) <= 24 for file in short)


def test_all_files_come_as_one_zip_and_are_what_was_frozen(
    counter: Counter, filing: Filing
) -> None:
    answer, content = ask(counter, filing)
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        assert made.testzip() is None
        found = {name: hashlib.sha256(made.read(name)).hexdigest() for name in made.namelist()}
    assert found == {file["name"]: file["sha256"] for file in filing.files}
    entry = JournalEntry.objects.get(action="filing.exported")
    assert (entry.facts["files"], entry.staff_id) == (3, counter.staff.pk)
    assert "NGUYỄN" not in json.dumps(entry.facts, ensure_ascii=False)


def test_one_file_comes_alone(counter: Counter, filing: Filing) -> None:
    answer, content = ask(counter, filing, "1/")
    assert hashlib.sha256(content).hexdigest() == filing.files[1]["sha256"]
    assert filing.files[1]["name"] in answer["Content-Disposition"]
    assert ask(counter, filing, "9/")[0].status_code == 404


def test_a_large_file_passes_through_in_pieces(filing: Filing) -> None:
    big = b"%PDF-1.7 " + b"x" * 3_000_000
    stored = files.store([big], folder="scans")
    one = payload.files_of(filing)[0]
    made = exporting.SentFile(**{**vars_of(one), "stored": stored, "size": len(big),
                                 "sha256": hashlib.sha256(big).hexdigest()})  # fmt: skip
    pieces = list(exporting.zipped([made], filing.taken_at))
    assert max(map(len, pieces)) < 1_200_000
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as whole:
        assert whole.read(one.name) == big


def vars_of(file: exporting.SentFile) -> dict[str, object]:
    return {name: getattr(file, name) for name in file.__dataclass_fields__}


@pytest.mark.parametrize("how", ["gone", "other"])
def test_a_changed_or_missing_file_blocks_all_and_a_person_sees_it(
    counter: Counter, filing: Filing, how: str
) -> None:
    stored = filing.files[2]["stored"]
    if how == "gone":
        default_storage.delete(stored)
    else:
        filing.files[2]["stored"] = files.store([b"%PDF-1.7 something else"], folder="scans")
        filing.save()
    answer, content = ask(counter, filing)
    assert answer.status_code == 303
    assert content == b""
    filing.refresh_from_db()
    case = Case.objects.get(pk=filing.case_id)
    assert (filing.state, filing.refusal) == (Filing.State.PERSON, "changed_on_disk")
    assert (case.work, case.attention) == (Work.ATTENTION, "scan_changed")
    assert not JournalEntry.objects.filter(action="filing.exported").exists()
    shown = sign_in(Client(), counter.staff).get(f"/quay/ho-so/{case.pk}/xem/").content.decode()
    assert "Sửa và nộp lại" in shown
    deciding.file_again(case.pk, actor=counter.actor, reason="quét lại")
    assert Case.objects.get(pk=case.pk).work == Work.DRAFT


def test_after_the_code_is_noted_the_filing_stays_filed(counter: Counter, filing: Filing) -> None:
    from cases.filing import dossier_codes

    dossier_codes.dossier_code_record(
        filing.case_id, "H26.31-261122-0001", actor=counter.actor, receipt=None
    )
    default_storage.delete(filing.files[0]["stored"])
    assert ask(counter, filing, "0/")[0].status_code == 303
    filing.refresh_from_db()
    assert filing.state == Filing.State.ACCEPTED
    assert Case.objects.get(pk=filing.case_id).attention == "scan_changed"


def test_what_the_system_would_turn_away_is_said_before_filing(counter: Counter) -> None:
    system = counter.version.system
    system.max_files, system.max_file_bytes = 2, 20
    system.save()
    case = services.load_for_filing(counter.case().pk)
    CaseDocument.objects.filter(case=case).update(pages=2)
    said = [problem.text for problem in services.problems(case)]
    assert any("nhiều nhất 2 tệp, hồ sơ có 3" in one for one in said)
    assert sum("nhận tệp nhiều nhất" in one for one in said) == 3
    with pytest.raises(services.NotReady):
        services.case_file(case.pk, staff=counter.staff, actor=counter.actor)


def test_a_filing_sent_by_ourselves_hands_out_nothing() -> None:
    gateway = make_counter()
    made = services.case_file(gateway.case().pk, staff=gateway.staff, actor=gateway.actor)
    assert ask(gateway, made)[0].status_code == 404
