from django.urls import path

from cases.imports import views

urlpatterns = [
    path("nhap-trang-thai/", views.imports, name="imports"),
    path("nhap-trang-thai/<int:pk>/", views.one, name="import"),
    path("nhap-trang-thai/<int:pk>/ap-dung/", views.apply, name="import_apply"),
    path("nhap-trang-thai/<int:pk>/bo/", views.drop, name="import_drop"),
]
