"""What providers of messages ask for; people have no business here."""

from django.urls import URLPattern, URLResolver, path

from cases.messages import views

app_name = "messages"
urlpatterns: list[URLPattern | URLResolver] = [
    path("tin-nhan/bao/<slug:slug>/", views.report, name="report"),
]
