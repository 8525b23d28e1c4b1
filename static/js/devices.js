/* The device page: times the line (five small answers, then 100 kB) and says what that means. */
(() => {
  "use strict";
  const { $, say } = window.opsa;
  const line = $("[data-measure]"), go = $("[data-measure-go]");
  const KB = 100, GOOD = { ms: 200, kbit: 2000 }, BEARABLE = { ms: 600, kbit: 400 };
  const ask = async (kb) => {
    const from = performance.now(), r = await fetch(`${line.dataset.measure}?kb=${kb}`, { credentials: "same-origin", cache: "no-store", headers: { "X-Passive": "1" } });
    const size = (await r.arrayBuffer()).byteLength;
    if (!r.ok || size !== kb * 1024) throw new Error(String(r.status));
    return performance.now() - from;
  };
  const measure = async () => {
    go.disabled = true; line.className = "note"; line.textContent = line.dataset.busy;
    try {
      const times = [];
      for (let i = 0; i < 5; i += 1) times.push(await ask(0));
      const ms = Math.round(times.sort((a, b) => a - b)[2]), kbit = Math.round(KB * 8192 / Math.max(await ask(KB) - ms, 1));
      const fits = (want) => ms <= want.ms && kbit >= want.kbit;
      const kind = fits(GOOD) ? "good" : fits(BEARABLE) ? "slow" : "bad";
      line.className = `note ${{ good: "ok", slow: "warn", bad: "bad" }[kind]}`;
      line.textContent = `${line.dataset[kind]} (${ms} ms, ${(kbit / 1000).toLocaleString("vi-VN", { maximumFractionDigits: 1 })} Mbit/s)`;
    } catch { line.className = "note bad"; line.textContent = line.dataset.none; }
    go.disabled = false;
    say(line.textContent);
  };
  if (line && go) { go.hidden = false; go.addEventListener("click", measure); }
})();
