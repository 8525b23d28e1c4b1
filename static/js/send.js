/* Plain forms are sent without leaving the page: when the line is cut, the server fails, the screen is locked or the
   session has ended, the page stays with everything typed and the bar offers "Thử lại". The form key makes the second
   sending the same act. With X-Stay the server answers a redirect as 204 with its address in HX-Redirect. */
(() => {
  "use strict";
  const { words, say, fail, clear, barred, net, token, newToken, stop } = window.opsa;
  const SECONDS = 30;
  const ours = (f, by) => {
    const to = (by && by.getAttribute("formaction")) || f.getAttribute("action") || "";
    return f.getAttribute("method")?.toLowerCase() === "post" && !f.target && !(by && by.formTarget)
      && !f.matches("[hx-post],[data-hx-post],[data-native]") && !f.closest("dialog, .menu")
      && new URL(to, location.href).origin === location.origin && to;
  };

  /* The server has it: nothing is lost by leaving now, so nobody is asked. */
  let gone = false;
  const leaving = () => { clear(); gone = true; setTimeout(() => { gone = false; }, 5000); };
  addEventListener("beforeunload", (e) => { if (gone) e.stopImmediatePropagation(); }, true);
  const leave = (to) => {
    const u = new URL(to, location.href);
    leaving();
    /* an address that differs in its # alone would not be loaded */
    if (u.hash && u.pathname + u.search === location.pathname + location.search) { history.replaceState(null, "", u); location.reload(); } else location.assign(u);
  };
  /* The answer is a page of its own (results, a field to mend): it takes this one's place, as the browser would do. */
  const show = (html, url) => {
    leaving(); stop();
    history.pushState({ shown: true }, "", url);
    document.open(); document.write(html); document.close();
    scrollTo(0, 0);
  };
  const shown = () => Boolean(history.state && history.state.shown), here = shown();
  /* Back to here must not fill this page's fields with those of the page that took its place. */
  if (here) for (const f of document.forms) f.autocomplete = "off";
  let hash = location.hash;
  addEventListener("popstate", () => {
    if (location.hash === hash && shown() !== here) location.reload();
    hash = location.hash;
  });

  /* A link pressed while a form is under way is the newer wish: it opens when the server has the form, so that its page
     shows what was done. Pressed twice, it does not wait. */
  let wish = "", under = 0, gave = false;
  document.addEventListener("click", (e) => {
    const a = e.target.closest("a[href]");
    if (!under || !a || e.defaultPrevented || e.button || e.ctrlKey || e.metaKey || e.shiftKey || a.target || a.hasAttribute("download")) return;
    if (a.origin !== location.origin || a.getAttribute("href").startsWith("#")) return;
    if (wish === a.href) { gave = true; setTimeout(() => { gave = false; }, 5000); return; }
    e.preventDefault();
    wish = a.href;
  });

  const busy = (f, by, on) => {
    under += on ? 1 : -1;
    if (on) f.dataset.busy = ""; else delete f.dataset.busy;
    if (by) { if (on) by.setAttribute("aria-busy", "true"); else by.removeAttribute("aria-busy"); }
  };
  const send = async (f, by, url, kept, renewed = false) => {
    if ("busy" in f.dataset) return;
    const data = by ? new FormData(f, by) : new FormData(f), again = () => send(f, by, url, kept, renewed);
    if (kept && !f.elements.q.value) data.set("q", kept);
    if (data.has("csrfmiddlewaretoken")) data.set("csrfmiddlewaretoken", token());
    const files = f.enctype === "multipart/form-data", cut = new AbortController();
    const timer = files ? 0 : setTimeout(() => cut.abort(), SECONDS * 1000);
    busy(f, by, true);
    let r = null, html = "";
    try {
      r = await fetch(url, { method: "POST", body: files ? data : new URLSearchParams(data), credentials: "same-origin", redirect: "manual", signal: cut.signal, headers: { "X-Stay": "1" } });
      if (r.status !== 204) html = await r.text();
      net(true);
    } catch { r = null; }
    clearTimeout(timer);
    busy(f, by, false);
    const to = r && r.headers.get("HX-Redirect"), frame = /<body hx-headers=/.test(html), next = wish;
    wish = "";
    if (!r) { net(false); fail(cut.signal.aborted ? words.slow : words.failed, again); say(words.failed); }
    else if (gave && (to || frame)) return;
    else if (to) leave(next || to);
    else if (barred(r.status, again)) clear();
    else if (r.status === 403 && !renewed && await newToken()) { wish = next; send(f, by, url, kept, true); }
    else if (r.status >= 500 || r.status === 429 || r.status === 403) fail(r.status === 429 ? words.busy : r.status === 403 ? words.denied : words.failed, again);
    else if (r.status === 409 && !frame) fail(words.changed);
    else if (r.type === "opaqueredirect") { f.dataset.native = ""; f.requestSubmit(by || undefined); }
    else if (html) show(html, url);
  };

  /* The same for a form that htmx sends: its redirect does not overtake the newer wish, and a part it brings does not
     take it away. */
  const posted = ({ requestConfig: { elt, verb } }) => verb === "post" && elt.matches("form");
  document.body.addEventListener("htmx:beforeSend", (e) => { if (posted(e.detail)) under += 1; });
  window.opsa.wish = () => wish;
  /* after save.js, which first brings to the server what was typed meanwhile */
  document.addEventListener("htmx:beforeOnLoad", (e) => {
    if (!wish || e.defaultPrevented || !posted(e.detail) || !e.detail.xhr.getResponseHeader("HX-Redirect")) return;
    e.preventDefault();
    if (!gave) leave(wish);
    wish = "";
  });
  document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!posted(detail)) return;
    const next = wish, { xhr } = detail;
    under -= 1;
    wish = "";
    if (next && !gave && xhr.status >= 200 && xhr.status < 300 && !xhr.getResponseHeader("HX-Redirect")) location.assign(next);
  });

  document.addEventListener("submit", (e) => {
    const f = e.target, by = e.submitter, now = Date.now();
    if (e.defaultPrevented || f.matches("[method=dialog]")) return;
    const to = ours(f, by);
    if (to) { e.preventDefault(); send(f, by, to, f.elements.q ? f.elements.q.value : ""); return; }
    /* A second press on another form's button within two seconds is the same press. */
    if (f.matches("[hx-post],[data-hx-post]")) return;
    if (now - Number(f.dataset.sentAt || 0) < 2000) e.preventDefault(); else f.dataset.sentAt = now;
  });
})();
