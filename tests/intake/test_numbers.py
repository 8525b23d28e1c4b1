"""Identity numbers in a declaration: twelve digits, and the card reader's doubts beside them."""

import json

import pytest
from django.urls import reverse

from cases.filing.readiness import problems
from cases.filing.services import load_for_filing
from cases.intake import steps
from procedures import catalogue_file

FATHER = "f-cha-so-dinh-danh"


def to_step(draft, step=steps.DECLARATION):
    return reverse("quay:step", args=[draft.pk, step])


def test_every_number_field_of_the_working_list_is_kept_as_one() -> None:
    data = catalogue_file.read(catalogue_file.CATALOGUE)
    wrong = [
        field["key"]
        for procedure in data["procedures"]
        for version in procedure["versions"]
        for field in version["fields"]
        if ("định danh" in field["label"]) != (field.get("kind") == "id")
    ]
    assert wrong == []


@pytest.mark.parametrize("typed", ["123", "1190012345", "00119001234X"])
def test_a_number_that_is_none_is_refused_and_the_step_says_so(clerk, post, draft, typed) -> None:
    token = clerk.get(to_step(draft)).context["token"]
    answer = post(to_step(draft), {FATHER: typed, "version": token})
    assert answer.status_code == 422
    assert any("Số định danh của cha" in todo.text for todo in answer.context["todos"])
    assert "Đủ cho bước này" not in answer.content.decode()


@pytest.mark.parametrize(
    ("step", "name", "instead"),
    [
        ("nguoi-nop", "id_number", "Gõ 12 số trên thẻ hoặc VNeID. Chưa có: khách hỏi công an"),
        ("nguoi-nop", "subject_id_number", "Gõ 12 số trên thẻ, không có thì để trống."),
        ("to-khai", FATHER, "Gõ 12 số trên thẻ căn cước."),
    ],
)
def test_the_old_nine_digits_are_refused_with_what_to_do_instead(
    clerk, post, draft, step, name, instead
) -> None:
    """The old card's validity ended on 31 December 2024."""
    token = clerk.get(to_step(draft, step)).context["token"]
    typed = {name: "012 345 678", "version": token}
    answer = post(to_step(draft, step), typed | ({"name": ""} if name == "id_number" else {}))
    assert answer.status_code == 422
    told = " ".join(answer.context["form"].errors[name])
    assert told.startswith("Số CMND 9 số hết giá trị từ 1/1/2025. ")
    assert instead in told


def test_a_refused_date_is_no_finished_step(clerk, post, ready) -> None:
    token = clerk.get(to_step(ready)).context["token"]
    answer = post(to_step(ready), {"f-cha-ngay-sinh": "31/02/1990", "version": token})
    assert answer.status_code == 422
    assert "Đủ cho bước này" not in answer.content.decode()


@pytest.mark.parametrize(
    ("number", "born", "said"),
    [
        ("001090012345", "15/08/1990", ""),
        ("999090012345", "15/08/1990", "Ba số đầu"),
        ("001088012345", "15/08/1990", "Không khớp"),
        ("001190012345", "15/08/1990", "Không khớp"),
    ],
)
def test_a_fathers_number_is_looked_at_as_the_card_reader_would(
    clerk, draft, number, born, said
) -> None:
    draft.declaration = json.dumps({"cha-so-dinh-danh": number, "cha-ngay-sinh": born})
    draft.save(update_fields=["declaration"])
    page = clerk.get(to_step(draft)).content.decode()
    assert ("Ba số đầu" in page, "Không khớp" in page) == (
        said == "Ba số đầu",
        said == "Không khớp",
    )


def test_a_number_stored_before_the_rule_blocks_filing_in_words(ready) -> None:
    ready.declaration = json.dumps(
        json.loads(ready.declaration) | {"cha-so-dinh-danh": "123"}, ensure_ascii=False
    )
    ready.save(update_fields=["declaration"])
    assert [p.text for p in problems(load_for_filing(ready.pk))] == [
        "Chưa đủ 12 số: Số định danh của cha"
    ]


def test_the_review_ticks_once_it_was_gone_through_and_nothing_changed_since(
    clerk, post, ready
) -> None:
    def review() -> str:
        links = clerk.get(to_step(ready, steps.FILE)).context["steps"]
        return next(link.state for link in links if link.url.endswith("/xem-lai/"))

    assert review() == ""
    post(to_step(ready, steps.REVIEW))
    assert review() == "done"
    token = clerk.get(to_step(ready, steps.DECLARATION)).context["token"]
    post(to_step(ready, steps.DECLARATION), {"f-noi-sinh": "Nơi khác", "version": token})
    assert review() == ""
