from django.urls import path

from cases.weather import views

urlpatterns = [
    path("cong/", views.history, name="portal"),
    path("cong/bao-tri/", views.planned, name="maintenance"),
    path("cong/bao-tri/<int:pk>/bo/", views.cancelled, name="maintenance_cancel"),
]
