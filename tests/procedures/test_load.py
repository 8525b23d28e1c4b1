"""The working list: complete, honest, loaded once."""

import pytest
from django.core.management import call_command

from opsa.core.models import JournalEntry
from procedures import catalogue_file, checks, fees
from procedures.models import FeePart, OtherProcedure, Procedure, ProcedureVersion
from procedures.selectors import current_versions, frequent, version_for
from procedures.services import catalogue_export, catalogue_import, catalogue_load
from procedures.transfer import CatalogueError

pytestmark = pytest.mark.django_db


def test_thirty_procedures_come_with_the_product(catalogue: None) -> None:
    assert current_versions().count() == 30
    assert OtherProcedure.objects.count() == 19
    assert next(p.slug for p in frequent()) == "dang-ky-khai-sinh"
    assert len(frequent()) == 6


def test_every_text_passes_its_own_checks(catalogue: None) -> None:
    assert {v.procedure.code: checks.problems(v) for v in current_versions()} == {
        v.procedure.code: [] for v in current_versions()
    }


def test_loading_again_changes_nothing_and_keeps_what_people_changed(catalogue: None) -> None:
    Procedure.objects.filter(code="1.001193").update(aliases="do người sửa")
    before, entries = catalogue_export(), JournalEntry.objects.count()
    assert catalogue_load() == 0
    assert catalogue_export() == before
    assert JournalEntry.objects.count() == entries


def test_the_file_equals_what_is_exported_after_loading_it(catalogue: None) -> None:
    assert catalogue_export() == catalogue_file.read(catalogue_file.CATALOGUE)


@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_out_and_in_gives_the_same_catalogue(catalogue: None, tmp_path, ending: str) -> None:
    file = tmp_path / f"all.{ending}"
    call_command("export_catalogue", str(file))
    before = catalogue_export()
    assert catalogue_import(catalogue_file.read(file)) == 0
    call_command("import_catalogue", str(file))
    assert catalogue_export() == before


def test_a_file_that_changes_a_published_text_is_refused_whole(catalogue: None) -> None:
    data = catalogue_export()
    data["procedures"][0]["short_name"] = "Đã đổi"
    data["procedures"][3]["versions"][0]["name"] = "Tên khác"
    with pytest.raises(CatalogueError, match="published text cannot change"):
        catalogue_import(data)
    assert not Procedure.objects.filter(short_name="Đã đổi").exists()


def test_a_file_may_end_a_published_text(catalogue: None) -> None:
    data = catalogue_export()
    data["procedures"][0]["versions"][0]["valid_to"] = "2026-12-31"
    assert catalogue_import(data) == 1
    assert catalogue_export() == data


def test_zero_always_says_why_and_unknown_is_not_zero(catalogue: None) -> None:
    for version in current_versions():
        quote = fees.quote(version)
        for part in quote.parts:
            assert (part.amount == 0) == bool(part.free_reason), version
        unknown = any(part.amount is None for part in quote.parts)
        assert (quote.total is None) == unknown


def test_postage_is_named_exactly_where_a_paper_result_exists(catalogue: None) -> None:
    for version in current_versions():
        mailed = version.results.exclude(form="electronic").exists()
        assert version.fees.filter(kind=FeePart.Kind.POSTAGE).exists() == mailed


def test_names_fit_their_places_and_forms_have_six_to_fourteen_fields(catalogue: None) -> None:
    for version in current_versions():
        assert len(version.procedure.short_name) <= 26
        assert 6 <= version.fields.count() <= 14
        assert version.confidence_fields == "low"
        assert version.source


def test_a_version_is_read_whole_in_six_queries(catalogue: None, query_budget) -> None:
    pk = ProcedureVersion.objects.values_list("pk", flat=True).first()
    with query_budget(6):  # version with procedure and system, and five kinds of parts
        version = version_for(pk)
        fees.quote(version)
        assert [list(getattr(version, name).all()) for name in ("documents", "fields", "results")]
