"""The life of a dossier in simulated time, and how it is told."""

from datetime import datetime, timedelta
from itertools import pairwise

import httpx
import pytest

from .conftest import Outside


def status(outside: Outside, code: str) -> int:
    return int(outside.get(f"/portal/ho-so/{code}").json()["TrangThai"])


def batch(outside: Outside, codes: list[str], **more: object) -> dict[str, dict]:
    answer = outside.post("/portal/trang-thai", {"MaHoSo": codes, **more})
    assert answer.status_code == 200, answer.text
    return {item["MaHoSo"]: item for item in answer.json()["HoSo"]}


def test_a_dossier_is_decided_and_returned_within_the_promised_hours(outside: Outside) -> None:
    code = outside.filed("REF1", TenKetQua="Giấy khai sinh")
    assert status(outside, code) == 1
    outside.api("advance", {"hours": 6})
    assert status(outside, code) in (2, 4)
    outside.api("advance", {"hours": 24})
    assert status(outside, code) in (4, 9)
    assert outside.get(f"/portal/ho-so/{code}").json()["MaTTHC"] == "1.001193"
    outside.api("advance", {"hours": 96})
    told = outside.get(f"/portal/ho-so/{code}").json()
    assert told["TrangThai"] in (9, 10)
    assert told["KetQua"][0]["TenKetQua"] == "Giấy khai sinh"
    assert told["KetQua"][0]["HinhThuc"] == "GIAY"
    outside.api("advance", {"hours": 48})
    told = outside.get(f"/portal/ho-so/{code}").json()
    assert [report["TrangThai"] for report in told["LichSu"]] == [1, 2, 4, 9, 10]
    times = [report["ThoiDiem"] for report in told["LichSu"]]
    assert times == sorted(times)
    assert [report["MaBaoCao"] for report in told["LichSu"]] == [f"{code}/{n}" for n in range(1, 6)]


def test_the_same_seed_gives_the_same_life(outside: Outside) -> None:
    lives = []
    for _ in range(2):
        outside.api("reset", {"seed": 7})
        codes = [outside.filed(f"REF{n}") for n in range(5)]
        outside.api("advance", {"days": 8})
        told = batch(outside, codes)
        lives.append([[r["TrangThai"] for r in told[code]["LichSu"]] for code in codes])
    assert lives[0] == lives[1]


