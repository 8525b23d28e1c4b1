from django.urls import path

from cases.supplements import views

urlpatterns = [
    path("ho-so/<int:pk>/bo-sung/giay/", views.asked, name="asked"),
    path("ho-so/<int:pk>/bo-sung/giay/trang/", views.asked_scans, name="asked_scans"),
    path("ho-so/<int:pk>/bo-sung/giay/ghi/", views.asked_papers, name="asked_papers"),
    path("ho-so/<int:pk>/bo-sung/giay/tep/", views.answer_files, name="answer_files"),
    path("ho-so/<int:pk>/bo-sung/giay/gui/", views.answer, name="answer"),
    path("ho-so/<int:pk>/nop-sau/<int:line>/", views.promise, name="promise"),
]
