"""What citizens read is short, plain and addresses nobody by gender, in both languages."""

import itertools
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.utils import translation

from cases.headline import Facts, attention_words, headline
from cases.messages import parts, texts
from cases.states import Delivery, Dossier, Money, Work
from opsa.core.codes import group_reference, new_reference, new_token
from opsa.core.words.extract import uses
from tests.words import plain

#: Files whose every text is for citizens; of the slip, also what is printed small.
CITIZENS = (
    "templates/base/public.html",
    "templates/components/phone.html",
    "templates/papers/slip.html",
    "templates/procedures/detail.html",
    "templates/procedures/index.html",
    "templates/agencies/offices.html",
    "templates/screen/_view.html",
    "cases/public/",
    "templates/public/",
    "procedures/mandates.py",
    "procedures/fees.py",
    "procedures/words.py",
)

EVENTS = (
    "taken",
    "accepted",
    "supplement",
    "late",
    "result",
    "out",
    "failed",
    "delivered",
    "returned",
    "code",
)
#: As long as an address of the programme is likely to be.
ADDRESS = "https://hoso.hanoi.gov.vn"

LANGUAGES = ("vi", "en")


def in_language(msgid: str, language: str) -> str:
    with translation.override(language):
        return translation.gettext(msgid)


@pytest.fixture(scope="module")
def pages() -> dict[str, list[str]]:
    """Vietnamese texts of each file for citizens."""
    found: dict[str, list[str]] = {}
    for use in uses(settings.BASE_DIR):
        if use.path.startswith(CITIZENS) and not use.problem:
            found.setdefault(use.path, []).append(use.msgid)
    return found


@pytest.fixture(scope="module", params=LANGUAGES)
def headlines(request: pytest.FixtureRequest) -> list[str]:
    """Every sentence and every thing to do that the headline can say, in one language."""
    now = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    due = now - timedelta(days=1)
    codes = [(Work.ATTENTION, code) for code in (*attention_words(), "")]
    facts = itertools.product(
        [*((work, "") for work in Work if work != Work.ATTENTION), *codes],
        Dossier,
        (Money.NOTHING_DUE, Money.DUE),
        Delivery,
        (None, now),
        ("gateway", "copilot"),
        (True, False),
    )
    said: set[str] = set()
    with translation.override(request.param):
        for (work, code), dossier, money, delivery, asked, way, by_post in facts:
            line = headline(
                Facts(
                    work=work,
                    dossier=dossier,
                    money=money,
                    delivery=delivery,
                    sync="fresh",
                    attention=code,
                    due_at=due if asked else None,
                    asked_at=asked,
                    now=now,
                    way=way,
                    by_post=by_post,
                )
            )
            said |= {line.sentence, line.to_do}
    return sorted(said - {""})


def test_every_kind_of_page_for_citizens_is_read(pages: dict[str, list[str]]) -> None:
    for prefix in CITIZENS:
        assert any(path.startswith(prefix) for path in pages), prefix


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_on_a_citizens_page_is_long_or_official(
    pages: dict[str, list[str]], language: str
) -> None:
    wrong = [
        f"{path}: {what}"
        for path, msgids in pages.items()
        for msgid in msgids
        for what in plain.faults(in_language(msgid, language))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_citizens_page_reads_easily_on_average(
    pages: dict[str, list[str]], language: str
) -> None:
    averages = {
        path: plain.average([in_language(msgid, language) for msgid in msgids])
        for path, msgids in pages.items()
    }
    heavy = {path: round(mean, 1) for path, mean in averages.items() if mean > plain.AVERAGE}
    assert not heavy


def test_pages_of_errors_are_as_plain_as_the_others() -> None:
    for path in sorted((settings.BASE_DIR / "templates" / "errors").glob("*.html")):
        page = re.sub(r"{{.*?}}", "x", path.read_text())
        page = re.sub(
            r"{%\s*comment.*?endcomment\s*%}|{%.*?%}|<[^>]+>", "\n", page, flags=re.DOTALL
        )
        assert plain.faults(page) == [], path.name
        assert plain.average([page]) <= plain.AVERAGE, path.name


def test_a_case_is_told_in_plain_words_whatever_its_facts(headlines: list[str]) -> None:
    assert len(headlines) > 20
    wrong = [what for text in headlines for what in plain.faults(text)]
    assert not wrong, "\n".join(wrong)
    assert plain.average(headlines) <= plain.AVERAGE


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("event", EVENTS)
def test_a_text_message_fits_two_parts_and_is_plain(event: str, language: str) -> None:
    what = "4827" if event == "out" else "482715"
    with translation.override(language):
        body = texts.text(
            event,
            code=group_reference(new_reference()),
            link=f"{ADDRESS}/t/{new_token()}/",
            date="23/11",
            what=what,
        )
    assert parts.size(body).parts <= parts.MOST, f"{parts.size(body)}: {body}"
    assert plain.faults(body) == []
    assert plain.average([body]) <= plain.AVERAGE


def test_the_linter_knows_a_long_sentence_and_words_of_office() -> None:
    long = " ".join(["giấy"] * 21)
    assert plain.faults(long) == [f"21 syllables: {long}"]
    assert plain.faults(" ".join(["giấy"] * 20)) == []
    assert plain.faults("Nộp theo quy định.") == [
        "word of office “theo quy định”: Nộp theo quy định."
    ]
    assert plain.faults("Mời bà ngồi.") == ["addresses by gender “bà”: Mời bà ngồi."]
    assert plain.faults("Xem bản tiếng Anh.") == []
    assert plain.sentences("Đã nhận <b>%(code)s</b>. Xem: %(link)s") == [
        "Đã nhận  x",
        "Xem",
        "x",
    ]
    assert plain.average(["Một hai ba.", "Một"]) == 2
