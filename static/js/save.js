/* Saving by itself (forms with data-autosave), leaving with unsaved work. */
(() => {
  "use strict";
  const { $, $$, words, say, post, newToken, fail, failed, barred, freshKey, locked } = window.opsa;
  const WAITS = [2, 4, 8, 16, 30];
  const states = new WeakMap();
  let leaving = false;

  const data = (form) => {
    const d = new FormData(form);
    for (const [k, v] of [...d]) if (typeof v !== "string") d.delete(k);
    d.delete("form_key");
    return d;
  };
  const shape = (form) => {
    const d = data(form);
    d.delete("csrfmiddlewaretoken"); d.delete("version"); d.delete("papers");
    return new URLSearchParams(d).toString();
  };
  const state = (form) => {
    if (!states.has(form)) states.set(form, { last: shape(form), tries: 0, timer: 0, run: null, clash: false });
    return states.get(form);
  };
  const forms = () => $$("form[data-autosave]");
  const dirty = (form) => shape(form) !== state(form).last;

  const line = (kind, text) => {
    const n = $("[data-save-status]");
    if (!n) return;
    n.hidden = false; n.dataset.s = kind; $("span", n).textContent = text;
    $("use", n).setAttribute("href", $("use", n).getAttribute("href").replace(/#.*/, kind === "ok" ? "#tick" : "#warn"));
  };
  const clock = () => new Date().toLocaleTimeString("vi-VN", { hour12: false });

  /* Messages of the server under the fields: {"errors": {"name": "text", "other": ""}}; "" takes one away. */
  const paint = (form, errors) => {
    for (const [name, text] of Object.entries(errors || {})) {
      const input = form.querySelector(`[name="${CSS.escape(name)}"]`), box = input && input.closest(".f");
      if (!box) continue;
      let m = $(".msg.err", box);
      /* a warning of the page goes when the server says it as an error, or when the clerk put in something else */
      const chk = $(".msg.chk", box), past = chk && (text || input.value && input.value !== input.defaultValue) ? chk.id : "";
      if (past) { chk.remove(); box.classList.remove("check"); }
      const id = `${input.id}_error`, by = (input.getAttribute("aria-describedby") || "").split(" ").filter((x) => x && x !== id && x !== past);
      box.classList.toggle("bad", Boolean(text));
      if (m) m.remove();
      if (text) {
        m = document.createElement("p"); m.className = "msg err"; m.id = id; m.textContent = text;
        box.append(m); by.push(id); input.setAttribute("aria-invalid", "true"); say(text);
      } else input.removeAttribute("aria-invalid");
      if (by.length) input.setAttribute("aria-describedby", by.join(" ")); else input.removeAttribute("aria-describedby");
    }
  };

  /* What somebody else saved meanwhile comes into fields that nobody touched here. */
  const put = (form, values, sent) => {
    for (const [name, value] of Object.entries(values || {})) {
      if (new FormData(form).get(name) !== sent.get(name)) continue;
      const f = form.elements[name], first = f && f.length && !f.options ? f[0] : f;
      if (!first) continue;
      if (first.type === "checkbox") first.checked = Boolean(value); else f.value = value;
      const box = first.closest(".f, li");
      if (box) { box.classList.add("is-new"); say(`${words.saved}: ${(box.querySelector("label, legend") || box).textContent.trim()}`); }
    }
  };

  /* One save; gives "ok", "net" (no answer or the server is in trouble) or "no" (the server said no). */
  const once = async (form, s) => {
    const sent = shape(form), body = data(form), r = await post(form.dataset.autosave, body, { keepalive: document.visibilityState === "hidden" });
    const later = (seconds) => { clearTimeout(s.timer); s.timer = setTimeout(() => save(form), seconds * 1000); };
    if (!r || r.status >= 500) {
      line("wait", words.unsaved);
      if (s.tries === 0) say(words.unsaved);
      later(WAITS[Math.min(s.tries, WAITS.length - 1)]); s.tries += 1;
      return "net";
    }
    if (r.status === 429) { line("wait", words.unsaved); later(Number(r.headers.get("Retry-After")) || 5); return "net"; }
    if (barred(r.status) || r.type === "opaqueredirect") { line("wait", words.unsaved); return "net"; }
    if (r.status === 403 && !s.renewed && await newToken()) { s.renewed = true; return once(form, s); }
    const json = (r.headers.get("Content-Type") || "").includes("json") ? await r.json() : null;
    if (json) { if (form.elements.version && json.version !== undefined) form.elements.version.value = json.version; paint(form, json.errors); put(form, json.values, body); }
    if (r.ok) {
      s.last = sent; s.tries = 0; s.renewed = false;
      line("ok", `${words.saved} ${(json && json.saved_at) || clock()}`);
      document.body.dispatchEvent(new Event("saved"));
      return "ok";
    }
    if (r.status === 409) {
      s.clash = true; line("bad", words.clash);
      const box = $(form.dataset.clash || "#clash");
      if (box && !json) window.htmx.swap(box, await r.text(), { swapStyle: "innerHTML" }); else fail(words.clash, () => location.reload());
      say(words.clash);
      return "no";
    }
    line("bad", r.status === 422 ? words.refused : r.status === 403 ? words.denied : words.unsaved);
    return "no";
  };
  const save = async (form) => {
    const s = state(form);
    clearTimeout(s.timer); s.timer = 0;
    while (s.run) await s.run; /* one at a time: all who waited would go at once and clash with each other */
    if (!form.isConnected || s.clash || !dirty(form)) return s.clash ? "no" : "ok";
    if (locked()) return "net";
    s.run = once(form, s);
    const out = await s.run;
    s.run = null;
    if (out === "ok" && dirty(form) && !s.timer) s.timer = setTimeout(() => save(form), 300);
    return out;
  };
  const saveAll = async () => { let out = "ok"; for (const f of forms()) { const one = await save(f); if (one !== "ok") out = one; } return out; };
  const open = () => forms().some((f) => state(f).run || dirty(f));

  document.addEventListener("input", (e) => {
    const f = e.target.form;
    if (!f || !f.dataset.autosave || e.target.type === "file") return;
    const asked = e.target.closest(".f.check"); /* the remark was about what stood there before */
    if (asked) { asked.classList.remove("check"); $(".msg.chk", asked)?.remove(); }
    const s = state(f);
    if (s.tries) return; /* the back-off is running and will take this along */
    clearTimeout(s.timer); s.timer = setTimeout(() => save(f), 1500);
  });
  document.addEventListener("change", (e) => { const f = e.target.form; if (f && f.dataset.autosave && e.target.type !== "file" && !state(f).tries) save(f); });
  document.addEventListener("opsa:save", saveAll);
  document.addEventListener("opsa:resume", saveAll);
  addEventListener("online", saveAll);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") saveAll(); });

  /* --- leaving: what was typed goes first ------------------------------------------------------------ */
  const passed = new WeakSet();
  document.addEventListener("submit", async (e) => {
    const f = e.target, by = e.submitter;
    if (f.closest("dialog") || f.id === "lock-now") return;
    const self = f.dataset.autosave && !state(f).run;
    if (passed.has(f) || self || !open()) {
      passed.delete(f);
      if (f.dataset.autosave) clearTimeout(state(f).timer);
      if (!f.matches("[hx-post],[hx-get]")) { leaving = true; setTimeout(() => { leaving = false; }, 5000); }
      return;
    }
    e.preventDefault(); e.stopImmediatePropagation();
    const values = f.elements.q ? f.elements.q.value : null, out = await saveAll();
    await new Promise((done) => setTimeout(done)); /* a form cannot be submitted while its submit event is still under way */
    const go = () => { passed.add(f); if (values !== null) f.elements.q.value = values; f.requestSubmit(by && by.form === f ? by : undefined); if (values !== null) setTimeout(() => { f.elements.q.value = ""; }, 0); };
    if (out === "net") fail(words.failed, go); else go();
  }, true);
  document.addEventListener("click", async (e) => {
    const a = e.target.closest("a[href]");
    if (!a || e.defaultPrevented || e.button || e.ctrlKey || e.metaKey || e.shiftKey || a.target || a.hasAttribute("download") || a.hasAttribute("data-opens")) return;
    if (a.origin !== location.origin || a.getAttribute("href").startsWith("#") || failed() || !open()) return;
    e.preventDefault();
    const out = await saveAll();
    if (out === "net") fail(words.failed, () => a.click()); else { leaving = out === "ok"; location.assign(a.href); }
  });
  /* "Next" is sent by htmx, so that a dropped line or an ended session leaves the page as it is. */
  document.body.addEventListener("htmx:beforeSend", (e) => {
    const f = e.detail.requestConfig && e.detail.requestConfig.elt;
    if (f && f.matches && f.matches("form[data-autosave]")) state(f).sent = shape(f);
  });
  document.body.addEventListener("htmx:beforeOnLoad", (e) => {
    const f = e.detail.requestConfig && e.detail.requestConfig.elt, status = e.detail.xhr.status;
    if (!f || !f.matches || !f.matches("form[data-autosave]") || status >= 300 && status !== 409) return;
    if (status === 409) { state(f).clash = true; line("bad", words.clash); say(words.clash); return; }
    const s = state(f), said = e.detail.xhr.getResponseHeader("HX-Redirect"), to = said && (window.opsa.wish() || said);
    const off = () => { leaving = f.inert = true; setTimeout(() => { f.inert = false; }, 5000); }; /* nothing is pressed into a page that is going */
    s.last = s.sent;
    if (!to || !s.run && !dirty(f)) { off(); return; }
    e.preventDefault(); /* pressed while "next" was under way: it goes first */
    saveAll().then((out) => { if (out === "ok") { off(); location.assign(to); } else freshKey(f); });
  });
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) document.body.addEventListener(name, (e) => {
    const f = e.detail.requestConfig && e.detail.requestConfig.elt;
    if (f && f.matches && f.matches("form[data-autosave]")) save(f);
  });
  document.addEventListener("submit", (e) => {
    const f = e.target, from = f.dataset.clashForm && $(f.dataset.clashForm);
    if (!from) return;
    const now = data(from); /* what was typed after the clash was shown goes along */
    for (const i of f.elements) if (now.has(i.name) && !/^(version|csrfmiddlewaretoken)$/.test(i.name) && (i.type === "hidden" || i.hasAttribute("data-mine"))) i.value = now.get(i.name);
  }, true);
  /* A part that arrives inside the form was drawn before the last press: what stands in its fields now stays.
     What others changed comes by the values of a save, not by a redrawn part. */
  let standing = null;
  const fields = (part) => [...part.querySelectorAll("input[name], select[name], textarea[name]")].filter((i) => i.type !== "hidden" && !i.disabled);
  const ticks = (i) => i.type === "checkbox" || i.type === "radio";
  const mark = (i) => (ticks(i) ? `${i.name}=${i.value}` : i.name);
  document.body.addEventListener("htmx:beforeSwap", (e) => {
    const form = e.detail.shouldSwap && e.detail.target.closest && e.detail.target.closest("form[data-autosave]");
    standing = form && form !== e.detail.target ? { form, was: new Map(fields(e.detail.target).map((i) => [mark(i), ticks(i) ? i.checked : i.value])), shown: $$("details[open]", e.detail.target) } : null;
  });
  document.body.addEventListener("htmx:afterSwap", () => {
    if (!standing) return;
    for (const d of standing.shown) if (document.getElementById(d.id)) document.getElementById(d.id).open = true;
    for (const i of fields(standing.form)) if (standing.was.has(mark(i))) { const v = standing.was.get(mark(i)); if (ticks(i)) i.checked = v; else if (i.value !== v) i.value = v; }
    standing = null;
  });
  const guarded = new WeakMap();
  for (const f of $$("form[data-guard]")) guarded.set(f, shape(f));
  addEventListener("beforeunload", (e) => {
    const lost = open() || $$("form[data-guard]").some((f) => guarded.has(f) && guarded.get(f) !== shape(f));
    if (lost && !leaving) { e.preventDefault(); e.returnValue = ""; }
  });
  addEventListener("pageshow", () => { leaving = false; forms().forEach((f) => { f.inert = false; }); $$("form[data-sent-at]").forEach((f) => delete f.dataset.sentAt); });
  forms().forEach(state);
  document.body.addEventListener("htmx:afterSettle", () => forms().forEach(state));
})();
