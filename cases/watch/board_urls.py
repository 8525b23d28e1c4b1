from django.urls import path

from cases.watch import views

urlpatterns = [
    path("suc-khoe/", views.health, name="health"),
    path("dau-ngay/", views.digest, name="digest"),
]
