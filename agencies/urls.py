"""Sign-in, screen lock, one's own page and ledger, and the public list of offices."""

from django.urls import path

from agencies.views import (
    account,
    devices,
    factor,
    keys,
    ledger,
    locking,
    offices,
    offline,
    signing,
)

app_name = "agencies"

urlpatterns = [
    path("dang-nhap/", signing.sign_in, name="sign_in"),
    path("dang-nhap/ma/", factor.second_factor, name="second_factor"),
    path("dang-nhap/thiet-lap/", factor.second_factor_setup, name="second_factor_setup"),
    path("dang-xuat/", signing.sign_out, name="sign_out"),
    path("quay/khoa/", locking.lock, name="lock"),
    path("quay/mo-khoa/", locking.unlock, name="unlock"),
    path("quay/tai-khoan/", account.account, name="account"),
    path("quay/tai-khoan/quay/", account.choose_counter, name="choose_counter"),
    path("quay/tai-khoan/ma-pin/", account.pin, name="pin"),
    path("quay/tai-khoan/mat-khau/", account.password, name="password"),
    path("quay/tai-khoan/ma-du-phong/", factor.recovery_codes, name="recovery_codes"),
    path("quay/tai-khoan/hai-buoc/", account.second_factor_start, name="second_factor_start"),
    path("quay/phim-tat/", keys.keys, name="keys"),
    path("quay/thiet-bi/", devices.devices, name="devices"),
    path("quay/thiet-bi/quet/", devices.try_scan, name="try_scan"),
    path("quay/thiet-bi/do/", devices.line, name="line"),
    path("quay/thiet-bi/phieu-thu.pdf", devices.sheet, name="test_sheet"),
    path("quay/thiet-bi/dau-doc/", devices.scanner, name="scanner"),
    path("quay/so-cua-toi/", ledger.ledger, name="ledger"),
    path("quay/so-cua-toi.csv", ledger.ledger_csv, name="ledger_csv"),
    path("diem-phuc-vu/", offices.offices, name="offices"),
    path("sw.js", offline.worker, name="worker"),
    path("mat-mang/", offline.offline, name="offline"),
    # The admin's own doors lead to ours.
    path("quan-tri/login/", signing.admin_sign_in),
    path("quan-tri/logout/", signing.sign_out),
    path("quan-tri/password_change/", account.password),
]
