"""Addresses of the control port: pages for people, `/api/` for tests."""

from django.urls import path
from django.views.i18n import set_language

from . import api, pages

urlpatterns = [
    path("healthz", api.healthz, name="healthz"),
    path("api/dial", api.dial),
    path("api/clock", api.clock),
    path("api/advance", api.advance),
    path("api/truth", api.truth),
    path("api/requests", api.requests),
    path("api/dossier/<str:code>/status", api.force_status),
    path("api/dossier/<str:code>/forget-file", api.forget_file),
    path("api/parcel/<str:number>/event", api.force_event),
    path("api/sms", api.sms_list),
    path("api/sms/<str:key>/state", api.force_sms),
    path("api/scenario", api.scenario),
    path("api/reset", api.reset),
    path("", pages.home, name="home"),
    path("thoi-gian", pages.move_time, name="move_time"),
    path("kich-ban", pages.play, name="play"),
    path("dieu-khien/<str:service>", pages.turn_dials, name="turn_dials"),
    path("ho-so", pages.dossier_list, name="dossiers"),
    path("ho-so/<str:code>", pages.dossier_page, name="dossier"),
    path("buu-gui", pages.parcel_list, name="parcels"),
    path("buu-gui/<str:number>", pages.parcel_page, name="parcel"),
    path("tin-nhan", pages.sms_list, name="messages"),
    path("yeu-cau", pages.request_list, name="requests"),
    path("ngon-ngu", set_language, name="language"),
    path("simulator.css", pages.stylesheet, name="stylesheet"),
]
