// The label page: one key per verdict, the marked row, what is still open, and the change to the next question.
// The form works without any of this; every key presses something that a mouse can press too.
(() => {
  const { kept, clock } = window.tandem;
  const root = document.documentElement;
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const desk = () => $("#desk");
  const form = () => $("#answer");
  const say = (template, name) => template.replace("%s", name);
  let assignment = null; // the one on the page, so that a form shown again keeps its clock

  // --- rows -----------------------------------------------------------------------------------
  // A slot is one radiogroup: a criterion's scale of a pair, or one response's place in a ranking.

  const slots = () => $$("[data-slot]", form());
  const block = (slot) => slot.closest("[data-criterion]");
  const allBad = (slot) => Boolean($(".apart input[type=checkbox]:checked", block(slot)));
  const answered = (slot) => Boolean($("input:checked", slot)) || allBad(slot);
  const marked = () => $("[data-slot].now", form());
  const detailOf = (name) => $(`[data-detail="${name}"]`, form());

  function mark(slot, focus = false) {
    if (!slot) return;
    for (const other of slots()) other.classList.toggle("now", other === slot);
    for (const other of $$("[data-criterion]", form())) other.classList.toggle("open", other === block(slot));
    for (const detail of $$("[data-detail]", form())) {
      detail.classList.toggle("open", detail.dataset.detail === block(slot).dataset.criterion);
    }
    if (!focus) return;
    ($("input:checked", slot) || $("input", slot)).focus({ preventScroll: true });
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
    const detail = detailOf(block(slot).dataset.criterion);
    const next = sibling || (detail ? null : open[0]);
    // Focus follows only where it already was on the answers, so that nobody is pulled away from reading.
    if (next) mark(next, form().contains(document.activeElement));
  }

  // --- what is still open ---------------------------------------------------------------------

  // The first thing missing: its words, and where to go for it.
  function missing() {
    const words = $("#open").dataset;
    const late = [];
    for (const part of $$("[data-criterion]", form())) {
      const mine = part.matches("[data-slot]") ? [part] : $$("[data-slot]", part);
      const open = mine.filter((slot) => !answered(slot));
      if (open.length) {
        const letters = open.map((slot) => slot.dataset.letter?.toUpperCase());
        if (!letters[0]) return { text: say(words.row, part.dataset.name), slot: open[0] };
        return { text: say(letters.length > 1 ? words.many : words.one, letters.join(", ")), slot: open[0] };
      }
      const detail = detailOf(part.dataset.criterion);
      const sure = detail && $(".sure", detail);
      if (sure && !$(":checked", sure)) late.push({ text: say(words.sure, part.dataset.name), slot: mine[0], at: $("input", sure) });
      const note = detail && $("textarea[required]", detail);
      if (note && !note.value.trim()) late.push({ text: say(words.why, part.dataset.name), slot: mine[0], at: note });
    }
    return late[0] || null;
  }

  function refresh() {
    const open = missing();
    $("#submit").setAttribute("aria-disabled", String(Boolean(open)));
    $("#open").textContent = open ? open.text : $("#open").dataset.ready;
    form().classList.toggle("ready", !open);
    for (const part of $$("[data-criterion]", form())) {
      const chosen = choice(part);
      showReasons(part, chosen);
      showOrder(part);
    }
  }

  // The letter on top: A or B of a pair, the single best of a complete ranking; null for ties.
  function choice(part) {
    const checked = $("input:checked", part);
    if (!checked || $(".apart input:checked", part)) return null;
    if (part.matches("[data-slot]")) return checked.value === "0" ? null : Number(checked.value) > 0 ? "A" : "B";
    const places = tiers(part);
    return places.open.length || places.placed.length < 2 ? null : places.placed[0].join(" = ");
  }

  function showReasons(part, chosen) {
    const reasons = $("[data-reasons]", detailOf(part.dataset.criterion) || document.createElement("i"));
    if (!reasons) return;
    const title = reasons.firstElementChild;
    reasons.classList.toggle("idle", !chosen);
    for (const input of $$("input", reasons)) input.disabled = !chosen;
    if (chosen) title.textContent = say(part.matches("[data-slot]") ? title.dataset.better : title.dataset.best, chosen);
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
    if (!line) return;
    const { placed, open } = tiers(part);
    const order = placed.map((tier) => tier.join(" = ")).join(` ${line.dataset.then} `) || line.dataset.empty;
    const rest = open.length && placed.length ? ` · ${say(line.dataset.open, open.join(", "))}` : "";
    line.hidden = false;
    line.textContent = order + rest;
    if (part.classList.contains("open")) $("[data-so-far-here]").textContent = line.textContent;
  }

  // --- keys -----------------------------------------------------------------------------------

  const typing = (target) => target.closest("textarea, select, input:not([type=radio]):not([type=checkbox])");

  function onKey(event) {
    if (!form() || root.classList.contains("keyless")) return;
    if (event.isComposing || event.altKey || $("#keys").open) return;
    const { target, key } = event;
    if (typing(target)) {
      if (key === "Escape") target.blur();
      if (key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    if (key === "Escape" && drawer()?.classList.contains("open")) return toggleDrawer(event);
    if (key === "Enter") return target.closest("a, button, summary") ? undefined : submit(event);
    if (key === "ArrowUp" || key === "ArrowDown") return onArrow(event);
    if (key === "?") return openKeys(event);
    if (key.length === 1) press(event, key.toLowerCase());
  }

  // Up and down belong to whatever scrolls under the focus; anywhere else they change the marked row.
  function onArrow(event) {
    const scroller = event.target.closest(".response, .drawer, [data-scrolls], pre, .wide");
    if (slots().length < 2 || (scroller && !event.target.matches("input"))) return;
    event.preventDefault();
    step(event.key === "ArrowUp" ? -1 : 1);
  }

  function press(event, key) {
    const now = marked();
    if (!now) return;
    const part = block(now);
    const find = (within) => within && $(`label[data-key="${CSS.escape(key)}"]`, within);
    const picked = $(`[data-slot][data-key="${CSS.escape(key)}"]`, part);
    const label = find(now) || $(`.apart[data-key="${CSS.escape(key)}"]`, part) || find(detailOf(part.dataset.criterion));
    const control = label && $("input, textarea", label);
    const link = key === "g" && $("[data-drawer][data-key=g]");
    if (!picked && !control && !link) return;
    event.preventDefault();
    if (picked) mark(picked, true);
    else if (control?.matches("textarea")) control.focus();
    else if (control) control.disabled || control.click();
    else toggleDrawer(event);
  }

  // Enter goes to what is still open; when nothing is, it submits.
  function submit(event) {
    event.preventDefault();
    const open = missing();
    if (open) {
      mark(open.slot, !open.at);
      open.at?.focus();
    } else {
      form().requestSubmit();
    }
  }

  function openKeys(event) {
    event.preventDefault();
    $("[data-keys-switch]").checked = !root.classList.contains("keyless");
    $("#keys").showModal();
  }

  // --- guidelines, prompt, scrollers ----------------------------------------------------------

  const drawer = () => $(".drawer");

  function toggleDrawer(event) {
    event.preventDefault();
    const open = drawer().classList.toggle("open");
    const opener = $("[data-drawer]");
    opener.setAttribute("aria-expanded", String(open));
    (open ? drawer() : opener).focus();
  }

  function foldPrompt() {
    const asked = $(".asked");
    const button = $(".fold");
    if (!asked) return;
    asked.classList.add("folded");
    button.hidden = ![asked, $("blockquote", asked)].some((box) => box.scrollHeight > box.clientHeight + 4);
    button.onclick = () => {
      const folded = asked.classList.toggle("folded");
      button.setAttribute("aria-expanded", String(!folded));
      button.textContent = folded ? button.dataset.more : button.dataset.less;
    };
  }

  // What scrolls must be reachable by keyboard; what does not need not be a stop.
  function nameScrollers() {
    for (const box of $$(".asked, .prose pre, .prose .wide", desk())) {
      if (box.scrollWidth <= box.clientWidth + 1 && box.scrollHeight <= box.clientHeight + 1) continue;
      box.tabIndex = 0;
      if (box.dataset.scrolls) {
        box.setAttribute("role", "region");
        box.setAttribute("aria-label", box.dataset.scrolls);
      }
    }
  }

  // --- the desk, new or shown again -----------------------------------------------------------

  function begin(swapped) {
    const here = desk();
    if (here.dataset.assignment !== assignment) clock.restart();
    const same = here.dataset.assignment === assignment;
    assignment = here.dataset.assignment;
    if (drawer()?.classList.contains("open")) $("[data-drawer]").setAttribute("aria-expanded", "true");
    if (form()) {
      const all = slots();
      mark(missing()?.slot || all[0]);
      refresh();
      foldPrompt();
      nameScrollers();
    }
    if (!swapped) return;
    document.title = here.dataset.title;
    $("#announce").textContent = here.dataset.announce;
    if (same && form()) missing()?.at?.focus();
    else ($("#prompt") || $("#main h1")).focus();
    if (!same) window.scrollTo(0, 0);
  }

  function trouble(kind) {
    const banner = $("#trouble");
    banner.textContent = banner.dataset[kind];
    banner.hidden = false;
    refresh();
  }

  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-drawer], [data-close-drawer]")) toggleDrawer(event);
    else if (event.target.closest("[data-keys]")) openKeys(event);
    else if (event.target.closest("[data-open-criterion]")) mark($("[data-slot]", block(event.target)), true);
  });
  document.addEventListener("change", (event) => {
    const { target } = event;
    if (target.matches("[data-keys-switch]")) {
      root.classList.toggle("keyless", !target.checked);
      kept.set("keys", target.checked ? "on" : "off");
      return;
    }
    if (!form()?.contains(target)) return;
    const slot = target.closest("[data-slot]");
    if (target.matches(".apart [type=checkbox]") && target.checked) {
      for (const input of $$("[data-slot] :checked", block(target))) input.checked = false;
    } else if (slot) {
      for (const input of $$(".apart [type=checkbox]", block(slot))) input.checked = false;
    }
    if (slot) mark(slot);
    refresh();
    if (slot) advance(slot);
  });
  document.addEventListener("input", (event) => event.target.matches("textarea") && refresh());
  document.addEventListener("focusin", (event) => {
    const slot = event.target.closest?.("[data-slot]");
    if (slot && slot !== marked()) mark(slot);
  });
  // Before htmx sees it: an incomplete answer goes nowhere, and the measured time goes along.
  document.addEventListener("submit", (event) => {
    if (event.target !== form()) return;
    if (missing()) {
      event.stopImmediatePropagation();
      return submit(event);
    }
    const { active, idle } = clock.read();
    form().elements.active.value = active;
    form().elements.idle.value = idle;
  }, true);
  document.addEventListener("htmx:beforeRequest", () => {
    $("#trouble").hidden = true;
    $("#open").textContent = $("#open").dataset.sending;
  });
  document.addEventListener("htmx:afterSwap", () => begin(true));
  document.addEventListener("htmx:sendError", () => trouble("offline"));
  document.addEventListener("htmx:timeout", () => trouble("offline"));
  document.addEventListener("htmx:responseError", (event) => {
    trouble(event.detail.xhr.status === 403 ? "refused" : "broken");
  });
  begin(false);
})();
