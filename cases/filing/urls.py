from django.urls import path

from cases.filing import copilot_views, unsent_views, views

urlpatterns = [
    path("ho-so/<int:pk>/gui/", views.file, name="file"),
    path("ho-so/<int:pk>/cung-nop/", copilot_views.copilot, name="copilot"),
    path("ho-so/<int:pk>/ma-ho-so/", copilot_views.dossier_code, name="dossier_code"),
    path("ho-so/<int:pk>/tep/", copilot_views.export_all, name="export_all"),
    path("ho-so/<int:pk>/tep/<int:place>/", copilot_views.export_one, name="export_one"),
    path("ho-so/<int:pk>/gui-lai/", views.resend, name="resend"),
    path("ho-so/<int:pk>/hoi-cong/", views.settle, name="settle"),
    path("ho-so/<int:pk>/nop-lai/", views.again, name="file_again"),
    path("cho-gui/chi-tiet/", unsent_views.of_office, name="unsent"),
    path("ho-so/<int:pk>/gui-ngay/", unsent_views.send_now, name="send_now"),
]
