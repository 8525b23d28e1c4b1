"""Every text has its English, the compiled form is right, and the checker says what is not."""

import gettext
import shutil
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from opsa.core.words.check import catalogue_path, differences, faults, update
from opsa.core.words.extract import python_uses, template_uses
from opsa.core.words.po import BadCatalogue, Catalogue, Entry, build, mo_bytes, read_po, write_po

PO_HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small product with one page, one module and a whole catalogue."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "cases").mkdir()
    (tmp_path / "templates" / "page.html").write_text(
        "{% load i18n %}\n<h1>{% translate 'Hồ sơ' %}</h1>\n"
        "{% blocktranslate count n=n %}Còn {{ n }} ngày{% plural %}Còn {{ n }} ngày"
        "{% endblocktranslate %}\n"
    )
    (tmp_path / "cases" / "words.py").write_text(
        "from django.utils.translation import gettext as _\n\nWORD = _('Chào %(name)s')\n"
    )
    update(tmp_path)
    english = {"Hồ sơ": ["Case"], "Chào %(name)s": ["Hello %(name)s"]}
    path = catalogue_path(tmp_path)
    entries = read_po(path).entries
    for entry in entries.values():
        entry.translations = english.get(entry.msgid, ["%(n)s day left", "%(n)s days left"])
    write_po(path, entries.values())
    return tmp_path


def test_every_text_of_the_product_has_its_english() -> None:
    wrong = faults(settings.BASE_DIR)
    assert not wrong, "\n".join(wrong)


def test_a_whole_catalogue_has_no_faults(project: Path) -> None:
    assert faults(project) == []


def change(project: Path, old: str, new: str) -> None:
    path = catalogue_path(project)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('msgstr "Case"', 'msgstr ""', "templates/page.html:2: no English yet: “Hồ sơ”"),
        ('msgid "Hồ sơ"', '#, fuzzy\nmsgid "Hồ sơ"', "templates/page.html:2: English is marked as"),
        ('msgstr "Case"', 'msgstr "Hồ sơ"', "still Vietnamese: “Hồ sơ”"),
        ('msgstr "Case"', 'msgstr "<b>Case</b>"', "other tags than the Vietnamese"),
        ('msgstr "Case"', 'msgstr "Case\\n"', "other line ends than the Vietnamese"),
        ('msgstr "Case"', 'msgstr "Case %s"', "%s or %d differ"),
        ("Hello %(name)s", "Hello %(nane)s", "other values than the Vietnamese (%(name), %(nane))"),
        ("%(n)s days left", "days left", "other values than the Vietnamese (%(n))"),
        (
            'msgid "Hồ sơ"',
            'msgid "Hồ sơ cũ"',
            "templates/page.html:2: not in the English catalogue",
        ),
        ('msgid "Hồ sơ"', 'msgid "Hồ sơ cũ"', "no longer used, take it out: “Hồ sơ cũ”"),
        ('msgid "Hồ sơ"', '#~ msgid "x"\n#~ msgstr "y"\n\nmsgid "Hồ sơ"', "no longer used"),
    ],
)
def test_a_fault_in_the_english_is_named_with_its_place(
    project: Path, old: str, new: str, said: str
) -> None:
    change(project, old, new)
    assert any(said in line for line in faults(project)), faults(project)


def test_one_day_may_be_said_without_its_number(project: Path) -> None:
    change(project, "%(n)s day left", "one day left")
    assert faults(project) == []


def test_a_value_filled_in_before_the_translation_is_a_fault(project: Path) -> None:
    (project / "cases" / "more.py").write_text(
        "from django.utils.translation import gettext as t\n\nt(f'Chào {1}')\nt('Chào %s' % 1)\n"
    )
    assert [line.partition(" ")[0] for line in faults(project)] == [
        "cases/more.py:3:",
        "cases/more.py:4:",
    ]


def test_code_that_cannot_be_read_is_named(project: Path) -> None:
    (project / "cases" / "broken.py").write_text("a = 1\nb = 'x\n")
    (project / "templates" / "broken.html").write_text(
        "{% blocktranslate %}{% if a %}{% endif %}{% endblocktranslate %}"
    )
    first, second = faults(project)
    assert first.startswith("cases/broken.py:2: cannot be read")
    assert second.startswith("templates/broken.html:1: Translation blocks must not include")


def test_the_command_fails_in_plain_words_and_the_update_brings_new_texts_in(project: Path) -> None:
    (project / "cases" / "more.py").write_text(
        "from django.utils.translation import gettext as _\n\n_('Mới')\n"
    )
    (project / "templates" / "page.html").write_text("{% load i18n %}{% translate 'Hồ sơ' %}")
    out = StringIO()
    with override_settings(BASE_DIR=project), pytest.raises(CommandError, match="1 faults"):
        call_command("translations_check", "--update", stdout=out)
    assert out.getvalue().splitlines() == [
        "1 new, 1 taken out, 1 without English",
        "cases/more.py:3: no English yet: “Mới”",
    ]
    assert read_po(catalogue_path(project)).entries["", "Hồ sơ"].translations == ["Case"]


def test_a_text_outside_a_translation_is_a_fault(project: Path) -> None:
    page = project / "templates" / "more.html"
    page.write_text("<p lang='vi'>Tiếng Việt</p>\n<p>Chào {{ name }} <b>bạn</b></p>{# Chú ý #}\n")
    assert faults(project) == [
        "templates/more.html:2: not in a translation: “Chào”",
        "templates/more.html:2: not in a translation: “bạn”",
    ]


