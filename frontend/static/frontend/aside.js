// Two strips above the dock that need no dialog: skipping with a reason, and telling the owner what is wrong.
// While one is open, keys.js looks there first, so that digits are reasons.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const { answer, bar, desk, giving } = window.tandem;
  const strips = { skip: $("#skipping"), flag: $("#flagging") };
  const openers = { skip: "[data-skip]", flag: "[data-flag]" };
  let from = null; // where the focus was
  let reminded = null; // the card of whose unsent note somebody has been told
  const begun = () => answer.begun() || Boolean(desk.note().trim());

  function open(name) {
    const strip = strips[name];
    for (const other of Object.values(strips)) other.hidden = other !== strip;
    from = document.activeElement;
    if (name === "skip") {
      $("[data-lost]", strip).hidden = !begun();
      $("[data-key=s]", strip).focus({ preventScroll: true });
    } else {
      const note = $("textarea", strip);
      note.value = desk.note();
      note.setCustomValidity("");
      answer.count(note);
      $("[data-unsent]", strip).hidden = true;
      note.focus({ preventScroll: true });
    }
  }

  // A key that skips at once asks where something would be lost; the same reason is then one Enter away.
  function skip(button) {
    if (strips.skip.hidden && begun()) {
      open("skip");
      button.focus({ preventScroll: true });
      return;
    }
    close(false);
    giving.skip(button.dataset.reason);
  }

  function close(focus = true) {
    const shut = Object.values(strips).filter((strip) => !strip.hidden);
    for (const strip of shut) strip.hidden = true;
    if (!shut.length || !focus) return;
    if (from?.isConnected && from !== document.body) from.focus({ preventScroll: true });
    else ($("#prompt") || $("#main h1")).focus({ preventScroll: true });
  }

  const working = () => document.body.dataset.card === "work";

  document.addEventListener("click", ({ target }) => {
    const reason = target.closest("[data-reason]");
    if (reason && working()) skip(reason);
    else if (target.closest("[data-close-strip]")) close();
    else if (target.closest(openers.skip) && working()) open("skip");
    else if (target.closest(openers.flag) && desk.shown()?.id) open("flag");
  });
  strips.flag.addEventListener("input", ({ target }) => {
    target.setCustomValidity("");
    desk.keepNote(target.value);
  });
  strips.flag.addEventListener("submit", (event) => {
    event.preventDefault();
    const note = $("textarea", strips.flag);
    const over = answer.lengthOf(note) - note.dataset.most;
    if (!note.value.trim() || over > 0) {
      note.setCustomValidity(over > 0 ? answer.say(note.dataset.shorter, over) : note.dataset.empty);
      return note.reportValidity();
    }
    close();
    giving.flag(note.value.trim());
  });
  // A note that was written and not sent would go with its comparison: once, the answer waits for it. On the
  // window, so that this runs before whatever sends the form.
  window.addEventListener("submit", (event) => {
    const card = desk.shown();
    if (event.target.id !== "answer" || !desk.note().trim() || reminded === card || answer.missing()) return;
    reminded = card;
    event.preventDefault();
    event.stopImmediatePropagation();
    open("flag");
    const line = $("[data-unsent]", strips.flag);
    line.hidden = false;
    bar.announce(line.textContent);
  }, true);
  document.addEventListener("tandem:leave", () => close(false));
})();
