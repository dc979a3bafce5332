// Test your scanner: keys that a browser would keep for itself are put into the field, and the end
// of a scan is noticed. Everything but that works without this script too.
"use strict";

const form = document.getElementById("scanner-form");
const field = document.getElementById("scan");
const end = document.getElementById("end");
// A person types slower than this, in milliseconds a character; a scanner is silent for longer
// after its last one.
const FAST = 40;
const SILENT = 400;
// Fewer characters are no scan.
const LEAST = 10;

let begun = 0;
let waiting;
let altCode = "";
// One after the other: a scanner is faster than the network.
let queue = Promise.resolve();

function put(text) {
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  noted();
}

function finish(how) {
  end.value = how;
  form.requestSubmit();
}

// The end of a scan that no key ends: many characters fast, and then nothing.
function noted() {
  const now = performance.now();
  if (field.value.length <= 1 || !begun) begun = now;
  clearTimeout(waiting);
  const scanned = field.value.length >= LEAST && now - begun < FAST * field.value.length;
  if (scanned) waiting = setTimeout(() => finish("pause"), SILENT);
}

async function send(text, how) {
  let words = "No connection to Markwright. Scan again when it is back.";
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams({ scan: text, end: how }),
      signal: AbortSignal.timeout(10000),
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const result = page.getElementById("result");
    if (result) {
      document.getElementById("result").replaceWith(document.adoptNode(result));
      document.getElementById("verdict").scrollIntoView({ block: "nearest" });
      return;
    }
    words = "Markwright refused it (" + answer.status + ").";
  } catch { /* What is to be done is said below. */ }
  const verdict = document.getElementById("verdict");
  verdict.className = "verdict unsent";
  verdict.querySelector("b").textContent = "! Not sent";
  verdict.querySelector("p").textContent = words;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(waiting);
  const text = field.value;
  const how = end.value;
  field.value = "";
  end.value = "enter";
  begun = 0;
  field.focus();
  queue = queue.then(() => send(text, how));
});

field.addEventListener("input", (event) => {
  // What is pasted is looked at by its owner first.
  if (event.inputType !== "insertFromPaste") noted();
});

field.addEventListener("keydown", (event) => {
  // Scanners send control characters as Control and a key: GS as ], CR as M, LF as J, tab as I.
  const control = event.ctrlKey && !event.altKey && { BracketRight: "\u001d", KeyM: "enter", KeyJ: "enter", KeyI: "tab" }[event.code];
  if (control) {
    event.preventDefault();
    if (control === "\u001d") put(control);
    else if (field.value) finish(control);
  }
  // Some press F8 for GS.
  if (event.key === "F8") {
    event.preventDefault();
    put("<F8>");
  }
  if (event.key === "Tab" && field.value) {
    event.preventDefault();
    finish("tab");
  }
  // Alt and 029 on the number pad is GS; a browser leaves it out. Others it understands by itself.
  if (event.altKey && /^Numpad\d$/.test(event.code)) altCode += event.code.at(-1);
});
field.addEventListener("keyup", (event) => {
  if (event.key !== "Alt") return;
  if (Number(altCode) === 29) put("\u001d");
  altCode = "";
});
document.addEventListener("visibilitychange", () => field.focus());
