"""The citizen's page: one sentence, whose turn, the date; nothing else about the person (F09)."""

import gzip
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from cases.models import CaseFee, ExtraUse, Mandate, MandateText, Payment
from opsa.core.journal import JournalEntry
from opsa.core.outbox import Outbox

LOCAL = "Thứ "


@pytest.fixture
def case(make):
    return make(
        name="NGUYỄN THỊ HƯỜNG", id_number="001190012345", phone="+84912345678", dossier="4",
        due_at=timezone.now() + timedelta(days=3), code="H26.13-261120-0047",
    )  # fmt: skip


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_it_says_where_the_case_stands_whose_turn_it_is_and_the_date(client, case):
    text = text_of(client.get(f"/t/{case.token}/"))
    assert "Hồ sơ đang được giải quyết" in text
    assert "Chưa phải làm gì thêm." in text
    assert f"{timezone.localtime(case.due_at):%d/%m/%Y}" in text
    assert LOCAL in text
    assert "Cơ quan đang giải quyết" in text
    assert "UBND phường Yên Hòa" in text


def test_it_shows_initials_and_no_number_or_address(client, case):
    html = client.get(f"/t/{case.token}/").content.decode()
    assert "N*** T*** H***" in html
    for secret in ("HƯỜNG", "001190012345", "912345678", "5678", "phố Vọng", "12 ngõ 5"):
        assert secret not in html


def test_it_is_whole_in_english(client, case):
    page = client.get(f"/t/{case.token}/?lang=en")
    assert page["Content-Language"] == "en"
    assert '<html lang="en"' in page.content.decode()
    assert "Birth registration" in page.content.decode()


def test_big_text_is_one_link_away_and_stays(client, case):
    html = client.get(f"/t/{case.token}/?chu=to").content.decode()
    assert 'data-text="big"' in html
    assert html.count("chu=to") >= 3


def test_it_is_small_and_asks_little(client, case, query_budget):
    # queries: office role in, the case with all it needs, office role out
    with query_budget(3):
        page = client.get(f"/t/{case.token}/")
    assert len(page.content) <= 15_000
    assert len(gzip.compress(page.content, 6)) <= 5_000
    assert "<script" not in page.content.decode()


def test_the_look_up_is_small_too(client, db, query_budget):
    with query_budget(2):
        page = client.get("/")
    assert len(page.content) <= 15_000


def test_it_is_neither_indexed_nor_referred_nor_cached_by_others(client, case):
    page = client.get(f"/t/{case.token}/")
    assert "noindex" in page["X-Robots-Tag"]
    assert page["Referrer-Policy"] == "no-referrer"
    assert "private" in page["Cache-Control"]
    policy = page["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "sha256-" in policy


def test_unknown_expired_and_unfinished_links_look_the_same(client, make):
    old = make(
        work="closed",
        dossier="10",
        delivery="delivered",
        closed_at=timezone.now() - timedelta(days=91),
    )
    fresh = make(
        work="closed",
        dossier="10",
        delivery="delivered",
        closed_at=timezone.now() - timedelta(days=89),
    )
    draft = make(work="draft")
    assert client.get(f"/t/{fresh.token}/").status_code == 200
    answers = [client.get(f"/t/{token}/") for token in (old.token, draft.token, "A" * 22)]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    bodies = {re.sub(r"[0-9a-f]{32}", "ID", answer.content.decode()) for answer in answers}
    assert len(bodies) == 1


def test_before_the_portal_has_it_the_page_says_so(client, make):
    text = text_of(client.get(f"/t/{make().token}/"))
    assert "Bưu điện đã nhận hồ sơ" in text
    assert "Chờ Cổng dịch vụ công nhận" in text


def test_it_says_what_was_paid_or_is_free(client, case, counter):
    CaseFee.objects.create(case=case, kind="state_fee", label="Lệ phí", amount=30000)
    case.money = "due"
    case.save()
    assert "30.000" in client.get(f"/t/{case.token}/").content.decode()
    Payment.objects.create(
        case=case, agency=case.agency, amount=30000, method="cash", taken_by=counter.staff
    )
    assert "Tiền đã trả" in client.get(f"/t/{case.token}/").content.decode()


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"dossier": "5", "waiting_for": "Mang bản chụp hộ chiếu"}, "Cần thêm giấy tờ"),
        ({"dossier": "9", "delivery": "available", "by_post": False}, "Đã có kết quả"),
        ({"dossier": "9", "delivery": "out"}, "Bưu tá đang mang đến"),
        ({"work": "closed", "dossier": "10", "delivery": "delivered"}, "Đã giao kết quả"),
        ({"work": "attention", "attention": "refused"}, "Hồ sơ chưa được nhận"),
    ],
)
def test_every_turn_has_its_sentence(client, make, facts, sentence):
    page = client.get(f"/t/{make(**facts).token}/")
    assert sentence in page.content.decode()
    assert page.content.decode().count('aria-current="step"') <= 1


