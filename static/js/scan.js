/* Scanner = a keyboard that types very fast and ends with Enter (or Tab).
   The text is read from what the browser put into the field, never rebuilt from key events: accented
   letters arrive as Alt codes or injected characters without a usable keydown. The field then gets its
   old value back and the text is POSTed: to the open case (data-scan-target), else to the command line.
   What it says (a card, a case, a tracking code; whose card) is decided by the server alone.
   Times are those of the events, not of this script: a page that hangs for a moment loses no scan. */
(() => {
  "use strict";
  const { $, $$, words, say, isText, freshKey } = window.opsa;
  const MS_PER_CHAR = 40, MIN_CHARS = 8, PAUSE = 150;
  /* Only what keys type can be a scan; pasted, dropped, filled in or brought back by the browser is the person's own. */
  const TYPED = /^insert(Text|CompositionText|FromComposition|LineBreak|Paragraph)$/;
  let keys = 0, inputs = 0, first = 0, last = -PAUSE, lead = "", held = false, pasted = false, keyed = false, deaf = 0;
  let field = null, old = "", from = 0, to = 0, other = null, otherValue = null;

  const dialog = () => $$("dialog[open]").pop();
  const target = () => $("form[data-scan-target]") || ($("#cmd") && $("#cmd").form);

  const watch = (f) => {
    field = f; old = f.value;
    from = f.selectionStart === null ? old.length : f.selectionStart;
    to = f.selectionEnd === null ? old.length : f.selectionEnd;
  };
  const begin = (t) => {
    const a = document.activeElement;
    keys = inputs = 0; first = t; lead = ""; held = pasted = false; field = other = null;
    if (isText(a)) watch(a);
    else if (a && /^(SELECT|INPUT)$/.test(a.tagName)) { other = a; otherValue = a.type === "checkbox" || a.type === "radio" ? null : a.value; }
  };
  /* Also without a keydown the burst has begun: look before the field changes. */
  const tick = (e) => {
    const t = e.timeStamp;
    if (t - last > PAUSE) begin(t);
    last = t;
    return t;
  };
  /* An answer to the scan before may replace the field in the middle of a burst; ui.js keeps its letters. */
  const follow = () => {
    if (!field || field.isConnected) return;
    const now = document.getElementById(field.id);
    field = isText(now) ? now : null;
  };
  const restore = () => {
    field.value = old;
    if (field.selectionStart !== null) field.setSelectionRange(from, to);
    if (other && otherValue !== null && other.value !== otherValue) {
      other.value = otherValue;
      other.dispatchEvent(new Event("change", { bubbles: true }));
    }
    if (other && document.contains(other)) other.focus();
  };

  const send = (text) => {
    const form = target();
    if (dialog() || !form) { say(dialog() ? words.locked : ""); return; }
    const q = form.elements.q, was = q.value;
    q.value = text.normalize("NFC").trim();
    freshKey(form);
    say(words.scan);
    if (form.requestSubmit) form.requestSubmit(); else form.querySelector("button").click();
    /* a plain form is on its way already; an in-place answer must not leave the card's data in the box */
    setTimeout(() => { q.value = was; }, 0);
  };

  window.opsa.scan = send; /* serial.js has the text of a scan without any key */

  /* An injected letter has no keydown but a keypress; a letter of an input method has neither. */
  addEventListener("keypress", (e) => { if (e.key !== "Enter") { keyed = true; tick(e); } }, true);
  addEventListener("beforeinput", (e) => {
    if (!keyed) tick(e);
    keyed = false;
    if (!TYPED.test(e.inputType)) pasted = true;
  }, true);
  addEventListener("input", () => { inputs += 1; }, true);
  addEventListener("keydown", (e) => {
    const chord = e.ctrlKey || e.altKey || e.metaKey || e.shiftKey;
    const end = (e.key === "Enter" || e.key === "Tab") && !chord;
    /* the second half of CR LF, and the second Enter of some scanners; Ctrl+Enter is a quick hand's */
    const half = end || (e.ctrlKey && !e.altKey && !e.metaKey && !e.shiftKey && e.key.toLowerCase() === "j");
    if (half && e.timeStamp < deaf) { e.preventDefault(); e.stopImmediatePropagation(); return; }
    if (e.ctrlKey && !e.altKey) return;
    const t = tick(e);
    keyed = true;
    if (e.repeat) held = true;
    if (end) {
      follow();
      /* nothing was typed: a field that Tab has just selected must not look like a scan */
      const text = field && !held && !pasted && inputs >= MIN_CHARS / 2 ? field.value.slice(from, field.value.length - old.length + to) : "";
      if (text.length >= MIN_CHARS && (t - first) / text.length < MS_PER_CHAR && target()) {
        e.preventDefault(); e.stopImmediatePropagation();
        restore();
        deaf = t + PAUSE;
        send(text);
      }
      last = -PAUSE;
      return;
    }
    if (e.key.length !== 1 || e.altKey || e.metaKey) return;
    keys += 1;
    /* Focus is on a button, a link or nowhere: after three fast keys move to the command line. */
    if (field || held) return;
    lead += e.key;
    if (e.key === " " && keys > 1 && (t - first) / keys < MS_PER_CHAR) e.preventDefault(); /* quick hands tick box after box */
    const cmd = $("#cmd");
    if (keys === 3 && (t - first) / keys < MS_PER_CHAR && cmd && !dialog()) {
      cmd.focus();
      cmd.setSelectionRange(cmd.value.length, cmd.value.length);
      watch(cmd);
      cmd.setRangeText(lead.slice(0, 2), from, to, "end");
      inputs = 2;
    }
  }, true);
})();
