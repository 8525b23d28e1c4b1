"""Addresses of the service ports; names are `<service>/<operation>` as in the dials."""

from django.urls import URLPattern, path

from . import carrier, citizen, pages, portal, sms, sms2, zalo
from .web import json_error

# A name serves the dial and the request log; nothing reverses it.
urlpatterns: list[URLPattern] = [
    path("portal/tep", portal.upload, name="portal/tep"),
    path("portal/ho-so", portal.file_dossier, name="portal/ho-so"),
    path("portal/ho-so/tra-cuu", portal.find_by_reference, name="portal/tra-cuu"),
    path("portal/ho-so/<str:code>", portal.detail, name="portal/chi-tiet"),
    path("portal/ho-so/<str:code>/bo-sung", portal.supplement, name="portal/bo-sung"),
    path("portal/trang-thai", portal.batch_status, name="portal/trang-thai"),
    path("portal/thay-doi", portal.changes, name="portal/thay-doi"),
    path("portal/cong-dan/", citizen.form_page, name="portal/trang"),
    path("portal/cong-dan/ho-so", citizen.file_by_hand, name="portal/cong-dan"),
    path(
        "portal/cong-dan/ho-so/<str:code>/giay-tiep-nhan.txt",
        citizen.receipt_text,
        name="portal/trang",
    ),
    path(
        "portal/cong-dan/ho-so/<str:code>/giay-tiep-nhan.pdf",
        citizen.receipt_pdf,
        name="portal/trang",
    ),
    path("portal/simulator.css", pages.stylesheet, name="portal/trang"),
    path("carrier/don", carrier.register, name="carrier/don"),
    path("carrier/don/<str:number>/huy", carrier.cancel, name="carrier/huy"),
    path("carrier/ban-giao", carrier.hand_over, name="carrier/ban-giao"),
    path("carrier/van-don/<str:number>", carrier.track, name="carrier/van-don"),
    path("carrier/tra-cuu", carrier.track_many, name="carrier/tra-cuu"),
    path("sms/gui", sms.send, name="sms/gui"),
    path("sms/tin/<str:key>", sms.outcome, name="sms/tin"),
    path("sms/tra-cuu", sms.outcomes, name="sms/tra-cuu"),
    path("v2/messages", sms2.send, name="sms2/messages"),
    path("v2/reports", sms2.reports, name="sms2/reports"),
    path("message/template", zalo.send, name="zalo/gui"),
    path("message/status", zalo.status, name="zalo/tin"),
]

handler400 = json_error(400)
handler404 = json_error(404)
handler500 = json_error(500)