def test_texts_are_found_under_any_name_and_in_any_tag() -> None:
    code = (
        "from django.utils.translation import gettext_lazy, ngettext as many, pgettext\n"
        "gettext_lazy('a' 'b')\nmany('một', 'nhiều', 3)\npgettext('tiền', 'Đã trả')\n"
        "gettext_lazy(name)\nother('c')\nf\"{gettext_lazy('trong')}\"\n"
    )
    found = sorted((u.line, u.context, u.msgid, u.plural) for u in python_uses(code, "x.py"))
    assert found == [
        (2, "", "ab", ""),
        (3, "", "một", "nhiều"),
        (4, "tiền", "Đã trả", ""),
        (7, "", "trong", ""),
    ]
    page = (
        "{% translate 'Một' context 'số' %}\n{{ _('Hai')|default:_('Ba') }}\n"
        '{% include "a.html" with text=_("Bốn") %}\n'
        "{% blocktranslate trimmed with a=b %}\n  Năm {{ a }}\n  sáu 7%\n{% endblocktranslate %}"
        "{% comment %}{% translate 'Không' %}{% endcomment %}"
    )
    assert [(u.line, u.context, u.msgid) for u in template_uses(page, "x.html")] == [
        (1, "số", "Một"),
        (2, "", "Hai"),
        (2, "", "Ba"),
        (3, "", "Bốn"),
        (4, "", "Năm %(a)s sáu 7%%"),
    ]


# The two signs that .mo files keep for themselves.
ANY_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00\x04"), min_size=1)


@given(st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=5))
def test_what_is_written_is_read_back_and_compiled_the_same(
    tmp_path_factory: pytest.TempPathFactory, pairs: dict[str, str]
) -> None:
    path = tmp_path_factory.mktemp("po") / "django.po"
    write_po(path, [Entry(msgid, translations=[text]) for msgid, text in pairs.items()])
    catalogue = read_po(path)
    assert {key[1]: entry.translations[0] for key, entry in catalogue.entries.items()} == pairs
    compiled = path.with_suffix(".mo")
    compiled.write_bytes(mo_bytes(catalogue))
    with compiled.open("rb") as file:
        read = gettext.GNUTranslations(file)
    assert all(read.gettext(msgid) == text for msgid, text in pairs.items())


def test_the_compiled_catalogue_gives_plurals_and_contexts(tmp_path: Path) -> None:
    path = tmp_path / "en" / "LC_MESSAGES" / "django.po"
    write_po(
        path,
        [
            Entry("%d ngày", "%d ngày", translations=["%d day", "%d days"]),
            Entry("Đã trả", context="tiền", translations=["Paid"]),
            Entry("Đoán", translations=["Guess"], flags={"fuzzy"}),
        ],
    )
    assert build(tmp_path) == [path.with_suffix(".mo")]
    assert build(tmp_path) == [], "what is up to date is left alone"
    read = gettext.translation("django", str(tmp_path), ["en"])
    assert [read.ngettext("%d ngày", "%d ngày", n) for n in (1, 2, 0)] == [
        "%d day",
        "%d days",
        "%d days",
    ]
    assert read.pgettext("tiền", "Đã trả") == "Paid"
    assert read.gettext("Đoán") == "Đoán", "a guess is not shown"


@pytest.mark.skipif(shutil.which("msgfmt") is None, reason="GNU gettext is not on this machine")
def test_our_compiled_catalogue_says_what_gnu_gettext_says(tmp_path: Path) -> None:
    source = catalogue_path(settings.BASE_DIR)
    target = tmp_path / "django.mo"
    subprocess.run(["msgfmt", "--check-format", "-o", target, source], check=True)
    with target.open("rb") as theirs:
        expected = gettext.GNUTranslations(theirs)
    ours_at = tmp_path / "ours.mo"
    ours_at.write_bytes(mo_bytes(read_po(source)))
    with ours_at.open("rb") as ours:
        assert vars(gettext.GNUTranslations(ours))["_catalog"] == vars(expected)["_catalog"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('msgid "một"\nmsgstr "one" two\n', 5),
        ('msgid "một"\nmsgstr "one"\n\nmsgid "một"\nmsgstr "two"\n', 7),
        ('"một"\n', 4),
    ],
)
def test_a_broken_catalogue_is_refused_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "django.po"
    path.write_text(PO_HEAD + text)
    with pytest.raises(BadCatalogue, match=f"django.po:{line}: "):
        read_po(path)


def test_other_values_between_two_plain_texts_are_seen() -> None:
    assert differences(Entry("Còn {n} việc, 5 %%", translations=["{n} left, 5 %%"])) == []
    assert differences(Entry("Còn {n} việc", translations=["{m} left"])) != []
    assert mo_bytes(Catalogue()) == mo_bytes(Catalogue())


def test_a_page_in_english_is_english() -> None:
    with translation.override("en"):
        assert translation.gettext("Hồ sơ của quý khách") == "Your application"
        assert translation.ngettext("%(n)d ngày", "%(n)d ngày", 1) == "%(n)d day"
    with translation.override("vi"):
        assert translation.gettext("Hồ sơ của quý khách") == "Hồ sơ của quý khách"
