"""The carrier's and the SMS provider's interfaces."""

import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from .conftest import Outside, s10


def registered(outside: Outside, serial: int) -> str:
    number = s10(serial)
    answer = outside.post("/carrier/don", {"MaVanDon": number, "NguoiNhan": {"HoTen": "A"}})
    assert answer.status_code == 201, answer.text
    return number


def hand_over(outside: Outside, manifest: str, numbers: list[str]) -> dict:
    answer = outside.post("/carrier/ban-giao", {"SoBangKe": manifest, "MaVanDon": numbers})
    assert answer.status_code == 200, answer.text
    return answer.json()


def events(outside: Outside, number: str) -> list[int]:
    told = outside.get(f"/carrier/van-don/{number}").json()
    return [event["MaSuKien"] for event in told["SuKien"]]


def test_the_textbook_numbers_are_taken_and_a_wrong_check_digit_is_not(outside: Outside) -> None:
    for number in ("EE123456785VN", "RR473124829VN", "CP000000014VN", "EH102030405VN"):
        body = {"MaVanDon": number, "NguoiNhan": {"HoTen": "A"}}
        assert outside.post("/carrier/don", body).status_code == 201
    wrong = outside.post("/carrier/don", {"MaVanDon": "EE123456784VN", "NguoiNhan": {"HoTen": "A"}})
    assert (wrong.status_code, wrong.json()["MaLoi"]) == (422, "VC.101")


def test_registering_again_changes_nothing_and_another_content_is_a_conflict(
    outside: Outside,
) -> None:
    number = registered(outside, 1)
    same = outside.post("/carrier/don", {"MaVanDon": number, "NguoiNhan": {"HoTen": "A"}})
    other = outside.post("/carrier/don", {"MaVanDon": number, "NguoiNhan": {"HoTen": "B"}})
    assert (same.status_code, other.status_code) == (200, 409)
    assert other.json()["MaLoi"] == "VC.409"
    assert outside.api("truth")["parcels"][number] == {
        "count": 1,
        "posts": 3,
        "status": 20,
        "manifest": None,
    }


def test_an_item_moves_only_after_the_hand_over_and_is_then_delivered(outside: Outside) -> None:
    number = registered(outside, 1)
    outside.api("advance", {"days": 3})
    assert events(outside, number) == [20]
    assert hand_over(outside, "BK-1", [number])["DaNhan"] == [number]
    assert events(outside, number) == [20]
    outside.api("advance", {"hours": 0.5})
    assert events(outside, number) == [20, 70]
    outside.api("advance", {"hours": 44})
    assert events(outside, number) == [20, 70, 80, 85, 90, 100]
    told = outside.post("/carrier/tra-cuu", {"MaVanDon": [number, s10(2)]}).json()
    assert told["VanDon"][0]["TrangThai"] == 100
    assert told["VanDon"][0]["SuKien"][1]["IdSuKien"] == f"{number}/2"
    assert told["KhongTimThay"] == [s10(2)]


def test_the_manifest_says_item_by_item_what_was_not_taken(outside: Outside) -> None:
    good, other, cancelled = (registered(outside, n) for n in (1, 2, 3))
    assert outside.call("POST", "carrier", f"/carrier/don/{cancelled}/huy").status_code == 200
    hand_over(outside, "BK-1", [other])
    numbers = [good, other, cancelled, s10(9), "EE123456784VN"]
    told = hand_over(outside, "BK-2", numbers)
    assert told["DaNhan"] == [good]
    assert [item["LyDo"] for item in told["TuChoi"]] == [
        "DA_BAN_GIAO",
        "DA_HUY",
        "CHUA_DANG_KY",
        "SAI_MA",
    ]
    assert hand_over(outside, "BK-2", numbers) == told
    clash = outside.post("/carrier/ban-giao", {"SoBangKe": "BK-2", "MaVanDon": [good]})
    assert (clash.status_code, clash.json()["MaLoi"]) == (409, "VC.409")
    late = outside.call("POST", "carrier", f"/carrier/don/{good}/huy")
    assert (late.status_code, late.json()["MaLoi"]) == (422, "VC.105")


def test_failed_tries_and_returns_follow_their_dials(outside: Outside) -> None:
    outside.dial("carrier", plan={"failed_rate": 1})
    again = registered(outside, 1)
    hand_over(outside, "BK-1", [again])
    outside.dial("carrier", plan={"failed_rate": 0, "return_rate": 1})
    back = registered(outside, 2)
    hand_over(outside, "BK-2", [back])
    outside.api("advance", {"days": 10})
    assert events(outside, again) == [20, 70, 80, 85, 90, 91, 90, 100]
    assert events(outside, back) == [20, 70, 80, 85, 90, 91, 90, 91, 161, 170]
    told = outside.get(f"/carrier/van-don/{again}").json()["SuKien"][5]
    assert told["LyDo"] in {
        "VANG_NHA", "SAI_DIA_CHI", "TU_CHOI", "KHONG_XAC_MINH", "KHONG_VAO_DUOC",
    }  # fmt: skip


