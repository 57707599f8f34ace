// Two strips above the dock that need no dialog: skipping with a reason, and telling the owner what is wrong.
// While one is open, keys.js looks there first, so that digits are reasons.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const { answer, desk, giving } = window.tandem;
  const strips = { skip: $("#skipping"), flag: $("#flagging") };
  const openers = { skip: "[data-skip]", flag: "[data-flag]" };
  let from = null; // where the focus was

  function open(name) {
    const strip = strips[name];
    for (const other of Object.values(strips)) other.hidden = other !== strip;
    from = document.activeElement;
    if (name === "skip") {
      $("[data-lost]", strip).hidden = !answer.begun();
      $("[data-key=s]", strip).focus({ preventScroll: true });
    } else {
      const note = $("textarea", strip);
      note.value = desk.note();
      note.setCustomValidity("");
      note.focus({ preventScroll: true });
    }
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
    if (reason && working()) {
      close(false);
      giving.skip(reason.dataset.reason);
    } else if (target.closest("[data-close-strip]")) close();
    else if (target.closest(openers.skip) && working()) open("skip");
    else if (target.closest(openers.flag) && $("#desk").dataset.assignment) open("flag");
  });
  strips.flag.addEventListener("input", ({ target }) => {
    target.setCustomValidity("");
    desk.keepNote(target.value);
  });
  strips.flag.addEventListener("submit", (event) => {
    event.preventDefault();
    const note = $("textarea", strips.flag);
    if (!note.value.trim()) {
      note.setCustomValidity(note.dataset.empty);
      return note.reportValidity();
    }
    close();
    giving.flag(note.value.trim());
  });
  document.addEventListener("tandem:leave", () => close(false));
})();
