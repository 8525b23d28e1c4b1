"""F10: what citizens are told is data. Versions are frozen, their size is counted as the networks
do, and nothing personal has a place in them."""

import re

import pytest
from django.db import DatabaseError, transaction

from cases.messages import texts
from cases.messages.parts import size, without_accents
from cases.messages.services import send_code, tell
from cases.models import Message, MessageSwitch, MessageText
from opsa.core.actors import Actor, ActorKind
from opsa.core.models import JournalEntry
from tests.messages.post import owe, owe_for
from tests.support.cases import Counter

pytestmark = pytest.mark.django_db


def actor(counter: Counter) -> Actor:
    return Actor(ActorKind.SUPERVISOR, counter.staff.pk)


@pytest.mark.parametrize(
    ("text", "accented", "signs", "parts"),
    [
        ("a" * 160, False, 160, 1),
        ("a" * 161, False, 161, 2),
        ("a" * 306, False, 306, 2),
        ("a" * 307, False, 307, 3),
        ("ạ" * 70, True, 70, 1),
        ("ạ" * 71, True, 71, 2),
        ("ạ" * 134, True, 134, 2),
        ("ạ" * 135, True, 135, 3),
        ("à" * 160, False, 160, 1),  # in the 7-bit alphabet, unlike ạ
        ("[" * 80, False, 160, 1),
        ("[" * 81, False, 162, 2),
        ("😀" * 35, True, 70, 1),
        ("😀" * 36, True, 72, 2),
    ],
)
def test_parts_are_counted_as_the_networks_count_them(
    text: str, accented: bool, signs: int, parts: int
) -> None:
    found = size(text)
    assert (found.accented, found.signs, found.parts) == (accented, signs, parts)


def test_without_accents_every_vietnamese_letter_fits_the_short_alphabet() -> None:
    said = without_accents("Đã nhận hồ sơ, mời ông bà ra bưu điện: ẶỆỔỢỰỴ ặệổợựỵ")
    assert said == "Da nhan ho so, moi ong ba ra buu dien: AEOOUY aeoouy"
    assert not size(said).accented


def test_the_releases_texts_are_version_one_and_loading_again_changes_nothing() -> None:
    made = texts.ensure_texts()
    assert made == len(texts.EVENTS) * len(texts.LANGUAGES)
    assert texts.ensure_texts() == 0
    for text in MessageText.objects.all():
        assert (text.number, text.state, texts.problems(text)) == (1, "published", [])


def test_a_published_text_is_frozen_by_the_database() -> None:
    text = texts.stored("taken", "vi")
    for act in (
        lambda: MessageText.objects.filter(pk=text.pk).update(body="Khác"),
        lambda: MessageText.objects.filter(pk=text.pk).delete(),
    ):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            act()


def test_a_message_keeps_its_words_and_names_the_version_they_came_from(counter: Counter) -> None:
    (first,) = owe(counter)
    before = first.body
    draft = texts.draft_of("accepted", "vi")
    draft.body = "Lời mới cho hồ sơ {code}. Xem: {link}"
    texts.keep(draft, actor=actor(counter), publish=True)
    (second,) = owe(counter)
    first.refresh_from_db()
    assert (first.body, first.text.number) == (before, 1)
    assert (second.text.number, second.body.startswith("Lời mới")) == (2, True)
    lines = JournalEntry.objects.filter(action="message_text.published", chain="catalogue")
    assert lines.get().facts == {"event": "accepted", "language": "vi", "number": 2}


def test_a_draft_reaches_nobody(counter: Counter) -> None:
    draft = texts.draft_of("accepted", "vi")
    draft.body = "Nháp {code}"
    texts.keep(draft, actor=actor(counter))
    (message,) = owe(counter)
    assert not message.body.startswith("Nháp")


@pytest.mark.parametrize(
    ("event", "body", "says"),
    [
        ("taken", "Đã nhận hồ sơ của {name}", "{name}"),
        ("taken", "Đã nhận {procedure} của {id_number}", "{id_number}, {procedure}"),
        ("taken", "Mã {what}", "{what}"),
        ("taken", "Đã nhận {code", "bị lẻ"),
        ("taken", " ", "trống"),
        ("taken", "Gọi 0123456789012", "số dài"),
        ("taken", "Ạ" * 140, "Dài quá"),
        ("out", "Bưu tá đang đến", "{what}"),
    ],
)
def test_what_may_not_be_said_is_refused_in_plain_words(
    event: str, body: str, says: str, counter: Counter
) -> None:
    draft = texts.draft_of(event, "vi")
    draft.body = body
    with pytest.raises(ValueError, match=re.escape(says)):
        texts.keep(draft, actor=actor(counter), publish=True)
    assert not MessageText.objects.filter(state="draft", event=event).exists()


def test_a_text_without_accents_takes_one_part_where_the_accented_one_takes_two(
    counter: Counter,
) -> None:
    draft = texts.draft_of("accepted", "vi")
    assert texts.measured(draft).parts == 2
    draft.plain = True
    assert texts.measured(draft).parts == 1
    texts.keep(draft, actor=actor(counter), publish=True)
    (message,) = owe(counter)
    assert message.body.startswith("Co quan da nhan ho so")


def test_a_case_in_english_is_told_in_english(counter: Counter) -> None:
    message = owe_for(counter.case(language="en"))
    assert message.body.startswith("The government office has")


def test_an_event_switched_off_for_a_procedure_tells_nobody_but_codes_always_go(
    counter: Counter,
) -> None:
    case = counter.case()
    for event in ("accepted", "out", "code"):
        MessageSwitch.objects.create(procedure=counter.version.procedure, event=event)
    with transaction.atomic():
        assert tell(case, "accepted") is None
        assert tell(case, "taken") is not None
        assert tell(case, "out", once="1", what="4827") is not None
        send_code(case, to="+84912345678", code="482715", key="k")
    assert set(Message.objects.values_list("event", flat=True)) == {"taken", "out", "code"}
