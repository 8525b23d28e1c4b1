"""Old ward on the card, new commune suggested, always confirmed by the clerk."""

import io

import pytest
from django.core.management import call_command
from django.db import transaction

from agencies import places
from agencies.models import Agency, Commune, OldUnit
from cases.intake import applicants, cards, drafts
from cases.intake.communes import communes_of
from cases.intake.desk import open_desk
from cases.intake.forms import ApplicantForm
from tests.support.country import count_rows

CARD = "001190012345||Nguyễn Thị Hường|02091990|Nữ|{}|10052021"


@pytest.fixture
def country(counter):
    OldUnit.objects.all().delete()
    call_command("load_places", verbosity=0, stdout=io.StringIO())
    count_rows()
    # The made-up communes of other tests are no places.
    real = Commune.objects.filter(province_id="01").exclude(code__in=("00167", "00169"))
    Agency.objects.update(commune=real.first())
    Commune.objects.filter(code__in=("00167", "00169")).delete()


def field_of(counter, address):
    card = cards.read(CARD.format(address))
    case = drafts.draft_open(staff=counter.staff, version=counter.version, card=card)
    desk = open_desk(counter.staff, case.pk)
    assert desk.filer is not None
    assert desk.filer.commune_id is None, "nothing is chosen for the clerk"
    return ApplicantForm(desk).fields["commune"]


def test_each_of_the_126_communes_of_today_is_suggested_first_by_its_own_name(country):
    communes = list(Commune.objects.filter(province_id="01"))
    assert len(communes) == 126
    wrong = []
    for commune in communes:
        found = places.suggest_communes(f"Số 3 ngõ 9, {commune}, Thành phố Hà Nội")
        if not found or found[0].pk != commune.pk:
            wrong.append((str(commune), [str(one) for one in found[:3]]))
    assert wrong == []


def test_each_of_the_126_is_reached_by_an_old_ward_too(country):
    reached = set()
    for unit in OldUnit.objects.filter(province_id="01").prefetch_related("communes"):
        written = f"Thôn Đoài, {unit.name}, {unit.district}, Hà Nội"
        offered = {one.pk for one in places.suggest_communes(written)[:6]}
        reached |= offered & {one.pk for one in unit.communes.all()}
    missing = Commune.objects.filter(province_id="01").exclude(pk__in=reached)
    assert [str(one) for one in missing] == []


def test_an_old_ward_is_offered_with_its_old_name_and_chosen_by_nobody(counter, country):
    field = field_of(counter, "Số 12 ngõ 5, Trung Hòa, Cầu Giấy, Hà Nội")
    offered = dict(field.choices[1][1])
    assert any("Trung Hò" in label or "Trung Ho" in label for label in offered.values()), offered
    assert set(offered) <= set(Commune.objects.filter(province="01").values_list("pk", flat=True))


def test_a_card_of_another_province_offers_that_province_and_nothing_of_hanoi_in_its_place(
    counter, country
):
    field = field_of(counter, "Xóm 4, Nghi Kim, Thành phố Vinh, Nghệ An")
    province = field.suggested[0].province
    assert province.name == "Nghệ An"
    assert {one.province_id for one in field.suggested} == {province.pk}
    assert all("Nghệ An" in label for _pk, label in field.choices[1][1])
    groups = [name for name, _rows in field.choices[2:]]
    assert groups == ["Nghệ An", "Hà Nội"]
    theirs = Commune.objects.filter(province=province)
    assert all(field.valid_value(one.pk) for one in theirs)


def test_an_address_that_names_nothing_known_suggests_nothing(counter, country):
    field = field_of(counter, "Chung cư Ánh Sao")
    assert field.suggested == []
    assert [name for name, _rows in field.choices[1:]] == ["Hà Nội"]


def test_a_commune_younger_than_the_list_in_memory_stays_chosen(counter):
    communes_of("01")
    young = Commune.objects.create(
        code="09999", province_id="01", kind="xa", name="Mới Lập", search_key="moi lap"
    )
    case = drafts.draft_open(staff=counter.staff, version=counter.version, card=None)
    with transaction.atomic():
        applicants.person_type(case, "filer", {"name": "NGUYỄN AN", "commune": young})
    form = ApplicantForm(open_desk(counter.staff, case.pk))
    assert f'value="{young.pk}" selected' in str(form["commune"])
    assert form.fields["commune"].valid_value(young.pk)
