"""Every fault on the dial, seen from the sender's side and in the truth."""

import signal
import threading
import time

import httpx
import pytest

from .conftest import Outside, s10, sha256, until


def test_down_refuses_connections_of_that_service_alone(outside: Outside) -> None:
    outside.filed("REF1")
    outside.dial("portal", mode="down")
    for _ in range(3):
        with pytest.raises(httpx.ConnectError):
            outside.get("/portal/ho-so/tra-cuu", params={"MaThamChieu": "REF1"})
    assert outside.get("/sms/tin/none").status_code == 404
    assert outside.get("/carrier/van-don/none").status_code == 404
    outside.dial("portal", mode="ok")
    found = outside.get("/portal/ho-so/tra-cuu", params={"MaThamChieu": "REF1"})
    assert found.status_code == 200


def test_down_breaks_a_connection_that_is_waiting_for_its_answer(outside: Outside) -> None:
    outside.dial("portal", slow={"seconds": 30})
    failed: list[Exception] = []

    def ask() -> None:
        try:
            httpx.get(outside.addresses["portal"] + "/portal/ho-so/x", timeout=20)
        except httpx.HTTPError as error:
            failed.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(1)
    outside.dial("portal", mode="down")
    asking.join(timeout=10)
    assert len(failed) == 1
    assert not isinstance(failed[0], httpx.TimeoutException)


def test_a_down_port_stays_down_over_a_restart_and_comes_back(own: Outside) -> None:
    own.start()
    own.filed("REF1")
    own.dial("portal", mode="down")
    own.end()
    own.start()
    with pytest.raises(httpx.ConnectError):
        own.get("/portal/ho-so/x")
    own.dial("portal", mode="ok")
    assert own.effects("REF1") == 1


def test_maintenance_is_a_503_page_with_the_time_to_come_back(outside: Outside) -> None:
    outside.dial("portal", mode="maintenance")
    answer = outside.post("/portal/ho-so", {})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "600")
    assert answer.headers["Content-Type"].startswith("text/html")


def test_slow_waits_before_the_work_or_after_it(outside: Outside) -> None:
    body = outside.filing("REF1")
    outside.dial("portal", slow={"seconds": 30, "when": "after", "on": ["ho-so"], "next": 1})
    with pytest.raises(httpx.ReadTimeout):
        outside.post("/portal/ho-so", body, timeout=1)
    until(lambda: outside.effects("REF1") == 1)
    again = outside.filing("REF2")
    outside.dial("portal", slow={"seconds": 2, "when": "before", "on": ["ho-so"], "next": 1})
    with pytest.raises(httpx.ReadTimeout):
        outside.post("/portal/ho-so", again, timeout=0.3)
    assert outside.effects("REF2") == 0
    until(lambda: outside.effects("REF2") == 1)
    assert outside.api("dial")["portal"]["slow"]["seconds"] == 0


def test_slow_keeps_nobody_else_waiting(outside: Outside) -> None:
    outside.dial("portal", slow={"seconds": 6, "on": ["ho-so"]})
    body = outside.filing("REF1")
    waiting = threading.Thread(target=lambda: outside.post("/portal/ho-so", body))
    waiting.start()
    began = time.monotonic()
    assert outside.get("/portal/ho-so/none").status_code == 404
    assert time.monotonic() - began < 3
    waiting.join()


def test_an_error_answer_stores_nothing(outside: Outside) -> None:
    body = outside.filing("REF1")
    outside.dial("portal", error={"next": 2, "status": 502})
    codes = [outside.post("/portal/ho-so", body).status_code for _ in range(3)]
    assert codes == [502, 502, 201]
    assert outside.api("truth")["dossiers"]["REF1"] | {"items": []} == {
        "count": 1,
        "posts": 1,
        "items": [],
    }


def test_a_rate_hits_about_its_share_and_the_same_ones_for_the_same_seed(outside: Outside) -> None:
    runs = []
    for _ in range(2):
        outside.api("reset", {"seed": 11})
        outside.dial("portal", error={"rate": 0.3})
        runs.append([outside.get("/portal/ho-so/x").status_code for _ in range(200)])
    assert runs[0] == runs[1]
    assert 35 <= runs[0].count(503) <= 85


