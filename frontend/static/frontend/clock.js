// Time spent on one comparison. Reading is work, so it counts as active until two minutes pass without
// input or scrolling; time in another tab is idle.
(() => {
  const REST = 120_000;
  const now = () => performance.now();
  let active, idle, counted, touched;
  let visible = document.visibilityState === "visible";

  // Adds the time since the last count: what lies before `touched + REST` in a visible page is active.
  function count() {
    const until = now();
    const working = visible ? Math.max(Math.min(until, touched + REST) - counted, 0) : 0;
    active += working;
    idle += until - counted - working;
    counted = until;
  }

  function touch() {
    count();
    touched = now();
  }

  function restart() {
    active = idle = 0;
    counted = touched = now();
  }

  for (const name of ["keydown", "pointerdown", "pointermove", "wheel", "touchmove", "scroll"]) {
    document.addEventListener(name, touch, { capture: true, passive: true });
  }
  document.addEventListener("visibilitychange", () => {
    touch();
    visible = document.visibilityState === "visible";
  });

  restart();
  window.tandem.clock = {
    restart,
    read() {
      count();
      return { active: (active / 1000).toFixed(1), idle: (idle / 1000).toFixed(1) };
    },
  };
})();
