"""The pages of delivery: every door, for the right people only, and once."""

import re
from typing import Any

import pytest
from django.test import Client

from agencies.models import Role, Staff
from cases.models import Case, DeliveryAddress
from cases.states import Delivery
from delivery import labels, parcels
from delivery.models import LabelRun, Manifest, ManifestLine, Parcel, ProofOfDelivery
from opsa.core.once import new_key
from tests.support.delivery import Desk
from tests.support.worklists import PASSWORD, sign_in

pytestmark = pytest.mark.django_db


def post(client: Client, url: str, key: str | None = None, **data: Any) -> Any:
    headers = {"HX-Request": "true"} if data.pop("htmx", False) else {}
    return client.post(url, {"form_key": key or new_key(), **data}, headers=headers)


def test_one_key_receives_labels_and_shows_the_parcel(clerk: Client, desk: Desk) -> None:
    case = desk.decided()
    page = clerk.get(f"/quay/ho-so/{case.pk}/xem/").content.decode()
    assert "Đã nhận từ cơ quan" in page
    assert post(clerk, f"/quay/ho-so/{case.pk}/nhan-ket-qua/").status_code == 303
    page = clerk.get(f"/quay/ho-so/{case.pk}/xem/").content.decode()
    assert "In nhãn, gửi bưu tá" in page
    assert "Khách đến nhận" in page
    key = new_key()
    first = post(clerk, f"/quay/ho-so/{case.pk}/in-nhan/", key)
    again = post(clerk, f"/quay/ho-so/{case.pk}/in-nhan/", key)
    assert first.status_code == again.status_code == 303
    assert first["Location"] == again["Location"] == f"/quay/buu-gui/{Parcel.objects.get().number}/"
    page = clerk.get(first["Location"])
    assert page.status_code == 200
    assert "phường Trung Hòa" in page.content.decode()


def test_every_page_of_another_office_answers_404(clerk: Client, elsewhere: Desk) -> None:
    parcel = elsewhere.on_road()
    manifest = Manifest.objects.get()
    case = elsewhere.here()
    number = parcel.number
    for url in (f"/quay/buu-gui/{number}/", f"/quay/ban-giao/{manifest.pk}/",
                f"/quay/ho-so/{case.pk}/tra-ket-qua/",
                f"/quay/ho-so/{case.pk}/dia-chi-tra/"):  # fmt: skip
        assert clerk.get(url).status_code == 404, url
    for url in (
        f"/quay/buu-gui/{number}/giao/", f"/quay/buu-gui/{number}/ma/",
        f"/quay/buu-gui/{number}/huy/",
        f"/quay/buu-gui/{number}/giu/", f"/quay/buu-gui/{number}/hoi/",
        f"/quay/ban-giao/{manifest.pk}/giao/",
        f"/quay/ho-so/{case.pk}/nhan-ket-qua/", f"/quay/ho-so/{case.pk}/in-nhan/",
        f"/quay/ho-so/{case.pk}/tra-ket-qua/", f"/quay/ho-so/{case.pk}/tra-ket-qua/ma/",
        f"/quay/ho-so/{case.pk}/dia-chi-tra/", f"/quay/ban-giao/dong/{manifest.lines.get().pk}/go/",
    ):  # fmt: skip
        answer = post(clerk, url)
        assert answer.status_code in (404, 303), url
        if answer.status_code == 303:
            assert url.endswith("/go/")
    case.refresh_from_db()
    assert case.delivery == Delivery.AVAILABLE
    assert ManifestLine.objects.count() == 1
    assert not ProofOfDelivery.objects.exists()


