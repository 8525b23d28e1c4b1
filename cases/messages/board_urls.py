"""Supervisors' pages about messages, under /dieu-hanh/tin-nhan/."""

from django.urls import URLPattern, URLResolver, path

from cases.messages import question_views, text_views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", text_views.text_list, name="texts"),
    path("khach-hoi/", question_views.week, name="questions"),
    path("thu-tuc/<slug:slug>/", text_views.text_off, name="text_off"),
    path("thu-tuc/<slug:slug>/luu/", text_views.text_off_save, name="text_off_save"),
    path("<slug:slug>/", text_views.text, name="text"),
    path("<slug:slug>/luu/", text_views.text_save, name="text_save"),
    path("<slug:slug>/xem-thu/", text_views.text_preview, name="text_preview"),
]
