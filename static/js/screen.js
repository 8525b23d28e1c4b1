// The citizen's screen: a hint from the clerk's window, "somebody reads", and the drawing field.
// Everything shown comes from the server; without this file the page still works (see page.html).
(() => {
  "use strict";
  const body = document.body;

  if ("BroadcastChannel" in window) {
    new BroadcastChannel("opsa-screen").onmessage = () => body.dispatchEvent(new Event("look"));
  }

  let told = 0;
  const reads = () => {
    const url = body.dataset.touch;
    if (!url || Date.now() - told < 5000) return;
    told = Date.now();
    fetch(url, { method: "POST" }).catch(() => {});
  };
  for (const sign of ["pointerdown", "pointermove", "keydown", "wheel", "touchmove"]) {
    addEventListener(sign, reads, { passive: true, capture: true });
  }

  const start = () => {
    const pad = document.getElementById("pad");
    if (!pad || pad.dataset.on) return;
    pad.dataset.on = "1";
    const form = pad.closest("form"), pen = pad.getContext("2d"), strokes = [];
    const field = form.elements.drawing;
    pad.closest("section").hidden = false;
    pen.lineWidth = 3;
    pen.lineCap = "round";
    let stroke = null;
    const at = (event) => {
      const box = pad.getBoundingClientRect();
      const fit = (value, most) => Math.max(0, Math.min(most, Math.round(value)));
      return [
        fit(((event.clientX - box.left) * pad.width) / box.width, pad.width),
        fit(((event.clientY - box.top) * pad.height) / box.height, pad.height),
      ];
    };
    const keep = () => {
      field.value = strokes.map((line) => line.map((p) => p.join(",")).join(" ")).join(";");
    };
    pad.addEventListener("pointerdown", (event) => {
      stroke = [at(event)];
      strokes.push(stroke);
      pad.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    pad.addEventListener("pointermove", (event) => {
      if (!stroke) return;
      const from = stroke[stroke.length - 1], to = at(event);
      if (from[0] === to[0] && from[1] === to[1]) return;
      stroke.push(to);
      pen.beginPath();
      pen.moveTo(...from);
      pen.lineTo(...to);
      pen.stroke();
    });
    for (const end of ["pointerup", "pointercancel"]) {
      pad.addEventListener(end, () => { stroke = null; keep(); });
    }
    form.querySelector("[data-clear]").addEventListener("click", () => {
      strokes.length = 0;
      pen.clearRect(0, 0, pad.width, pad.height);
      keep();
    });
  };
  start();
  body.addEventListener("htmx:afterSettle", start);
})();
