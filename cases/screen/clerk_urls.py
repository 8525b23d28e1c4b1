from django.urls import URLPattern, URLResolver, path

from cases.screen import clerk_views

urlpatterns: list[URLPattern | URLResolver] = [
    path("man-hinh/", clerk_views.screen, name="screen"),
    path("ho-so/<int:pk>/man-hinh/", clerk_views.remote, name="screen_remote"),
]
