"""The admin speaks Vietnamese: no label is the bare name of a field, no button Django's English."""

from datetime import date

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets, label_for_field
from django.test import Client
from django.utils import translation

from agencies.models import Role, Staff
from opsa.core.models import CalendarDay
from tests.support.worklists import PASSWORD, sign_in

#: Shown to nobody, or the same word in both languages.
SAME = {"id", "pk"}


def labels():
    for model, shown in admin.site._registry.items():
        names = [name for name in shown.list_display if isinstance(name, str)]
        if shown.fields or shown.fieldsets:
            names += flatten_fieldsets(shown.fieldsets or ((None, {"fields": shown.fields}),))
        for name in names:
            yield model, name, str(label_for_field(name, model, shown))
        yield model, "", str(model._meta.app_config.verbose_name)


def test_every_label_of_the_admin_is_a_word_and_not_the_name_of_a_field():
    with translation.override("vi"):
        bare = [
            f"{model.__name__}.{name}: {label}"
            for model, name, label in labels()
            if model.__module__.split(".")[0]
            in {"agencies", "procedures", "cases", "delivery", "opsa"}
            and name not in SAME
            and (label.casefold() == name.replace("_", " ").casefold() or label == "OPSA")
        ]
    # Texts that people agreed to wait for their own words.
    assert [one for one in bare if not one.startswith("MandateText")] == []


@pytest.mark.django_db
def test_the_buttons_of_a_list_are_vietnamese_and_dates_short(client: Client):
    CalendarDay.objects.create(date=date(2031, 1, 1), kind="off", name="Tết Dương lịch")
    admin_person = Staff.objects.create_user(
        "quan-tri", PASSWORD, display_name="Quản trị (tập sự)", role=Role.ADMIN, is_staff=True
    )
    page = sign_in(client, admin_person).get("/quan-tri/core/calendarday/").content.decode()
    for english in ("Run", "Select an option", "Show counts", "Filter by", "Skip to main"):
        assert english not in page
    assert "- Chọn -" in page
    assert "01/01/2031" in page
    assert "Nhật ký và lịch làm việc" in page
