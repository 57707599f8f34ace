// Reading: the folded prompt and boxes that scroll.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

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
    for (const box of $$(".asked, .prose pre, .prose .wide", $("#desk"))) {
      if (box.scrollWidth <= box.clientWidth + 1 && box.scrollHeight <= box.clientHeight + 1) continue;
      box.tabIndex = 0;
      if (box.dataset.scrolls) {
        box.setAttribute("role", "region");
        box.setAttribute("aria-label", box.dataset.scrolls);
      }
    }
  }

  document.addEventListener("tandem:card", () => {
    foldPrompt();
    nameScrollers();
  });
})();
