"""The control port: dials, pages for people, start and end."""

import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest
from django.utils.html import escape

from opsa.simulator.presets import PRESET_WORDS, PRESETS

from .conftest import PROJECT, Outside, s10, until


def token(page: httpx.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found
    return found[1]


def page(outside: Outside, path: str, service: str = "control") -> httpx.Response:
    answer = outside.call("GET", service, path)
    assert answer.status_code == 200, path
    return answer


def test_it_starts_on_two_seconds_of_work_and_ends_on_request(own: Outside) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    own.start()
    assert own.call("GET", "control", "/healthz").json()["status"] == "ready"
    assert own.end(signal.SIGTERM) == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Processor time, not the clock on the wall: the machine is shared while tests run.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2
    assert not (own.data / "addresses.json").exists()


def test_it_ends_at_once_and_quietly_with_requests_still_waiting(
    own: Outside, capfd: pytest.CaptureFixture[str]
) -> None:
    own.start()
    own.dial("portal", slow={"seconds": 60})
    address = own.addresses["portal"]

    def ask() -> None:
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"{address}/portal/ho-so/x", timeout=30)

    waiting = [threading.Thread(target=ask) for _ in range(5)]
    for thread in waiting:
        thread.start()
    time.sleep(1)
    assert own.end(signal.SIGTERM) == 0
    for thread in waiting:
        thread.join()
    assert "Traceback" not in capfd.readouterr().err


def test_defaults_step_past_a_port_that_was_named() -> None:
    code = (
        "from opsa.simulator.__main__ import ports_of as p;"
        "print(p(8801, None, None, 8802) == "
        "{'portal': 8801, 'carrier': 8803, 'sms': 8804, 'control': 8802,"
        " 'sms2': 8805, 'zalo': 8806},"
        "p(8801, None, None, None)['control'])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert out.stdout.split() == ["True", "8804"]


def test_a_taken_port_is_said_and_nothing_is_left_open(own: Outside) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        run = subprocess.run(
            [sys.executable, "-m", "opsa.simulator", "--data", str(own.data), "--port", "0",
             "--sms-port", port],
            cwd=PROJECT, capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
    assert run.returncode == 1
    assert port in run.stderr


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"portal": {"cut": {"rat": 1}}}, "portal.cut.rat"),
        ({"portal": {"cut": {"rate": 1.5}}}, "portal.cut.rate"),
        ({"portal": {"cut": {"next": -1}}}, "portal.cut.next"),
        ({"portal": {"cut": {"next": 0.5}}}, "portal.cut.next"),
        ({"portal": {"cut": {"on": ["gui"]}}}, "portal.cut.on"),
        ({"portal": {"error": {"status": 200}}}, "portal.error.status"),
        ({"portal": {"mode": "broken"}}, "portal.mode"),
        ({"portal": {"lookup": 1}}, "portal.lookup"),
        ({"portal": 1}, "portal"),
        ({"speed": 0}, "speed"),
        ({"bank": {}}, "bank"),
    ],
)
def test_a_bad_dial_is_named_and_nothing_changes(
    outside: Outside, change: dict[str, object], named: str
) -> None:
    before = outside.api("dial")
    answer = outside.call("PUT", "control", "/api/dial", json={"seed": 99} | change)
    assert answer.status_code == 400
    assert named in answer.json()["error"]
    assert outside.api("dial") == before


def test_writes_to_the_api_must_be_json(outside: Outside) -> None:
    answer = outside.call("POST", "control", "/api/reset", data={"seed": "1"})
    assert answer.status_code == 415


def test_time_can_be_sped_up_and_moved_on_but_never_back(outside: Outside) -> None:
    before = outside.api("clock")["now"]
    assert outside.api("advance", {"days": 2})["now"] > before
    answer = outside.call("POST", "control", "/api/advance", json={"hours": -1})
    assert answer.status_code == 400
    outside.api("dial", {"speed": 3600}, "PUT")
    early = outside.api("clock")["now"]
    time.sleep(0.3)
    late = outside.api("clock")["now"]
    assert early[11:16] != late[11:16]


def test_simulated_time_goes_on_where_it_was_after_a_restart(own: Outside) -> None:
    own.start()
    now = own.api("advance", {"days": 20})["now"]
    own.end(signal.SIGKILL)
    own.start()
    assert own.api("clock")["now"] >= now


