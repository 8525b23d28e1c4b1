"""The code that a bank's app reads: byte for byte what published samples have."""

from binascii import crc_hqx

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsa.core.bank_qr import bank_qr

WORKED = (
    "00020101021238540010A00000072701240006970432011012345678900208QRIBFTTA"
    "5303704540480005802VN62160812H260000000016304E625"
)


def test_a_worked_example_comes_out_the_same():
    made = bank_qr(bank="970432", account="1234567890", amount=8000, purpose="H26000000001")
    assert made == WORKED


def test_the_checksum_is_the_published_one():
    assert crc_hqx(b"123456789", 0xFFFF) == 0x29B1


@given(
    account=st.from_regex(r"\A[0-9A-Za-z]{1,19}\Z"),
    amount=st.integers(1, 10**13 - 1),
    purpose=st.text(max_size=60),
)
def test_any_transfer_reads_back(account, amount, purpose):
    text = bank_qr(bank="970436", account=account, amount=amount, purpose=purpose)
    assert text.isascii()
    assert crc_hqx(text[:-4].encode(), 0xFFFF) == int(text[-4:], 16)
    tags = parts(text)
    assert tags["54"] == str(amount)
    assert parts(parts(tags["38"])["01"]) == {"00": "970436", "01": account}
    note = parts(tags.get("62", "")).get("08", "")
    assert note == "" or (note.isalnum() and len(note) <= 25)


def parts(text):
    found = {}
    while text:
        length = int(text[2:4])
        found[text[:2]] = text[4 : 4 + length]
        text = text[4 + length :]
    return found


@pytest.mark.parametrize(
    "wrong",
    [
        {"bank": "97043"},
        {"bank": "97043A"},
        {"bank": "٩٧٠٤٣٢"},
        {"account": ""},
        {"account": "1" * 20},
        {"account": "12 34"},
        {"amount": 0},
        {"amount": -1},
        {"amount": 10**13},
    ],
)
def test_what_no_app_could_read_is_refused(wrong):
    with pytest.raises(ValueError, match=r"bank|account|amount"):
        bank_qr(
            **{"bank": "970432", "account": "1234567890", "amount": 8000, "purpose": "H26"} | wrong
        )