def test_a_cut_connection_leaves_the_dossier_behind(outside: Outside) -> None:
    body = outside.filing("REF1")
    outside.dial("portal", cut={"next": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        outside.post("/portal/ho-so", body)
    assert outside.effects("REF1") == 1
    assert outside.post("/portal/ho-so", body).status_code == 200
    assert outside.effects("REF1") == 1
    cut = outside.api("requests?op=ho-so")["requests"][-2]
    assert (cut["status"], cut["faults"], cut["reference"]) == (None, ["cut"], "REF1")


def test_a_cut_never_hits_the_upload_unless_told_to(outside: Outside) -> None:
    outside.dial("portal", cut={"next": 1})
    outside.upload()
    outside.dial("portal", cut={"on": ["tep"]})
    with pytest.raises(httpx.RemoteProtocolError):
        outside.upload()


def test_a_late_effect_comes_after_the_line_broke(outside: Outside) -> None:
    body = outside.filing("REF1")
    outside.dial("portal", late={"next": 1, "seconds": 2})
    with pytest.raises(httpx.RemoteProtocolError):
        outside.post("/portal/ho-so", body)
    absent = outside.get("/portal/ho-so/tra-cuu", params={"MaThamChieu": "REF1"})
    assert absent.status_code == 404
    until(lambda: outside.effects("REF1") == 1)


def test_a_malformed_answer_hides_a_stored_dossier(outside: Outside) -> None:
    body = outside.filing("REF1")
    outside.dial("portal", malformed={"next": 1})
    answer = outside.post("/portal/ho-so", body)
    assert answer.status_code == 201
    with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
        answer.json()
    assert outside.effects("REF1") == 1


def test_a_refusal_carries_the_dialled_code_and_stores_nothing(outside: Outside) -> None:
    body = outside.filing("REF1")
    outside.dial("portal", refuse={"next": 1, "code": "KQ.DVC.777", "text": "Sai mẫu"})
    answer = outside.post("/portal/ho-so", body)
    assert answer.status_code == 422
    assert answer.json() == {"MaLoi": "KQ.DVC.777", "MoTa": "Sai mẫu"}
    assert outside.effects("REF1") == 0


def test_a_dropped_file_is_missing_only_in_what_the_portal_holds(outside: Outside) -> None:
    outside.dial("portal", drop_file={"next": 1})
    code = outside.filed("REF1", 3)
    assert outside.get(f"/portal/ho-so/{code}").json()["SoTep"] == 2
    assert outside.get(f"/portal/ho-so/{outside.filed('REF2', 3)}").json()["SoTep"] == 3


def test_an_altered_file_differs_in_size_and_hash(outside: Outside) -> None:
    outside.dial("portal", alter_file={"next": 1})
    code = outside.filed("REF1")
    held = outside.get(f"/portal/ho-so/{code}").json()["TepDangGiu"][0]
    assert held["SoByte"] == len("REF1 0") - 1
    assert held["HashTepTin"] != sha256(b"REF1 0")


def test_a_file_can_be_lost_after_it_was_accepted(outside: Outside) -> None:
    code = outside.filed("REF1", 2)
    told = outside.api(f"dossier/{code}/forget-file", {"TenTep": "tep-0.pdf"})
    assert [file["TenTep"] for file in told["TepDangGiu"]] == ["tep-1.pdf"]


def test_duplicate_reports_repeat_ids_and_one_comes_under_a_new_id(outside: Outside) -> None:
    code = outside.filed("REF1")
    outside.api("advance", {"days": 8})
    outside.dial("portal", duplicate={"rate": 1})
    ids = [r["MaBaoCao"] for r in outside.get(f"/portal/ho-so/{code}").json()["LichSu"]]
    assert ids == [f"{code}/{n}" for n in (1, 2, 3, 4, 5, 1, 2, 3, 4, 5)] + [f"{code}/5/lap"]


def test_reports_out_of_order_put_old_news_on_top(outside: Outside) -> None:
    code = outside.filed("REF1")
    outside.api("advance", {"days": 8})
    outside.dial("portal", out_of_order={"next": 1})
    odd = outside.get(f"/portal/ho-so/{code}").json()
    right = outside.get(f"/portal/ho-so/{code}").json()
    assert (odd["TrangThai"], right["TrangThai"]) == (9, 10)
    assert odd["LichSu"] != right["LichSu"]
    by_number = sorted(odd["LichSu"], key=lambda report: report["SoThuTu"])
    assert by_number == right["LichSu"]


def test_an_unknown_code_is_told_as_the_newest_report(outside: Outside) -> None:
    code = outside.filed("REF1")
    outside.dial("portal", unknown={"rate": 1, "code": 42})
    for _ in range(2):
        item = outside.post("/portal/trang-thai", {"MaHoSo": [code]}).json()["HoSo"][0]
        assert (item["TrangThai"], item["TenTrangThai"]) == (42, "")
        assert [r["MaBaoCao"] for r in item["LichSu"]] == [f"{code}/1", f"{code}/1/la"]


def test_too_many_requests_are_told_when_to_come_back(outside: Outside) -> None:
    outside.dial("portal", rate_limit={"per_second": 3, "retry_after": 7})
    answers = [outside.get("/portal/ho-so/x") for _ in range(8)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].headers["Retry-After"] == "7"
    assert refused[0].json()["MaLoi"] == "KQ.DVC.429"


def test_faults_of_carrier_and_sms_leave_one_effect_too(outside: Outside) -> None:
    parcel = {"MaVanDon": s10(1), "NguoiNhan": {"HoTen": "A"}}
    outside.dial("carrier", cut={"next": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        outside.post("/carrier/don", parcel)
    assert outside.post("/carrier/don", parcel).status_code == 200
    message = {"MaTin": "m1", "SoDienThoai": "0912345678", "NoiDung": "x"}
    outside.dial("sms", late={"next": 1, "seconds": 0.2}, error={"next": 0})
    with pytest.raises(httpx.RemoteProtocolError):
        outside.post("/sms/gui", message)
    until(lambda: outside.api("truth")["totals"]["sms"] == 1)
    assert outside.post("/sms/gui", message).status_code == 200
    totals = outside.api("truth")["totals"]
    assert (totals["parcels"], totals["sms"]) == (1, 1)


def test_what_was_accepted_survives_the_simulator_being_killed(own: Outside) -> None:
    own.start()
    code = own.filed("REF1", 2)
    own.api("advance", {"days": 8})
    before = own.get(f"/portal/ho-so/{code}").json()
    own.end(signal.SIGKILL)
    own.start()
    assert own.get(f"/portal/ho-so/{code}").json() == before


def test_a_scenario_turns_the_dials_by_itself(outside: Outside) -> None:
    outside.api(
        "scenario",
        {
            "name": "chập chờn",
            "steps": [
                {"after": 0, "dial": {"portal": {"mode": "down"}}},
                {"after": 2, "dial": {"portal": {"mode": "ok"}}, "advance_hours": 2},
            ],
        },
    )
    until(lambda: outside.api("scenario")["done"] == 1)
    with pytest.raises(httpx.ConnectError):
        outside.get("/portal/ho-so/x")
    assert outside.api("scenario")["running"] is True
    until(lambda: not outside.api("scenario")["running"])
    assert outside.get("/portal/ho-so/x").status_code == 404
    state = outside.api("scenario")
    assert (state["running"], state["done"], state["name"]) == (False, 2, "chập chờn")


def test_a_scenario_on_simulated_time_follows_the_speed(outside: Outside) -> None:
    outside.api("dial", {"speed": 5400}, "PUT")
    outside.api(
        "scenario",
        {
            "clock": "simulated",
            "steps": [
                {"after": 0, "dial": {"sms": {"mode": "maintenance"}}},
                {"after": 10_800, "dial": {"sms": {"mode": "ok"}}},
            ],
        },
    )
    until(lambda: outside.api("scenario")["done"] == 1)
    assert outside.get("/sms/tin/x").status_code == 503
    until(lambda: not outside.api("scenario")["running"])
    assert outside.get("/sms/tin/x").status_code == 404


@pytest.mark.parametrize(
    "plan",
    [
        {"steps": []},
        {"steps": [{"after": 5}, {"after": 1}]},
        {"steps": [{"after": 0, "dial": {"portal": {"mod": "down"}}}]},
        {"steps": [{"after": 0, "wait": 1}]},
        {"steps": [{"after": 0}], "clock": "moon"},
    ],
)
def test_a_scenario_that_cannot_run_is_refused_whole(
    outside: Outside, plan: dict[str, object]
) -> None:
    answer = outside.call("POST", "control", "/api/scenario", json=plan)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_the_rough_portal_keeps_one_dossier_per_reference_for_a_sender_that_asks(
    outside: Outside,
) -> None:
    bodies = [outside.filing(f"REF{n}") for n in range(60)]
    outside.api("scenario", {"preset": "rough"})
    until(lambda: outside.api("scenario")["done"])
    for body in bodies:
        for _ in range(20):
            try:
                if outside.post("/portal/ho-so", body).json()["MaHoSo"]:
                    break
            except (httpx.RemoteProtocolError, KeyError, ValueError):
                time.sleep(0.45)
    totals = outside.api("truth")["totals"]
    assert (totals["references"], totals["duplicates"]) == (60, 0)
    assert totals["posts"] > 60
    struck = {name for line in outside.api("requests")["requests"] for name in line["faults"]}
    assert {"error", "cut"} <= struck
    outside.api("scenario", {"preset": "calm"})
    until(lambda: outside.api("scenario")["done"])
    assert outside.api("dial")["portal"]["cut"]["rate"] == 0


def test_a_chunked_body_is_refused_and_not_taken_for_an_empty_one(outside: Outside) -> None:
    answer = outside.call("POST", "portal", "/portal/tep", content=iter([b"abc"]))
    assert (answer.status_code, answer.json()["MaLoi"]) == (411, "KQ.DVC.411")
