// Runs before the first paint: theme and key choices kept on this device, without a flash.
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  const kept = {
    get(name) {
      try { return localStorage.getItem(`tandem-${name}`); } catch { return null; }
    },
    set(name, value) {
      try { localStorage.setItem(`tandem-${name}`, value); } catch { /* private windows may refuse */ }
    },
  };

  // A word for the next page about what became of the last one.
  const ONWARD = "tandem-onward";

  function onward(text) {
    try { sessionStorage.setItem(ONWARD, text); } catch { /* private windows may refuse */ }
  }

  function arrived() {
    let text = "";
    try {
      text = sessionStorage.getItem(ONWARD);
      sessionStorage.removeItem(ONWARD);
    } catch { /* nothing was kept */ }
    if (!text) return;
    const line = document.createElement("p");
    line.className = "says";
    line.setAttribute("role", "alert");
    line.textContent = text;
    document.querySelector("main h1")?.after(line);
  }

  window.tandem = { kept, onward };
  document.addEventListener("DOMContentLoaded", arrived);

  const theme = kept.get("theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  root.classList.toggle("keyless", kept.get("keys") === "off");

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-toggle-theme]")) return;
    const chosen = root.dataset.theme;
    const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    kept.set("theme", root.dataset.theme);
  });

  // Widths that data decide, set here because a strict policy allows no style attributes.
  function widen() {
    for (const part of document.querySelectorAll("[data-share]")) {
      part.style.width = `${Math.min(Math.max(Number(part.dataset.share) || 0, 0), 100)}%`;
    }
  }
  for (const moment of ["DOMContentLoaded", "htmx:afterSwap"]) document.addEventListener(moment, widen);
})();
