// The answer on the page: its rows, the marked one, what is still open, and the reasons that belong to a choice.
// The form works without any of this; every key presses something that a mouse can press too.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const form = () => $("#desk:not([inert]) #answer");
  const say = (template, name) => template.replace("%s", name);
  const lengthOf = (note) => [...note.value.trim()].length; // as the server counts: an emoji is one

  // --- what has been entered --------------------------------------------------------------------

  const MEASURED = ["key", "csrfmiddlewaretoken"];
  const controls = () => [...form().elements].filter((control) => control.name && !MEASURED.includes(control.name));
  const ticks = (control) => control.matches("[type=radio], [type=checkbox]");

  // Values by field name, those included that are of no use at the moment (reasons of a tie).
  function read() {
    const values = {};
    for (const control of controls()) {
      if (ticks(control) ? control.checked : control.value) (values[control.name] ||= []).push(control.value);
    }
    return values;
  }

  function fill(values) {
    for (const control of controls()) {
      const given = values[control.name] || [];
      if (ticks(control)) control.checked = given.includes(control.value);
      else control.value = given[0] || "";
    }
  }

  // What is sent, as pairs.
  const fields = () => [...new FormData(form())].filter(([name]) => name !== "csrfmiddlewaretoken");

  // True when leaving would lose something.
  const begun = () => Boolean(form()) && Object.keys(read()).length > 0;

  // --- rows -----------------------------------------------------------------------------------
  // A slot is a row that keys act on: a criterion's scale of a pair, or one response's place in a ranking
  // (see rank.js). A part is a criterion with all its slots.

  const parts = () => $$("[data-criterion]", form());
  const slots = () => $$("[data-slot]", form());
  const block = (slot) => slot.closest("[data-criterion]");
  const ranked = (part) => part.matches("[data-ranking]");
  const answered = (slot) => (ranked(block(slot)) ? window.tandem.rank.answered(slot) : Boolean($("input:checked", slot)));
  const marked = () => $("[data-slot].now", form());
  const detailOf = (part) => $(`[data-detail="${part.dataset.criterion}"]`, form());

  function mark(slot, focus = false) {
    if (!slot) return;
    for (const other of slots()) other.classList.toggle("now", other === slot);
    for (const part of parts()) part.classList.toggle("open", part === block(slot));
    for (const detail of $$("[data-detail]", form())) {
      detail.classList.toggle("open", detail.dataset.detail === block(slot).dataset.criterion);
    }
    if (!focus) return;
    ($("input:checked", slot) || $("input", slot) || slot).focus({ preventScroll: true });
    slot.scrollIntoView({ block: "nearest" });
  }

  function step(by) {
    const all = slots();
    const at = all.indexOf(marked());
    mark(all[Math.min(Math.max(at + by, 0), all.length - 1)], true);
  }

  // After a choice: the next open response of the same ranking, then this row's own details, then the next
  // open row. A row whose reasons are on offer keeps the mark until Enter or an arrow moves it.
  function advance(slot) {
    const all = slots();
    const after = all.slice(all.indexOf(slot) + 1).concat(all);
    const open = after.filter((other) => !answered(other));
    const sibling = open.find((other) => block(other) === block(slot));
    const next = sibling || (detailOf(block(slot)) ? null : open[0]);
    // Focus follows only where it already was on the answers, so that nobody is pulled away from reading.
    if (next) mark(next, form().contains(document.activeElement));
  }

  // --- what is still open ---------------------------------------------------------------------

  // The first thing missing: its words, the slot it belongs to and where the focus has to go; null when done.
  function missing() {
    const words = $("#open").dataset;
    const late = [];
    for (const part of parts()) {
      const own = $$("[data-slot]", part);
      const slot = part.matches("[data-slot]") ? part : own[0];
      const open = ranked(part) ? window.tandem.rank.missing(part) : answered(part) ? null : { text: say(words.row, part.dataset.name), slot };
      if (open) return open;
      const detail = detailOf(part);
      const sure = detail && $(".sure", detail);
      if (sure && !$(":checked", sure)) late.push({ text: say(words.sure, part.dataset.name), slot, at: $("input", sure) });
      const note = detail && $("textarea", detail);
      const text = note && wrong(note, words, part.dataset.name);
      if (text) late.push({ text, slot, at: note });
    }
    return late[0] || null;
  }

  function wrong(note, words, name) {
    const length = lengthOf(note);
    const { least = 1, most } = note.dataset;
    if (length > most) return say(words.shorter, length - most);
    if (length >= least || !(length || note.required)) return "";
    return least > 1 ? say(words.longer, least) : say(words.why, name);
  }

  // How long a note is, from where that begins to matter.
  function count(note) {
    const line = document.getElementById(note.getAttribute("aria-describedby"));
    const length = lengthOf(note);
    line.hidden = length < 0.9 * note.dataset.most;
    line.textContent = line.dataset.count.replace("%a", length.toLocaleString(document.documentElement.lang))
      .replace("%b", Number(note.dataset.most).toLocaleString(document.documentElement.lang));
  }

  function refresh() {
    const open = missing();
    $("#submit").setAttribute("aria-disabled", String(Boolean(open)));
    $("#open").textContent = open ? open.text : $("#open").dataset.ready;
    form().classList.toggle("ready", !open);
    for (const part of parts()) showReasons(part, choice(part));
  }

  // The letter on top: A or B of a pair, the single best of a complete ranking; null for ties.
  function choice(part) {
    if (ranked(part)) return window.tandem.rank.best(part);
    const checked = $("input:checked", part);
    if (!checked || checked.closest(".apart") || checked.value === "0") return null;
    return Number(checked.value) > 0 ? "A" : "B";
  }

  function showReasons(part, chosen) {
    const reasons = $("[data-reasons]", detailOf(part) || document.createElement("i"));
    if (!reasons) return;
    const title = reasons.firstElementChild;
    reasons.classList.toggle("idle", !chosen);
    for (const input of $$("input", reasons)) input.disabled = !chosen;
    if (chosen) title.textContent = say(ranked(part) ? title.dataset.best : title.dataset.better, chosen);
  }

  // Goes to what is still open and gives true; false when nothing is.
  function point() {
    const open = missing();
    if (!open) return false;
    mark(open.slot, !open.at);
    open.at?.focus();
    return true;
  }

  // Tells everybody who keeps or shows the answer (drafts, the order strip).
  function changed() {
    refresh();
    document.dispatchEvent(new CustomEvent("tandem:changed"));
  }

  document.addEventListener("change", (event) => {
    if (!form()?.contains(event.target)) return;
    const slot = event.target.closest("[data-slot]");
    if (slot) mark(slot);
    changed();
    if (slot) advance(slot);
  });
  document.addEventListener("input", ({ target }) => {
    if (target.matches("[data-most]")) count(target);
    if (target.matches("textarea") && form()?.contains(target)) changed();
  });
  document.addEventListener("focusin", (event) => {
    const slot = event.target.closest?.("[data-slot]");
    if (slot && slot !== marked()) mark(slot);
  });
  document.addEventListener("tandem:card", () => {
    if (!form()) return;
    mark(missing()?.slot || slots()[0]);
    $$("[data-most]", form()).forEach(count);
    refresh();
  });

  window.tandem.answer = {
    form, read, fill, fields, begun, parts, slots, block, marked, mark, step, advance, missing, refresh, changed, point, detailOf, say, count, lengthOf,
  };
})();
