"""Drafts: opened with what is known, saved by themselves, held, and never silently overwritten."""

from django.urls import reverse

from cases.intake import steps
from cases.intake.desk import open_desk


def test_a_prepared_case_has_nothing_left_to_do(ready, staff):
    assert open_desk(staff, ready.pk).problems == []


def test_a_blank_draft_opens_at_its_first_step(clerk, draft):
    answer = clerk.get(reverse("quay:case", args=[draft.pk]), follow=True)
    assert answer.status_code == 200
    assert "Quét thẻ" in answer.content.decode()


def test_every_step_can_be_seen_at_any_time(clerk, draft, ready):
    for case in (draft, ready):
        for slug in steps.SLUGS:
            answer = clerk.get(reverse("quay:step", args=[case.pk, slug]))
            assert answer.status_code == 200, slug