def test_visitors_and_roles_without_the_right_are_kept_out(desk: Desk, client: Client) -> None:
    parcel = desk.on_road()
    for url in ("/quay/ban-giao/", "/quay/ket-qua/cho-tra/", f"/quay/buu-gui/{parcel.number}/"):
        assert client.get(url).status_code == 302
    auditor = Staff.objects.create_user(
        "soat", PASSWORD, display_name="Kiểm soát", role=Role.AUDITOR
    )
    sign_in(client, auditor)
    assert client.get("/quay/ban-giao/").status_code == 403
    assert client.get(f"/quay/buu-gui/{parcel.number}/").status_code == 200
    assert post(client, f"/quay/buu-gui/{parcel.number}/giao/").status_code == 403


def test_a_scanned_reference_receives_the_paper_and_a_wrong_one_says_why(
    clerk: Client, desk: Desk, elsewhere: Desk
) -> None:
    case, foreign = desk.decided(), elsewhere.decided()
    assert clerk.get("/quay/ket-qua/cho-lay/").status_code == 200
    assert post(clerk, "/quay/ket-qua/nhan/", q=case.reference).status_code == 303
    for text, words in ((foreign.reference, "Không có hồ sơ"), ("ABC", "11 chữ")):
        answer = post(clerk, "/quay/ket-qua/nhan/", q=text)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    foreign.refresh_from_db()
    assert foreign.delivery == Delivery.WAITING


def test_labels_for_all_waiting_go_into_one_file(
    clerk: Client, desk: Desk, elsewhere: Desk
) -> None:
    cases = [desk.here() for _ in range(4)]
    foreign = elsewhere.here()
    DeliveryAddress.objects.filter(case=cases[3]).update(recipient="")
    page = clerk.get("/quay/ket-qua/cho-tra/").content.decode()
    assert page.count('name="case"') == 3
    answer = post(clerk, "/quay/ket-qua/nhan-in/", case=[c.pk for c in [*cases, foreign]])
    assert answer.status_code == 303
    assert "to-nhan" in answer["Location"]
    labels.run_work(LabelRun.objects.get().pk)
    assert Parcel.objects.count() == 3
    assert clerk.get(answer["Location"]).status_code == 200
    assert post(clerk, "/quay/ket-qua/nhan-in/").status_code == 422


def test_lists_find_by_name_reference_and_parcel_number(clerk: Client, desk: Desk) -> None:
    parcel = desk.parcel(name="Nguyễn Thị Hường")
    desk.parcel(name="Đặng Văn Lượng")
    for text in ("huong", parcel.case.reference, parcel.number):
        page = clerk.post("/quay/ket-qua/cho-giao/", {"q": text}).content.decode()
        assert parcel.number in page, text
        assert "Lượng" not in page
    page = clerk.post("/quay/ket-qua/cho-giao/", {"q": "khongai nao"}).content.decode()
    assert "Không có hồ sơ nào khớp" in page


def test_a_scanned_number_on_the_command_line_opens_the_parcel(
    clerk: Client, desk: Desk, elsewhere: Desk
) -> None:
    parcel, foreign = desk.on_road(), elsewhere.parcel()
    answer = clerk.post("/quay/quet/", {"q": parcel.number.lower()})
    assert answer["Location"] == f"/quay/buu-gui/{parcel.number}/"
    manifest = Manifest.objects.get()
    answer = clerk.post("/quay/quet/", {"q": manifest.number})
    assert answer["Location"] == f"/quay/ban-giao/{manifest.pk}/"
    assert "/buu-gui/" not in clerk.post("/quay/quet/", {"q": foreign.number}).get("Location", "")


def test_scanning_grows_the_list_in_place_and_a_line_can_be_taken_off(
    clerk: Client, desk: Desk
) -> None:
    one, two = desk.parcel(), desk.parcel()
    assert clerk.get("/quay/ban-giao/").status_code == 200
    part = post(clerk, "/quay/ban-giao/quet/", q=one.number, htmx=True)
    assert part.status_code == 200
    assert "<html" not in part.content.decode()
    assert f"Đã thêm {one.number}" in part.content.decode()
    assert post(clerk, "/quay/ban-giao/quet/", q=two.number).status_code == 303
    twice = post(clerk, "/quay/ban-giao/quet/", q=two.number, htmx=True)
    assert twice.status_code == 422
    assert "đã quét vào bảng này rồi" in twice.content.decode()
    line = ManifestLine.objects.get(parcel=two)
    assert post(clerk, f"/quay/ban-giao/dong/{line.pk}/go/").status_code == 303
    assert ManifestLine.objects.count() == 1


