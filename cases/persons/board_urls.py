from django.urls import path

from cases.persons import views

urlpatterns = [
    path("mot-nguoi/", views.pairs, name="persons"),
    path("mot-nguoi/<int:pk>/tra-loi/", views.answer, name="person_answer"),
    path("mot-nguoi/<int:pk>/go/", views.undo, name="person_undo"),
]
