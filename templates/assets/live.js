// Keeps the page of a line live: takes every update from the server, swaps the sections that
// changed, and says so when nothing comes any more.
"use strict";
(() => {
  const live = document.getElementById("live");
  const lost = document.getElementById("lost");
  const lastSeen = document.getElementById("last-seen");
  if (!live || !window.EventSource) return;

  const SILENT_AFTER_MS = 4000;
  const shown = new Map();
  let heard = Date.now();
  let source = null;

  const clock = (millis) => new Date(millis).toTimeString().slice(0, 8);

  // Buttons that would act on a state nobody sees must not be pressed.
  function setLost(isLost) {
    if (isLost === !lost.hidden) return;
    lost.hidden = !isLost;
    document.body.classList.toggle("lost", isLost);
    live.inert = isLost;
    lastSeen.textContent = clock(heard);
  }

  // Only what changed is swapped: a button under a finger must stay the same button.
  function show(html) {
    const next = document.createElement("template");
    next.innerHTML = html;
    for (const section of [...next.content.children]) {
      const text = section.outerHTML;
      const old = document.getElementById(section.id);
      if (old && shown.get(section.id) !== text) old.replaceWith(section);
      shown.set(section.id, text);
    }
    const state = document.getElementById("state").dataset.state;
    document.title = `${state} · ${live.dataset.name} · Markwright`;
  }

  function connect() {
    source = new EventSource(live.dataset.events);
    source.addEventListener("line", (update) => {
      heard = Date.now();
      setLost(false);
      show(update.data);
    });
    source.addEventListener("error", () => setLost(true));
  }

  setInterval(() => {
    if (Date.now() - heard > SILENT_AFTER_MS) setLost(true);
    if (source.readyState === EventSource.CLOSED) connect();
  }, 2000);
  connect();
})();