def test_a_supplement_is_waited_for_and_sets_the_work_going_again(outside: Outside) -> None:
    outside.dial("portal", plan={"supplement_rate": 1})
    code = outside.filed("REF1")
    early = {"MaThamChieu": "REF1-BS1", "NoiDung": "", "ThanhPhanHoSo": []}
    refused = outside.post(f"/portal/ho-so/{code}/bo-sung", early)
    assert (refused.status_code, refused.json()["MaLoi"]) == (422, "KQ.DVC.105")
    outside.api("advance", {"days": 30})
    told = outside.get(f"/portal/ho-so/{code}").json()
    assert told["TrangThai"] == 5
    assert told["LichSu"][-1]["NoiDung"]
    body = {
        "MaThamChieu": "REF1-BS1",
        "NoiDung": "Bản chụp rõ hơn",
        "ThanhPhanHoSo": outside.filing("X")["ThanhPhanHoSo"],
    }
    first = outside.post(f"/portal/ho-so/{code}/bo-sung", body)
    again = outside.post(f"/portal/ho-so/{code}/bo-sung", body)
    other = outside.post(f"/portal/ho-so/{code}/bo-sung", body | {"NoiDung": "khác"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert status(outside, code) == 4
    assert outside.get(f"/portal/ho-so/{code}").json()["SoTep"] == 2
    outside.api("advance", {"hours": 144})
    assert status(outside, code) == 10
    items = outside.api("truth")["dossiers"]["REF1"]["items"]
    assert items[0]["supplements"] == ["REF1-BS1"]


def test_a_dossier_may_be_turned_down_at_reception(outside: Outside) -> None:
    outside.dial("portal", plan={"refuse_rate": 1})
    code = outside.filed("REF1")
    outside.api("advance", {"days": 30})
    assert status(outside, code) == 3


def test_any_status_can_be_forced_and_the_rest_follows_from_there(outside: Outside) -> None:
    code = outside.filed("REF1")
    told = outside.api(f"dossier/{code}/status", {"TrangThai": 9, "NoiDung": "Đã ký"})
    assert (told["TrangThai"], told["LichSu"][-1]["NoiDung"]) == (9, "Đã ký")
    outside.api("advance", {"hours": 48})
    assert [r["TrangThai"] for r in outside.get(f"/portal/ho-so/{code}").json()["LichSu"]] == [
        1,
        9,
        10,
    ]
    forced = outside.filed("REF2")
    outside.api(f"dossier/{forced}/status", {"TrangThai": 6})
    outside.api("advance", {"days": 30})
    assert status(outside, forced) == 6


def test_a_report_dated_back_arrives_late_and_does_not_become_the_newest(outside: Outside) -> None:
    code = outside.filed("REF1")
    outside.api("advance", {"hours": 30})
    before = outside.get(f"/portal/ho-so/{code}").json()
    outside.api(f"dossier/{code}/status", {"TrangThai": 2, "hours_ago": 29.9})
    after = batch(outside, [code], TuBaoCao={code: before["MaBaoCao"]})[code]
    assert after["TrangThai"] == before["TrangThai"]
    assert [report["TrangThai"] for report in after["LichSu"]] == [2]
    outside.api("advance", {"days": 8})
    assert status(outside, code) == 10
    numbers = [r["SoThuTu"] for r in outside.get(f"/portal/ho-so/{code}").json()["LichSu"]]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_the_batch_tells_only_what_is_newer_than_the_last_report(outside: Outside) -> None:
    code, other = outside.filed("REF1"), outside.filed("REF2")
    first = batch(outside, [code, other, code])
    assert set(first) == {code, other}
    outside.api("advance", {"days": 8})
    later = batch(outside, [code, other], TuBaoCao={code: first[code]["MaBaoCao"]})
    assert [r["SoThuTu"] for r in later[code]["LichSu"]] == [2, 3, 4, 5]
    assert [r["SoThuTu"] for r in later[other]["LichSu"]] == [1, 2, 3, 4, 5]


def test_the_batch_takes_a_hundred_and_names_the_codes_it_does_not_hold(outside: Outside) -> None:
    answer = outside.post("/portal/trang-thai", {"MaHoSo": [f"H26.31-0-{n}" for n in range(100)]})
    assert len(answer.json()["KhongTimThay"]) == 100
    many = outside.post("/portal/trang-thai", {"MaHoSo": [f"H26.31-0-{n}" for n in range(101)]})
    assert many.status_code == 422


def test_nothing_new_is_a_304_until_there_is_news(outside: Outside) -> None:
    code = outside.filed("REF1")
    for ask in (
        lambda **headers: outside.get(f"/portal/ho-so/{code}", headers=headers),
        lambda **headers: outside.post("/portal/trang-thai", {"MaHoSo": [code]}, headers=headers),
    ):
        tag = ask().headers["ETag"]
        same = ask(**{"If-None-Match": tag})
        assert (same.status_code, same.content) == (304, b"")
        outside.api(f"dossier/{code}/status", {"TrangThai": 8})
        assert ask(**{"If-None-Match": tag}).status_code == 200
        outside.api(f"dossier/{code}/status", {"TrangThai": 4})


def test_every_report_is_told_once_and_in_order_however_time_moves(outside: Outside) -> None:
    code = outside.filed("REF1")
    seen: list[int] = []
    last = ""
    for _ in range(60):
        told = batch(outside, [code], TuBaoCao={code: last} if last else {})[code]
        seen += [report["SoThuTu"] for report in told["LichSu"]]
        last = told["MaBaoCao"]
        outside.api("advance", {"hours": 3})
    assert seen == [1, 2, 3, 4, 5]
    assert all(later == earlier + 1 for earlier, later in pairwise(seen))


def test_changed_since_tells_every_report_once_over_all_dossiers(outside: Outside) -> None:
    codes = [outside.filed(f"REF{n}") for n in range(4)]
    seen: list[str] = []
    place = ""
    for _ in range(40):
        answer = outside.get("/portal/thay-doi", params={"Tu": place})
        assert answer.status_code == 200, answer.text
        seen += [report["MaBaoCao"] for report in answer.json()["BaoCao"]]
        place = answer.json()["TiepTheo"]
        outside.api("advance", {"hours": 5})
    assert sorted(seen) == sorted(f"{code}/{n}" for code in codes for n in range(1, 6))
    assert outside.get("/portal/thay-doi", params={"Tu": "x"}).status_code == 422


def test_it_can_be_asked_by_another_name_and_then_by_that_one_alone(tmp_path) -> None:
    """As in a network of containers; here the other name is another address of this machine."""
    other = Outside(tmp_path, ("--host", "127.0.0.2")).start()
    try:
        assert all(address.startswith("http://127.0.0.2:") for address in other.addresses.values())
        assert other.get("/portal/thay-doi").status_code == 200
        with pytest.raises(httpx.ConnectError):
            httpx.get(other.addresses["portal"].replace("127.0.0.2", "127.0.0.1"), timeout=5)
    finally:
        other.http.close()
        other.end()


def test_time_moved_to_a_moment_moves_once_and_never_back(outside: Outside) -> None:
    before = datetime.fromisoformat(outside.api("clock")["now"])
    for hours in (6, 6, 1, -50):
        outside.api("advance", {"until": (before + timedelta(hours=hours)).isoformat()})
    moved = datetime.fromisoformat(outside.api("clock")["now"]) - before
    assert timedelta(hours=6) <= moved < timedelta(hours=6.1)
    for odd in ("", "tomorrow", "9999-12-31T23:00:00+07:00", "0001-01-01T00:00:00+14:00"):
        answer = outside.call("POST", "control", "/api/advance", json={"until": odd})
        assert answer.status_code == (200 if odd.startswith("0001") else 400), odd
