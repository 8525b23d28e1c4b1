"""All addresses: the counter, the boards, the admin and the citizens' pages."""

from django.contrib import admin
from django.urls import include, path

handler400 = "opsa.core.errors.bad_request"
handler403 = "opsa.core.errors.forbidden"
handler404 = "opsa.core.errors.not_found"
handler500 = "opsa.core.errors.server_error"

urlpatterns = [
    path("", include("agencies.urls")),
    path("quay/", include("cases.urls")),
    path("quay/", include("delivery.urls")),
    path("dieu-hanh/", include("cases.worklists.board_urls")),
    path("quan-tri/", admin.site.urls),
    path("", include("procedures.urls")),
    path("", include("cases.screen.urls")),
    path("", include("cases.messages.urls")),
    path("", include("cases.public.urls")),
]
