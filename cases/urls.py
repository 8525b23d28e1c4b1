"""The counter's addresses under /quay/, one room after another."""

from django.urls import include, path

app_name = "quay"

urlpatterns = [
    path("", include("cases.worklists.urls")),
    path("", include("cases.intake.urls")),
    path("", include("cases.screen.clerk_urls")),
    path("", include("cases.filing.urls")),
    path("", include("cases.acknowledgements.urls")),
    path("", include("cases.weather.urls")),
    path("", include("cases.papers.urls")),
    path("", include("cases.blanks.urls")),
    path("", include("cases.practice.urls")),
    path("", include("cases.supplements.urls")),
    path("", include("cases.messages.quay_urls")),
]
