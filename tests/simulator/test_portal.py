"""The portal's machine interface, as README.md of the simulator describes it."""

import pytest

from .conftest import Outside, sha256


def test_an_upload_answers_the_hash_and_size_the_portal_measured(outside: Outside) -> None:
    content = b"%PDF-1.7 \x00\xff noi dung"
    for answer in (
        outside.call(
            "POST",
            "portal",
            "/portal/tep",
            content=content,
            headers={"X-Ten-Tep": "gi%E1%BA%A5y.pdf", "X-Hash": sha256(content)},
        ),
        outside.call("POST", "portal", "/portal/tep", files={"tep": ("giấy.pdf", content)}),
    ):
        assert answer.status_code == 201, answer.text
        told = answer.json()
        assert told["HashTepTin"] == sha256(content)
        assert told["SoByte"] == len(content)
        assert told["TenTep"] == "giấy.pdf"
        assert len(told["IdTepTin"]) == 32


@pytest.mark.parametrize(
    ("content", "headers", "code"),
    [
        (b"abc", {"X-Ten-Tep": "a.pdf", "X-Hash": "0" * 64}, "KQ.DVC.103"),
        (b"", {"X-Ten-Tep": "a.pdf"}, "KQ.DVC.104"),
        (b"x" * (20 * 1024 * 1024 + 1), {"X-Ten-Tep": "a.pdf"}, "KQ.DVC.104"),
        (b"abc", {}, "KQ.DVC.101"),
    ],
)
def test_a_bad_upload_is_refused_with_its_code(
    outside: Outside, content: bytes, headers: dict[str, str], code: str
) -> None:
    answer = outside.call("POST", "portal", "/portal/tep", content=content, headers=headers)
    assert (answer.status_code, answer.json()["MaLoi"]) == (422, code)
    assert outside.api("truth")["totals"]["uploads"] == 0


def test_a_filing_gets_a_dossier_code_of_todays_form(outside: Outside) -> None:
    answer = outside.post("/portal/ho-so", outside.filing("REF1"))
    assert answer.status_code == 201
    told = answer.json()
    day = outside.api("clock")["now"][2:10].replace("-", "")
    assert told["MaHoSo"].startswith("H26.")
    assert told["MaHoSo"].endswith(f"-{day}-0001")
    assert (told["TrangThai"], told["TenTrangThai"]) == (1, "Mới đăng ký")


def test_the_same_filing_again_is_the_same_dossier_even_with_files_uploaded_anew(
    outside: Outside,
) -> None:
    first = outside.post("/portal/ho-so", outside.filing("REF1", 2))
    again = outside.post("/portal/ho-so", outside.filing("REF1", 2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    truth = outside.api("truth")
    assert truth["dossiers"]["REF1"]["count"] == 1
    assert truth["dossiers"]["REF1"]["posts"] == 2
    assert truth["totals"]["duplicates"] == 0


def test_another_content_under_a_used_reference_is_a_conflict(outside: Outside) -> None:
    outside.filed("REF1")
    answer = outside.post("/portal/ho-so", outside.filing("REF1", MaTTHC="1.004884"))
    assert (answer.status_code, answer.json()["MaLoi"]) == (409, "KQ.DVC.409")
    assert outside.effects("REF1") == 1


def test_without_idempotency_a_repeat_makes_a_second_dossier_and_the_truth_tells(
    outside: Outside,
) -> None:
    outside.dial("portal", idempotency=False)
    body = outside.filing("REF1")
    codes = [outside.post("/portal/ho-so", body).json()["MaHoSo"] for _ in range(2)]
    assert codes[0] != codes[1]
    assert outside.effects("REF1") == 2
    assert outside.api("truth")["totals"]["duplicates"] == 1
    found = outside.get("/portal/ho-so/tra-cuu", params={"MaThamChieu": "REF1"}).json()
    assert (found["MaHoSo"], found["TrungLap"]) == (codes[0], codes[1:])


def test_the_look_up_tells_what_is_held_and_404_what_is_not(outside: Outside) -> None:
    code = outside.filed("REF1", 2)
    found = outside.get("/portal/ho-so/tra-cuu", params={"MaThamChieu": "REF1"}).json()
    assert (found["MaHoSo"], found["SoTep"]) == (code, 2)
    assert found["TongByte"] == 2 * len("REF1 0")
    held = [file for item in found["ThanhPhanHoSo"] for file in item["GiayToDinhKem"]]
    assert [file["HashTepTin"] for file in held] == [sha256(b"REF1 0"), sha256(b"REF1 1")]
    absent = outside.get("/portal/ho-so/tra-cuu", params={"MaThamChieu": "REF2"})
    assert (absent.status_code, absent.json()["MaLoi"]) == (404, "KQ.DVC.404")


def test_a_look_up_that_is_switched_off_cannot_tell(outside: Outside) -> None:
    outside.filed("REF1")
    outside.dial("portal", lookup=False)
    answer = outside.get("/portal/ho-so/tra-cuu", params={"MaThamChieu": "REF1"})
    assert (answer.status_code, answer.json()["MaLoi"]) == (501, "KQ.DVC.501")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"MaThamChieu": ""}, 422, "KQ.DVC.101"),
        ({"MaThamChieu": "x" * 65}, 422, "KQ.DVC.101"),
        ({"MaTTHC": None}, 422, "KQ.DVC.101"),
        ({"MaDonViTiepNhan": 7}, 422, "KQ.DVC.101"),
        ({"ThongTinNguoiNop": {}}, 422, "KQ.DVC.101"),
        ({"ThongTinNguoiNop": {"NgaySinh": "31/12/1948"}}, 422, "KQ.DVC.106"),
        ({"ThongTinNguoiNop": {"NgaySinh": "1948-00"}}, 422, "KQ.DVC.106"),
        ({"ThongTinNguoiNop": {"NgaySinh": "1949-02-29"}}, 422, "KQ.DVC.106"),
        ({"ThongTinNguoiNop": {"NgaySinhChuHs": "2948"}}, 422, "KQ.DVC.106"),
        ({"ThanhPhanHoSo": "x"}, 422, "KQ.DVC.101"),
        ({"ThanhPhanHoSo": [{"GiayToDinhKem": [{}]}]}, 422, "KQ.DVC.101"),
        ({"ThanhPhanHoSo": [{"GiayToDinhKem": [{"IdGiayTo": "no"}]}]}, 422, "KQ.DVC.102"),
    ],
)
def test_an_incomplete_filing_is_refused_and_not_stored(
    outside: Outside, change: dict[str, object], status: int, code: str
) -> None:
    answer = outside.post("/portal/ho-so", outside.filing("REF1") | change)
    assert (answer.status_code, answer.json()["MaLoi"]) == (status, code)
    assert outside.api("truth")["totals"]["dossiers"] == 0