class TestSensitive:
    @pytest.fixture
    def case(self, make, counter):
        counter.version.procedure.sensitive = True
        counter.version.procedure.save()
        return make(name="NGUYỄN THỊ HƯỜNG", phone="+84912345678", dossier="4")

    def test_the_thing_and_the_name_wait_for_the_digits(self, client, case):
        html = client.get(f"/t/{case.token}/").content.decode()
        assert "Hồ sơ của quý khách" in html
        assert "Khai sinh" not in html
        assert "N***" not in html
        answer = client.post(f"/t/{case.token}/", {"digits": "5678"})
        assert answer.status_code == 303
        html = client.get(f"/t/{case.token}/").content.decode()
        assert "Khai sinh" in html
        assert "N*** T*** H***" in html

    def test_five_wrong_tries_close_it_for_a_while(self, client, case):
        for _number in range(5):
            assert client.post(f"/t/{case.token}/", {"digits": "0000"}).status_code == 422
        assert client.post(f"/t/{case.token}/", {"digits": "5678"}).status_code == 429

    def test_who_looked_it_up_with_the_digits_is_not_asked_again(self, client, case):
        client.post("/", {"code": case.reference, "digits": "5678"})
        assert "Khai sinh" in client.get(f"/t/{case.token}/").content.decode()

    def test_the_note_of_one_case_opens_no_other(self, client, case, make):
        other = make(dossier="4")
        client.post(f"/t/{case.token}/", {"digits": "5678"})
        client.cookies["opsa_seen"]["path"] = f"/t/{other.token}/"
        assert "Hồ sơ của quý khách" in client.get(f"/t/{other.token}/").content.decode()


class TestRevoking:
    @pytest.fixture
    def case(self, make, counter):
        case = make()
        text = MandateText.objects.create(mode="assist", number=7, body="x", sha256="0" * 64)
        Mandate.objects.create(
            case=case,
            mode="assist",
            method="screen",
            state="given",
            text=text,
            given_at=timezone.now(),
            valid_until=timezone.localdate(),
            taken_by=counter.staff,
        )
        filing = case.filings.get()
        Outbox.objects.create(
            kind="filing", channel="x", key=f"filing:{filing.pk}", subject=filing.pk
        )
        return case

    def url(self, case):
        return f"/t/{case.token}/rut-dong-y/"

    @pytest.fixture
    def known(self, client, case):
        """The digits were given."""
        given = client.post(self.url(case), {"digits": case.filer.phone[-4:]})
        assert given.status_code == 303
        return client

    def test_a_link_alone_asks_for_the_digits_and_changes_nothing(self, client, case):
        page = client.get(f"/t/{case.token}/").content.decode()
        assert f'href="{self.url(case)}' in page
        assert "4 số cuối" in client.get(self.url(case)).content.decode()
        assert client.post(self.url(case), {"sure": "1"}).status_code == 422
        assert client.post(self.url(case), {"sure": "1", "digits": "0000"}).status_code == 422
        assert case.mandates.get().state == Mandate.State.GIVEN

    def test_wrong_digits_are_counted(self, client, case):
        for _number in range(5):
            client.post(self.url(case), {"digits": "0000"})
        assert client.post(self.url(case), {"digits": "5678"}).status_code == 429

    def test_it_is_asked_once_then_the_sending_stops(self, known, case):
        assert "nộp&nbsp;nữa?" in known.get(self.url(case)).content.decode()
        assert known.post(self.url(case), {"sure": "1"}).status_code == 303
        case.refresh_from_db()
        assert (case.work, case.attention, case.queue) == ("attention", "revoked", "attention")
        assert case.mandates.get().state == Mandate.State.REVOKED
        assert (
            Outbox.objects.get(key=f"filing:{case.filings.get().pk}").state == Outbox.State.REFUSED
        )
        line = JournalEntry.objects.get(chain=f"case:{case.pk}", action="mandate.revoked")
        assert (line.actor_kind, line.staff_id) == ("citizen", None)

    def test_what_may_be_on_its_way_is_not_called_back(self, known, case):
        Outbox.objects.update(state=Outbox.State.UNKNOWN)
        answer = known.post(self.url(case), {"sure": "1"})
        assert answer.status_code == 409
        case.refresh_from_db()
        assert case.work == "filed"
        assert case.mandates.get().state == Mandate.State.GIVEN

    def test_twice_is_once(self, known, case):
        known.post(self.url(case), {"sure": "1"})
        assert known.post(self.url(case), {"sure": "1"}).status_code == 409
        assert (
            JournalEntry.objects.filter(chain=f"case:{case.pk}", action="mandate.revoked").count()
            == 1
        )

    def test_extra_uses_are_taken_back_apart(self, known, case, counter):
        for kind in ("scans", "phone2"):
            ExtraUse.objects.create(
                case=case, kind=kind, text=MandateText.objects.get(), taken_by=counter.staff,
                valid_until=timezone.localdate(), phone="+84987654321",
            )  # fmt: skip
        assert "Giữ bản quét" in known.get(self.url(case)).content.decode()
        known.post(self.url(case), {"use": "phone2"})
        uses = {use.kind: use for use in ExtraUse.objects.all()}
        assert uses["scans"].ended_at is None
        assert (uses["phone2"].ended_at is not None, uses["phone2"].phone) == (True, "")
        assert case.mandates.get().state == Mandate.State.GIVEN


def test_who_has_the_dossier_and_what_was_heard_agree(client, make):
    """Not "the authority has it" above and "no word yet" below."""
    page = client.get(f"/t/{make(dossier='2', accepted_at=timezone.now()).token}/")
    assert "Cơ quan đã nhận hồ sơ" in page.content.decode()
    assert "Chưa có tin" not in page.content.decode()


def test_the_help_pages_stand_without_the_database(client, django_assert_num_queries, db):
    for url in ("/tro-giup/", "/quyen-rieng-tu/", "/tiep-can/", "/robots.txt"):
        assert client.get(url).status_code == 200, url
    assert "Disallow: /t/" in client.get("/robots.txt").content.decode()


def test_citizens_sentences_are_short(client, db):
    """At most 20 syllables a sentence (ux 7.1)."""
    for url in ("/tro-giup/", "/quyen-rieng-tu/", "/tiep-can/"):
        main = client.get(url).content.decode().split("<main", 1)[1].split("</main>")[0]
        text = re.sub(r"<[^>]+>", ". ", main.replace("&nbsp;", " "))
        for sentence in re.split(r"[.?!:]\s", text):
            assert len(sentence.split()) <= 20, sentence
