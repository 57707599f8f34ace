// Prompt and responses as they were written, instead of what Markdown made of them. Asked for once per
// comparison; stays on, also for the next ones and over a reload, until it is switched off.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const { view } = window.tandem;
  const desk = () => $("#desk");
  const button = () => $('[data-tool="plain"]', desk());
  const LATE = 400; // milliseconds after which a wait shows
  const PATIENCE = 10_000; // and after which it is given up

  let on = recall();
  let texts = new Map(); // by address: the promise of a comparison's text

  function recall() {
    try { return sessionStorage.getItem("tandem-plain") === "on"; } catch { return false; }
  }

  function choose(chosen) {
    on = chosen;
    try { sessionStorage.setItem("tandem-plain", on ? "on" : "off"); } catch { /* private windows may refuse */ }
    show(false);
  }

  async function fetched(url) {
    const answer = await fetch(url, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(PATIENCE) });
    const away = answer.headers.get("HX-Redirect");
    if (away) window.tandem.courier.report({ trouble: "signedOut", away });
    if (away || !answer.ok) throw new Error(`${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const parts = new Map($$("[data-plain]", page).map((part) => [part.dataset.plain, part]));
    if (!parts.size) throw new Error("not the text");
    return parts;
  }

  // Asks once for each address; what failed is asked for again the next time.
  function textAt(url) {
    if (!texts.has(url)) {
      const text = fetched(url);
      texts.set(url, text);
      text.catch(() => texts.delete(url));
    }
    return texts.get(url);
  }

  // The texts of the comparisons that wait behind this one, so that it never has to be waited for.
  function fetchAhead() {
    if (!on || !button()) return;
    const { assignment } = desk().dataset;
    const { url } = button().dataset;
    const behind = window.tandem.desk.held().filter((id) => id !== assignment)
      .map((id) => url.replace(`/${assignment}/plain/`, `/${id}/plain/`));
    texts = new Map([...texts].filter(([known]) => known === url || behind.includes(known)));
    behind.forEach(textAt);
  }

  // Puts the untouched text beside what is rendered, hidden, unless it is there.
  function place(parts) {
    for (const box of $$(".asked, .response", desk())) {
      if ($(".untouched", box)) continue;
      const part = document.createElement("div");
      part.className = "untouched";
      part.hidden = true;
      part.append(...document.importNode(parts.get(box.dataset.letter || "prompt") || part, true).childNodes);
      $(".text", box).append(part);
    }
  }

  function swap(plain) {
    view.hold(() => {
      for (const said of $$(".said", desk())) {
        said.hidden = plain;
        const part = $(".untouched", said.parentElement);
        if (part) part.hidden = !plain;
      }
      window.tandem.folding.fold();
    });
    window.tandem.folding.foldPrompt(window.tandem.folding.promptFolded());
    view.changed();
    document.dispatchEvent(new CustomEvent("tandem:swapped"));
  }

  // Keeps the room of what is rendered without showing it: after a while as grey blocks.
  function veil(card, waiting) {
    card.classList.toggle("veiled", waiting);
    card.classList.remove("overdue");
    if (waiting) setTimeout(() => card.classList.toggle("overdue", card.matches(".veiled")), LATE);
  }

  // `fresh`: nobody has seen this comparison rendered, and nobody shall while the plain text is on its way.
  async function show(fresh) {
    const tool = button();
    if (!tool) return;
    const card = desk();
    const { url, failed } = tool.dataset;
    tool.setAttribute("aria-pressed", String(on));
    view.tell("");
    const missing = on && !$(".untouched", card);
    veil(card, missing && fresh);
    if (missing) {
      try {
        const parts = await textAt(url);
        if (button() !== tool) return; // the next comparison is here already
        place(parts);
      } catch {
        if (button() !== tool) return;
        tool.setAttribute("aria-pressed", "false");
        view.tell(failed);
      }
      veil(card, false);
    }
    // Not arrived, or switched off again while the text was on its way.
    if ($(".untouched", card)) swap(on);
    fetchAhead();
  }

  document.addEventListener("click", ({ target }) => {
    if (target.closest("#desk button") === button() && button()) choose(button().getAttribute("aria-pressed") !== "true");
  });
  document.addEventListener("tandem:card", () => show(true));
  document.addEventListener("tandem:changed", fetchAhead);
})();
