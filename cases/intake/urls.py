from django.urls import URLPattern, URLResolver, path, register_converter

from cases.intake import (
    command_views,
    known_views,
    mandate_views,
    scan_views,
    today_views,
    upload_views,
    views,
)
from cases.intake.steps import SLUGS


class StepSlug:
    """Only the steps there are: other words under a case belong to other rooms."""

    regex = "|".join(SLUGS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(StepSlug, "intake_step")

urlpatterns: list[URLPattern | URLResolver] = [
    path("quet/", command_views.command, name="command"),
    path("khach/", command_views.start, name="start"),
    path("khach/xong/", command_views.start_clear, name="start_clear"),
    path("nhap-de-quen/", views.forgotten, name="forgotten"),
    path("ho-so/moi/", command_views.new, name="new"),
    path("ho-so/<int:pk>/", views.case, name="case"),
    path("ho-so/<int:pk>/doi-nguoi/", command_views.change_person, name="change_person"),
    path("ho-so/<int:pk>/them/", command_views.another, name="another"),
    path("ho-so/<int:pk>/nhan-ve/", command_views.fetch, name="fetch"),
    path("ho-so/<int:pk>/da-biet/", known_views.known_page, name="known"),
    path("ho-so/<int:pk>/cung-nguoi/", known_views.same_person, name="same_person"),
    path("ho-so/<int:pk>/giu/", views.hold, name="hold"),
    path("ho-so/<int:pk>/lam-tiep/", views.resume, name="resume"),
    path("ho-so/<int:pk>/hom-nay/", today_views.today_page, name="today"),
    path("ho-so/<int:pk>/mang-theo/", today_views.bring, name="bring"),
    path("ho-so/<int:pk>/khach-xem/", mandate_views.customer, name="customer"),
    path("ho-so/<int:pk>/giay-to/<int:line>/", views.mark, name="mark"),
    path("ho-so/<int:pk>/thu-phi/", views.payment, name="payment"),
    path("ho-so/<int:pk>/hinh-thuc/", mandate_views.mode, name="mode"),
    path("ho-so/<int:pk>/dong-y/hoi/", mandate_views.begin, name="mandate_begin"),
    path("ho-so/<int:pk>/dong-y/ma/", mandate_views.code, name="mandate_code"),
    path("ho-so/<int:pk>/dong-y/tu-choi/", mandate_views.decline, name="mandate_decline"),
    path("ho-so/<int:pk>/dong-y/rut/", mandate_views.revoke, name="mandate_revoke"),
    path("ho-so/<int:pk>/dong-y/giay/", mandate_views.signed, name="mandate_signed"),
    path("ho-so/<int:pk>/dong-y/them/", mandate_views.extras, name="mandate_extras"),
    path("ho-so/<int:pk>/dong-y/xem/", mandate_views.record, name="mandate"),
    path("ho-so/<int:pk>/dong-y/<int:mandate>/ban/", mandate_views.proof, name="mandate_proof"),
    path("ho-so/<int:pk>/tai-len/<int:line>/", scan_views.upload, name="scan_upload"),
    path("ban-quet/<uuid:scan>/", scan_views.view, name="scan_view"),
    path("ho-so/<int:pk>/tai-len/<int:line>/bat-dau/", upload_views.begin, name="upload_begin"),
    path("ho-so/<int:pk>/tai-len/<int:line>/phan/", upload_views.piece, name="upload_piece"),
    path("ban-quet/<uuid:scan>/nho/", scan_views.preview, name="scan_preview"),
    path("ho-so/<int:pk>/giay-to/<int:line>/pdf/", scan_views.pdf, name="scan_pdf"),
    path("ho-so/<int:pk>/giay-to/<int:line>/so-trang/", scan_views.count, name="scan_count"),
    path("ho-so/<int:pk>/ban-quet/<uuid:scan>/lam/", scan_views.act, name="scan_act"),
    path("ho-so/<int:pk>/ban-quet/<uuid:scan>/lai/", scan_views.restore, name="scan_restore"),
    path("ho-so/<int:pk>/<intake_step:step>/", views.step, name="step"),
    path("ho-so/<int:pk>/<intake_step:step>/luu/", views.save, name="save"),
    path("ho-so/<int:pk>/<intake_step:step>/phan/<slug:part>/", views.part, name="part"),
]