@pytest.mark.parametrize("born", ["", "1948", "1948-05", "1948-02-29"])
def test_a_birth_date_may_be_as_precise_as_the_persons_papers(outside: Outside, born: str) -> None:
    outside.filed("REF1", ThongTinNguoiNop={"HoTen": "NGUYỄN THỊ THỬ", "NgaySinh": born})


def test_a_file_whose_hash_differs_from_the_upload_is_refused(outside: Outside) -> None:
    body = outside.filing("REF1")
    body["ThanhPhanHoSo"][0]["GiayToDinhKem"][0]["HashTepTin"] = "0" * 64
    answer = outside.post("/portal/ho-so", body)
    assert (answer.status_code, answer.json()["MaLoi"]) == (422, "KQ.DVC.103")


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 200_000])
def test_what_is_not_a_json_object_is_told_so(outside: Outside, content: bytes) -> None:
    answer = outside.call("POST", "portal", "/portal/ho-so", content=content)
    assert (answer.status_code, answer.json()["MaLoi"]) == (400, "KQ.DVC.400")


def test_unknown_addresses_and_methods_answer_in_the_wires_words(outside: Outside) -> None:
    assert outside.get("/portal/nowhere").json()["MaLoi"] == "KQ.DVC.404"
    assert outside.get("/portal/ho-so").json()["MaLoi"] == "KQ.DVC.405"
    assert outside.get("/portal/ho-so/H26.31-261122-0001").json()["MaLoi"] == "KQ.DVC.404"


def test_a_dossier_filed_by_the_citizen_can_be_asked_for_like_any_other(outside: Outside) -> None:
    content = b"%PDF ban chup"
    answer = outside.post(
        "/portal/cong-dan/ho-so",
        {
            "MaTTHC": "1.001193",
            "TenTTHC": "Đăng ký khai sinh",
            "HoTen": "TRẦN VĂN THỬ",
            "SoDinhDanh": "001099000001",
            "SoDienThoai": "0912345678",
            "Tep": [{"TenTep": "a.pdf", "SoByte": len(content), "HashTepTin": sha256(content)}],
        },
    )
    assert answer.status_code == 201, answer.text
    code = answer.json()["MaHoSo"]
    told = outside.get(f"/portal/ho-so/{code}").json()
    assert (told["TrangThai"], told["MaThamChieu"]) == (1, None)
    assert told["TepDangGiu"][0]["HashTepTin"] == sha256(content)
    receipt = outside.get(answer.json()["GiayTiepNhan"])
    assert receipt.headers["Content-Disposition"] == f'attachment; filename="{code}.txt"'
    assert f"Mã hồ sơ: {code}" in receipt.text
    assert sha256(content) in receipt.text
    assert outside.api("truth")["citizen"][code]["source"] == "citizen"


def test_the_pdf_acknowledgement_can_be_read_back(outside: Outside) -> None:
    import pypdfium2

    code = outside.post(
        "/portal/cong-dan/ho-so",
        {
            "MaTTHC": "1.001193",
            "TenTTHC": "Đăng ký khai sinh",
            "HoTen": "TRẦN VĂN THỬ",
            "SoDinhDanh": "001099000001",
            "SoDienThoai": "0912345678",
        },
    ).json()["MaHoSo"]
    receipt = outside.get(f"/portal/cong-dan/ho-so/{code}/giay-tiep-nhan.pdf", timeout=30)
    with pypdfium2.PdfDocument(receipt.content) as document:
        text = document[0].get_textpage().get_text_bounded()
    assert code in text
    assert "TRẦN VĂN THỬ" not in text
