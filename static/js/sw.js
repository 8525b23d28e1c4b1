/* Keeps one page, "no network", with its style sheet, and shows it when a page can't be fetched.
   Nothing else is ever kept: pages hold personal data. KEPT is written above by the server. */
addEventListener("install", (e) => {
  e.waitUntil(caches.open(KEPT.name).then((c) => c.addAll([KEPT.page, KEPT.style])).then(() => skipWaiting()));
});
addEventListener("activate", (e) => {
  const old = async () => {
    for (const name of await caches.keys()) if (name !== KEPT.name) await caches.delete(name);
    if (registration.navigationPreload) await registration.navigationPreload.enable();
    await clients.claim();
  };
  e.waitUntil(old());
});
addEventListener("fetch", (e) => {
  const r = e.request, kept = (what) => caches.match(what).then((found) => found || Response.error());
  if (r.method !== "GET") return;
  if (r.mode === "navigate") {
    const page = async () => (await e.preloadResponse) || fetch(r);
    e.respondWith(page().catch(() => kept(KEPT.page)));
  } else if (r.url === new URL(KEPT.style, location).href) e.respondWith(fetch(r).catch(() => kept(KEPT.style)));
});
