// How the texts lie on the page: side by side, stacked, as a grid, two at a time, one at full width.
// The rule for all of it: what a person is reading stays where it is.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const { kept, folding } = window.tandem;
  const { phone } = folding;
  const narrow = matchMedia("(max-width: 900px)");
  const LONG = 3; // screens of the longer response side by side, beyond which the two are stacked
  const MANY = 4; // responses beyond which they are read two at a time
  const BLOCKS = "h3, h4, h5, h6, p:not(.role), li, pre, blockquote, .wide, div.formula";

  const desk = () => $("#desk");
  const pages = () => $(".pages", desk());
  const responses = () => $$(".response", desk());
  const shown = () => responses().filter((article) => article.getClientRects().length);
  const many = () => responses().length > 2;
  const body = (article) => $(".untouched:not([hidden])", article) || $(".said", article);
  const blocks = (article) => $$(BLOCKS, body(article)).filter((block) => block.getClientRects().length);
  const alone = (article) => getComputedStyle(article).overflowY !== "visible"; // scrolls for itself
  const scroller = (article) => (alone(article) ? article : phone.matches ? document.scrollingElement : pages());

  // Of the comparison on the page: its layout, whether it is long, what was read at full width, whether
  // differences were shown, the response in hand, the letters of the two pages and the page turned last.
  let assignment, layout, long, full, diff, latest, pair, newest;

  function reset(card) {
    assignment = card.dataset.assignment;
    [layout, long, full, diff, latest, newest] = [null, null, new Set(), false, null, 1];
    pair = responses().slice(0, 2).map((article) => article.dataset.letter);
  }

  // --- layout ---------------------------------------------------------------------------------

  const place = () => (many() ? "layout-many" : "layout-pair");

  function suits() {
    if (phone.matches) return "stacked";
    const chosen = kept.get(place());
    if (many()) {
      if (narrow.matches) return "grid";
      return ["grid", "two"].includes(chosen) ? chosen : responses().length > MANY ? "two" : "grid";
    }
    if (["side", "stacked"].includes(chosen)) return chosen;
    return narrow.matches || isLong() ? "stacked" : "side";
  }

  function isLong() {
    if (long === null) {
      desk().dataset.layout = "side";
      long = responses().some((article) => article.scrollHeight > LONG * pages().clientHeight);
    }
    return long;
  }

  function lay(next) {
    hold(() => {
      layout = desk().dataset.layout = next;
      for (const article of responses()) {
        const side = next === "two" && ["left", "right"][pair.indexOf(article.dataset.letter)];
        if (side) article.dataset.side = side;
        else delete article.dataset.side;
      }
      folding.fold();
    });
    changed();
  }

  function flip(next) {
    if (phone.matches) return;
    if (desk().dataset.full) open(null);
    kept.set(place(), next);
    lay(suits());
  }

  // After anything that moves or swaps text: the buttons say how it is, and the others set themselves up.
  function changed() {
    const pressed = (button, on) => button.setAttribute("aria-pressed", String(on));
    for (const button of $$('[data-tool="side"], [data-tool="grid"], [data-tool="two"]')) pressed(button, button.dataset.tool === layout);
    for (const button of $$("[data-full]", pages())) pressed(button, button.dataset.full === desk().dataset.full);
    for (const button of $$(".choose button", pages())) pressed(button, button.value === pair[sideOf(button)]);
    folding.name();
    document.dispatchEvent(new CustomEvent("tandem:layout"));
  }

  // --- the reader's place ---------------------------------------------------------------------

  const places = new WeakMap();

  function top(article) {
    const box = scroller(article);
    return box === document.scrollingElement ? 0 : box.getBoundingClientRect().top;
  }

  // The first block in view and how far it is from the top; nothing while the beginning is in view.
  function remember(article) {
    const edge = top(article);
    const begun = alone(article) ? article.scrollTop > 1 : article.getBoundingClientRect().top < edge - 1;
    const block = begun && blocks(article).find((one) => one.getBoundingClientRect().bottom > edge + 1);
    places.set(article, block ? { block, offset: block.getBoundingClientRect().top - edge } : null);
  }

  function restore(article) {
    const was = places.get(article);
    if (was?.block.getClientRects().length) {
      scroller(article).scrollTop += was.block.getBoundingClientRect().top - top(article) - was.offset;
    } else if (alone(article)) article.scrollTop = 0;
  }

  function hold(change) {
    shown().forEach(remember);
    change();
    const now = shown();
    const own = now.filter(alone);
    if (own.length) own.forEach(restore);
    else if (now.includes(latest)) restore(latest);
  }

  document.addEventListener("scroll", ({ target }) => {
    if (target === document || target.matches?.(".pages")) {
      latest = shown().find((article) => article.getBoundingClientRect().bottom > top(article) + 60) || latest;
    } else if (target.matches?.(".response")) latest = target;
  }, { capture: true, passive: true });

  // --- one response at full width, two at a time ----------------------------------------------

  let before = null; // what had the focus

  // Opens a response at full width; the same letter again, or none, closes it. Focus goes along unless it is
  // needed where it is.
  function open(letter, focus = true) {
    const opened = letter === desk().dataset.full ? null : letter;
    if (opened && !desk().dataset.full) before = document.activeElement;
    hold(() => {
      for (const article of responses()) article.toggleAttribute("data-opened", article.dataset.letter === opened);
      if (opened) desk().dataset.full = opened;
      else delete desk().dataset.full;
      folding.fold();
    });
    if (opened) {
      full.add(opened);
      latest = $("[data-opened]", pages());
      if (focus) latest.focus({ preventScroll: true });
    } else if (before?.isConnected && (document.activeElement === document.body || pages().contains(document.activeElement))) {
      before.focus({ preventScroll: true });
    }
    changed();
  }

  const sideOf = (button) => (button.closest(".choose").dataset.side === "left" ? 0 : 1);

  // Shows a response on one of the two pages. From the other page it changes places with what was here.
  function show(letter, side) {
    if (pair[1 - side] === letter) pair[1 - side] = pair[side];
    pair[side] = letter;
    newest = side;
    lay("two");
  }

  function bring(article) {
    const { letter } = article.dataset;
    if (phone.matches) return; // the list in hand is far from the texts there
    if (desk().dataset.full) {
      if (desk().dataset.full !== letter) open(letter, false);
    } else if (layout === "two") {
      if (!pair.includes(letter)) show(letter, 1 - newest);
    } else if (!alone(article)) {
      const box = pages().getBoundingClientRect();
      const { top: start } = article.getBoundingClientRect();
      if (start < box.top || start > box.top + box.height / 2) article.scrollIntoView({ block: "start" });
    }
  }

  function offerTwo() {
    const buttons = $("template.choosers", desk());
    if (buttons && !$(".choose", pages())) pages().prepend(document.importNode(buttons.content, true));
  }

  // --- events ---------------------------------------------------------------------------------

  document.addEventListener("click", ({ target }) => {
    const button = target.closest("#desk button");
    if (!button || !pages()) return;
    const { tool, full: letter } = button.dataset;
    if (tool === "side") flip(layout === "side" ? "stacked" : "side");
    else if (tool === "grid" || tool === "two") flip(tool);
    else if (letter) open(letter);
    else if (button.matches(".choose button")) show(button.value, sideOf(button));
  });

  // A click leaves the focus where it was, so that Enter afterwards submits instead of pressing this again.
  document.addEventListener("mousedown", (event) => {
    if (event.target.closest("#desk :is(.question, .pages) button")) event.preventDefault();
  });

  const WRITING = "textarea, select, input:not([type=radio]):not([type=checkbox])";
  const SCROLLS = ".response, .pages, .rank, .drawer, .asked[tabindex]";

  const busy = (target) => !pages() || target.closest(WRITING) || $("dialog[open], .strip:not([hidden])");

  // A response that is not on show hides its button, so its key is looked after here, before keys.js.
  document.addEventListener("keydown", (event) => {
    if (!event.shiftKey || busy(event.target) || document.documentElement.classList.contains("keyless")) return;
    const { key, code } = event;
    const letter = /^[a-z]$/i.test(key) ? key : /^Key([A-Z])$/.exec(code)?.[1]; // by its place where none is Latin
    const hidden = responses().find((article) => article.dataset.letter === letter?.toLowerCase());
    if (!hidden || shown().includes(hidden)) return;
    event.stopPropagation();
    event.preventDefault();
    open(hidden.dataset.letter);
  }, true);
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.defaultPrevented || busy(target) || $(".drawer.open")) return;
    if (event.shiftKey && key.startsWith("Arrow")) {
      if (target.closest("#desk :is(.question, .pages)")) event.stopImmediatePropagation(); // it marks text, no row
    } else if (key === "Escape") {
      if (desk().dataset.full) open(null);
      else if (!folding.promptFolded()) folding.foldPrompt();
    } else if ((key === "PageDown" || key === "PageUp") && !phone.matches && !target.closest(SCROLLS)) {
      // The pages turn though the focus rests on the question or on a verdict.
      const by = key === "PageDown" ? 1 : -1;
      for (const box of new Set(shown().map(scroller))) box.scrollTop += by * Math.round(0.9 * box.clientHeight);
      event.preventDefault();
    }
  });

  for (const width of [phone, narrow]) width.addEventListener("change", () => {
    if (!pages()) return;
    if (phone.matches && desk().dataset.full) open(null);
    lay(suits());
    folding.foldPrompt();
  });
  document.addEventListener("tandem:picked", ({ detail }) => {
    const picked = pages() && responses().find((article) => article.dataset.letter === detail.letter.toLowerCase());
    if (picked) bring(picked);
  });
  document.addEventListener("tandem:card", ({ detail: { card } }) => {
    if (!$(".pages", card)) return;
    if (card.dataset.assignment !== assignment) reset(card);
    offerTwo();
    folding.foldPrompt();
    lay(suits());
  });

  window.tandem.view = {
    shown, body, blocks, alone, hold, changed,
    compared: () => { diff = true; },
    tell: (text) => { $(".reading .told").textContent = text; },
    read: () => ({ layout, diff, plain: Boolean($('#desk [data-tool="plain"][aria-pressed="true"]')), full: [...full].sort() }),
  };
})();