def test_an_event_can_be_forced(outside: Outside) -> None:
    number = registered(outside, 1)
    hand_over(outside, "BK-1", [number])
    for code in (91, 91):
        outside.api(f"parcel/{number}/event", {"MaSuKien": code, "LyDo": "VANG_NHA"})
    outside.api("advance", {"days": 10})
    assert events(outside, number) == [20, 91, 91, 161, 170]


def test_tracking_answers_carry_an_etag_and_show_report_faults(outside: Outside) -> None:
    number = registered(outside, 1)
    path = f"/carrier/van-don/{number}"
    tag = outside.get(path).headers["ETag"]
    assert outside.get(path, headers={"If-None-Match": tag}).status_code == 304
    outside.dial("carrier", unknown={"next": 1, "code": 555})
    assert outside.get(path).json()["TrangThai"] == 555


def test_a_message_is_taken_once_per_key_and_arrives(outside: Outside) -> None:
    body = {"MaTin": "m1", "SoDienThoai": "0912345678", "NoiDung": "Mã của bạn là 123456"}
    first = outside.post("/sms/gui", body)
    assert (first.status_code, first.json()["TrangThai"]) == (202, "DA_NHAN")
    again = outside.post("/sms/gui", body)
    assert (again.status_code, again.json()["MaNhaMang"]) == (200, first.json()["MaNhaMang"])
    assert outside.post("/sms/gui", body | {"NoiDung": "khác"}).status_code == 409
    assert outside.get("/sms/tin/m1").json()["TrangThai"] == "DA_NHAN"
    outside.api("advance", {"minutes": 1})
    assert outside.get("/sms/tin/m1").json()["TrangThai"] == "DA_DEN"
    listed = outside.post("/sms/tra-cuu", {"MaTin": ["m1", "m2"]}).json()
    assert (listed["Tin"][0]["TrangThai"], listed["KhongTimThay"]) == ("DA_DEN", ["m2"])
    assert outside.api("sms?to=0912345678")["sms"][0]["text"] == body["NoiDung"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [("a" * 160, 1), ("a" * 161, 2), ("á" * 70, 1), ("á" * 71, 2), ("á" * 135, 3)],
)
def test_parts_are_counted_as_the_network_does(outside: Outside, text: str, parts: int) -> None:
    body = {"MaTin": "m1", "SoDienThoai": "+84912345678", "NoiDung": text}
    assert outside.post("/sms/gui", body).json()["SoPhan"] == parts


def test_messages_fail_stay_silent_or_are_refused_as_dialled(outside: Outside) -> None:
    def send(key: str, phone: str = "0912345678") -> int:
        body = {"MaTin": key, "SoDienThoai": phone, "NoiDung": "x"}
        return outside.post("/sms/gui", body).status_code

    outside.dial("sms", fail={"next": 1, "reason": "MAY_TAT"})
    assert send("m1") == 202
    outside.dial("sms", silent={"next": 1})
    assert send("m2") == 202
    assert send("m3", "12345") == 422
    outside.api("advance", {"days": 1})
    told = {key: outside.get(f"/sms/tin/{key}").json() for key in ("m1", "m2")}
    assert (told["m1"]["TrangThai"], told["m1"]["LyDo"]) == ("THAT_BAI", "MAY_TAT")
    assert told["m2"]["TrangThai"] == "DA_GUI"
    outside.api("sms/m2/state", {"TrangThai": "THAT_BAI", "LyDo": "SAI_SO"})
    assert outside.get("/sms/tin/m2").json()["LyDo"] == "SAI_SO"


@pytest.fixture
def told() -> Iterator[tuple[str, "queue.Queue[bytes]"]]:
    """An address that takes delivery reports, and what came there."""
    came: queue.Queue[bytes] = queue.Queue()

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.put(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Taker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", came
    server.shutdown()
    server.server_close()


def test_texts_of_which_nothing_is_ever_told_stop_no_report_of_another(
    outside: Outside, told: tuple[str, "queue.Queue[bytes]"]
) -> None:
    address, came = told

    def text(key: str) -> None:
        body = {"MaTin": key, "SoDienThoai": "0912345678", "NoiDung": "x", "UrlBao": address}
        assert outside.post("/sms/gui", body).status_code == 202

    outside.dial("sms", silent={"rate": 1.0})
    for number in range(200):
        text(f"a{number}")
    outside.dial("sms", silent={"rate": 0.0})
    text("b")
    outside.api("advance", {"hours": 1})
    assert b'"MaTin": "b"' in came.get(timeout=5)
