// Ranking more than two responses.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const { tandem } = window;

  const allBad = (part) => Boolean($(".apart input:checked", part));
  const answered = (slot) => Boolean($("input:checked", slot)) || allBad(tandem.answer.block(slot));

  function missing(part) {
    const words = $("#open").dataset;
    const open = $$("[data-slot]", part).filter((slot) => !answered(slot));
    if (!open.length) return null;
    const letters = open.map((slot) => slot.dataset.letter.toUpperCase()).join(", ");
    return { text: tandem.answer.say(open.length > 1 ? words.many : words.one, letters), slot: open[0] };
  }

  function best(part) {
    if (allBad(part)) return null;
    const { placed, open } = tiers(part);
    return open.length || placed.length < 2 ? null : placed[0].join(" = ");
  }

  function tiers(part) {
    const byPlace = new Map();
    const open = [];
    for (const slot of $$("[data-slot]", part)) {
      const checked = $("input:checked", slot);
      const letter = slot.dataset.letter.toUpperCase();
      if (checked) byPlace.set(Number(checked.value), [...(byPlace.get(Number(checked.value)) || []), letter]);
      else open.push(letter);
    }
    return { placed: [...byPlace.keys()].sort((a, b) => a - b).map((place) => byPlace.get(place)), open };
  }

  function showOrder(part) {
    const line = $("[data-so-far]", part);
    const { placed, open } = tiers(part);
    const order = placed.map((tier) => tier.join(" = ")).join(` ${line.dataset.then} `) || line.dataset.empty;
    const rest = open.length && placed.length ? ` · ${tandem.answer.say(line.dataset.open, open.join(", "))}` : "";
    line.hidden = false;
    line.textContent = order + rest;
    if (part.classList.contains("open")) $("[data-so-far-here]").textContent = line.textContent;
  }

  const show = () => $$("[data-ranking]").forEach(showOrder);

  document.addEventListener("change", (event) => {
    const part = event.target.closest("[data-ranking]");
    if (!part) return;
    if (event.target.matches(".apart [type=checkbox]")) {
      if (event.target.checked) for (const input of $$("[data-slot] :checked", part)) input.checked = false;
    } else {
      for (const input of $$(".apart [type=checkbox]", part)) input.checked = false;
    }
  }, true);
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open-criterion]");
    if (opener) tandem.answer.mark($("[data-slot]", opener.closest("[data-criterion]")), true);
  });
  document.addEventListener("tandem:changed", show);
  document.addEventListener("tandem:card", show);

  tandem.rank = { answered, missing, best };
})();
