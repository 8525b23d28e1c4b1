"""Eight photographed pages on an office's slow line, and how soon a bad page is warned of (F14).

A real Chromium on the whole product in processes of its own, on an emulated line of 1 Mbit/s up,
4 Mbit/s down and 150 ms. Eight photos of about 300 kB each (2.4 MB in all) are chosen at once on
the step of scans. Then one more page, blurred, is brought.

`upload_seconds` is from choosing the eight to the last byte being up, while the clerk may go on;
`checked_seconds` to the eighth page standing checked on the clerk's screen. `warned_seconds` is
from the blurred page being up to its warning on the screen. The line alone needs `line_seconds`
for the bytes.

    scans bytes= line_seconds= upload_seconds= checked_seconds= warned_seconds=

Budgets: upload_seconds at most 30, warned_seconds at most 2.
"""

import argparse
import io
import sys
import time
from typing import Any

from benchmarks._bench import Figures, make_clerk, published, session_of, set_up
from benchmarks._product import choose_addresses, running
from benchmarks.counter import ARGUMENTS

UP, DOWN = 1_000_000 / 8, 4_000_000 / 8
LINE = {"offline": False, "latency": 150, "uploadThroughput": UP, "downloadThroughput": DOWN}
PAGES, PAGE_BYTES = 8, 300_000


def main() -> int:
    """Start everything, bring the pages, print; the exit status."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    ports = choose_addresses()
    set_up()
    from cases.intake import drafts

    staff = make_clerk()
    cookie = session_of(staff)
    draft = drafts.draft_open(staff=staff, version=published())
    paper = draft.documents.get(document__key="giay-chung-sinh").pk
    with running(ports) as base:
        return measure(base, cookie, f"{base}/quay/ho-so/{draft.pk}/ban-quet/", f"#up{paper}")


def measure(base: str, cookie: str, url: str, field: str) -> int:
    """The pages over the slow line; the exit status."""
    from playwright.sync_api import expect, sync_playwright

    from tests.support.browser import WIDE, chromium

    path = chromium()
    if path is None:
        print("no Chromium: apt-get install chromium", file=sys.stderr)
        return 2
    photos = [photo(seed) for seed in range(PAGES)]
    figures, size = Figures("scans"), sum(len(one["buffer"]) for one in photos)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        context = browser.new_context(viewport=WIDE, locale="vi-VN", service_workers="block")
        context.add_cookies([{"name": "opsa_session", "value": cookie, "url": base}])
        page = context.new_page()
        page.goto(url)
        context.new_cdp_session(page).send("Network.emulateNetworkConditions", LINE)
        up, looks = page.locator("#scans .up > li"), page.locator("#scans .sheet img.look")
        begun = time.monotonic()
        page.set_input_files(field, photos)
        expect(up).not_to_have_count(0)
        expect(up).to_have_count(0, timeout=120_000)
        figures.put("bytes", size)
        figures.put("line_seconds", round(size / UP, 1))
        figures.put("upload_seconds", round(time.monotonic() - begun, 1), most=30)
        expect(looks).to_have_count(PAGES, timeout=60_000)
        figures.put("checked_seconds", round(time.monotonic() - begun, 1))
        page.set_input_files(field, [photo(PAGES, blurred=True)])
        expect(up).not_to_have_count(0)
        expect(up).to_have_count(0, timeout=60_000)
        begun = time.monotonic()
        expect(page.locator("#scans .sheet .msg.chk").last).to_contain_text("mờ", timeout=30_000)
        figures.put("warned_seconds", round(time.monotonic() - begun, 2), most=2)
        browser.close()
    return figures.end()


def photo(seed: int, *, blurred: bool = False) -> dict[str, Any]:
    """A page on a table as a phone takes it, about 300 kB."""
    from PIL import ImageFilter

    from tests.support.papers import on_table, photographed, sheet

    picture = photographed(on_table(sheet(seed=seed)), side=2400)
    if blurred:
        picture = picture.filter(ImageFilter.GaussianBlur(9))
    for quality in range(90, 20, -4):
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality)
        if out.tell() <= PAGE_BYTES:
            break
    return {"name": f"trang-{seed}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


if __name__ == "__main__":
    sys.exit(main())
