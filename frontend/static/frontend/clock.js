// Time spent on each card. Reading is work, so it counts as active until two minutes pass without input or
// scrolling; time in another tab is idle. Only the card that is shown gathers time.
(() => {
  const REST = 120_000;
  const BREAK = 300_000;
  const now = () => performance.now();
  const spent = new Map(); // by submission key: {active, idle} in milliseconds
  let running = null;
  let counted = now();
  let touched = now();
  let since = now(); // when this stretch of work began, without a break in it
  let visible = document.visibilityState === "visible";

  // Adds the time since the last count: what lies before `touched + REST` in a visible page is active.
  function count() {
    const until = now();
    const working = visible ? Math.max(Math.min(until, touched + REST) - counted, 0) : 0;
    const time = spent.get(running);
    if (time) {
      time.active += working;
      time.idle += until - counted - working;
    }
    counted = until;
  }

  function touch() {
    count();
    if (now() - touched >= BREAK) since = now();
    touched = now();
  }

  for (const name of ["keydown", "pointerdown", "pointermove", "wheel", "touchmove", "scroll"]) {
    document.addEventListener(name, touch, { capture: true, passive: true });
  }
  document.addEventListener("visibilitychange", () => {
    touch();
    visible = document.visibilityState === "visible";
  });

  const present = () => visible && now() - touched < REST;

  window.tandem.clock = {
    /** From now on time belongs to this card, on top of what it had (`before`, in seconds); to none for null. */
    show(key, before) {
      count();
      running = key;
      if (key && !spent.has(key)) {
        spent.set(key, { active: 1000 * (before?.active || 0), idle: 1000 * (before?.idle || 0) });
      }
    },
    /** Seconds of a card, of the one shown by default. */
    read(key = running) {
      count();
      const time = spent.get(key) || { active: 0, idle: 0 };
      return { active: Math.round(time.active / 100) / 10, idle: Math.round(time.idle / 100) / 10 };
    },
    forget: (key) => spent.delete(key),
    /** True while somebody sits here: input or scrolling within two minutes. */
    present,
    /** Milliseconds of work without a break of five minutes. */
    stretch: () => (present() ? now() - since : 0),
  };
})();
