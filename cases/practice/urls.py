from django.urls import path

from cases.practice import views

urlpatterns = [
    path("tap-su/", views.world, name="practice"),
    path("tap-su/kich-ban/", views.play, name="practice_play"),
    path("tap-su/tien-gio/", views.advance, name="practice_advance"),
]
