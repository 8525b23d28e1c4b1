/* A scanner on a serial port (USB-COM): whole UTF-8 text, no keyboard layout, no input method, no focus.
   Only at counters that are set so; the text goes the same way as every scan, by POST. */
(() => {
  "use strict";
  const { $, say, scan, locked } = window.opsa;
  const QUIET = 200, LEAST = 4;
  const state = $("[data-serial-state]"), choose = $("[data-serial-choose]");
  const tell = (what) => { if (state && state.textContent !== state.dataset[what]) { state.textContent = state.dataset[what]; say(state.dataset[what]); } };
  if (!("serial" in navigator)) { const none = $("[data-serial-none]"); if (none) none.hidden = false; return; }

  let port = null, reader = null, text = "", timer = 0;
  const done = () => {
    clearTimeout(timer);
    const whole = text.trim();
    text = "";
    if (whole.length >= LEAST && !locked()) scan(whole);
  };
  const take = (piece) => {
    for (const part of piece.split(/([\r\n])/)) {
      if (part === "\r" || part === "\n") done(); else text += part;
    }
    clearTimeout(timer);
    timer = setTimeout(done, QUIET);
  };
  const listen = async (chosen) => {
    if (port) return;
    port = chosen;
    try {
      await port.open({ baudRate: 9600 });
      tell("open");
      const utf8 = new TextDecoder("utf-8");
      reader = port.readable.getReader();
      for (;;) {
        const { value, done: ended } = await reader.read();
        if (ended) break;
        take(utf8.decode(value, { stream: true }));
      }
    } catch { tell("lost"); }
    try { reader.releaseLock(); await port.close(); } catch { /* pulled out, or never opened */ }
    port = reader = null;
  };
  /* One page at a time may hold the port: the one that is seen. */
  const begin = async () => {
    if (document.visibilityState !== "visible") { if (reader) await reader.cancel().catch(() => {}); return; }
    const [known] = await navigator.serial.getPorts();
    if (known) listen(known); else tell("closed");
  };
  if (choose) {
    choose.hidden = false;
    choose.addEventListener("click", async () => { try { listen(await navigator.serial.requestPort()); } catch { tell("closed"); } });
  }
  navigator.serial.addEventListener("connect", begin);
  document.addEventListener("visibilitychange", begin);
  begin();
})();
