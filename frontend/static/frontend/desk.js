// The desk: the comparison in hand, sending its answer, and the change to the next one.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const { clock, answer } = window.tandem;
  const desk = () => $("#desk");
  let assignment = null; // the one on the page, so that a form shown again keeps its clock

  function begin(swapped) {
    const here = desk();
    const same = here.dataset.assignment === assignment;
    if (!same) clock.restart();
    assignment = here.dataset.assignment;
    if ($(".drawer")?.classList.contains("open")) $("[data-drawer]").setAttribute("aria-expanded", "true");
    document.dispatchEvent(new CustomEvent("tandem:card", { detail: { card: here } }));
    if (!swapped) return;
    document.title = here.dataset.title;
    $("#announce").textContent = here.dataset.announce;
    if (same && answer.form()) answer.missing()?.at?.focus();
    else ($("#prompt") || $("#main h1")).focus();
    if (!same) window.scrollTo(0, 0);
  }

  function trouble(kind) {
    const banner = $("#trouble");
    banner.textContent = banner.dataset[kind];
    banner.hidden = false;
    answer.refresh();
  }

  // Before htmx sees it: an incomplete answer goes nowhere, and the measured time goes along.
  document.addEventListener("submit", (event) => {
    if (event.target !== answer.form()) return;
    if (answer.point()) {
      event.stopImmediatePropagation();
      return event.preventDefault();
    }
    const { active, idle } = clock.read();
    answer.form().elements.active.value = active;
    answer.form().elements.idle.value = idle;
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
