from django.urls import path

from cases.blanks import views

urlpatterns = [
    path("phieu-viet-tay/", views.blanks, name="blanks"),
    path("phieu-viet-tay/tap-moi/", views.run, name="blanks_run"),
    path("phieu-viet-tay/<int:pk>/", views.blank, name="blank"),
]
