from django.urls import path

from cases.reconcile import views

urlpatterns = [
    path("doi-chieu/", views.differences, name="reconcile"),
    path("doi-chieu/bang.csv", views.table, name="reconcile_csv"),
    path("doi-chieu/<int:pk>/giai-thich/", views.explained, name="difference_explain"),
    path("doi-chieu/<int:pk>/hoi/", views.ask, name="difference_ask"),
]
