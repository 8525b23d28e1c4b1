from django.urls import URLPattern, URLResolver, include, path

from cases.filing import unsent_views
from cases.worklists import board_views

app_name = "board"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", board_views.home, name="home"),
    path("so-lieu/", board_views.part, name="part"),
    path("bi-tra/", board_views.returned, name="returned"),
    path("chua-gui/", unsent_views.of_board, name="unsent"),
    path("", include("cases.weather.board_urls")),
    path("", include("cases.watch.board_urls")),
    path("", include("cases.persons.board_urls")),
    path("", include("cases.imports.board_urls")),
    path("", include("cases.reconcile.board_urls")),
    path("tin-nhan/", include("cases.messages.board_urls")),
    path("<slug:slug>/", board_views.behind, name="list"),
]
