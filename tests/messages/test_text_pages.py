"""F10: supervisors write the texts, see them as a citizen will, and switch events off."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from agencies.models import Role, Staff
from cases.messages import texts
from cases.models import MessageSwitch, MessageText
from opsa.core.actors import SYSTEM
from opsa.core.models import JournalEntry
from opsa.core.once import new_key
from tests.matrix.world import client_of, make_office
from tests.support.cases import Counter

pytestmark = pytest.mark.django_db


@pytest.fixture
def supervisor() -> Client:
    client = client_of(Role.SUPERVISOR, make_office())
    client.raise_request_exception = True
    return client


def post(client: Client, url: str, **data: Any) -> Any:
    return client.post(url, {"form_key": new_key(), **data})


def test_every_text_is_listed_as_a_citizen_reads_it(supervisor: Client) -> None:
    page = supervisor.get("/dieu-hanh/tin-nhan/").content.decode()
    assert "Bưu điện đã nhận hồ sơ 7K3F9-QX2MT-4" in page
    assert "Our staff never ask" in page


def test_the_preview_shows_the_words_being_typed_and_keeps_nothing(supervisor: Client) -> None:
    url = reverse("board:text_preview", args=["taken-vi"])
    part = supervisor.post(
        url, {"body": "Chào {code} {name}"}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "<html" not in part
    assert "Chào 7K3F9-QX2MT-4" in part
    assert "Không có chỗ điền {name}" in part
    whole = supervisor.post(url, {"body": "Chào {code}", "plain": "1"}).content.decode()
    assert "<html" in whole
    assert "Chao 7K3F9-QX2MT-4" in whole
    assert "1 tin, 18 trên 160 chữ, không dấu." in whole
    assert not MessageText.objects.filter(state="draft").exists()


def test_a_draft_is_kept_then_put_to_use_under_the_writers_name(supervisor: Client) -> None:
    url = reverse("board:text_save", args=["taken-vi"])
    assert post(supervisor, url, body="Nháp {code}", act="draft").status_code == 303
    assert texts.current("taken", "vi").number == 1
    page = supervisor.get(reverse("board:text", args=["taken-vi"])).content.decode()
    assert "Nháp {code}" in page
    assert post(supervisor, url, body="Đã nhận {code}.", act="publish").status_code == 303
    used = texts.current("taken", "vi")
    assert (used.number, used.body) == (2, "Đã nhận {code}.")
    assert Staff.objects.filter(pk=used.changed_by_id, role=Role.SUPERVISOR).exists()
    page = supervisor.get(reverse("board:text", args=["taken-vi"])).content.decode()
    assert "Viết bản 3" in page


def test_what_may_not_be_sent_is_not_put_to_use(supervisor: Client) -> None:
    url = reverse("board:text_save", args=["taken-vi"])
    answer = post(supervisor, url, body="Đã nhận hồ sơ của {name}", act="publish")
    assert answer.status_code == 422
    assert "{name}" in answer.content.decode()
    assert texts.current("taken", "vi").number == 1


def test_an_event_is_switched_off_for_a_procedure(supervisor: Client, counter: Counter) -> None:
    procedure = counter.version.procedure
    page = reverse("board:text_off", args=[procedure.slug])
    assert 'name="event" value="code"' not in supervisor.get(page).content.decode()
    save = reverse("board:text_off_save", args=[procedure.slug])
    post(supervisor, save, event=["taken", "result"])
    off = set(MessageSwitch.objects.filter(procedure=procedure).values_list("event", flat=True))
    assert off == {"accepted", "supplement", "late", "failed", "delivered", "returned"}
    line = JournalEntry.objects.get(action="messages.switched")
    assert line.facts["off"] == "accepted,delivered,failed,late,returned,supplement"


def test_a_draft_that_was_pasted_too_long_is_refused_and_nothing_of_it_is_lost(
    supervisor: Client,
) -> None:
    url, long = reverse("board:text_save", args=["taken-vi"]), "Đã nhận {code}. " * 40
    answer = post(supervisor, url, body=long, act="draft")
    assert answer.status_code == 422
    assert long.strip() in answer.content.decode()
    assert not MessageText.objects.filter(state="draft").exists()


def test_a_template_number_that_is_too_long_is_refused_not_cut_to_another_one(
    supervisor: Client,
) -> None:
    url = reverse("board:text_save", args=["taken-vi"])
    number = "123456789012345678901"
    for act in ("draft", "publish"):
        answer = post(supervisor, url, body="Chào {code}", zalo=number, act=act)
        assert answer.status_code == 422
        assert f'value="{number}"' in answer.content.decode()
    assert not MessageText.objects.filter(body="Chào {code}").exists()


@pytest.mark.parametrize("published", [False, True])
def test_who_was_overtaken_by_a_colleague_is_told_and_changes_nothing(published: bool) -> None:
    writer = SYSTEM
    if published:
        texts.keep(texts.draft_of("taken", "vi"), actor=writer)
    mine, theirs = texts.draft_of("taken", "vi"), texts.draft_of("taken", "vi")
    theirs.body, mine.body = "Chào {code}", "Xin chào {code}"
    texts.keep(theirs, actor=writer, publish=published)
    with pytest.raises(ValueError, match="Người khác vừa lưu"):
        texts.keep(mine, actor=writer)
    assert not MessageText.objects.filter(body=mine.body).exists()
