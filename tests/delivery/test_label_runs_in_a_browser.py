"""An order of labels as the clerk sees it: it grows by itself, then the file is there to print."""

from typing import Any

import pytest

from cases.models import DeliveryAddress
from cases.papers import services as papers
from delivery import labels
from delivery.models import LabelRun
from tests.support.browser import NARROW, WIDE
from tests.support.delivery import Desk


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_labels_are_seen_growing_and_then_printed(
    desk: Desk, seen: Any, shoot: Any, assert_axe: Any, size: dict[str, int]
) -> None:
    cases = [desk.here() for _ in range(3)]
    DeliveryAddress.objects.filter(case=cases[2]).update(recipient="")
    run = labels.run_ask([case.pk for case in cases], staff=desk.staff)
    assert labels._step(run.pk)
    page = seen(desk.staff, f"/quay/ket-qua/to-nhan/{run.pk}/", size=size)
    page.wait_for_selector("#run progress[value='1']")
    shoot(page, "growing")
    assert_axe(page)
    labels.run_work(run.pk)
    page.wait_for_selector("text=Đã làm 2 nhãn")
    papers.paper_draw(LabelRun.objects.get().paper_id or 0)
    page.wait_for_selector("#run .paper button[data-key=F4]")
    shoot(page, "done")
    assert_axe(page)
