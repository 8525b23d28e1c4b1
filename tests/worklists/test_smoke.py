from datetime import timedelta

from django.utils import timezone


def test_the_pages_answer(clerk, make, supervisor, counter):
    now = timezone.now()
    case = make(dossier="4", due_at=now + timedelta(days=2), code="H26-1")
    make(dossier="9", delivery="available", decided_at=now)
    make(work="held")
    make(work="draft")
    make(work="attention", attention="refused")
    make()
    for url in (
        "/quay/",
        "/quay/buu-cuc/",
        "/quay/da-tra/",
        "/quay/tim/",
        f"/quay/ho-so/{case.pk}/xem/",
    ):
        answer = clerk.get(url)
        assert answer.status_code == 200, url
    assert clerk.post("/quay/tim/", {"q": "huong"}).status_code == 200
    for url in ("/dieu-hanh/", "/dieu-hanh/qua-han/", "/dieu-hanh/hom-nay/"):
        assert supervisor.get(url).status_code == 200
