/* Counter UI: words, network, bars, dialogs, the pulse. No framework, no inline code. Every page works without it.
   keys.js, send.js, save.js and scan.js build on what is offered as window.opsa. */
(() => {
  "use strict";
  const $ = (s, r = document) => r.querySelector(s);
  const $$ = (s, r = document) => [...r.querySelectorAll(s)];
  const root = document.documentElement, body = document.body;
  const words = ($("#ui-text") || body).dataset;
  const seen = (e) => e.getClientRects().length > 0;
  const isText = (e) => Boolean(e) && (e.tagName === "TEXTAREA" || (e.tagName === "INPUT" && /^(text|search|tel|url|password|email|number)$/.test(e.type)));
  root.classList.add("js");

  /* One polite live region; text only, results only. */
  // What comes within a second of another is said after it: replaced so soon, the first would not be heard.
  let said = "", began = 0;
  const say = (t) => {
    const n = $("#say"), now = Date.now();
    if (!n || !t) return;
    if (now - began < 1000 && said !== t) said += (/[.!?]$/.test(said) ? " " : ". ") + t; else { said = t; began = now; }
    n.textContent = ""; setTimeout(() => { n.textContent = said; }, 50);
  };

  /* A one-time key like the server's (UUID 7), for a form that is sent more than once from one page. */
  const freshKey = (form) => {
    const field = form.querySelector("[name=form_key]");
    if (!field) return;
    const b = crypto.getRandomValues(new Uint8Array(16)), now = Date.now();
    for (let i = 0; i < 6; i += 1) b[i] = Math.floor(now / 2 ** (8 * (5 - i))) % 256;
    b[6] = (b[6] & 15) | 112; b[8] = (b[8] & 63) | 128;
    field.value = [...b].map((x, i) => (/^(4|6|8|10)$/.test(i) ? "-" : "") + x.toString(16).padStart(2, "0")).join("");
  };

  /* --- network ------------------------------------------------------------------------------- */
  const net = (ok) => {
    const n = $("#net"), s = ok ? "on" : "off";
    if (!n || (n.dataset.s || "on") === s) return;
    n.dataset.s = s; n.textContent = words[s]; n.classList.toggle("opt", ok); say(words[s]);
  };
  addEventListener("online", () => net(true));
  addEventListener("offline", () => net(false));

  const token = () => { try { return JSON.parse(body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || ""; } catch { return ""; } };
  /* After a new sign-in the page's token is stale; another page of ours carries a good one. */
  const newToken = async () => {
    try {
      const r = await fetch($(".brand").href, { credentials: "same-origin" });
      net(true);
      const headers = new DOMParser().parseFromString(await r.text(), "text/html").body.getAttribute("hx-headers");
      if (!r.ok || !headers) return false;
      body.setAttribute("hx-headers", headers);
      for (const i of $$("[name=csrfmiddlewaretoken]")) i.value = token();
      return true;
    } catch { net(false); return false; }
  };
  /* POST without leaving the page. Gives the answer, or null when nothing came back. */
  const post = async (url, data, { seconds = 15, keepalive = false } = {}) => {
    const stop = new AbortController(), timer = setTimeout(() => stop.abort(), seconds * 1000);
    try {
      const r = await fetch(url, { method: "POST", body: data, credentials: "same-origin", redirect: "manual", keepalive, signal: stop.signal, headers: { "X-CSRFToken": token(), "HX-Request": "true" } });
      net(true);
      return r;
    } catch { net(false); return null; } finally { clearTimeout(timer); }
  };

  /* --- bar for failed requests ------------------------------------------------------------------ */
  let again = null, failedBy = null;
  const clear = () => { const b = $("#errbar"); if (b) b.hidden = true; again = failedBy = null; };
  const fail = (text, retry = null, by = null) => {
    const b = $("#errbar");
    if (!b) return;
    $("p", b).textContent = text; $("[data-retry]", b).hidden = !retry;
    again = retry; failedBy = by; b.hidden = false;
  };
  const failed = () => Boolean($("#errbar")) && !$("#errbar").hidden;
  document.addEventListener("click", (e) => {
    if (!e.target.closest("#errbar")) return;
    if (e.target.closest("[data-hide]")) clear();
    else if (e.target.closest("[data-retry]") && again) { const f = again; clear(); f(); }
  });

  /* --- locked screen, ended session: over the page, nothing typed is lost ------------------------- */
  const lock = $("#lock"), signin = $("#signin");
  const waiting = [];
  const open = (d) => { if (d && !d.open) { $$("dialog[open]").forEach((o) => o.close()); d.showModal(); const f = $("[data-first]", d); if (f) f.focus(); } };
  const resume = () => { waiting.splice(0).forEach((f) => f()); document.dispatchEvent(new Event("opsa:resume")); };
  const showLock = (retry) => { if (retry) waiting.push(retry); root.classList.add("locked"); open(lock); say(words.locked); };
  /* The window waits for a pause: keys meant for the page must not end in the password. */
  let typedAt = 0;
  document.addEventListener("input", () => { typedAt = Date.now(); }, true);
  const ask = () => { if (Date.now() - typedAt < 800) setTimeout(ask, 100); else open(signin); };
  const showSignin = (retry) => { if (retry) waiting.push(retry); ask(); };
  const barred = (status, retry) => {
    if (status === 423) showLock(retry); else if (status === 401) showSignin(retry); else return false;
    return true;
  };
  const locked = () => root.classList.contains("locked");
  let telling = null;
  const tellLock = async (f) => {
    const r = await post(f.action, new FormData(f));
    if (!r || r.status >= 500) setTimeout(() => { if (locked()) telling = tellLock(f); }, 4000); else if (r.status === 401) showSignin();
  };
  const lockNow = () => {
    const f = $("#lock-now");
    if (!f || locked()) return;
    showLock();
    telling = tellLock(f);
  };
  document.addEventListener("submit", async (e) => {
    const f = e.target;
    if (f.id === "lock-now") { e.preventDefault(); lockNow(); return; }
    if (!lock || !lock.contains(f) || (e.submitter && e.submitter.hasAttribute("data-leave"))) return;
    e.preventDefault();
    const pin = $("#lock-pin"), msg = $("#lock-msg"), sent = new FormData(f);
    if (!pin.value) return; /* a second Enter */
    pin.value = "";
    await telling; /* else the lock could come after the key, and close again what it opened */
    const r = await post(f.action, sent);
    if (r && r.ok) { msg.textContent = ""; root.classList.remove("locked"); lock.close(); resume(); return; }
    /* a redirect leads to the sign-in page: too many wrong tries */
    if (r && (r.status === 401 || r.type === "opaqueredirect")) { showSignin(); return; }
    msg.textContent = !r || r.status >= 500 ? words.failed : r.status === 429 ? words.busy : words.pin;
    pin.focus();
  });
  if (lock) {
    lock.addEventListener("cancel", (e) => e.preventDefault());
    lock.addEventListener("close", () => { if (locked() && !(signin && signin.open)) lock.showModal(); });
  }
  const signedIn = async () => {
    if (!await newToken()) return false;
    root.classList.remove("locked"); signin.close(); resume();
    return true;
  };
  if (signin) {
    signin.addEventListener("cancel", (e) => e.preventDefault());
    signin.addEventListener("click", async (e) => {
      if (e.target.closest("[data-resume]")) await signedIn();
    });
    signin.addEventListener("submit", async (e) => {
      e.preventDefault();
      const f = e.target, word = $("#signin-word"), msg = $("#signin-msg"), r = await post(f.action, new FormData(f));
      word.value = "";
      /* 204: the password was right; a second factor, where one is due, is asked in a tab of its own */
      if (r && r.status === 204 && await signedIn()) { msg.textContent = ""; return; }
      if (r && r.status === 403) await newToken();
      msg.textContent = !r || r.status >= 500 ? words.failed : r.status === 429 ? words.busy : r.status === 422 ? words.password : words.factor;
      word.focus();
    });
  }

  /* --- htmx: say what failed, never leave the screen silent ---------------------------------------- */
  const config = (d) => d.requestConfig || {};
  const byPoll = (d) => { const t = config(d).triggeringEvent; return Boolean(t) && t.type === "poll"; };
  const repeat = (d) => () => { const c = config(d); window.htmx.ajax(c.verb, c.path, { source: c.elt, event: c.triggeringEvent, target: d.target }); };
  /* What a page asks by itself keeps no session awake, unless the person did something since the last time. */
  let touched = Date.now(), told = touched;
  body.addEventListener("htmx:configRequest", (e) => {
    const by = e.detail.triggeringEvent;
    if ((!by || !by.isTrusted) && touched <= told) e.detail.headers["X-Passive"] = "1";
    else told = Date.now();
  });
  let typed = null;
  body.addEventListener("htmx:beforeSwap", (e) => {
    const d = e.detail;
    net(true);
    if (barred(d.xhr.status, byPoll(d) ? null : repeat(d))) { d.shouldSwap = false; return; }
    if (d.shouldSwap && failedBy === config(d).elt) clear();
    /* letters typed while the answer was under way stay */
    const a = document.activeElement;
    typed = null;
    if (d.shouldSwap && isText(a) && a.id && d.target.contains(a) && a.name && config(d).formData && config(d).formData.get(a.name) !== a.value) typed = { id: a.id, value: a.value, at: [a.selectionStart, a.selectionEnd] };
  });
  body.addEventListener("htmx:afterSwap", () => {
    const f = typed && document.getElementById(typed.id);
    if (f && isText(f)) { f.value = typed.value; f.focus(); f.setSelectionRange(...typed.at); }
    typed = null;
  });
  body.addEventListener("htmx:afterSettle", (e) => {
    const d = e.detail;
    if (!d.xhr || byPoll(d)) return;
    const bad = d.xhr.status === 422 && $("[aria-invalid=true]", d.elt);
    const now = document.activeElement;
    if (bad) bad.focus();
    else if (!now || now === body) {
      const h = $("[autofocus],[data-focus]", d.elt) || $("h1,h2,h3", d.elt);
      if (h) { if (h.tabIndex < 0) h.tabIndex = -1; h.focus({ preventScroll: true }); }
    }
  });
  body.addEventListener("htmx:responseError", (e) => {
    const d = e.detail, s = d.xhr.status;
    net(true);
    if (!byPoll(d)) fail(s === 429 ? words.busy : s === 403 ? words.denied : words.failed, repeat(d), config(d).elt);
  });
  for (const [name, word] of [["htmx:sendError", "failed"], ["htmx:timeout", "slow"]]) {
    body.addEventListener(name, (e) => { net(false); if (!byPoll(e.detail)) fail(words[word], repeat(e.detail), config(e.detail).elt); });
  }

  /* --- the chosen file, named beside its button until it is on its way ------------------------------ */
  document.addEventListener("change", (e) => {
    const t = e.target, out = t.type === "file" && t.parentElement.nextElementSibling;
    if (out && "picked" in out.dataset) setTimeout(() => { out.textContent = [...t.files].map((f) => f.name).join(", "); });
  });

  /* --- once a second: polling pulse, undo bar, idle lock ----------------------------------------- */
  let beat = 0, undoLeft = 10, undoOf = "";
  for (const name of ["keydown", "pointerdown", "pointermove", "wheel"]) addEventListener(name, () => { touched = Date.now(); }, { passive: true, capture: true });
  const poll = () => { if (document.visibilityState === "visible" && !locked()) body.dispatchEvent(new Event("poll")); };
  const idle = Number(body.dataset.idleMinutes) * 60000;
  const clock = setInterval(() => {
    beat += 1;
    if (beat % 2 === 0) poll();
    const u = $("#undo");
    if (u && !u.hidden) {
      if (undoOf !== u.innerHTML) { undoOf = u.innerHTML; undoLeft = 10; say(u.textContent.trim().replace(/\s+/g, " ")); }
      if (!u.matches(":hover") && !u.contains(document.activeElement)) undoLeft -= 1;
      if (undoLeft <= 0) u.hidden = true;
    }
    if (idle && Date.now() - touched > idle) lockNow();
  }, 1000);
  document.addEventListener("visibilitychange", poll);
  /* A paper is drawn within a second: the first questions come sooner than the pulse. */
  if ($(".paper[hx-get]")) for (const ms of [400, 800, 1200]) setTimeout(poll, ms);

  const news = $("#messages p");
  if (news) say(news.textContent);

  /* Only the "no network" page is kept in the browser, by sw.js. */
  if ("serviceWorker" in navigator && body.dataset.worker) navigator.serviceWorker.register(body.dataset.worker, { scope: "/" }).catch(() => {});

  window.opsa = { $, $$, words, say, seen, isText, net, post, token, newToken, open, fail, failed, clear, barred, locked, freshKey, stop: () => clearInterval(clock) };
})();
