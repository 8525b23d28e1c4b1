from django.urls import URLPattern, URLResolver, path

from cases.messages import call_views, question_views

urlpatterns: list[URLPattern | URLResolver] = [
    path("goi-dien/", call_views.waiting, name="calls"),
    path("ho-so/<int:pk>/da-goi/", call_views.called, name="called"),
    path("ho-so/<int:pk>/gui-lai-tin/", call_views.again, name="text_again"),
    path("ho-so/<int:pk>/thoi-nhan-tin/", call_views.stop, name="texts_stop"),
    path("ho-so/<int:pk>/nhan-tin-lai/", call_views.start, name="texts_start"),
    path("ho-so/<int:pk>/khach-hoi/", question_views.note, name="question_note"),
    path("khach-hoi/<int:pk>/bo/", question_views.take_back, name="question_take_back"),
]