def test_the_pages_show_what_is_held_and_say_that_it_is_simulated(outside: Outside) -> None:
    code = outside.filed("REF1", 2)
    number = s10(1)
    outside.post("/carrier/don", {"MaVanDon": number, "NguoiNhan": {"HoTen": "A"}})
    outside.post(
        "/sms/gui", {"MaTin": "m1", "SoDienThoai": "0912345678", "NoiDung": "<b>Mã 482913</b>"}
    )
    expected = {
        "/": "Cổng dịch vụ công",
        "/ho-so": code,
        f"/ho-so/{code}": "tep-1.pdf",
        "/buu-gui": number,
        f"/buu-gui/{number}": "Đã tạo đơn",
        "/tin-nhan": "&lt;b&gt;Mã 482913&lt;/b&gt;",
        "/yeu-cau": "/portal/ho-so",
    }
    for path, text in expected.items():
        answer = page(outside, path)
        assert "MÔ PHỎNG" in answer.text
        assert text in answer.text, path
        assert "script-src" not in answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert not re.search(r"<script|style=|\son\w+=", answer.text)


def test_lists_are_searched_and_paged(outside: Outside) -> None:
    for n in range(53):
        outside.post(
            "/sms/gui", {"MaTin": f"m{n}", "SoDienThoai": "0912345678", "NoiDung": f"tin {n:03d}"}
        )
    first = page(outside, "/tin-nhan")
    assert "tin 052" in first.text
    assert "tin 002" not in first.text
    older = re.search(r'href="(\?truoc=\d+)"', first.text)
    assert older
    assert "tin 002" in page(outside, f"/tin-nhan{older[1]}").text
    found = page(outside, "/tin-nhan?q=tin+007").text
    assert "tin 007" in found
    assert "tin 008" not in found


def test_a_person_turns_a_dial_and_moves_time_without_scripts(outside: Outside) -> None:
    home = page(outside, "/")
    form = {"csrfmiddlewaretoken": token(home), "mode": "maintenance", "cut.next": "3",
            "slow.seconds": "1,5", "lookup": "1"}  # fmt: skip
    done = outside.call("POST", "control", "/dieu-khien/portal", data=form)
    assert (done.status_code, done.headers["Location"]) == (303, "/#portal")
    dial = outside.api("dial")["portal"]
    assert (dial["mode"], dial["cut"]["next"], dial["slow"]["seconds"]) == ("maintenance", 3, 1.5)
    assert (dial["lookup"], dial["idempotency"]) == (True, False)
    bad = outside.call("POST", "control", "/dieu-khien/portal", data=form | {"cut.rate": "7"})
    assert bad.status_code == 422
    assert "portal.cut.rate" in bad.text
    before = outside.api("clock")["now"]
    outside.call("POST", "control", "/thoi-gian", data=form | {"hours": "24"})
    assert outside.api("clock")["now"][:10] > before[:10]


def test_a_form_without_its_token_changes_nothing(outside: Outside) -> None:
    answer = httpx.post(outside.addresses["control"] + "/dieu-khien/portal", data={"mode": "down"})
    assert answer.status_code == 403
    assert outside.api("dial")["portal"]["mode"] == "ok"


def test_a_person_forces_a_status_and_an_event(outside: Outside) -> None:
    code = outside.filed("REF1")
    form = {"csrfmiddlewaretoken": token(page(outside, f"/ho-so/{code}"))}
    done = outside.call(
        "POST", "control", f"/ho-so/{code}", data=form | {"status": "5", "text": "Thiếu trang 2"}
    )
    assert done.status_code == 303
    assert "Thiếu trang 2" in page(outside, f"/ho-so/{code}").text
    number = s10(1)
    outside.post("/carrier/don", {"MaVanDon": number, "NguoiNhan": {"HoTen": "A"}})
    outside.call(
        "POST", "control", f"/buu-gui/{number}", data=form | {"event": "91", "reason": "VANG_NHA"}
    )
    assert "vắng nhà" in page(outside, f"/buu-gui/{number}").text


def test_the_pages_can_be_read_in_english(outside: Outside) -> None:
    form = {"csrfmiddlewaretoken": token(page(outside, "/")), "language": "en", "next": "/"}
    with httpx.Client(base_url=outside.addresses["control"], cookies=outside.http.cookies) as http:
        assert http.post("/ngon-ngu", data=form).status_code == 302
        assert '<html lang="en">' in http.get("/").text


def test_a_trainee_files_as_a_citizen_on_the_portals_own_page(outside: Outside) -> None:
    form = page(outside, "/portal/cong-dan/", "portal")
    fields = {
        "csrfmiddlewaretoken": token(form),
        "MaTTHC": "1.001193",
        "TenTTHC": "Đăng ký khai sinh",
        "HoTen": "TRẦN THỊ THỬ",
        "SoDinhDanh": "001199000001",
        "SoDienThoai": "0912345678",
        "HinhThucNhanKetQua": "2",
    }
    missing = outside.call("POST", "portal", "/portal/cong-dan/ho-so", data=fields | {"HoTen": " "})
    assert missing.status_code == 422
    assert "001199000001" in missing.text
    done = outside.call(
        "POST",
        "portal",
        "/portal/cong-dan/ho-so",
        data=fields,
        files=[("tep", ("giấy.pdf", b"%PDF 1")), ("tep", ("ảnh.jpg", b"\xff\xd8"))],
    )
    assert done.status_code == 201, done.text
    code = re.search(r"H26\.\d\d-\d{6}-\d{4}", done.text)
    assert code
    told = outside.get(f"/portal/ho-so/{code[0]}").json()
    assert [file["TenTep"] for file in told["TepDangGiu"]] == ["giấy.pdf", "ảnh.jpg"]


