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
    let holding = false;

    function ask(steal) {
      asking?.abort();
      asking = new AbortController();
      const options = steal ? { steal } : { signal: asking.signal };
      const timer = steal ? null : setTimeout(elsewhere, PATIENCE);
      navigator.locks.request(name, options, () => {
        clearTimeout(timer);
        asking = null;
        holding = true;
        queueMicrotask(mine);
        return new Promise(() => {});
      }).catch((error) => {
        clearTimeout(timer);
        if (error.name !== "AbortError") return mine(); // a browser that refuses locks
        if (!holding) return;
        holding = false;
        elsewhere();
        ask(false);
      });
    }

    ask(false);
    return () => ask(true);
  }

  window.tandem.tab = { own };
})();
