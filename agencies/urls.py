"""Sign-in, screen lock and the public list of offices."""

from django.urls import path

from agencies.views import offices, signing

app_name = "agencies"

urlpatterns = [
    path("dang-nhap/", signing.sign_in, name="sign_in"),
    path("dang-xuat/", signing.sign_out, name="sign_out"),
    path("diem-phuc-vu/", offices.offices, name="offices"),
]
