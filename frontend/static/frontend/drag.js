// Dragging in the list of places, by mouse and by touch. Set up at the first press, so that a card shown costs
// nothing; rank.js and places.js know nothing of it.
(() => {
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const { rank, places } = window.tandem;
  const ready = new Map(); // by part: its lists
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const fingers = matchMedia("(any-pointer: coarse)");

  function land(part, { item, to, from }) {
    part.classList.remove("dragging");
    const { letter } = item.dataset;
    const at = rank.listed(part);
    const task = rank.taskOf(part);
    let next = null;
    if (to.dataset.before) next = places.insert(at, letter, Number(to.dataset.before), task);
    else if (to !== from) next = to.dataset.list === "0" ? places.remove(at, letter) : places.put(at, letter, Number(to.dataset.list), task);
    rank.apply(part, letter, next, true);
  }

  // What the library calls "change" while a row is on its way is no change of the answer.
  const keepIn = (event) => event.stopPropagation();

  function setUp(part) {
    for (const list of $$("[data-list], .gap", part)) list.addEventListener("change", keepIn);
    const lists = $$("[data-list], .gap", part).map((list) => window.Sortable.create(list, {
      group: part.dataset.criterion,
      draggable: "li",
      // Where fingers drag, a row has to scroll the page, so that only its dots can be dragged.
      handle: fingers.matches ? ".dots" : "li",
      animation: still.matches ? 0 : 120,
      forceFallback: true,
      fallbackTolerance: 4,
      fallbackClass: "carried",
      ghostClass: "landing",
      emptyInsertThreshold: 16,
      onStart: () => part.classList.add("dragging"),
      onEnd: (event) => land(part, event),
    }));
    ready.set(part, lists);
  }

  function forget() {
    for (const lists of ready.values()) for (const list of lists) list.destroy();
    ready.clear();
  }

  document.addEventListener("pointerdown", ({ target }) => {
    const part = target.closest?.("[data-slot]")?.closest("[data-ranking]");
    if (part && !ready.has(part)) setUp(part);
  }, true);
  document.addEventListener("tandem:leave", forget);
  document.addEventListener("tandem:card", forget);
})();
