"""Places: the files load once and again, and addresses as people write them find their commune."""

import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agencies import places
from agencies.models import Agency, Commune, Counter, OldUnit, OpeningHours, Province
from opsa.core.text import fold
from tests.support.country import country_load, country_read


@pytest.fixture
def read(db):
    country_read()


@pytest.fixture
def loaded(db):
    country_load()


def test_the_country_is_34_provinces_and_3321_communes_of_which_hanoi_has_126(read):
    assert Province.objects.count() == 34
    assert Commune.objects.count() == 3321
    assert Commune.objects.filter(province="01").count() == 126
    assert Commune.objects.filter(province="01", kind=Commune.Kind.WARD).count() == 51
    assert not Commune.objects.filter(province="01", postal_code="").exists()
    assert OldUnit.objects.filter(province="01").count() == 526
    assert not OldUnit.objects.filter(communes=None).exists()


def test_the_working_list_has_32_offices_and_only_the_launch_site_is_certain(read):
    assert Agency.objects.count() == 32
    assert [a.code for a in Agency.objects.filter(confidence="high")] == ["HN-01"]
    assert Counter.objects.count() == 96
    assert OpeningHours.objects.count() == 32 * 11
    assert not Agency.objects.filter(hours_assumed=False).exists()


def test_loading_again_changes_nothing_and_keeps_what_people_corrected(read):
    Agency.objects.filter(code="HN-02").update(phone="+842411112222")
    Commune.objects.filter(code="01273").update(postal_code="21000")
    OpeningHours.objects.filter(agency__code="HN-02", weekday=5).delete()
    before = _everything()
    call_command("load_places", verbosity=0)
    call_command("load_offices", verbosity=0)
    assert _everything() == before


def _everything():
    return [
        list(model.objects.order_by("pk").values())
        for model in (Province, Commune, OldUnit, Agency, Counter, OpeningHours)
    ] + [list(OldUnit.communes.through.objects.order_by("pk").values())]


@pytest.mark.parametrize(
    ("written", "first"),
    [
        ("Số 5, Phường Tràng Tiền, Quận Hoàn Kiếm, Thành phố Hà Nội", "Hoàn Kiếm"),
        ("5 ngõ 2, Tràng Tiền, Hoàn Kiếm, Hà Nội", "Hoàn Kiếm"),
        ("to 12 p. trang tien q. hoan kiem tp. ha noi", "Hoàn Kiếm"),
        ("P.Cống Vị, Q.Ba Đình, TP.Hà Nội", "Ngọc Hà"),
        ("Thôn Đoài, Xã Tiên Dương, Huyện Đông Anh, Hà Nội", "Phúc Thịnh"),
        ("Thị trấn Trâu Quỳ, Gia Lâm, HN", "Gia Lâm"),
        ("12 Lý Thái Tổ, Phường Hoàn Kiếm, Thành phố Hà Nội", "Hoàn Kiếm"),
        ("Xã Sóc Sơn, Hà Nội", "Sóc Sơn"),
        ("Khu phố 3, Phường Bến Nghé, Quận 1, TP.HCM", "Sài Gòn"),
        ("Phường Trang Tiền, Quận Hoàn Kiếm, Hà Nội", "Hoàn Kiếm"),
    ],
)
def test_an_address_as_on_the_card_leads_to_todays_commune(loaded, written, first):
    found = places.suggest_communes(written)
    assert first in [commune.name for commune in found[:2]], [str(c) for c in found]


def test_a_split_ward_offers_every_successor_and_says_the_old_name(loaded):
    found = places.suggest_communes("Tràng Tiền, Hoàn Kiếm, Hà Nội")
    best = [c for c in found if "Tràng Tiền" in c.old_name]
    assert {c.name for c in best} == {"Hoàn Kiếm", "Cửa Nam"}
    assert best[0].old_name == "Phường Tràng Tiền, Quận Hoàn Kiếm"
    assert found[: len(best)] == best


def test_nothing_known_suggests_nothing_instead_of_something_wrong(loaded):
    assert places.suggest_communes("") == []
    assert places.suggest_communes("12 Main Street, Springfield") == []


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_every_old_hanoi_ward_is_found_however_it_is_written(loaded, data):
    unit = data.draw(st.sampled_from(_hanoi_units()))
    ward_word, district_word, city = data.draw(
        st.sampled_from(
            [
                (OldUnit.Kind(unit["kind"]).label + " ", True, "Thành phố Hà Nội"),
                ("", False, "Hà Nội"),
                ("", False, "TP. Hà Nội"),
                (OldUnit.Kind(unit["kind"]).label.upper() + " ", True, "HÀ NỘI"),
            ]
        )
    )
    district = unit["district"]
    if not district_word:
        district = places.without_district_word(district)
    street = data.draw(st.sampled_from(["", "Số 5 ngõ 12, ", "Thôn Đông, ", "Tổ 3 "]))
    comma = data.draw(st.sampled_from([", ", " ", " - "]))
    written = street + comma.join([ward_word + unit["name"], district, city])
    if data.draw(st.booleans()):
        written = fold(written)
    found = {c.code for c in places.suggest_communes(written, limit=12)}
    assert set(unit["codes"]) <= found, (written, unit)


_units: list[dict] = []


def _hanoi_units():
    if not _units:
        _units.extend(
            {
                "name": unit.name,
                "kind": unit.kind,
                "district": unit.district,
                "codes": [c.code for c in unit.communes.all()],
            }
            for unit in OldUnit.objects.filter(province="01").prefetch_related("communes")
        )
    return _units


def test_search_finds_todays_name_first_and_old_names_after(loaded):
    names = [c.name for c in places.search_communes("hoan kiem")]
    assert names[0] == "Hoàn Kiếm"
    old = places.search_communes("phường tràng tiền")
    assert {c.name for c in old} == {"Hoàn Kiếm", "Cửa Nam"}
    assert all("Tràng Tiền" in c.old_name for c in old)


def test_suggesting_costs_one_query_once_names_are_in_memory(loaded, query_budget):
    places.suggest_communes("Tràng Tiền, Hoàn Kiếm, Hà Nội")
    with query_budget(1):  # the communes with their province
        places.suggest_communes("Bưởi, Tây Hồ, Hà Nội")
