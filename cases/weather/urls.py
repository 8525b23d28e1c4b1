from django.urls import path

from cases.weather import views

urlpatterns = [path("thoi-tiet/", views.banner, name="weather")]
