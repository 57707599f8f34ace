// A part of the page that asks for itself again: not while nobody looks, and never under the reader's hands.
(() => {
  const live = () => document.querySelector("[data-live]");
  let last = null;

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.matches("[data-live]") && document.hidden) event.preventDefault();
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const part = event.detail.target;
    if (!part.matches("[data-live]")) return;
    const same = event.detail.serverResponse === last;
    const inUse = part.contains(document.activeElement) || part.querySelector("details[open]")
      || (!getSelection().isCollapsed && part.contains(getSelection().anchorNode));
    if (same || inUse) event.detail.shouldSwap = false;
    else last = event.detail.serverResponse;
  });

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && live()) htmx.trigger(live(), "wake");
  });
})();
