// One key per action. A key presses what carries it as `data-key`: first in an open strip, then in the marked row
// and its details, then in the card, then in the bar. Keys rest while a person writes and can be switched off.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const { kept, answer } = window.tandem;
  const root = document.documentElement;

  const typing = (target) => target.closest("textarea, select, input:not([type=radio]):not([type=checkbox])");
  const strip = () => $(".strip:not([hidden])");

  let foreign = false; // this keyboard writes no Latin letters

  // The digit row counts by its place, so that it works where digits need Shift; there, Shift means the digit.
  // Letters count by what they say, and by their place where they are not Latin ones.
  function nameOf({ key, code, shiftKey }) {
    const digit = !["?", "="].includes(key) && /^Digit(\d)$/.exec(code)?.[1];
    if (digit) return shiftKey && !/^\d$/.test(key) ? `shift+${digit}` : digit;
    if (key.length > 1) return key.toLowerCase();
    const latin = /^[a-z]$/i.test(key);
    const place = /^Key([A-Z])$/.exec(code)?.[1];
    if (place) foreign = !latin && (foreign || /\p{L}/u.test(key));
    const letter = latin ? key : place && foreign && key !== "?" ? place : null;
    return (letter && shiftKey ? `shift+${letter}` : letter || key).toLowerCase();
  }

  const composing = (event) => event.isComposing || event.keyCode === 229; // Safari says the latter at the end

  function onKey(event) {
    if (composing(event) || event.altKey || $("dialog[open]")) return;
    const { target } = event;
    const writing = typing(target);
    if (root.classList.contains("keyless") && !writing && event.key !== "Enter") return;
    if (writing) {
      if (event.key === "Escape") target.blur();
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) enter(event);
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter") return target.closest("a, button, summary") || enter(event);
    const name = nameOf(event);
    if (name === "arrowup" || name === "arrowdown") return onArrow(event, name);
    if (!event.repeat) press(event, name);
  }

  // Up and down belong to whatever scrolls under the focus; else to what carries them, else they change the row.
  function onArrow(event, name) {
    if (event.shiftKey) return; // marks text
    const scroller = event.target.closest(".response, .drawer, [data-scrolls], pre, .wide");
    if (!answer.form() || (scroller && !event.target.matches("input")) || press(event, name)) return;
    if (answer.slots().length < 2) return;
    event.preventDefault();
    answer.step(name === "arrowup" ? -1 : 1);
  }

  const usable = (element) => element?.getClientRects().length > 0 && !element.closest("[inert]");

  // True when something carries the key, whether or not it could be pressed.
  function press(event, name) {
    const found = find(`[data-key="${CSS.escape(name)}"]`) || $(`[data-direct="${CSS.escape(name)}"]`);
    if (!found) return false;
    event.preventDefault();
    const control = found.matches("label") ? $("input, textarea", found) : found;
    if (found.matches("[data-slot]")) answer.mark(found, true);
    else if (control.matches("textarea")) control.focus();
    else if (!control.disabled) control.click();
    return true;
  }

  function find(carrying) {
    if (strip()) return $(carrying, strip());
    const now = answer.form() && answer.marked();
    const part = now && answer.block(now);
    const details = part && answer.detailOf(part);
    const near = part && [$(carrying, now), $(`[data-slot]${carrying}`, part), $(`.apart${carrying}`, part), details && $(carrying, details)];
    const buttons = `:is(button, a)${carrying}`;
    return near?.find(Boolean) || $$(buttons, $("#desk")).find(usable) || $$(buttons).find(usable);
  }

  // Enter goes to what is still open; when nothing is, it submits. Held down it does nothing more.
  function enter(event) {
    event.preventDefault();
    if (event.repeat) return;
    const open = strip();
    if (open?.matches("form")) open.requestSubmit();
    else if (open) $("[data-key=s]", open).click();
    else if (answer.form() && !answer.point()) answer.form().requestSubmit();
  }

  // --- what Escape closes, guidelines and the list of keys --------------------------------------------

  const drawer = () => $(".drawer");

  // The innermost thing first, and only one at a time; what reading.js has open it closes itself.
  function onEscape(event) {
    if (event.key !== "Escape" || composing(event) || event.defaultPrevented || $("dialog[open]")) return;
    const open = strip();
    const others = "#desk[data-full], #desk .fold[aria-expanded=true], [data-spare][aria-expanded=true]";
    const change = usable($("#desk [data-cancel-edit]")) && !$(others);
    if (open) $("[data-close-strip]", open).click();
    else if (typing(event.target)) return;
    else if (drawer()?.classList.contains("open")) toggleDrawer(event);
    else if (!change) return;
    else if (!event.repeat) window.tandem.giving.escape();
    event.preventDefault();
    event.stopPropagation();
  }

  function toggleDrawer(event) {
    event.preventDefault();
    const open = drawer().classList.toggle("open");
    const opener = $("[data-drawer]");
    opener.setAttribute("aria-expanded", String(open));
    (open ? drawer() : opener).focus();
  }

  function openKeys(event) {
    event.preventDefault();
    $("[data-keys-switch]").checked = !root.classList.contains("keyless");
    $$("#keys dt[data-for]").forEach(explain);
    $("#keys").showModal();
  }

  // A line of the list is there where something on this page carries its keys, and says which: with `data-each`
  // all of them, with `data-span` the first and the last.
  function explain(term) {
    const live = (element) => !element.closest("[hidden]") && (element.closest("#answer") || usable(element));
    const carrying = $$(term.dataset.for).filter(live);
    const { each, span } = term.dataset;
    const keys = [...new Set(carrying.map(({ dataset }) => dataset.key).filter(Boolean))];
    const filled = each !== undefined || span !== undefined;
    term.hidden = term.nextElementSibling.hidden = !(filled ? keys : carrying).length;
    if (!filled) return;
    const between = span && keys.length > 1 ? ` ${span} ` : " ";
    const named = (span ? [...new Set([keys[0], keys.at(-1)])] : keys).map((key) => {
      const name = document.createElement("kbd");
      name.textContent = key?.replace("shift+", "⇧").toUpperCase();
      return name;
    });
    term.replaceChildren(...named.flatMap((name, at) => (at ? [between, name] : [name])));
  }

  // A letter that picks up a response here means that, and is printed nowhere else.
  function free({ detail: { card } }) {
    for (const tool of $$(".bar [data-key]")) {
      tool.classList.toggle("taken", Boolean($(`.grip[data-key="${CSS.escape(tool.dataset.key)}"]`, card)));
    }
  }

  document.addEventListener("keydown", onEscape, true);
  document.addEventListener("keydown", onKey);
  document.addEventListener("tandem:card", free);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-drawer], [data-close-drawer]")) toggleDrawer(event);
    else if (event.target.closest("[data-keys]")) openKeys(event);
  });
  document.addEventListener("change", ({ target }) => {
    if (!target.matches("[data-keys-switch]")) return;
    root.classList.toggle("keyless", !target.checked);
    kept.set("keys", target.checked ? "on" : "off");
  });
})();
