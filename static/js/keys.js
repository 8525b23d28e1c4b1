/* Keys, lists, the way through a form. Function keys and Ctrl or Alt chords only, so typing never triggers
   anything (WCAG 2.1.4); a person may change them or switch them off (data-keys, data-keys-off on the body). */
(() => {
  "use strict";
  const { $, $$, seen, isText, open } = window.opsa;
  const body = document.body;

  /* The person's own keys: usual key -> own key, "" for none. Templates name the usual one. */
  const own = JSON.parse(body.dataset.keys || "{}"), off = "keysOff" in body.dataset;
  const usual = new Map(Object.entries(own).filter(([, v]) => v).map(([k, v]) => [v, k]));
  const act = (k) => usual.get(k) || (k in own || (/^Alt\+\d$/.test(k) && own["Alt+1"] === "") ? "" : k);
  const pressed = (k) => (off || (/^Alt\+\d$/.test(k) && own["Alt+1"] === "") ? "" : k in own ? own[k] : k);

  const chord = (e) => {
    if (e.altKey) return /^(Digit\d|Key[A-Z])$/.test(e.code) ? `Alt+${e.code.slice(-1)}` : "";
    const k = e.key === "Escape" ? "Esc" : e.key.length === 1 ? e.key.toUpperCase() : e.key;
    return e.ctrlKey || e.metaKey ? `Ctrl+${k}` : k;
  };
  const button = (k, r = document) => {
    const all = $$(`[data-key="${k}"]`, r).filter((b) => seen(b) && !b.disabled && b.getAttribute("aria-disabled") !== "true");
    return all.find((b) => b.closest(".is-sel")) || all.find((b) => !b.closest("[data-rows]")) || (all.length === 1 ? all[0] : null);
  };
  const closeMenu = () => { const m = $(".menu[open]"); if (m) { m.open = false; $("summary", m).focus(); } return Boolean(m); };
  addEventListener("keydown", (e) => {
    if (e.defaultPrevented || e.isComposing || e.repeat || e.shiftKey || (e.ctrlKey && e.altKey)) return;
    const raw = chord(e), k = act(raw), d = $$("dialog[open]").pop();
    const go = (f) => { e.preventDefault(); f(); };
    if (raw === "Esc" && !d && closeMenu()) { e.preventDefault(); return; }
    if (off || !/^(F\d\d?|Esc|Ctrl\+(Enter|S|Z)|Alt\+[\dK])$/.test(k)) return;
    if (d) { const b = k !== "Esc" && button(k, d); if (b) go(() => b.click()); else if (/^F[1-9]$|^Ctrl\+S$/.test(raw)) e.preventDefault(); return; }
    const cmd = $("#cmd");
    if (k === "F1" && $("#keys")) go(() => open($("#keys")));
    else if (k === "F2" && cmd) go(() => { cmd.focus(); cmd.select(); });
    else if (k === "Ctrl+Z" && isText(document.activeElement)) return;
    else if (k === "Ctrl+S" && $("form[data-autosave]")) go(() => document.dispatchEvent(new Event("opsa:save")));
    else { const b = button(k); if (b) go(() => b.click()); }
  });
  /* Keycaps show the person's own keys, and stand only on the button that the key presses. */
  const caps = () => {
    for (const cap of $$("kbd:not(#keys kbd, [data-cap])")) {
      const box = cap.closest("[data-key]"), named = cap.dataset.usual || cap.textContent.trim().replace("↵", "Enter").replace(/ /g, "+");
      cap.dataset.usual = named;
      const k = pressed(box ? box.dataset.key : named), rival = box && !box.closest("[data-rows]") && seen(box) && button(box.dataset.key);
      cap.hidden = !k || Boolean(rival && rival !== box);
      if (k && k !== named) cap.textContent = k.replace("Enter", "↵").replace("+", " ");
      if (box && k && !cap.hidden) box.setAttribute("aria-keyshortcuts", k.replace("Ctrl", "Control").replace("Esc", "Escape"));
    }
  };
  caps();
  body.addEventListener("htmx:afterSettle", caps);

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

  /* F8 keeps the name of the field, never what stands in it: whoever goes on begins there. */
  document.addEventListener("focusin", (e) => {
    const kept = $("#holding [name=field]");
    if (kept && e.target.name && e.target.closest("#step")) kept.value = e.target.name;
  });

  /* --- where the focus begins --------------------------------------------------------------------- */
  const given = $$("[autofocus]").find((x) => !x.closest("dialog")); /* a closed window's button is no beginning */
  if (given && document.activeElement === body) given.focus({ preventScroll: true }); /* a page shown by send.js */
  if (!given && matchMedia("(hover: hover)").matches && location.hash.length < 2) {
    const form = $("main form[data-autosave], main form[data-enter]");
    const empty = form && [...form.elements].find((x) => /^(INPUT|SELECT|TEXTAREA)$/.test(x.tagName) && !/^(hidden|checkbox|radio|file|submit)$/.test(x.type) && !x.readOnly && !x.disabled && !x.value && seen(x));
    const start = $("main [aria-invalid=true]") || empty || (form ? null : $("#cmd"));
    if (start) start.focus({ preventScroll: true });
  }
})();
