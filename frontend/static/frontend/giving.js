// Giving an answer and taking it back. An answer counts as given when it is in the outbox; the server hears of
// it while the next card is being read.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const { answer, bar, clock, courier, desk, store, tab } = window.tandem;
  const { submitUrl, workUrl } = document.body.dataset;
  const past = []; // what undo takes back, newest last

  let working = false; // this tab is the one that sends
  let early = []; // what was pressed in the moment before that was known
  const soon = (action) => (working ? action() : early.push(action));

  // --- giving ---------------------------------------------------------------------------------

  function entrust(kind, fields, more = {}) {
    const { id, key } = desk.shown();
    return courier.add({ kind, assignment: id, key, body: [["key", key], ...fields], at: Date.now(), label: $("h1").textContent, ...more });
  }

  function went(step) {
    past.push(step);
    undoable();
    desk.leave(false);
    desk.next();
  }

  function send() {
    if (!answer.form() || answer.point()) return;
    const card = desk.shown();
    const kept = desk.draft();
    const fields = answer.fields().filter(([name]) => name !== "key");
    const view = JSON.stringify(window.tandem.view?.read() ?? {});
    bar.moveOn();
    bar.say("sending");
    const more = { editing: card.editing, home: card.home, unsure: card.unsure };
    const entry = entrust("answer", [...fields, ["active", kept.active], ["idle", kept.idle], ["view", view]], more);
    if (!card.editing) bar.count(1);
    went({ kind: "answer", card, draft: kept, entry });
  }

  function skip(reason) {
    const card = desk.shown();
    if (!card?.id || card.editing) return;
    went({ kind: "skip", card, draft: desk.draft(), entry: entrust("skip", [["reason", reason]]) });
    bar.tell("skipped");
  }

  function flag(note) {
    if (!desk.shown()?.id) return;
    desk.keepNote("");
    entrust("flag", [["note", note]]);
    bar.say("sending");
  }

  // What was read is from now on what the drawer shows.
  function acknowledge(form) {
    courier.fetch("guidelines", [...new FormData(form)]);
    for (const part of [".prose", ".faint"]) {
      const read = $(`#desk ${part}`);
      if (read) $(`.drawer ${part}`)?.replaceChildren(...read.cloneNode(true).childNodes);
    }
    desk.leave(false);
    desk.wait();
  }

  // --- what the server says -----------------------------------------------------------------------

  const unsent = () => courier.pending().filter((entry) => entry.kind === "answer" && !entry.editing).length;

  function settled(entry, { data, refused }) {
    if (refused) return turnedDown(entry, refused);
    if (entry.kind === "flag") return bar.tell("flagged");
    if (entry.kind === "skip") bar.say("skipped");
    if (entry.kind === "answer" && courier.idle()) bar.say("saved");
    if (data.receipt?.differs) differs(entry);
    if (entry.home) return location.assign(workUrl);
    if (data.again && !desk.shown()?.id) courier.fetch("next");
    desk.deal(data);
  }

  // Not accepted: it comes back with what is wrong, or nothing can be done and that is said.
  function turnedDown(entry, { message, card }) {
    bar.notice(message);
    bar.say("");
    if (entry.kind !== "answer") return;
    if (!entry.editing) bar.count(-1);
    const at = past.findIndex((step) => step.entry === entry.id);
    if (at >= 0) past.splice(at, 1);
    undoable();
    if (!card) return courier.fetch("next");
    const { active, idle } = Object.fromEntries(entry.body);
    const back = { ...desk.parse(card.html), home: entry.home };
    store.saveDraft(back.key, { active: Number(active), idle: Number(idle) });
    desk.leave(true);
    desk.show(back, true);
  }

  // Another answer stands. Where it is this one's own first try, taken back meanwhile, the new one revises it.
  async function differs(entry) {
    const card = entry.unsure && (await courier.ask(`${submitUrl}${entry.assignment}/`)).data?.card;
    if (!card) return bar.notice($("#notice").dataset.differs);
    const said = Object.fromEntries(entry.body);
    const less = (name) => Math.max(said[name] - entry.unsure[name], 0).toFixed(1);
    const changed = { key: desk.parse(card.html).key, active: less("active"), idle: less("idle") };
    const body = entry.body.map(([name, value]) => [name, changed[name] ?? value]);
    courier.add({ ...entry, key: changed.key, body, editing: true, unsure: null, tried: false });
  }

  function rested(trouble) {
    if (trouble && courier.pending().length) bar.say("waiting");
    if (!trouble && !desk.shown()) courier.fetch("next");
  }

  // --- taking back ----------------------------------------------------------------------------------

  const undoable = () => ($("[data-undo]").hidden = !past.length);

  async function undo() {
    const step = past.pop();
    if (!step) return;
    undoable();
    const { card } = step;
    const state = await courier.withdraw(step.entry);
    if (!working) return;
    if (step.kind === "skip" && state !== "unsent") {
      courier.add({ kind: "unskip", assignment: card.id, key: card.key, body: [["key", card.key]] });
      return bar.tell("later");
    }
    if (state === "sent") return edit(step);
    if (step.kind === "answer" && !card.editing) bar.count(-1);
    store.saveDraft(card.key, step.draft);
    desk.leave(true);
    const { active, idle } = step.draft;
    desk.show({ ...card, unsure: card.unsure || (state === "unsure" && { active, idle }) });
    bar.say("undone");
  }

  // The answer as the server has it; sent again it becomes the next revision, with a clock of its own.
  async function edit(step) {
    const { data, trouble } = await courier.ask(`${submitUrl}${step.card.id}/`);
    if (!working) return;
    if (data) {
      desk.leave(true);
      desk.show({ ...desk.parse(data.card.html), step });
      return bar.say("undone");
    }
    if (trouble !== "gone") past.push(step);
    undoable();
    bar.notice($("#notice").dataset[trouble === "gone" ? "fixed" : "unreachable"]);
  }

  function cancel() {
    const card = desk.shown();
    if (!card?.editing) return;
    if (card.step) past.push(card.step);
    undoable();
    bar.say("");
    desk.leave(false);
    if (card.home) location.assign(workUrl);
    else desk.next();
  }

  // --- one tab at a time ------------------------------------------------------------------------------

  function begin() {
    working = true;
    const handlers = { held: desk.held, done: bar.done, settled, rested };
    if (desk.shown()?.end === "elsewhere") {
      desk.renew();
      courier.start(handlers);
    } else {
      courier.start(handlers);
      bar.count(unsent());
      desk.sift();
    }
    for (const action of early.splice(0)) action();
  }

  function elsewhere() {
    if (desk.shown()?.end === "elsewhere") return;
    working = false;
    early = [];
    past.length = 0;
    undoable();
    courier.stop();
    desk.leave(true);
    desk.showElsewhere();
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const guidelines = form.closest("[data-end=guidelines]");
    if (form.id !== "answer" && !guidelines) return;
    event.preventDefault();
    soon(() => (guidelines ? acknowledge(form) : send()));
  });
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-undo]")) undo();
    else if (target.closest("[data-cancel-edit]")) cancel();
    else if (target.closest("[data-work-here]")) takeOver();
  });
  window.addEventListener("beforeunload", (event) => {
    if (store.fragile() && (courier.pending().length || answer.begun())) event.preventDefault();
  });

  window.tandem.giving = {
    working: () => working,
    unsent,
    skip: (reason) => soon(() => skip(reason)),
    flag: (note) => soon(() => flag(note)),
  };
  const takeOver = tab.own(begin, elsewhere);
})();
