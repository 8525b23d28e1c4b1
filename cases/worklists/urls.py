from django.urls import URLPattern, URLResolver, path, register_converter

from cases.worklists import case_views, views
from cases.worklists.lists import LISTS


class ListSlug:
    """Only the lists there are: other words under /quay/ belong to other rooms."""

    regex = "|".join(LISTS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(ListSlug, "worklist")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("viec/", views.work, name="work"),
    path("tim/", views.search, name="search"),
    path("<worklist:slug>/", views.work_list, name="list"),
    path("ho-so/<int:pk>/xem/", case_views.filed, name="filed"),
    path("ho-so/<int:pk>/dien-bien/", case_views.timeline, name="timeline"),
    path("ho-so/<int:pk>/nguoi/", case_views.people, name="people"),
    path("ho-so/<int:pk>/hien-so/", case_views.unmask, name="unmask"),
    path("ho-so/<int:pk>/hoi-ngay/", case_views.ask_now, name="ask_now"),
    path("ho-so/<int:pk>/dong/", case_views.close, name="close"),
    path("ho-so/<int:pk>/bo-sung/", case_views.supplement, name="supplement"),
    path("ho-so/<int:pk>/da-xu-ly/", case_views.resolved, name="resolved"),
]
