// The order in which responses were shown, handed in as the answer: asked about once. Nothing is placed at first,
// so nobody gets that order by doing nothing; what is asked about is placing one after the other as they stand.
(() => {
  const { tandem } = window;
  const trails = new WeakMap(); // by part: letters in the order in which they were placed, null once one was moved

  const begin = (part, fresh) => trails.set(part, fresh ? [] : null);

  function add(part, letter, placedFirst) {
    const trail = trails.get(part);
    trails.set(part, trail && placedFirst ? [...trail, letter] : null);
  }

  // True where all that was asked was placed strictly in the order shown, without going back to any of it. Two
  // places of many say too little to be asked about: one honest answer in k (k - 1) looks like that.
  function asShown(part) {
    const at = tandem.rank.read(part);
    const tiers = tandem.places.tiers(at);
    const shown = [...at.keys()].slice(0, tiers.length).join(">");
    return tandem.rank.taskOf(part).kind !== "ends" && tiers.length >= Math.min(3, at.size - 1)
      && trails.get(part)?.join(">") === shown && tiers.map(({ letters }) => letters.join("=")).join(">") === shown;
  }

  // On the window, so that it runs before whatever sends the form.
  window.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.id !== "answer" || form.dataset.asked || tandem.answer.missing() || !tandem.rank.parts().some(asShown)) return;
    form.dataset.asked = "once";
    event.preventDefault();
    event.stopImmediatePropagation();
    for (const id of ["open", "announce"]) document.getElementById(id).textContent = form.dataset.sameOrder;
  }, true);

  tandem.trail = { begin, add };
})();