def test_only_this_machine_by_its_own_name_is_answered(outside: Outside) -> None:
    answer = outside.call("GET", "control", "/", headers={"Host": "evil.example"})
    assert answer.status_code == 400


def test_the_request_log_names_the_reference_and_no_person(outside: Outside) -> None:
    outside.filed("REF1")
    log = outside.api("requests")
    assert [line["op"] for line in log["requests"]] == ["tep", "ho-so"]
    assert log["requests"][1]["reference"] == "REF1"
    assert "NGUYỄN" not in str(log)
    assert outside.api(f"requests?since={log['last']}")["requests"] == []


def test_a_crowd_files_at_once_and_every_reference_has_one_dossier(outside: Outside) -> None:
    bodies = [outside.filing(f"REF{n}") for n in range(40)]
    codes: list[str] = []

    def send_all() -> None:
        with httpx.Client(base_url=outside.addresses["portal"], timeout=20) as http:
            codes.extend(http.post("/portal/ho-so", json=body).json()["MaHoSo"] for body in bodies)

    senders = [threading.Thread(target=send_all) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    totals = outside.api("truth")["totals"]
    assert len(codes) == 160
    assert len(set(codes)) == 40
    assert (totals["dossiers"], totals["duplicates"], totals["posts"]) == (40, 0, 160)


def test_each_scenario_is_chosen_by_its_name_and_says_what_happens_and_what_to_try(
    outside: Outside,
) -> None:
    assert set(PRESET_WORDS) == set(PRESETS)
    home = page(outside, "/")
    form = {"csrfmiddlewaretoken": token(home)}
    for key, words in PRESET_WORDS.items():
        for said in map(str, words):
            assert escape(said) in home.text, key
        outside.call("POST", "control", "/kich-ban", data=form | {"preset": key})
        assert outside.api("scenario")["name"] == key
    outside.call("POST", "control", "/kich-ban", data=form | {"preset": "outage"})
    running = page(outside, "/").text
    assert "Kịch bản đang chạy: Cổng ngừng 10 phút" in running
    outside.call("POST", "control", "/kich-ban", data=form | {"preset": "calm"})
    until(lambda: outside.api("dial")["portal"]["mode"] == "ok")


def test_a_scenario_of_one_mishap_strikes_once(outside: Outside) -> None:
    """A portal that keeps a dossier and hangs up, one that loses a file, one that tells an odd
    code: each of them the next time, and never again."""
    outside.api("scenario", {"preset": "doubt"})
    until(lambda: outside.api("dial")["portal"]["cut"]["next"] == 1)
    with pytest.raises(httpx.HTTPError):
        outside.post("/portal/ho-so", outside.filing("REF1"))
    assert outside.effects("REF1") == 1
    outside.api("scenario", {"preset": "lost"})
    until(lambda: outside.api("dial")["portal"]["drop_file"]["next"] == 1)
    code, _whole = outside.filed("REF2", 2), outside.filed("REF3", 2)
    kept = outside.api("truth")["dossiers"]
    assert [len(kept[key]["items"][0]["files"]) for key in ("REF2", "REF3")] == [1, 2]
    outside.api("scenario", {"preset": "odd"})
    until(lambda: outside.api("dial")["portal"]["unknown"]["next"] == 1)
    told = [outside.post("/portal/trang-thai", {"MaHoSo": [code]}).json() for _ in range(2)]
    assert [one["HoSo"][0]["TrangThai"] for one in told] == [97, 1]


def test_a_person_starts_and_stops_a_ready_made_scenario(outside: Outside) -> None:
    form = {"csrfmiddlewaretoken": token(page(outside, "/"))}
    outside.call("POST", "control", "/kich-ban", data=form | {"preset": "outage"})
    until(lambda: outside.api("dial")["portal"]["mode"] == "down")
    assert "Dừng kịch bản" in page(outside, "/").text
    outside.call("POST", "control", "/kich-ban", data=form | {"preset": ""})
    assert outside.api("scenario")["running"] is False
    wrong = outside.call("POST", "control", "/kich-ban", data=form | {"preset": "x"})
    assert wrong.status_code == 404
