// Orders: a live preview and price for the form, and the scanner page. Everything works without
// this script too; it only saves a person the waiting.
"use strict";

const form = document.getElementById("order-form");
if (form) orderForm(form);
const scanning = document.getElementById("scan-form");
if (scanning) scanForm(scanning);

function orderForm(form) {
  const preview = document.getElementById("preview");
  const words = document.getElementById("preview-words");
  const plain = words.textContent;
  let waiting;
  // Lines of the chosen file; the server says which of them are codes.
  let lines = 0;
  document.getElementById("preview-button").hidden = true;

  function draw() {
    const fields = ["gtin", "name", "hs_code", "group", "design"];
    const query = new URLSearchParams(fields.map((f) => [f, form.elements[f].value.replace(/\s+/g, f === "name" ? " " : "")]));
    preview.src = "/orders/preview.png?" + query;
  }
  preview.addEventListener("load", () => { words.textContent = plain; });
  preview.addEventListener("error", () => {
    words.textContent = "✕ This label cannot be drawn: try a shorter name or another label.";
  });

  function price() {
    const most = Number(form.dataset.most);
    const written = /^\s*\d+\s*$/.test(form.elements.quantity.value) ? Number(form.elements.quantity.value) : 0;
    const quantity = form.elements.source.value === "array" ? lines : written;
    const known = quantity >= 1 && quantity <= most;
    const kopecks = Math.max(quantity * Number(form.dataset.perCode), Number(form.dataset.minimum));
    document.getElementById("price").value = known ? (kopecks / 100).toFixed(2) + " RUB" : "—";
  }

  function source() {
    for (const part of form.querySelectorAll("[data-for]")) {
      part.hidden = part.dataset.for !== form.elements.source.value;
    }
  }

  form.elements.array.addEventListener("change", async (event) => {
    const file = event.target.files[0];
    lines = file ? (await file.text()).split("\n").filter((line) => line.trim()).length : 0;
    price();
  });
  form.addEventListener("input", () => {
    price();
    source();
    clearTimeout(waiting);
    waiting = setTimeout(draw, 250);
  });
  price();
  source();
}

function scanForm(form) {
  const field = document.getElementById("scan");
  const verdict = document.getElementById("verdict");
  const list = document.getElementById("scans");
  const bigWords = { good: "✔ Good", duplicate: "2× Duplicate", foreign: "✖ Foreign", malformed: "? Malformed", unsent: "! Not sent" };
  // One after the other: a scanner is faster than the network.
  let queue = Promise.resolve();
  let sound;

  // High and short for good, low and twice for anything else: heard without looking.
  function beep(good) {
    try {
      sound = sound || new AudioContext();
      for (const at of good ? [0] : [0, 0.2]) {
        const tone = sound.createOscillator();
        tone.frequency.value = good ? 1320 : 220;
        tone.connect(sound.destination);
        tone.start(sound.currentTime + at);
        tone.stop(sound.currentTime + at + (good ? 0.08 : 0.14));
      }
    } catch { /* A machine without sound still shows the verdict. */ }
  }

  function show(result) {
    verdict.className = "verdict " + result.verdict;
    verdict.querySelector("b").textContent = bigWords[result.verdict];
    verdict.querySelector("p").textContent = result.words;
    beep(result.verdict === "good");
    if (result.verdict === "unsent") return;
    document.getElementById("validated").textContent = result.validated;
    document.getElementById("left").textContent = result.left;
    const row = document.createElement("li");
    row.className = result.verdict;
    row.innerHTML = "<b></b> <small></small>";
    row.firstChild.textContent = bigWords[result.verdict];
    row.lastChild.textContent = result.at;
    list.prepend(row);
    while (list.children.length > 10) list.lastElementChild.remove();
  }

  async function send(text) {
    const unsent = (words) => ({ verdict: "unsent", words });
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams({ scan: text }),
        signal: AbortSignal.timeout(10000),
      });
      const kind = answer.headers.get("Content-Type") || "";
      if (!answer.ok || !kind.startsWith("application/json")) {
        return unsent("Markwright refused it (" + answer.status + "). Open this page again.");
      }
      return await answer.json();
    } catch {
      return unsent("No connection to Markwright. Scan this label again when it is back.");
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = field.value;
    field.value = "";
    field.focus();
    if (text.trim()) queue = queue.then(() => send(text)).then(show);
  });

  field.addEventListener("keydown", (event) => {
    // Scanners send GS as Ctrl+], which a browser would drop.
    if (event.ctrlKey && event.code === "BracketRight") {
      event.preventDefault();
      field.setRangeText("\u001d", field.selectionStart, field.selectionEnd, "end");
    }
    // Some end with Tab instead of Enter.
    if (event.key === "Tab" && field.value) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  document.addEventListener("visibilitychange", () => field.focus());
}
