// Keeps a page fresh: asks for it again every few seconds and swaps the parts that changed, but
// none that somebody is filling in. Says so when nothing comes any more.
"use strict";
(() => {
  const EVERY_MS = 3000;
  const old = document.getElementById("old");

  const isBusy = (part) =>
    part.querySelector("details[open]") !== null ||
    (part.contains(document.activeElement) &&
      ["INPUT", "SELECT", "TEXTAREA"].includes(document.activeElement.tagName));

  async function freshen() {
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of document.querySelectorAll("[data-fresh]")) {
        const now = next.getElementById(part.id);
        if (now && !isBusy(part) && now.outerHTML !== part.outerHTML) part.replaceWith(now);
      }
      document.title = next.title;
      old.hidden = true;
    } catch {
      old.hidden = false;
    }
    setTimeout(freshen, EVERY_MS);
  }
  setTimeout(freshen, EVERY_MS);
})();
