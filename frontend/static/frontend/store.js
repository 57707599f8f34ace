// What this device keeps until the server has it: answers on their way and drafts, per person and project.
// Where the browser keeps nothing (private windows, a full disk), memory stands in for as long as the page lives.
(() => {
  const prefix = `tandem.${document.body.dataset.store}.`;
  const DRAFTS = `${prefix}draft.`;
  const OUTBOX = `${prefix}outbox`;
  const GIVEN = `${prefix}given`;
  const OLD = 30 * 24 * 3600 * 1000;
  const LATELY = 60_000;
  const memory = new Map();
  let fragile = false;

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
    } catch {
      memory.set(name, text);
      if (!fragile) document.dispatchEvent(new CustomEvent("tandem:fragile"));
      fragile = true;
    }
  }

  function remove(name) {
    memory.delete(name);
    try {
      localStorage.removeItem(name);
    } catch { /* then it is not there either */ }
  }

  // Drafts of comparisons that went to somebody else long ago.
  function tidy() {
    try {
      for (const name of Object.keys(localStorage)) {
        if (name.startsWith(DRAFTS) && !(get(name)?.at > Date.now() - OLD)) remove(name);
      }
    } catch { /* nothing is kept here */ }
  }

  tidy();
  window.tandem.store = {
    fragile: () => fragile,
    /** Entries to send, oldest first; see courier.js. */
    outbox: () => get(OUTBOX) || [],
    keep: (outbox) => (outbox.length ? set(OUTBOX, outbox) : remove(OUTBOX)),
    /** Assignments that the server confirmed in the last minute: a page made before that may still show them. */
    given: () => Object.entries(get(GIVEN) || {}).filter(([, at]) => at > Date.now() - LATELY).map(([id]) => id),
    give(id) {
      const lately = Object.fromEntries(window.tandem.store.given().map((other) => [other, get(GIVEN)[other]]));
      set(GIVEN, { ...lately, [id]: Date.now() });
    },
    /** `{answer, active, idle, flag}` of one submission key, or null. */
    draft: (key) => (key ? get(DRAFTS + key) : null),
    saveDraft: (key, draft) => set(DRAFTS + key, { ...draft, at: Date.now() }),
    dropDraft: (key) => remove(DRAFTS + key),
  };
})();
