/* Papers in pieces (forms with data-pieces): photos are made smaller here, each piece goes with its place and hash, and
   a dropped line costs one piece. Without crypto or slices the plain form stays. Builds on window.opsa. */
(() => {
  "use strict";
  const { $, $$, words, say, fail, clear, token, newToken, barred, net } = window.opsa;
  const WAITS = [1, 2, 4, 8, 15, 30], LONGEST = 2000, QUALITY = 0.8, WORTH = 400000;
  const told = ($("#up-text") || document.body).dataset;
  const able = window.crypto && crypto.subtle && window.Blob && Blob.prototype.slice && Blob.prototype.arrayBuffer;
  if (!able) { $$("form[data-pieces] .no-js").forEach((b) => b.classList.remove("no-js")); return; }

  const hex = async (blob) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()))].map((b) => b.toString(16).padStart(2, "0")).join("");

  /* A photo with its longest side at 2000 px; anything that can't be drawn here goes as it is. */
  const smaller = async (file) => {
    if (!/^image\/(jpeg|png|webp)$/.test(file.type) || file.size < WORTH || !window.createImageBitmap) return file;
    try {
      const drawn = await createImageBitmap(file, { imageOrientation: "from-image" });
      const scale = Math.min(1, LONGEST / Math.max(drawn.width, drawn.height)), canvas = document.createElement("canvas");
      canvas.width = Math.round(drawn.width * scale); canvas.height = Math.round(drawn.height * scale);
      const pen = canvas.getContext("2d");
      pen.fillStyle = "#fff"; pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.imageSmoothingQuality = "high"; pen.drawImage(drawn, 0, 0, canvas.width, canvas.height);
      drawn.close();
      const blob = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", QUALITY); });
      return blob && blob.size < file.size ? blob : file;
    } catch { return file; }
  };

  /* One request; null when no answer came. XMLHttpRequest, because it tells how much is up. */
  const send = (job, url, body, headers, step) => new Promise((done) => {
    const x = job.xhr = new XMLHttpRequest();
    x.open("POST", url); x.timeout = 60000; x.responseType = "text";
    x.setRequestHeader("X-CSRFToken", token()); x.setRequestHeader("HX-Request", "true");
    for (const [k, v] of Object.entries(headers)) x.setRequestHeader(k, v);
    if (step) x.upload.addEventListener("progress", (e) => step(e.loaded));
    for (const name of ["error", "timeout"]) x.addEventListener(name, () => { net(false); done(null); });
    x.addEventListener("abort", () => done({ status: 0 }));
    x.addEventListener("load", () => {
      net(true);
      let json = {};
      try { json = JSON.parse(x.responseText); } catch { /* a page of words: its status says enough */ }
      done({ status: x.status, json });
    });
    x.send(body);
  });
  const pause = (job, seconds) => new Promise((done) => {
    const go = () => { clearTimeout(t); removeEventListener("online", go); job.wake = null; done(); }, t = setTimeout(go, seconds * 1000);
    addEventListener("online", go); job.wake = go;
  });

  const begin = (job) => {
    const d = new FormData();
    for (const [k, v] of Object.entries({ name: job.file.name, size: job.blob.size, sha256: job.hash, replaces: job.replaces })) d.set(k, v);
    return send(job, job.url, d, {});
  };
  const piece = async (job, at) => {
    const part = job.blob.slice(at.offset, at.offset + at.piece);
    const headers = { "Content-Type": "application/octet-stream", "Upload-Id": at.id, "Upload-Offset": String(at.offset), "Upload-Hash": await hex(part) };
    return send(job, job.url.replace(/bat-dau\/$/, "phan/"), part, headers, (n) => job.show(at.offset + n));
  };

  /* Until it is whole, refused, or given up: after any trouble the server is asked again where to go on. */
  const carry = async (job) => {
    let at = null, tries = 0, renewed = false;
    for (;;) {
      const r = at ? await piece(job, at) : await begin(job);
      if (job.gone) return "gone";
      const s = r ? r.status : -1;
      if (s === 200 || s === 409) {
        if (r.json.done) return "done";
        if (s === 200 && at && r.json.offset > at.offset) tries = 0;
        at = r.json; job.show(at.offset); job.note("");
        if (s === 200 || tries < 3) { tries += s === 409 ? 1 : 0; continue; }
      } else if (s === 401 || s === 423) {
        job.note(told.waiting);
        await new Promise((go) => { job.wake = go; barred(s, go); });
        at = null; continue;
      } else if (s === 403 && !renewed) { renewed = true; await newToken(); at = null; continue; }
      else if (s === 404 && at) { at = null; if (tries > 2) return words.unsent; }
      else if (s >= 400 && s !== 429 && s !== 500 && s !== 502 && s !== 503 && s !== 504) { job.final = s === 413 || s === 422; return r.json.problem || words.unsent; }
      job.note(told.waiting);
      if (tries === 0) say(`${job.file.name}: ${told.waiting}`);
      at = null;
      await pause(job, WAITS[Math.min(tries, WAITS.length - 1)]);
      tries += 1;
      if (job.gone) return "gone";
    }
  };

  /* --- on the screen: one line a file, one file after the other so that pages stay in order ------------ */
  let open = 0, after = null, chain = Promise.resolve();
  const button = (text, press) => { const b = document.createElement("button"); b.type = "button"; b.className = "btn s"; b.textContent = text; b.addEventListener("click", press); return b; };
  const line = (form, file) => {
    const li = document.createElement("li"), name = document.createElement("span"), bar = document.createElement("progress"), end = document.createElement("span"), note = document.createElement("span");
    name.textContent = file.name; bar.max = 1; bar.value = 0; bar.setAttribute("aria-label", file.name);
    end.className = "row"; note.className = "small muted";
    li.append(name, bar, end);
    const list = $(".bring [data-upload-list]", form.closest("section")) || $("[data-upload-list]", form);
    list.append(li);
    return { li, bar, end, note };
  };
  const bring = (form, file) => {
    const replaces = form.elements.replaces ? form.elements.replaces.value : "";
    const { li, bar, end, note } = line(form, file);
    const job = { file, replaces, url: form.dataset.pieces, gone: false, xhr: null, wake: null };
    job.show = (n) => { bar.value = job.blob ? n / job.blob.size : 0; };
    job.note = (text) => { note.textContent = text; };
    const stop = () => { job.gone = true; if (job.xhr) job.xhr.abort(); if (job.wake) job.wake(); li.remove(); };
    const ask = () => { end.replaceChildren(note, button(words.cancel, stop)); bar.hidden = false; };
    const start = () => {
      ask(); open += 1;
      chain = chain.then(async () => {
        let out = "gone";
        try {
          if (!job.gone) { job.blob = job.blob || await smaller(file); job.hash = job.hash || await hex(job.blob); out = await carry(job); }
        } catch { out = words.unsent; }
        open -= 1;
        if (out !== "done" && out !== "gone" && after) { after = null; clear(); }
        if (!open && after) { const go = after; after = null; clear(); go(); }
        if (out === "gone") return;
        if (out === "done") { li.remove(); say(`${file.name}: ${words.sent}`); document.body.dispatchEvent(new Event("pages")); return; }
        const m = document.createElement("span");
        m.className = "msg err"; m.textContent = out; bar.hidden = true; say(`${file.name}: ${out}`);
        end.replaceChildren(m, ...(job.final ? [] : [button(words.retry, start)]), button(words.cancel, stop));
      });
    };
    start();
  };
  document.addEventListener("change", (e) => {
    const form = e.target.type === "file" && e.target.closest("form[data-pieces]");
    if (!form) return;
    for (const file of e.target.files) bring(form, file);
    e.target.value = "";
    const box = e.target.closest("details");
    if (box) box.open = false;
  });
  /* "Tiếp tục" in the middle of a file: the page goes on by itself when the file is up. */
  document.addEventListener("submit", (e) => {
    const f = e.target, by = e.submitter;
    if (!open || f.matches("[hx-post],[data-pieces]") || f.closest("dialog") || f.id === "lock-now") return;
    e.preventDefault(); e.stopImmediatePropagation();
    after = () => f.requestSubmit(by && by.form === f ? by : undefined);
    fail(told.later); say(told.later);
  }, true);
  /* What the check made of a paper is said once, when its words on the page change. */
  const papers = () => new Map($$("#scans > section").map((s) => [s.id, $$("h2, .st, .msg", s).map((x) => x.textContent.trim()).join(": ")]));
  let before = papers();
  document.body.addEventListener("htmx:afterSettle", () => {
    const now = papers();
    say([...now].filter(([id, text]) => before.has(id) && before.get(id) !== text).map(([, text]) => text).join(". "));
    before = now;
  });
  addEventListener("beforeunload", (e) => { if (open > 0) { e.preventDefault(); e.returnValue = ""; } });
})();
