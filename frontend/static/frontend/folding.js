// Long texts: folded until somebody wants all of them, the question to a few lines. What scrolls has a name
// and a place in the order of focus.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  // One column and no fixed bars but those a thumb needs; desk.css has the same condition. A phone on its side and
  // a window at 400 % zoom have no room for more.
  const phone = matchMedia("(max-width: 720px), (max-width: 1200px) and (max-height: 420px)");
  const LIMIT = 1200; // pixels of a response that always show
  const SCREENS = 2; // or this many screens, whichever is more
  const SPARED = 400; // pixels that are not worth folding away

  const desk = () => $("#desk");
  const pages = () => $(".pages", desk());
  const responses = () => $$(".response", desk());
  const view = () => window.tandem.view;

  function label(button, folded) {
    button.setAttribute("aria-expanded", String(!folded));
    ($("span", button) || button).textContent = folded ? button.dataset.more : button.dataset.less;
  }

  // Folds where responses share one scroller; where each has its own, nothing is in the way of the next.
  function fold() {
    const shared = ["stacked", "grid"].includes(desk().dataset.layout) && !desk().dataset.full;
    const limit = Math.max(LIMIT, SCREENS * (phone.matches ? innerHeight : pages().clientHeight));
    pages().style.setProperty("--fold", `${limit}px`);
    for (const article of responses()) {
      const button = $(".unfold", article);
      const long = shared && view().body(article).offsetHeight > limit + SPARED;
      const folded = long && !("unfolded" in article.dataset);
      article.classList.toggle("folded", folded);
      button.hidden = !long;
      label(button, folded);
    }
  }

  function unfold(article) {
    const folded = article.classList.contains("folded");
    if (folded) article.dataset.unfolded = "";
    else delete article.dataset.unfolded;
    fold();
    if (!folded) article.scrollIntoView({ block: "start" });
    view().changed();
  }

  const overflows = (box) => box.clientHeight && box.scrollHeight > box.clientHeight + 4;

  // A question too long for its place gets more of the width; what then still does not fit can be unfolded.
  function measurePrompt(asked, button) {
    const long = () => [asked, ...$$("blockquote", asked)].some(overflows);
    const { classList } = $(".question", desk());
    classList.remove("long");
    classList.toggle("long", long());
    button.hidden = !long();
    asked.scrollTop = 0;
  }

  function foldPrompt(folded = true) {
    const asked = $(".asked", desk());
    const button = $(".fold", desk());
    view().hold(() => {
      asked.classList.toggle("folded", folded);
      if (folded) measurePrompt(asked, button);
    });
    label(button, folded);
    name();
  }

  const promptFolded = () => $(".asked", desk()).classList.contains("folded");

  // --- names ----------------------------------------------------------------------------------

  function name() {
    const { code, table, formula } = $(".reading", desk()).dataset;
    for (const box of $$(".asked, .text pre, .text .wide, .text .formula", desk())) {
      const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
      if (!box.clientWidth || !scrolls || getComputedStyle(box).overflow === "hidden") continue;
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", box.dataset.scrolls || (box.matches("pre") ? code : box.matches(".wide") ? table : formula));
    }
  }

  // --- events ---------------------------------------------------------------------------------

  document.addEventListener("click", ({ target }) => {
    if (target.closest("#desk .unfold")) unfold(target.closest(".response"));
    else if (target.closest("#desk .fold")) foldPrompt(!promptFolded());
  });
  // What has the focus is not folded away.
  document.addEventListener("focusin", ({ target }) => {
    const article = target.closest?.(".response.folded");
    const text = article && target.closest(".text");
    if (text && target.getBoundingClientRect().bottom > text.getBoundingClientRect().bottom) unfold(article);
  });
  document.addEventListener("toggle", ({ target }) => {
    if (!target.matches?.("#desk .earlier")) return;
    if (!target.closest(".asked")) view().changed();
    else foldPrompt(promptFolded() && !target.open);
  }, true);

  window.tandem.folding = { phone, fold, name, foldPrompt, promptFolded };
})();
