/* Copying to the portal's own form: each value by its button, or the next one in order by one key, because the clerk
   changes windows after each. What is copied is marked here only; nothing of it is kept by the browser. */
(() => {
  "use strict";
  const { $, $$, words, say } = window.opsa;

  const copy = async (text) => {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* old browser or plain http: the old way */ }
    const a = document.createElement("textarea"), back = document.activeElement;
    a.className = "vh"; a.value = text; document.body.append(a); a.select();
    const ok = document.execCommand("copy");
    a.remove(); if (back) back.focus();
    return ok;
  };
  const all = (box) => $$("[data-copy]", box);
  const next = (box) => all(box).find((b) => !b.classList.contains("is-done"));
  /* What the key will copy, and how many are left. */
  const tell = (box) => {
    const left = all(box).filter((b) => !b.classList.contains("is-done")).length, out = $("[data-left]", box), by = $("[data-copy-next]", box), row = next(box);
    if (out) out.textContent = left ? out.dataset.left.replace("{n}", left) : out.dataset.none;
    if (by) { by.hidden = !row; $("[data-name]", by).textContent = row ? row.dataset.name : ""; }
    for (const li of $$(".is-next", box)) li.classList.remove("is-next");
    if (row) row.closest("li").classList.add("is-next");
  };
  const done = (b, box) => {
    const l = $("span:not(.vh)", b) || b;
    b.classList.add("is-done"); l.textContent = words.copied;
    if (box) tell(box);
    const left = box && $("[data-left]", box);
    say(`${words.copied}: ${b.dataset.name || ""}. ${left ? left.textContent : ""}`);
  };
  document.addEventListener("click", async (e) => {
    const by = e.target.closest("[data-copy-next]"), box = e.target.closest("[data-copies]");
    const b = by ? next(box) : e.target.closest("[data-copy]");
    if (!b || !await copy(b.dataset.copy)) return;
    done(b, box);
    /* Enter on one leads to the next, for who uses no keys of ours. */
    if (!by && box && e.detail === 0 && next(box)) next(box).focus();
    if (by) b.closest("li").scrollIntoView({ block: "nearest" });
  });
  const ready = () => { for (const box of $$("[data-copies]")) tell(box); };
  ready();
  document.body.addEventListener("htmx:afterSettle", ready);
})();
