// Where each response stands: a Map from letter to place, 0 for none. Nothing here touches the page.
// Places are counted as in a race: after two that are first comes the third. Free places stay free, so that
// what is there keeps its place until it has to make room. Every move gives a new Map, or null when there is
// nothing to move. `task` is {kind, size}: "full" (equal is allowed), "top" (the best `size`), "ends" (best
// and worst).
(() => {
  const before = (place) => place - 0.5;
  const after = (place) => place + 0.5;

  // The tiers from the best on, each with its place and letters.
  function tiers(at) {
    const byPlace = new Map();
    for (const [letter, place] of at) if (place) byPlace.set(place, [...(byPlace.get(place) || []), letter]);
    return [...byPlace.keys()].sort((a, b) => a - b).map((place) => ({ place, letters: byPlace.get(place).sort() }));
  }

  // Tiers in the order of `place`, each moved as little as it takes for all to fit: up from the end, then down.
  function settle(at, size) {
    const found = tiers(at);
    let room = size + 1;
    for (const tier of [...found].reverse()) {
      room -= tier.letters.length;
      tier.settled = Math.min(Math.ceil(tier.place), room);
    }
    let next = 1;
    const settled = new Map([...at.keys()].map((letter) => [letter, 0]));
    for (const tier of found) {
      const place = Math.max(tier.settled, next);
      for (const letter of tier.letters) settled.set(letter, place);
      next = place + tier.letters.length;
    }
    return settled;
  }

  const tierAt = (at, place) => tiers(at).find((tier) => tier.place === place);
  const covered = (at, place) => tiers(at).some((tier) => tier.place < place && place < tier.place + tier.letters.length);
  const free = (at, place) => !tierAt(at, place) && !covered(at, place);

  // Puts the letter there and lets the others make room; where all places are taken, the last one loses its own.
  function set(at, letter, place, task) {
    const next = new Map(at).set(letter, place);
    const placed = tiers(next);
    if (task.kind === "top" && placed.length > task.size) {
      const last = placed.map((tier) => tier.letters[0]).filter((other) => other !== letter).pop();
      next.set(last, 0);
    }
    return settle(next, task.size);
  }

  // In that place: equal with who is there, or in their stead where equal is not offered.
  function put(at, letter, place, task) {
    if (task.kind === "ends") {
      const next = new Map(at);
      for (const [other, there] of at) if (there === place) next.set(other, at.get(letter));
      return next.set(letter, place);
    }
    const others = new Map(at).set(letter, 0);
    if (task.kind === "full" || free(others, place)) return set(at, letter, place, task);
    const pushing = set(at, letter, before(place), task);
    return pushing.get(letter) === place ? pushing : set(at, letter, after(place), task);
  }

  const insert = (at, letter, place, task) => set(at, letter, before(place), task);
  const remove = (at, letter) => (at.get(letter) ? new Map(at).set(letter, 0) : null);

  // Equal with the one above, or with the last one placed.
  function equal(at, letter, task) {
    if (task.kind !== "full") return null;
    const found = tiers(new Map(at).set(letter, 0));
    const was = at.get(letter);
    const own = was && tierAt(at, was).letters;
    if (own && own[0] !== letter) return null;
    const above = was ? found.filter((tier) => tier.place < was).pop() : found.pop();
    return above ? set(at, letter, above.place, task) : null;
  }

  function moveEnds(at, letter, by) {
    const column = [1, 0, 2]; // best, in between, worst
    const to = column[column.indexOf(at.get(letter)) + by];
    return to === undefined ? null : to ? put(at, letter, to, { kind: "ends" }) : remove(at, letter);
  }

  // One step up (-1) or down (+1): out of a tie, into a free place, or past the next tier.
  function move(at, letter, by, task) {
    if (task.kind === "ends") return moveEnds(at, letter, by);
    const { size } = task;
    const was = at.get(letter);
    if (!was) {
      if (by > 0) return null;
      const full = task.kind === "top" && tiers(at).length === size;
      return set(at, letter, full ? before(size) : free(at, size) ? size : after(size), task);
    }
    const own = tierAt(at, was).letters;
    if (own.length > 1) return set(at, letter, by < 0 ? before(was) : after(was), task);
    const to = was + by;
    if (to < 1) return null;
    if (to > size) return task.kind === "top" ? remove(at, letter) : null;
    if (free(at, to)) return set(at, letter, to, task);
    const found = tiers(at);
    const other = found[found.findIndex((tier) => tier.place === was) + by];
    const next = new Map(at);
    if (by > 0) for (const name of other.letters) next.set(name, was);
    return settle(next.set(letter, by < 0 ? before(other.place) : after(was)), size);
  }

  window.tandem.places = { tiers, settle, covered, put, insert, remove, equal, move };
})();
