"""Addresses of the catalogue: the citizens' pages and the counter's."""

from django.urls import path

from . import views

app_name = "procedures"

urlpatterns = [
    path("thu-tuc/", views.index, name="index"),
    path("thu-tuc/<slug:slug>/", views.detail, name="detail"),
    path("quay/thu-tuc/", views.clerk_index, name="clerk_index"),
    path("quay/thu-tuc/tim/", views.search_fragment, name="search"),
    path("quay/thu-tuc/<slug:slug>/", views.clerk_detail, name="clerk_detail"),
]
