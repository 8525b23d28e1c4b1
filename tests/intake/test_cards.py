"""Scans of ID cards, whole, garbled and hostile: what is taken, what is only marked, what is
refused and why."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.intake import cards
from cases.intake.cards import CardUnreadableError, Fault, NotACardError, read
from opsa.core.partial_date import PartialDate

NUMBER = "001190012345"
HOME = "Số 12 ngõ 5, Trung Hòa, Cầu Giấy, Hà Nội"
CARD = f"{NUMBER}||Nguyễn Thị Hường|02091990|Nữ|{HOME}|10052021"
OLD = f"{NUMBER}|012345678|Nguyễn Thị Hường|02091990|Nữ|{HOME}|10052021"
OTHER = "001088000123||Nguyễn Văn An|15081988|Nam|Số 1 Tràng Tiền, Hà Nội|10052021"
TELEX = (
    f"{NUMBER}||Nguyeenx Thij Huwowngf|02091990|Nuwx"
    "|Soos 12 ngox 5, Trung Hoaf, Caauf Giaays, Haf Nooij|10052021"
)
VNI = f"{NUMBER}||Nguye64n Thi5 Hu7o72ng|02091990|Nu74|So61 12 ngo4 5, Ca62u Gia61y|10052021"


def mojibake(page: str) -> str:
    return CARD.encode().decode(page, errors="replace")


WHOLE = {
    "as it should be": CARD,
    "with the old number": OLD,
    "old number of twelve digits": CARD.replace("||", "|001190099999|"),
    "carriage return": CARD + "\r",
    "line feed": CARD + "\n",
    "both line ends": CARD + "\r\n",
    "tab at the end": CARD + "\t",
    "blanks around": f"  {CARD}  ",
    "tilde for the bar": CARD.replace("|", "~"),
    "broken bar": CARD.replace("|", "¦"),
    "full-width bar": CARD.replace("|", "｜"),
    "backslash, Shift lost": CARD.replace("|", "\\"),
    "section sign": CARD.replace("|", "§"),
    "degree sign": CARD.replace("|", "°"),
    "hash": CARD.replace("|", "#"),
    "underscore": CARD.replace("|", "_"),
    "star": CARD.replace("|", "*"),
    "greater-than of a French keyboard": CARD.replace("|", ">"),
    "tab between the fields": CARD.replace("|", "\t"),
    "group separators": CARD.replace("|", "\x1d"),
    "one field more": CARD + "|",
    "three fields more, cards of 2024": CARD + "|Nguyễn Văn Ba||x",
    "second field missing": CARD.replace("||", "|"),
    "no issue date": CARD.removesuffix("|10052021"),
    "empty issue date": CARD.removesuffix("10052021"),
    "issue date that never was": CARD.replace("10052021", "99992021"),
    "AIM identifier in front": "]Q1" + CARD,
    "label in front": "QR: " + CARD,
    "byte order mark": "\ufeff" + CARD,
    "start and end of text": f"\x02{CARD}\x03",
    "zero-width and bidi signs inside": CARD.replace("Thị", "Thị\u200b\u202e"),
    "scanned twice": CARD + CARD,
    "scanned twice with line ends": f"{CARD}\r\n{CARD}\r\n",
    "scanned three times": CARD * 3,
    "begun again in the middle": CARD[:31] + CARD,
    "decomposed accents": __import__("unicodedata").normalize("NFD", CARD),
    "everything in capitals": CARD.upper(),
    "full-width digits": "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in CARD),
    "dotted birth date": CARD.replace("02091990", "02/09/1990"),
    "card of 2024 with parents": CARD + "||Nguyễn Văn Ba|Trần Thị Bốn|",
    "card of 2024 with four more fields": CARD + "|01012034|VN|Kinh|Không",
    "old number in groups": OLD.replace("012345678", "012 345 678"),
    "non-breaking blanks": CARD.replace(" ", "\u00a0"),
    "two blanks for one": CARD.replace(" ", "  "),
    "compatibility forms": __import__("unicodedata").normalize("NFKD", CARD),
    "capital sex": CARD.replace("|Nữ|", "|NỮ|"),
    "sex without accent": CARD.replace("|Nữ|", "|Nu|"),
    "two Tabs at the end": CARD + "\t\t",
    "Enter pressed four times": CARD + "\r\r\n\n",
    "line end in front": "\r\n" + CARD,
    "start, end and end of transmission": f"\x02{CARD}\x03\x04",
    "scanned twice with Tabs": f"{CARD}\t{CARD}\t",
    "scanned twice with a blank": f"{CARD} {CARD}",
    "scanned twice, the second cut": f"{CARD}\r\n{CARD[:40]}",
    "cut first, then whole": f"{CARD[:20]}\r\n{CARD}",
    "scanned twice, the second after a layout change": f"{CARD}\r\n{CARD.replace('|', '~')}",
    "issue date in the future": CARD.replace("10052021", "10052090"),
    "slash in the house number": CARD.replace("Số 12 ngõ 5", "Số 12 ngõ 5, Trung Hòa, K.3/5A"),
    **{
        f"separator {sign}": CARD.replace("|", sign)
        for sign in ("¡", "‖", "¤", "£", "@", "$", "!", "^", "+", "=", '"', "'", "<", "}", "·")
    },
}


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE)
def test_a_whole_card_is_read_however_the_scanner_types_it(text):
    card = read(text)
    assert card.id_number == NUMBER
    assert card.name == "NGUYỄN THỊ HƯỜNG"
    assert card.birth_date == PartialDate(1990, 9, 2)
    assert card.sex == "nu"
    assert card.address.upper().startswith("SỐ 12 NGÕ 5, TRUNG HÒA")
    assert not {"name", "id_number", "birth_date", "sex"} & set(card.doubts)


#: Old people whose papers know no day. What the card says stays what it says.
BORN = {
    "00001990": "1990",
    "1990": "1990",
    "00/00/1990": "1990",
    "0-0-1990": "1990",
    "00091990": "09/1990",
    "9/1990": "09/1990",
    "09.1990": "09/1990",
    "00/09/1990": "09/1990",
    "01011990": "01/01/1990",
    "02 091990": "02/09/1990",
}


@pytest.mark.parametrize(("printed", "read_as"), BORN.items())
def test_a_birth_is_read_as_precise_as_the_card_prints_it_and_no_day_is_invented(printed, read_as):
    card = read(CARD.replace("02091990", printed))
    assert str(card.birth_date) == read_as
    assert "birth_date" not in card.doubts


DAMAGED = {
    "Telex": (TELEX, {"name", "address", "sex"}),
    "VNI": (VNI, {"name", "sex"}),
    "no accents at all": (CARD.replace("Nguyễn Thị Hường", "Nguyen Thi Huong"), {"name"}),
    "question marks": (CARD.replace("Nguyễn Thị Hường", "Nguy?n Th? H??ng"), {"name"}),
    "replacement characters": (CARD.replace("ễ", "\ufffd").replace("ị", "\ufffd"), {"name"}),
    "Caps Lock": (CARD.swapcase(), {"name", "address"}),
    "UTF-8 as Latin-1": (mojibake("latin-1"), {"name", "address"}),
    "UTF-8 as Windows-1252": (mojibake("cp1252"), {"name", "address"}),
    "UTF-8 as Windows-1258": (mojibake("cp1258"), {"name", "address"}),
    "HTML entities": (CARD.replace("ễ", "&#7877;"), {"name"}),
    "another script": (CARD.replace("Nguyễn", "Нгуен"), {"name"}),
    "letters of no Vietnamese name": (CARD.replace("Hường", "Zfưjờng"), {"name"}),
    "comma for the bar": (CARD.replace("|", ","), {"address"}),
    "cut in the address": (CARD[:50], {"address"}),
    "sex unreadable": (CARD.replace("|Nữ|", "|N|"), {"sex"}),
    "sex against the number": (CARD.replace("|Nữ|", "|Nam|"), {"sex"}),
    "birth year against the number": (CARD.replace("02091990", "02091991"), {"birth_date"}),
    "province that never was": (CARD.replace("001190", "999190"), {"id_number"}),
    "old number cut": (OLD.replace("012345678", "01234"), {"old_id_number"}),
    "TCVN3": (CARD.replace("Nguyễn Thị Hường", "NguyÔn ThÞ H\u00adêng"), {"name"}),
    "VISCII": (CARD.replace("Nguyễn Thị Hường", "Nguy\u00a0n Th¸ Hß¶ng"), {"name"}),
    "VPS": (CARD.replace("Nguyễn Thị Hường", "NguyÍn Th¸ HÜ©ng"), {"name"}),
    "VIQR": (CARD.replace("Nguyễn Thị Hường", "Nguye^~n Thi. Hu+o+`ng"), {"name"}),
    "UTF-16 without its zeros": (
        CARD.encode("utf-16-le").decode("latin-1"),
        {"name", "address", "sex"},
    ),
    "UTF-8 twice over": (mojibake("latin-1").encode().decode("latin-1"), {"name", "address"}),
    "UTF-8 as Mac Roman": (mojibake("mac_roman"), {"name", "address", "sex"}),
    "UTF-8 as code page 437": (mojibake("cp437"), {"name", "address", "sex"}),
    "UTF-8 as code page 850": (mojibake("cp850"), {"name", "address", "sex"}),
    "escapes for letters": (CARD.encode("ascii", "backslashreplace").decode(), {"name", "sex"}),
    "Telex in capitals": (TELEX.upper(), {"name", "address", "sex"}),
    "VNI in capitals": (VNI.upper(), {"name", "sex"}),
    "Telex for half of a word": (CARD.replace("Hường", "Huwờng"), {"name"}),
    "a letter sent before its backspace": (CARD.replace("Hường", "Hươ\bờng"), {"name"}),
    "everything in small letters": (CARD.lower(), {"name"}),
    "no accents in the address": (CARD.replace(HOME, "So 12 ngo 5, Trung Hoa"), {"address"}),
    "sex in English": (CARD.replace("|Nữ|", "|Female|"), {"sex"}),
    "sex empty": (CARD.replace("|Nữ|", "||"), {"sex"}),
    "birth year alone, against the number": (CARD.replace("02091990", "1948"), {"birth_date"}),
    "dash for the bar": (CARD.replace("|", "-"), {"address"}),
    "semicolon for the bar": (CARD.replace("|", ";"), {"address"}),
    "five fields": (CARD.replace("||", "|").removesuffix("|10052021"), {"address"}),
    "address missing": (CARD.replace("Số 12 ngõ 5, Trung Hòa, Cầu Giấy, Hà Nội", ""), {"address"}),
}


@pytest.mark.parametrize(("text", "fields"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_words_are_marked_and_never_guessed(text, fields):
    card = read(text)
    assert fields <= set(card.doubts)
    assert len(card.id_number) == 12


REFUSED = {
    "cut in the name": (CARD[:24], Fault.CUT),
    "cut after the sex": (CARD[:41], Fault.CUT),
    "cut after the number": (CARD[:14] + "N", Fault.CUT),
    "eleven digits": (CARD[1:], Fault.NUMBER),
    "thirteen digits": ("0" + CARD, Fault.NUMBER),
    "old nine-digit card number first": (CARD.replace(NUMBER, "012345678"), Fault.NUMBER),
    "31 February": (CARD.replace("02091990", "31021990"), Fault.DATE),
    "born tomorrow": (CARD.replace("02091990", "02092190"), Fault.DATE),
    "born in 1790": (CARD.replace("02091990", "02091790"), Fault.DATE),
    "two people at once": (CARD + OTHER, Fault.TWO_CARDS),
    "two people with a line end": (f"{CARD}\r\n{OTHER}", Fault.TWO_CARDS),
    "separators lost": (CARD.replace("|", ""), Fault.GARBLED),
    "digits of a French keyboard": ("ààé&&çàà&ééà||Nguyễn|àéàç&ççà|Nữ|Số 12|&ààà", Fault.GARBLED),
    "letters for digits": ("OO119OO12345||Nguyễn Thị Hường|02091990|Nữ|Hà Nội|1", Fault.GARBLED),
    "name of signs": (CARD.replace("Nguyễn Thị Hường", "---"), Fault.NO_NAME),
    "year first in the birth date": (CARD.replace("02091990", "19900902"), Fault.DATE),
    "day without a month": (CARD.replace("02091990", "02001990"), Fault.DATE),
    "thirteenth month": (CARD.replace("02091990", "00131990"), Fault.DATE),
    "only the year, to come": (CARD.replace("02091990", "00002090"), Fault.DATE),
    "only the year, 1899": (CARD.replace("02091990", "1899"), Fault.DATE),
    "five digits of a date": (CARD.replace("02091990", "91990"), Fault.DATE),
    "birth date empty": (CARD.replace("02091990", ""), Fault.GARBLED),
    "born in 1899": (CARD.replace("02091990", "01011899"), Fault.DATE),
    "letters typed before it": ("abc" + CARD, Fault.GARBLED),
    "digits typed before it": ("09" + CARD, Fault.NUMBER),
    "a name left in the box": ("Nguyễn " + CARD, Fault.GARBLED),
    "blanks in the number": (CARD.replace(NUMBER, "001 190 012 345"), Fault.GARBLED),
    "web address form": (__import__("urllib.parse").parse.quote(CARD), Fault.GARBLED),
    "line ends for the bars": (CARD.replace("|", "\n"), Fault.GARBLED),
    "a letter for the bars": (CARD.replace("|", "Ç"), Fault.GARBLED),
    "a driving licence": ("010123456789|NGUYEN THI HUONG|02/09/1990|B2", Fault.CUT),
    "a health insurance card": (
        "HN4010123456789|4e677579e1bb856e|02/09/1990|2|-|Hà Nội",
        Fault.GARBLED,
    ),
    "endless": (CARD + "x" * 2000, Fault.TOO_LONG),
}


@pytest.mark.parametrize(("text", "fault"), REFUSED.values(), ids=REFUSED)
def test_an_unsound_card_is_refused_with_a_reason_that_holds_nothing_of_it(text, fault):
    with pytest.raises(CardUnreadableError) as refused:
        read(text)
    assert refused.value.fault == fault
    assert len(refused.value.message) > 20
    for secret in (NUMBER, "Hường", "Trung Hòa", "02091990"):
        assert secret not in refused.value.message
        assert secret not in repr(refused.value)


OTHER_TEXTS = [
    "", " ", "ks", "đăng ký khai sinh", "7K3F9-QX2MT-4", "RR473124829VN", "0912345678",
    "0912 345 678",
    NUMBER, "H26.13-261120-0047", "https://example.org/t/abcDEF123/", "8934563138165",
    "<script>alert(1)</script>",
    "'; DROP TABLE cases; --", "Nguyễn Văn An", "|||||||", "P<VNMNGUYEN<<THI<HUONG<<<<<<<<",
    "\x00\x00", "a" * 5000, "P<VNMNGUYEN<<THI<HUONG<<<<<<<<\nB1234567<8VNM9009025F2905109<<<<04",
    "IDVNM1900123457001190012345<<0\r\n9009025F3409020VNM<<<<<<<<<<<6",
    "00020101021238570010A000000727012700069704220113", "https://zalo.me/0912345678",
    "WIFI:S:abc;T:WPA;P:secret;;", "BEGIN:VCARD\nN:Hường\nEND:VCARD",
]  # fmt: skip


@pytest.mark.parametrize("text", OTHER_TEXTS)
def test_what_is_no_card_is_left_to_the_others(text):
    with pytest.raises(NotACardError):
        read(text)


def test_there_are_at_least_a_hundred_shapes():
    assert len(WHOLE) + len(DAMAGED) + len(REFUSED) >= 100


@pytest.mark.parametrize(
    "name",
    ["H'Hen Niê", "Nguyễn Thị Hường-Anh", "Hường", "Đỗ Ỷ Nhi", "Y Bĭ Kđăm", "Điểu K’Rế",
     "Čil Múp Hà", "Thào A Sùng Tủa", "Nguyễn Lê Nguyên Vũ Ẩn"],
)  # fmt: skip
def test_names_of_every_people_pass_unmarked(name):
    card = read(CARD.replace("Nguyễn Thị Hường", name))
    assert card.name == name.upper()
    assert "name" not in card.doubts


words = st.text(alphabet="AĂÂBCDĐEÊGHIKLMNOÔƠPQRSTUƯVXY ", min_size=2, max_size=40).filter(
    lambda t: t.strip()
)
numbers = st.from_regex(r"[0-9]{12}", fullmatch=True)
days = st.dates(min_value=date(1900, 1, 1), max_value=date(2026, 1, 1))


@given(
    number=numbers, name=words, born=days, sex=st.sampled_from(["Nam", "Nữ"]), address=words,
    sep=st.sampled_from(list("|~¦\\#*§")), end=st.sampled_from(["", "\r", "\r\n", "\t"]),
    more=st.integers(0, 3),
)  # fmt: skip
def test_what_was_printed_is_what_is_read(number, name, born, sex, address, sep, end, more):
    text = (
        sep.join(
            [
                number,
                "",
                name,
                f"{born:%d%m}{born.year:04d}",
                sex,
                address,
                "10052021",
                *["x"] * more,
            ]
        )
        + end
    )
    card = read(text)
    assert (card.id_number, card.birth_date) == (number, PartialDate.of(born))
    assert card.name == " ".join(name.split())
    assert card.sex == {"Nam": "nam", "Nữ": "nu"}[sex]
    assert card.issued_on == date(2021, 5, 10)


@given(st.text(max_size=300))
def test_no_text_at_all_breaks_the_reader(text):
    try:
        read(text)
    except (NotACardError, CardUnreadableError):
        return


@given(st.text(max_size=60), st.integers(0, len(CARD)))
def test_no_damage_in_a_card_breaks_the_reader_or_changes_the_number(noise, place):
    try:
        card = read(CARD[:place] + noise + CARD[place:])
    except (NotACardError, CardUnreadableError):
        return
    assert len(card.id_number) == 12


def test_the_number_of_a_card_is_only_warned_about():
    assert cards.number_warnings(NUMBER, PartialDate(1990, 9, 2), "nu") == []
    assert cards.number_warnings("001310000456", PartialDate(2010, 1, 1), "nu") == []
    assert cards.number_warnings("999190012345", PartialDate(1991, 9, 2), "nam") == [
        "id_number",
        "birth_date",
        "sex",
    ]
