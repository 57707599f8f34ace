// What this device keeps until the server has it: answers on their way and drafts, per person and project.
// Where the browser keeps nothing (private windows, a full disk), memory stands in for as long as the page lives.
(() => {
  const prefix = `tandem.${document.body.dataset.store}.`;
  const DRAFTS = `${prefix}draft.`;
  const OUTBOX = `${prefix}outbox`;
  const GIVEN = `${prefix}given`;
  const OLD = 30 * 24 * 3600 * 1000;
  const LATELY = 60_000;
  const memory = new Map(); // what could not be written
  let warned = false;

  function get(name) {
    try {
      return JSON.parse(memory.get(name) ?? localStorage.getItem(name));
    } catch {
      return null;
    }
  }

  function set(name, value) {
    const text = JSON.stringify(value);
    try {
      localStorage.setItem(name, text);
      memory.delete(name);
    } catch (error) {
      memory.set(name, text);
      const full = error.name === "QuotaExceededError";
      if (!warned) document.dispatchEvent(new CustomEvent("tandem:fragile", { detail: { full } }));
      warned = true;
    }
  }

  function remove(name) {
    memory.delete(name);
    try {
      localStorage.removeItem(name);
    } catch { /* then it is not there either */ }
  }

  function drafts() {
    let names = [...memory.keys()];
    try {
      names = [...new Set([...names, ...Object.keys(localStorage)])];
    } catch { /* nothing is kept here */ }
    return names.filter((name) => name.startsWith(DRAFTS)).map((name) => [name.slice(DRAFTS.length), get(name)]);
  }

  // Drafts of comparisons that went to somebody else long ago.
  for (const [key, draft] of drafts()) if (!(draft?.at > Date.now() - OLD)) remove(DRAFTS + key);

  window.tandem.store = {
    /** True while something is in memory only. */
    fragile: () => memory.size > 0,
    /** Entries to send, oldest first; see courier.js. */
    outbox: () => get(OUTBOX) || [],
    keep: (outbox) => (outbox.length ? set(OUTBOX, outbox) : remove(OUTBOX)),
    /** Assignments that the server confirmed in the last minute: a page made before that may still show them. */
    given: () => Object.entries(get(GIVEN) || {}).filter(([, at]) => at > Date.now() - LATELY).map(([id]) => id),
    give(id) {
      const lately = Object.fromEntries(window.tandem.store.given().map((other) => [other, get(GIVEN)[other]]));
      set(GIVEN, { ...lately, [id]: Date.now() });
    },
    /** `{answer, active, idle, flag, sent}` of one submission key, or null; `sent` as in desk.js. */
    draft: (key) => (key ? get(DRAFTS + key) : null),
    saveDraft: (key, draft) => set(DRAFTS + key, { ...draft, at: Date.now() }),
    dropDraft: (key) => remove(DRAFTS + key),
    /** Drafts of answers that were taken back after the server may have had them, as [key, draft]. */
    takenBack: () => drafts().filter(([, draft]) => draft?.sent),
  };
})();
