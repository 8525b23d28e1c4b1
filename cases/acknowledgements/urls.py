from django.urls import path

from cases.acknowledgements import views

urlpatterns = [
    path("ho-so/<int:pk>/giay-tiep-nhan/", views.bring, name="acknowledgement_bring"),
    path("ho-so/<int:pk>/giay-tiep-nhan/moi/", views.part, name="acknowledgement_part"),
    path("ho-so/<int:pk>/giay-tiep-nhan/<int:paper>/", views.paper, name="acknowledgement"),
    path("ho-so/<int:pk>/giay-tiep-nhan/<int:paper>/so/", views.eye, name="acknowledgement_eye"),
]