def test_the_part_after_a_scan_is_what_a_reload_shows(clerk: Client, desk: Desk) -> None:
    parcel = desk.parcel()
    part = post(clerk, "/quay/ban-giao/quet/", q=parcel.number, htmx=True).content.decode()
    whole = clerk.get(f"/quay/ban-giao/?moi={parcel.number}").content.decode()
    inside = whole[whole.index('<section class="card" id="open"') :]
    inside = inside[: inside.index("</section>") + 10]

    def plain(html: str) -> str:
        return re.sub(r'value="[^"]{20,}"', "", html).strip()

    assert plain(part) == plain(inside)


def test_closing_needs_the_postmans_name_and_happens_once(clerk: Client, desk: Desk) -> None:
    parcel = desk.parcel()
    post(clerk, "/quay/ban-giao/quet/", q=parcel.number)
    manifest = Manifest.objects.get()
    url = f"/quay/ban-giao/{manifest.pk}/giao/"
    assert post(clerk, url, carrier_person="  ").status_code == 422
    answer = post(clerk, url, carrier_person="Lê Văn Bưu")
    assert answer["Location"] == f"/quay/ban-giao/{manifest.pk}/"
    assert post(clerk, url, carrier_person="Người khác").status_code == 303
    manifest.refresh_from_db()
    assert manifest.carrier_person == "Lê Văn Bưu"
    page = clerk.get(answer["Location"]).content.decode()
    assert "Lê Văn Bưu" in page
    assert Case.objects.get().delivery == Delivery.HANDED_OVER


def test_the_counter_gives_the_results_and_the_case_closes(clerk: Client, desk: Desk) -> None:
    case = desk.here()
    url = f"/quay/ho-so/{case.pk}/tra-ket-qua/"
    assert clerk.get(url).status_code == 200
    empty = post(clerk, url, method="code", receiver="", relation="self")
    assert empty.status_code == 422
    none = post(clerk, url, method="code", receiver="A", relation="self", code="123456")
    assert none.status_code == 422
    assert "Chưa gửi mã" in none.content.decode()
    assert post(clerk, f"{url}ma/").status_code == 303
    assert clerk.get(url).status_code == 200
    answer = post(clerk, url, method="signature", receiver="Nguyễn Thị Hường", relation="self")
    assert answer.status_code == 303
    case.refresh_from_db()
    assert (case.delivery, case.work, case.queue) == ("collected", "closed", "done")
    assert clerk.get(url).status_code == 200
    assert clerk.get(answer["Location"]).status_code == 200


def test_a_wrong_address_says_which_field_and_a_right_one_is_kept(
    clerk: Client, desk: Desk
) -> None:
    case = desk.here()
    url = f"/quay/ho-so/{case.pk}/dia-chi-tra/"
    assert clerk.get(url).status_code == 200
    bad = post(clerk, url, by_post="1", recipient="", phone="09123", line="", commune="")
    assert bad.status_code == 422
    assert "Thiếu" in bad.content.decode()
    good = post(clerk, url, by_post="1", recipient="Trần A", phone="0912 345 679", line="Số 3",
                commune=desk.counter.agency.commune_id, old_unit="xã cũ")  # fmt: skip
    assert good.status_code == 303
    address = DeliveryAddress.objects.get(case=case)
    assert (address.phone, address.line, address.old_unit) == ("+84912345679", "Số 3", "xã cũ")
    assert post(clerk, url, by_post="0").status_code == 303
    assert DeliveryAddress.objects.get(case=case).line == "Số 3"


