from django.urls import URLPattern, URLResolver, path

from cases.screen import views

app_name = "screen"
urlpatterns: list[URLPattern | URLResolver] = [
    path("man-hinh-khach/<int:counter>/", views.page, name="page"),
    path("man-hinh-khach/<int:counter>/noi-dung/", views.look, name="look"),
    path("man-hinh-khach/<int:counter>/tra-loi/", views.answer, name="answer"),
    path("man-hinh-khach/<int:counter>/cham/", views.touch, name="touch"),
]
