// Keys that come too early: while the page is seen and its scripts are still on their way, or behind an answer that
// cannot be given yet. They are kept, and pressed again in the same order. Loaded before all that is deferred.
(() => {
  const WRITING = "textarea, select, input:not([type=radio]):not([type=checkbox])";
  let kept = [];

  function onKey(event) {
    if (event.target.closest?.(WRITING)) return;
    kept.push(event);
    event.stopImmediatePropagation(); // some of the scripts may be there before the others
  }

  // What a key that is pressed again makes wait is kept anew, with all that come after it.
  function give() {
    window.removeEventListener("keydown", onKey, true);
    const keys = kept;
    kept = [];
    for (const { key, code, shiftKey, ctrlKey, metaKey, altKey, repeat, isComposing } of keys) {
      const pressed = { key, code, shiftKey, ctrlKey, metaKey, altKey, repeat, isComposing };
      document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { ...pressed, bubbles: true, cancelable: true }));
    }
  }

  const keep = () => window.addEventListener("keydown", onKey, true);

  window.tandem.early = {
    keep, give,
    /** Forgets what was pressed: it was meant for a card that is gone. */
    drop() {
      kept = [];
      give();
    },
  };
  keep();
  document.addEventListener("DOMContentLoaded", give);
})();
