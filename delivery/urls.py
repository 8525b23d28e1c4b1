"""Addresses of delivery, under /quay/."""

from django.urls import URLPattern, URLResolver, path

from delivery.views import manifests, parcels, results

app_name = "delivery"
urlpatterns: list[URLPattern | URLResolver] = [
    path("ban-giao/", manifests.manifest_page, name="manifests"),
    path("ban-giao/quet/", manifests.scan, name="manifest_scan"),
    path("ban-giao/dong/<int:pk>/go/", manifests.remove, name="manifest_remove"),
    path("ban-giao/<int:pk>/", manifests.manifest, name="manifest"),
    path("ban-giao/<int:pk>/giao/", manifests.close, name="manifest_close"),
    path("ket-qua/nhan/", results.receive_scan, name="receive_scan"),
    path("ket-qua/nhan-in/", results.labels_order, name="labels"),
    path("ket-qua/to-nhan/<int:pk>/", results.label_run, name="label_run"),
    path("ket-qua/<slug:slug>/", results.results, name="results"),
    path("ho-so/<int:pk>/nhan-ket-qua/", results.receive, name="receive"),
    path("ho-so/<int:pk>/in-nhan/", results.label, name="label"),
    path("ho-so/<int:pk>/tra-ket-qua/", parcels.counter, name="counter"),
    path("ho-so/<int:pk>/tra-ket-qua/ma/", parcels.counter_code, name="counter_code"),
    path("ho-so/<int:pk>/dia-chi-tra/", parcels.address, name="address"),
    path("buu-gui/<str:number>/", parcels.parcel, name="parcel"),
    path("buu-gui/<str:number>/giao/", parcels.give, name="give"),
    path("buu-gui/<str:number>/ma/", parcels.send_code, name="send_code"),
    path("buu-gui/<str:number>/huy/", parcels.cancel, name="cancel"),
    path("buu-gui/<str:number>/giu/", parcels.hold, name="hold"),
    path("buu-gui/<str:number>/hoi/", parcels.ask_now, name="ask_now"),
]
