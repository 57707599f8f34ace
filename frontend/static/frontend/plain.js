// Prompt and responses as they were written, instead of what Markdown made of them. Asked for once per
// comparison; stays on, also for the next ones and over a reload, until it is switched off.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const { view } = window.tandem;
  const desk = () => $("#desk");
  const button = () => $('[data-tool="plain"]', desk());

  let on = recall();
  let asked = { url: null, text: null }; // the comparison last asked for, and the promise of its text

  function recall() {
    try { return sessionStorage.getItem("tandem-plain") === "on"; } catch { return false; }
  }

  function choose(chosen) {
    on = chosen;
    try { sessionStorage.setItem("tandem-plain", on ? "on" : "off"); } catch { /* private windows may refuse */ }
    show();
  }

  async function fetched(url) {
    const answer = await fetch(url, { headers: { "HX-Request": "true" } });
    if (!answer.ok) throw new Error(`${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const parts = new Map($$("[data-plain]", page).map((part) => [part.dataset.plain, part]));
    if (!parts.size) throw new Error("not the text: the sign-in has expired");
    return parts;
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

  async function show() {
    const tool = button();
    if (!tool) return;
    const { url, failed } = tool.dataset;
    tool.setAttribute("aria-pressed", String(on));
    view.tell("");
    if (on && !$(".untouched", desk())) {
      try {
        if (asked.url !== url) asked = { url, text: fetched(url) };
        const parts = await asked.text;
        if (button() !== tool) return; // the next comparison is here already
        place(parts);
      } catch {
        if (asked.url === url) asked = { url: null, text: null };
        if (button() !== tool) return;
        tool.setAttribute("aria-pressed", "false");
        view.tell(failed);
        return;
      }
    }
    // Switched off again while the text was on its way.
    if ($(".untouched", desk())) swap(on);
  }

  document.addEventListener("click", ({ target }) => {
    if (target.closest("#desk button") === button() && button()) choose(button().getAttribute("aria-pressed") !== "true");
  });
  document.addEventListener("tandem:card", show);
})();
