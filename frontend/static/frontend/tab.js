// One tab at a time works in a project, so that none sends what another has taken back. A second one says so
// and takes over when asked, or when the first is closed.
(() => {
  const name = `tandem.${document.body.dataset.store}`;
  const PATIENCE = 500; // a page that is being left lets go a moment after the next one has begun

  /** Calls `mine` when this tab may work, `elsewhere` when another does. Gives what takes over. */
  function own(mine, elsewhere) {
    if (!navigator.locks) {
      mine();
      return () => {};
    }
    let asking = null;
    let patience = null;
    let holding = false;

    function granted() {
      clearTimeout(patience);
      asking = null;
      holding = true;
      queueMicrotask(mine);
      return new Promise(() => {});
    }

    function refused(error) {
      clearTimeout(patience);
      if (error.name !== "AbortError") return mine(); // a browser that refuses locks
      if (!holding) return;
      holding = false;
      elsewhere();
      queue();
    }

    // Waits in line, and says so where that takes longer than a page that is being left.
    function queue() {
      patience = setTimeout(elsewhere, PATIENCE);
      asking = new AbortController();
      navigator.locks.request(name, { signal: asking.signal }, granted).catch(refused);
    }

    // Whether another tab has it is asked, not guessed from how long the answer takes.
    navigator.locks.request(name, { ifAvailable: true }, (lock) => (lock ? granted() : queue())).catch(refused);
    return () => {
      asking?.abort();
      navigator.locks.request(name, { steal: true }, granted).catch(refused);
    };
  }

  window.tandem.tab = { own };
})();
