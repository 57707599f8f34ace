// Ranking more than two responses. The form's radio buttons hold the answer; this draws them as a list of
// places, which letters, digits, arrows, taps and drags change (see places.js for what a move does).
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const { tandem } = window;
  const { places } = tandem;
  const say = (template, name) => template.replace("%s", name);
  const upper = (letters) => letters.map((letter) => letter.toUpperCase());

  const parts = () => (tandem.answer.form() ? $$("[data-ranking]", tandem.answer.form()) : []);
  const partOf = (element) => element.closest("[data-ranking]");
  const inputs = (part) => $$("input[data-letter]", part);
  const rows = (part) => $$("[data-slot]:not(.carried)", part);
  const row = (part, letter) => $(`[data-slot][data-letter="${letter}"]`, part);
  const spots = (part) => $$(".tier:not(.rest)", part);
  const taskOf = (part) => ({ kind: part.dataset.task, size: spots(part).length });
  const allBad = (part) => Boolean($(".apart input:checked", part));

  let held = null; // the row that has been picked up

  // --- the answer -----------------------------------------------------------------------------

  // What the list shows. It keeps its places while all are bad, so that a second press brings them back.
  function listed(part) {
    const at = new Map(rows(part).map(({ dataset }) => dataset.letter).sort().map((letter) => [letter, 0]));
    for (const { checked, dataset } of inputs(part)) if (checked) at.set(dataset.letter, Number(dataset.place));
    return part.dataset.task === "ends" ? at : places.settle(at, taskOf(part).size);
  }

  // What is answered by it: nothing is placed where all are bad.
  function read(part) {
    const at = listed(part);
    return allBad(part) ? new Map([...at.keys()].map((letter) => [letter, 0])) : at;
  }

  function write(part, at) {
    for (const input of inputs(part)) {
      input.checked = input.dataset.place !== "0" && at.get(input.dataset.letter) === Number(input.dataset.place);
    }
    for (const input of $$(".apart input", part)) input.checked = false;
  }

  const emptySpots = (part, at) => spots(part).filter(({ dataset }) => ![...at.values()].includes(Number(dataset.tier)));

  function complete(part, at = read(part)) {
    if (allBad(part)) return true;
    return part.dataset.task === "full" ? ![...at.values()].includes(0) : !emptySpots(part, at).length;
  }

  const answered = (slot) => Boolean(read(partOf(slot)).get(slot.dataset.letter)) || complete(partOf(slot));

  function missing(part) {
    const at = read(part);
    if (complete(part, at)) return null;
    const open = rows(part).filter(({ dataset }) => !at.get(dataset.letter));
    if (part.dataset.task === "full") {
      const words = $("#open").dataset;
      return { text: say(open.length > 1 ? words.many : words.one, upper(open.map(({ dataset }) => dataset.letter)).join(", ")), slot: open[0] };
    }
    const empty = emptySpots(part, at).map((tier) => $(".spot", tier).textContent);
    return { text: say(empty.length > 1 ? part.dataset.spots : part.dataset.spot, empty.join(", ")), slot: open[0] };
  }

  function best(part) {
    const at = read(part);
    const found = places.tiers(at);
    if (allBad(part) || !complete(part, at)) return null;
    return found.length < 2 && part.dataset.task === "full" ? null : upper(found[0].letters).join(" = ");
  }

  // --- the list -------------------------------------------------------------------------------

  function draw(part) {
    const at = listed(part);
    for (const input of inputs(part)) input.disabled = allBad(part); // a draft keeps it, nobody is sent it
    const focused = rows(part).find((slot) => slot.contains(document.activeElement));
    for (const [letter, place] of at) {
      const list = $(`[data-list="${place}"]`, part);
      const slot = row(part, letter);
      const next = [...list.children].find((other) => other.dataset.letter > letter) || null;
      if (slot.parentElement !== list || slot.nextElementSibling !== next) list.insertBefore(slot, next);
    }
    for (const slot of rows(part)) {
      slot.classList.toggle("held", slot === held);
      slot.classList.toggle("equal", Boolean(at.get(slot.dataset.letter)) && slot !== slot.parentElement.firstElementChild);
      $(".grip", slot).setAttribute("aria-pressed", String(slot === held));
    }
    for (const tier of $$(".tier", part)) {
      tier.classList.toggle("empty", !$("li", tier));
      tier.hidden = places.covered(at, Number(tier.dataset.tier)) && part.dataset.task !== "ends";
    }
    for (const title of $$("[data-rest]", part)) title.textContent = complete(part, at) ? title.dataset.done : title.dataset.open;
    part.classList.toggle("complete", complete(part, at));
    showOrder(part);
    if (focused && !focused.contains(document.activeElement)) $(".grip", focused).focus({ preventScroll: true });
  }

  function showOrder(part) {
    const at = read(part);
    const line = $("[data-so-far]", part);
    const found = places.tiers(at);
    const ends = part.dataset.task === "ends";
    const order = ends
      ? found.map(({ place, letters }) => `${spots(part)[place - 1].querySelector(".spot").textContent} ${upper(letters)}`).join(" · ")
      : found.map(({ letters }) => upper(letters).join(" = ")).join(` ${line.dataset.then} `);
    const open = ends || complete(part, at) ? [] : [...at.keys()].filter((letter) => !at.get(letter));
    line.textContent = (order || line.dataset.empty) + (order && open.length ? ` · ${say(line.dataset.open, upper(open).join(", "))}` : "");
    if (allBad(part)) line.textContent = $(".apart span", part).textContent;
    line.hidden = false;
    if (part.classList.contains("open")) $("[data-so-far-here]").textContent = line.textContent;
  }

  function whereabouts(part, letter) {
    const at = listed(part);
    const place = at.get(letter);
    if (!place) return $("[data-rest]", part).textContent;
    const others = [...at.keys()].filter((other) => other !== letter && at.get(other) === place);
    const spot = $(`[data-tier="${place}"] .spot`, part).textContent;
    return others.length ? `${spot}, ${say(part.dataset.equal, upper(others).join(", "))}` : spot;
  }

  const announce = (text) => { $("#announce").textContent = text; };

  // --- moves ----------------------------------------------------------------------------------

  function hold(slot) {
    const part = partOf(slot || held);
    const was = held;
    held = slot;
    if (was && partOf(was) !== part) draw(partOf(was));
    draw(part);
    const { letter } = (slot || was).dataset;
    announce(`${say(slot ? part.dataset.picked : part.dataset.dropped, letter.toUpperCase())}: ${whereabouts(part, letter)}`);
    if (!slot) return;
    $(".grip", slot).focus({ preventScroll: true });
    slot.scrollIntoView({ block: "nearest" });
    document.dispatchEvent(new CustomEvent("tandem:picked", { detail: { letter } }));
  }

  // Takes over a move, or says where the response stays where there is none. `done`: its row is put down.
  function apply(part, letter, next, done) {
    const at = listed(part);
    const slot = row(part, letter);
    if (done && held === slot) held = null;
    if (next) {
      tandem.trail.add(part, letter, !at.get(letter) && next.get(letter));
      write(part, next);
    }
    draw(part);
    tandem.answer.mark(slot);
    announce(`${letter.toUpperCase()}: ${whereabouts(part, letter)}.${next && complete(part) ? ` ${part.dataset.all}` : ""}`);
    if (next) tandem.answer.changed();
    if (next && done && next.get(letter)) tandem.answer.advance(slot);
    else slot.scrollIntoView({ block: "nearest" });
  }

  // The response that a place, a digit or `=` is meant for: the one picked up, or the marked one.
  function subject(part) {
    if (held && partOf(held) === part) return held;
    const marked = tandem.answer.marked();
    return marked && partOf(marked) === part ? marked : $(".rest li", part) || rows(part)[0];
  }

  const putIn = (part, letter, place) => apply(part, letter, places.put(listed(part), letter, place, taskOf(part)), true);

  function onKey(event) {
    const slot = event.target.closest("[data-ranking] [data-slot]");
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open], .strip:not([hidden]), #desk[data-full]")) return;
    if (event.key === "Escape" && held && !event.target.closest("textarea")) hold(null);
    else if (!slot || !onRow(event, slot)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  // What a key does on the row that has the focus; false where it is not the row's. Digits count by their place
  // on the keyboard, as in keys.js.
  function onRow({ key, code, shiftKey, repeat }, slot) {
    const part = partOf(slot);
    const { letter } = slot.dataset;
    const at = listed(part);
    const task = taskOf(part);
    const digit = (!shiftKey || /^\d$/.test(key)) && /^(?:Digit|Numpad)([1-9])$/.exec(code)?.[1];
    const arrow = !shiftKey && { ArrowUp: -1, ArrowDown: 1 }[key];
    if (arrow && slot === held) apply(part, letter, places.move(at, letter, arrow, task), false);
    else if (repeat) return /^[\d=]$|Enter|Backspace|Delete/.test(key);
    else if (key === "Enter") $("#submit").click();
    else if (key === "=") equal(part, letter, at, task);
    else if (key === "Backspace" || key === "Delete") apply(part, letter, places.remove(at, letter), true);
    else if (digit && digit <= task.size) putIn(part, letter, Number(digit));
    else return false;
    return true;
  }

  function equal(part, letter, at, task) {
    if (task.kind === "full") apply(part, letter, places.equal(at, letter, task), true);
    else announce(part.dataset.strict);
  }

  // A click on a row picks it up or lets it go; one on a place puts there what is picked up, or what is next.
  function onClick(event) {
    const part = partOf(event.target);
    if (!part) return;
    const slot = event.target.closest("[data-slot]");
    const tier = event.target.closest(".tier");
    if (event.target.closest("[data-open-criterion]")) tandem.answer.mark($("[data-slot]", part), true);
    else if (slot) hold(slot === held ? null : slot);
    else if (tier?.classList.contains("rest")) held && partOf(held) === part && apply(part, held.dataset.letter, places.remove(listed(part), held.dataset.letter), true);
    else if (tier) putIn(part, subject(part).dataset.letter, Number(tier.dataset.tier));
  }

  // --- events ---------------------------------------------------------------------------------

  function restore() {
    held = null;
    for (const part of parts()) {
      tandem.trail.begin(part, !places.tiers(listed(part)).length);
      draw(part);
    }
  }

  document.addEventListener("keydown", onKey, true);
  document.addEventListener("click", onClick);
  // Marking a row moves the focus to it; the button in it is what a person presses.
  document.addEventListener("focusin", ({ target }) => {
    if (target.matches?.("[data-ranking] [data-slot]")) $(".grip", target).focus({ preventScroll: true });
  });
  document.addEventListener("change", ({ target }) => {
    const part = partOf(target);
    if (!part || !target.matches(".apart input")) return;
    held = null;
    draw(part);
    announce($("[data-so-far]", part).textContent);
  }, true);
  document.addEventListener("tandem:changed", () => parts().forEach(draw));
  document.addEventListener("tandem:card", restore);
  document.addEventListener("tandem:restored", () => {
    restore();
    if (parts().length) tandem.answer.refresh();
  });

  tandem.rank = { parts, answered, missing, best, read, listed, taskOf, apply };
})();
