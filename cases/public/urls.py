from django.urls import URLPattern, URLResolver, path

from cases.public import views

app_name = "public"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.look_up, name="lookup"),
    path("t/<str:token>/", views.status, name="status"),
    path("t/<str:token>/rut-dong-y/", views.revoke, name="revoke"),
    path("t/<str:token>/tin-nhan/", views.texts, name="texts"),
    path("tro-giup/", views.help_page, name="help"),
    path("quyen-rieng-tu/", views.privacy, name="privacy"),
    path("tiep-can/", views.accessibility, name="accessibility"),
    path("robots.txt", views.robots, name="robots"),
]
