from django.urls import path

from cases.papers import views

urlpatterns = [
    path("in/<int:pk>.pdf", views.paper_pdf, name="paper"),
    path("in/<int:pk>/", views.paper_state, name="paper_state"),
    path("in/<int:pk>/in/", views.paper_print, name="paper_print"),
    path("in/<int:pk>/lai/", views.paper_retry, name="paper_retry"),
]