@pytest.mark.parametrize("rows", [1, 30])
def test_lists_ask_the_same_few_questions_for_1_and_30_rows(
    clerk: Client, desk: Desk, query_budget: Any, rows: int
) -> None:
    for _ in range(rows):
        desk.parcel()
    clerk.get("/quay/ket-qua/cho-giao/")
    # scope set, session, person, rows, parcels of the rows, counts, scope reset
    with query_budget(8):
        clerk.get("/quay/ket-qua/cho-giao/")
    for parcel in Parcel.objects.all():
        desk.scan(parcel.number)
    # scope set, session, person, manifest, count, lines, counts, closed ones, scope reset
    with query_budget(9):
        clerk.get("/quay/ban-giao/")


def test_the_parcels_page_stays_within_its_questions(
    clerk: Client, desk: Desk, query_budget: Any, django_capture_on_commit_callbacks: Any
) -> None:
    parcel = desk.on_road()
    with django_capture_on_commit_callbacks(execute=True):  # the reading is noted once
        clerk.get(f"/quay/buu-gui/{parcel.number}/")
    # scope set, session, person, parcel, case, newest parcel, events, line, label, scope reset
    with query_budget(10):
        clerk.get(f"/quay/buu-gui/{parcel.number}/")


def test_a_returned_parcel_offers_a_new_address_a_new_parcel_and_the_counter(
    clerk: Client, desk: Desk
) -> None:
    parcel = desk.on_road()
    Parcel.objects.filter(pk=parcel.pk).update(state="returned", attempts=2)
    Case.objects.filter(pk=parcel.case_id).update(delivery="returned", queue="failed_delivery")
    page = clerk.get(f"/quay/buu-gui/{parcel.number}/").content.decode()
    assert "Làm bưu gửi mới" in page
    assert "Giữ tại quầy" in page
    again = post(clerk, f"/quay/ho-so/{parcel.case_id}/in-nhan/")
    second = Parcel.objects.exclude(pk=parcel.pk).get()
    assert again["Location"] == f"/quay/buu-gui/{second.number}/"
    assert parcels.current_parcel(Case.objects.get(pk=parcel.case_id)) == second


def test_the_number_not_yet_scanned_falls_with_each_scan_in_the_same_answer(
    clerk: Client, desk: Desk
) -> None:
    first, second = desk.parcel(), desk.parcel()
    words = re.compile(r'<b class="big-n">(\d+)</b> bưu gửi đã có nhãn, chưa quét')
    assert words.findall(clerk.get("/quay/ban-giao/").content.decode()) == ["2"]
    part = post(clerk, "/quay/ban-giao/quet/", q=first.number, htmx=True).content.decode()
    assert words.findall(part) == ["1"]
    part = post(clerk, "/quay/ban-giao/quet/", q=second.number, htmx=True).content.decode()
    assert words.findall(part) == []


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AUDITOR])
def test_who_does_not_deliver_sees_a_parcel_without_phone_and_house(desk: Desk, role: Role) -> None:
    parcel = desk.on_road()
    looks = Staff.objects.create_user("xem", PASSWORD, display_name="Người xem (tập sự)", role=role)
    page = sign_in(Client(), looks).get(f"/quay/buu-gui/{parcel.number}/").content.decode()
    assert "12 ngõ 5 phố Vọng" not in page
    assert not re.search(r"912\D?345", page)
    assert "phường Trung Hòa" not in page
    assert "*** *** 678" in page
    assert "Phường Cầu Giấy" in page
    assert f'href="/quay/ho-so/{parcel.case_id}/xem/"' in page
    own = sign_in(Client(), desk.staff).get(f"/quay/buu-gui/{parcel.number}/").content.decode()
    assert "0912 345 678" in own
    assert "12 ngõ 5 phố Vọng" in own
