"""The pages in a real browser: reachable by everybody, without scripts, at both widths."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from .conftest import Outside, s10


def test_every_page_is_accessible_in_light_and_dark_wide_and_narrow(
    outside: Outside, page: Page, assert_axe: Callable[..., None], shoot: Callable[..., Path]
) -> None:
    code = outside.filed("REF1", 2)
    outside.api("advance", {"days": 8})
    number = s10(1)
    outside.post("/carrier/don", {"MaVanDon": number, "NguoiNhan": {"HoTen": "A"}})
    outside.post("/sms/gui", {"MaTin": "m1", "SoDienThoai": "0912345678", "NoiDung": "Mã 482913"})
    control = outside.addresses["control"]
    paths = {
        "home": f"{control}/",
        "dossiers": f"{control}/ho-so",
        "dossier": f"{control}/ho-so/{code}",
        "parcels": f"{control}/buu-gui",
        "parcel": f"{control}/buu-gui/{number}",
        "messages": f"{control}/tin-nhan",
        "requests": f"{control}/yeu-cau",
        "nothing": f"{control}/ho-so?q=khong-co",
        "citizen": f"{outside.addresses['portal']}/portal/cong-dan/",
    }
    for name, address in paths.items():
        page.set_viewport_size({"width": 1366, "height": 768})
        page.emulate_media(color_scheme="light")
        page.goto(address)
        assert_axe(page)
        shoot(page, name)
        page.emulate_media(color_scheme="dark")
        assert_axe(page)
        page.set_viewport_size({"width": 390, "height": 844})
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, f"{name} scrolls sideways on a phone"
        shoot(page, f"{name}-phone-dark")


def test_a_clerk_in_training_does_it_all_without_scripts(
    outside: Outside, browser: Browser, tmp_path: Path
) -> None:
    scan = tmp_path / "giay-chung-sinh.pdf"
    scan.write_bytes(b"%PDF-1.7 thu")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{outside.addresses['portal']}/portal/cong-dan/")
    page.get_by_label("Mã thủ tục").fill("1.001193")
    page.get_by_label("Tên thủ tục").fill("Đăng ký khai sinh")
    page.get_by_label("Họ và tên").fill("TRẦN THỊ THỬ")
    page.get_by_label("Số định danh").fill("001199000001")
    page.get_by_label("Số điện thoại").fill("0912345678")
    page.get_by_label("Tệp đính kèm").set_input_files(scan)
    page.get_by_role("button", name="Nộp hồ sơ").click()
    code = page.locator(".code").inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="TXT").click()
    assert code in download.value.path().read_text()
    page.goto(outside.addresses["control"])
    page.get_by_role("link", name="Hồ sơ", exact=True).click()
    page.get_by_role("link", name=code).click()
    page.get_by_label("Trạng thái").select_option("9")
    page.get_by_role("button", name="Báo", exact=True).click()
    expect(page.locator("dl")).to_contain_text("Đã xử lý xong")
    page.get_by_role("link", name="Điều khiển", exact=True).click()
    page.locator("#portal").get_by_label("ngừng").check()
    page.get_by_role("button", name="Đặt núm vặn: Cổng dịch vụ công").click()
    expect(page.locator("#portal").get_by_label("ngừng")).to_be_checked()
    assert outside.api("dial")["portal"]["mode"] == "down"
    context.close()
