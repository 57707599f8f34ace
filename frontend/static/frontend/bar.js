// The bar: how far the person is, whether everything is saved, what can be undone, and a word about a break.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const { clock } = window.tandem;
  const SLOW = 400; // what is saved sooner needs no "Saving"
  const STRETCH = 50 * 60_000;
  const SHOWN = 60_000;
  const bar = $(".bar");
  const locale = document.documentElement.lang;

  // --- progress: the server's figure of when the page opened or of the last heartbeat, counted on here ------

  const figure = () => $("[data-done]", bar);

  function count(by) {
    const element = figure();
    const progress = $("progress", bar);
    if (progress) progress.value += by;
    if (!element) return;
    element.dataset.done = Number(element.dataset.done) + by;
    element.textContent = Number(element.dataset.done).toLocaleString(locale);
  }

  const done = () => Number(figure()?.dataset.done || 0);

  // The line as the server has it now, without the answers that it has not had yet.
  function pace(html, unsent) {
    $("#pace").innerHTML = html;
    count(unsent);
  }

  // --- the one status place ---------------------------------------------------------------------

  let slow = null;

  // Says it where it is seen, and where it is heard on screens too small to show it. Each card hears it anew.
  function say(name) {
    clearTimeout(slow);
    const status = $("#saved");
    const text = status.dataset[name] || "";
    const sending = name === "sending";
    status.textContent = sending ? "" : text;
    if (sending) slow = setTimeout(() => (status.textContent = text), SLOW);
    const told = sending ? "" : text;
    if ($("#told").textContent !== told) $("#told").textContent = told;
  }

  document.addEventListener("tandem:leave", () => ($("#told").textContent = ""));

  const announce = (text) => ($("#announce").textContent = text);

  // --- notices: what a person has to know about an answer -----------------------------------------

  const STAYS = 5000;
  let noted = 0;
  let shows = null; // brings what the notice is about

  function notice(text, show = null) {
    $("#notice span").textContent = text;
    $("#notice [data-show-it]").hidden = !show;
    $("#notice").hidden = !text;
    shows = show;
    noted = Date.now();
  }

  // The next answer takes it away, once there was time to read it.
  const moveOn = () => Date.now() - noted > STAYS && notice("");

  document.addEventListener("tandem:fragile", ({ detail }) => notice($("#notice").dataset[detail.full ? "full" : "fragile"]));

  // --- a break ------------------------------------------------------------------------------------

  const pause = $("#pause");
  let offered = 0; // the stretch of work at which a break was last offered

  setInterval(() => {
    const stretch = clock.stretch();
    if (stretch < offered) offered = 0;
    if (stretch - offered < STRETCH) return;
    offered = stretch;
    pause.hidden = false;
    setTimeout(() => (pause.hidden = true), SHOWN);
  }, 10_000);

  // --- the spare tools behind More ------------------------------------------------------------------

  const more = $("[data-spare]");

  function unfold(open) {
    more.setAttribute("aria-expanded", String(open));
    $("#spare").classList.toggle("open", open);
    $("#spare [data-pay]").textContent = $("#pace .pay")?.textContent || "";
  }

  document.addEventListener("click", ({ target }) => {
    if (target.closest("#pause")) pause.hidden = true;
    const show = target.closest("[data-show-it]") && shows;
    const dismissed = target.closest("[data-dismiss]");
    if (show || dismissed) notice("");
    if (show) show();
    else if (dismissed) window.tandem.desk.rest(); // the button that had the focus is gone
    unfold(Boolean(target.closest("[data-spare]")) && more.getAttribute("aria-expanded") === "false");
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || more.getAttribute("aria-expanded") === "false") return;
    event.stopImmediatePropagation();
    unfold(false);
    more.focus();
  });

  window.tandem.bar = { count, done, pace, say, announce, notice, moveOn };
})();
