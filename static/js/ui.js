/* Counter UI: words, bars, dialogs, keys. No framework, no inline code. Every page works without it.
   save.js and scan.js build on what is offered as window.opsa. */
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
  const say = (t) => { const n = $("#say"); if (n && t) { n.textContent = ""; setTimeout(() => { n.textContent = t; }, 50); } };

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
  const open = (d) => { if (d && !d.open) { $$("dialog[open]").forEach((o) => o.close()); d.showModal(); } };
  const resume = () => { waiting.splice(0).forEach((f) => f()); document.dispatchEvent(new Event("opsa:resume")); };
  const showLock = (retry) => { if (retry) waiting.push(retry); root.classList.add("locked"); open(lock); say(words.locked); };
  const showSignin = (retry) => { if (retry) waiting.push(retry); open(signin); };
  const barred = (status, retry) => {
    if (status === 423) showLock(retry); else if (status === 401) showSignin(retry); else return false;
    return true;
  };
  const locked = () => root.classList.contains("locked");
  const lockNow = () => {
    const f = $("#lock-now");
    if (!f || locked()) return;
    showLock();
    const tell = async () => { const r = await post(f.action, new FormData(f)); if (!r && locked()) setTimeout(tell, 4000); else if (r && r.status === 401) showSignin(); };
    tell();
  };
  document.addEventListener("submit", async (e) => {
    const f = e.target;
    if (f.id === "lock-now") { e.preventDefault(); lockNow(); return; }
    if (!lock || !lock.contains(f) || (e.submitter && e.submitter.hasAttribute("data-leave"))) return;
    e.preventDefault();
    const pin = $("#lock-pin"), r = await post(f.action, new FormData(f)), msg = $("#lock-msg");
    pin.value = "";
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
  if (signin) {
    signin.addEventListener("cancel", (e) => e.preventDefault());
    signin.addEventListener("click", async (e) => {
      if (e.target.closest("[data-resume]") && await newToken()) { root.classList.remove("locked"); signin.close(); resume(); }
    });
  }

  /* --- htmx: say what failed, never leave the screen silent ---------------------------------------- */
  const config = (d) => d.requestConfig || {};
  const byPoll = (d) => { const t = config(d).triggeringEvent; return Boolean(t) && t.type === "poll"; };
  const repeat = (d) => () => { const c = config(d); window.htmx.ajax(c.verb, c.path, { source: c.elt, event: c.triggeringEvent, target: d.target }); };
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

  /* --- keys: function keys and Ctrl or Alt chords only, so typing never triggers anything (WCAG 2.1.4) - */
  const chord = (e) => {
    if (e.altKey) return /^Digit\d$/.test(e.code) ? `Alt+${e.code.slice(5)}` : "";
    const k = e.key === "Escape" ? "Esc" : e.key.length === 1 ? e.key.toUpperCase() : e.key;
    return e.ctrlKey || e.metaKey ? `Ctrl+${k}` : k;
  };
  const button = (k, r = document) => {
    const all = $$(`[data-key="${k}"]`, r).filter((b) => seen(b) && !b.disabled && b.getAttribute("aria-disabled") !== "true");
    return all.find((b) => b.closest(".is-sel")) || all.find((b) => !b.closest("[data-rows]")) || (all.length === 1 ? all[0] : null);
  };
  const closeMenu = () => { const m = $(".menu[open]"); if (m) { m.open = false; $("summary", m).focus(); } return Boolean(m); };
  addEventListener("keydown", (e) => {
    if (e.defaultPrevented || e.isComposing || e.repeat || e.shiftKey || (e.ctrlKey && e.altKey) || body.dataset.keys === "off") return;
    const k = chord(e);
    if (!/^(F\d\d?|Esc|Ctrl\+(Enter|S|Z)|Alt\+\d)$/.test(k)) return;
    const d = $$("dialog[open]").pop();
    const go = (f) => { e.preventDefault(); f(); };
    if (d) { const b = k !== "Esc" && button(k, d); if (b) go(() => b.click()); else if (/^F[1-9]$|^Ctrl\+S$/.test(k)) e.preventDefault(); return; }
    const cmd = $("#cmd");
    if (k === "F1" && $("#keys")) go(() => open($("#keys")));
    else if (k === "F2" && cmd) go(() => { cmd.focus(); cmd.select(); });
    else if (k === "Ctrl+Z" && isText(document.activeElement)) return;
    else if (k === "Ctrl+S" && $("form[data-autosave]")) go(() => document.dispatchEvent(new Event("opsa:save")));
    else if (k === "Esc" && closeMenu()) e.preventDefault();
    else { const b = button(k); if (b) go(() => b.click()); }
  });
  document.addEventListener("click", (e) => {
    const o = e.target.closest("[data-opens]"), m = $(".menu[open]");
    if (o) { e.preventDefault(); if (m) m.open = false; open(document.getElementById(o.dataset.opens)); }
    else if (m && !m.contains(e.target)) m.open = false;
  });

  /* Lists: arrows move one row, Enter opens it (the row holds a real link), Space ticks. */
  const rows = (box) => { const own = $$("[data-row]", box); return (own.length ? own : $$("td a.code, li > input[type=checkbox]:not(:disabled)", box)).filter(seen); };
  document.addEventListener("keydown", (e) => {
    if ((e.key !== "ArrowDown" && e.key !== "ArrowUp") || e.ctrlKey || e.altKey || e.shiftKey || e.defaultPrevented) return;
    const t = e.target, box = t.closest("[data-rows]");
    if (t.id === "cmd" && !t.value && e.key === "ArrowDown") { const l = $("[data-rows]"), f = l && rows(l)[0]; if (f) { e.preventDefault(); f.focus(); } return; }
    if (!box || isText(t) || t.tagName === "SELECT" || t.type === "radio") return;
    const list = rows(box), row = t.closest("tr, li"), at = list.findIndex((x) => x === t || (row && row.contains(x)));
    const to = list[at + (e.key === "ArrowDown" ? 1 : -1)];
    if (to) { e.preventDefault(); to.focus(); }
  });
  document.addEventListener("focusin", (e) => {
    const box = e.target.closest("[data-rows]");
    if (!box) return;
    $$(".is-sel", box).forEach((r) => r.classList.remove("is-sel"));
    const row = e.target.closest("tbody tr:not(.grp), li");
    if (row) row.classList.add("is-sel");
  });

  /* Enter in a form field moves on instead of submitting: scanners end in Enter. */
  document.addEventListener("keydown", (e) => {
    const t = e.target, f = t.form;
    if (e.key !== "Enter" || e.defaultPrevented || e.isComposing || e.ctrlKey || e.altKey || e.shiftKey || !f || f.dataset.enter !== "next") return;
    if (t.tagName !== "SELECT" && (t.tagName !== "INPUT" || /^(submit|button|image|reset|file)$/.test(t.type))) return;
    e.preventDefault();
    const all = [...f.elements].filter((x) => x === t || (/^(INPUT|SELECT|TEXTAREA)$/.test(x.tagName) && x.type !== "hidden" && !x.disabled && !x.readOnly && x.tabIndex >= 0 && seen(x) && !(x.type === "radio" && x.name === t.name)));
    const to = all[all.indexOf(t) + 1] || button("Ctrl+Enter") || $("[type=submit], button:not([type])", f);
    if (to) { to.focus(); if (isText(to) && to.select) to.select(); }
  });

  /* --- copy -------------------------------------------------------------------------------------- */
  const copy = async (text) => {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* old browser or plain http: the old way */ }
    const a = document.createElement("textarea"), back = document.activeElement;
    a.className = "vh"; a.value = text; body.append(a); a.select();
    const ok = document.execCommand("copy");
    a.remove(); if (back) back.focus();
    return ok;
  };
  document.addEventListener("click", async (e) => {
    const b = e.target.closest("[data-copy], [data-copy-from]");
    if (!b) return;
    const from = b.dataset.copyFrom && $(b.dataset.copyFrom);
    if (!await copy(from ? from.value || from.textContent.trim() : b.dataset.copy)) return;
    const l = $("span:not(.vh)", b) || b, old = b.dataset.label || l.textContent;
    b.dataset.label = old; b.classList.add("is-done"); l.textContent = words.copied; say(words.copied);
    setTimeout(() => { l.textContent = old; }, 2000);
  });

  /* --- once a second: polling pulse, undo bar, idle lock ----------------------------------------- */
  let beat = 0, touched = Date.now(), undoLeft = 10, undoOf = "";
  for (const name of ["keydown", "pointerdown", "pointermove", "wheel"]) addEventListener(name, () => { touched = Date.now(); }, { passive: true, capture: true });
  const poll = () => { if (document.visibilityState === "visible" && !locked()) body.dispatchEvent(new Event("poll")); };
  const idle = Number(body.dataset.idleMinutes) * 60000;
  setInterval(() => {
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

  /* A second press on a plain form's button within two seconds is the same press. */
  document.addEventListener("submit", (e) => {
    const f = e.target, now = Date.now();
    if (e.defaultPrevented || f.matches("[hx-post],[data-hx-post],[method=dialog]")) return;
    if (now - Number(f.dataset.sentAt || 0) < 2000) e.preventDefault(); else f.dataset.sentAt = now;
  });

  /* --- where the focus begins --------------------------------------------------------------------- */
  if (!$("[autofocus]") && matchMedia("(hover: hover)").matches && location.hash.length < 2) {
    const form = $("main form[data-autosave], main form[data-enter]");
    const empty = form && [...form.elements].find((x) => /^(INPUT|SELECT|TEXTAREA)$/.test(x.tagName) && !/^(hidden|checkbox|radio|file|submit)$/.test(x.type) && !x.readOnly && !x.disabled && !x.value && seen(x));
    const start = $("main [aria-invalid=true]") || empty || (form ? null : $("#cmd"));
    if (start) start.focus({ preventScroll: true });
  }
  const told = $("#messages p");
  if (told) say(told.textContent);

  window.opsa = { $, $$, words, say, seen, isText, net, post, newToken, fail, failed, clear, barred, locked, freshKey };
})();
