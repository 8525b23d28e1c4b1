from django.urls import path, register_converter

from cases.papers import views


class SheetKind:
    """The papers that are drawn from a declaration: the read-back sheet, the form on paper."""

    regex = "doc-lai|to-khai-giay"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(SheetKind, "paper_sheet")

urlpatterns = [
    path("ho-so/<int:pk>/in/<paper_sheet:kind>/", views.sheet, name="sheet"),
    path("in/<int:pk>.pdf", views.paper_pdf, name="paper"),
    path("in/<int:pk>/", views.paper_state, name="paper_state"),
    path("in/<int:pk>/in/", views.paper_print, name="paper_print"),
    path("in/<int:pk>/lai/", views.paper_retry, name="paper_retry"),
]
