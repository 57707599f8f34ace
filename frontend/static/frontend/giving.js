// Giving an answer and taking it back. An answer counts as given when it is in the outbox; the server hears of
// it while the next card is being read.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const { answer, bar, courier, desk, early, store, tab } = window.tandem;
  const { submitUrl, workUrl } = document.body.dataset;
  const past = []; // what undo takes back, newest last
  const words = $("#notice").dataset;
  const nothing = { active: 0, idle: 0 };

  let leaving = null; // the change after which this page is left for My work
  let working = false; // this tab is the one that sends
  let waiting = []; // what was done in the moment before that was known

  function soon(action) {
    if (working) return action();
    waiting.push(action);
    early.keep(); // the next key is meant for what comes after it
  }

  // --- giving ---------------------------------------------------------------------------------

  function entrust(kind, fields, more = {}) {
    const { id, key } = desk.shown();
    return courier.add({ kind, assignment: id, key, body: [["key", key], ...fields], ...more });
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
    const more = { editing: card.editing, sent: card.sent };
    const entry = entrust("answer", [...fields, ["active", kept.active], ["idle", kept.idle], ["view", view]], more);
    leaving = card.home ? entry : null;
    for (const [key, draft] of store.takenBack()) if (draft.sent.id === card.id) store.dropDraft(key);
    if (!card.editing) bar.count(1);
    went({ kind: "answer", card, draft: kept, entry });
  }

  function skip(reason) {
    const card = desk.shown();
    if (!card?.id || card.editing) return;
    went({ kind: "skip", card, draft: desk.draft(), entry: entrust("skip", [["reason", reason]], { sent: card.sent }) });
    bar.say("skipped");
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

  function settled(entry, { data, refused, recorded }) {
    if (entry.withdrawn) return data && desk.deal(data);
    if (refused) return turnedDown(entry, refused);
    if (recorded) return notSkipped(entry, recorded);
    if (entry.kind === "flag") return bar.say("flagged");
    if (entry.kind === "skip") bar.say("skipped");
    if (entry.kind === "answer" && courier.idle()) bar.say("saved");
    const notice = data.receipt?.differs ? words.differs : "";
    if (entry.id === leaving && !desk.shown()) return goHome(notice);
    if (notice) bar.notice(notice);
    if (data.again && !desk.shown()?.id) courier.fetch("next");
    desk.deal(data);
  }

  // Away only from where the change was sent: what an earlier page left behind pulls nobody out of their work.
  function goHome(notice) {
    window.tandem.onward(notice);
    location.assign(workUrl);
  }

  function forget(entry) {
    const at = past.findIndex((step) => step.entry === entry.id);
    const [step] = at < 0 ? [] : past.splice(at, 1);
    undoable();
    return step;
  }

  // A card that has to come back waits behind the one in hand: nothing is swapped under anybody's hands.
  function offer(card, text) {
    bar.notice(text, desk.shown()?.id ? () => desk.bring(card) : null);
    desk.put(card);
  }

  // Not accepted: it comes back with what is wrong, or nothing can be done and that is said.
  function turnedDown(entry, { message, card }) {
    bar.say("");
    if (entry.kind !== "answer") return bar.notice(message);
    if (!entry.editing) bar.count(-1);
    const step = forget(entry);
    if (!card) {
      bar.notice(message);
      return courier.fetch("next");
    }
    const said = {};
    for (const [name, value] of entry.body) (said[name] ||= []).push(value);
    const back = { ...desk.parse(card.html), faulty: message, step: step?.card.step, home: entry.id === leaving };
    const sent = back.editing ? { id: back.id, ...nothing } : null;
    store.saveDraft(back.key, { answer: said, active: Number(said.active), idle: Number(said.idle), sent });
    offer(back, words.behind);
  }

  // The answer had been recorded before it was taken back and skipped, so it can only be changed.
  function notSkipped(entry, { html }) {
    forget(entry);
    bar.say("");
    bar.count(1);
    offer({ ...desk.parse(html), sent: { id: entry.assignment, ...nothing } }, words.recorded);
  }

  function rested(trouble) {
    if (trouble && courier.pending().length) bar.say("waiting");
    if (!trouble && !desk.shown()) courier.fetch("next");
  }

  // --- taking back ----------------------------------------------------------------------------------

  const undoable = () => ($("[data-undo]").hidden = !past.length);

  // The answer is there at once, as it was given here. Where the server has it, or may have it, what is sent
  // again becomes its next revision (see courier.js), with a clock of its own.
  function undo() {
    const step = past.pop();
    if (!step) return;
    const { kind, card, entry } = step;
    const state = courier.withdraw(entry);
    const pressed = document.activeElement.closest("[data-undo]");
    undoable();
    if (kind === "skip" && state !== "unsent") {
      courier.add({ kind: "unskip", assignment: card.id, key: card.key, body: [["key", card.key]] });
      store.saveDraft(card.key, step.draft);
      if (pressed) desk.rest();
      return bar.say("later");
    }
    if (kind === "answer" && !card.editing && state !== "sent") bar.count(-1);
    desk.bring(state === "unsent" ? remembered(card, step.draft) : state === "unsure" ? unsure(step) : changing(step));
    bar.say("undone");
  }

  function remembered(card, draft) {
    store.saveDraft(card.key, { ...draft, sent: card.sent });
    return card;
  }

  function unsure({ card, draft }) {
    const { active, idle } = draft;
    return remembered({ ...card, sent: { id: card.id, active, idle } }, draft);
  }

  function changing(step) {
    const { card, draft } = step;
    const change = { editing: true, step, was: JSON.stringify(draft.answer), sent: { id: card.id, ...nothing } };
    return remembered({ ...card, ...change }, { ...draft, ...nothing });
  }

  // What an earlier page had taken back and not sent again.
  async function recall() {
    if (desk.shown()?.home) return;
    for (const [key, draft] of store.takenBack()) {
      if (desk.has(key)) continue;
      const result = await courier.ask(`${submitUrl}${draft.sent.id}/`);
      courier.report(result);
      if (!working || !result.data) return;
      if (!result.data.card || desk.has(key)) continue;
      const card = desk.parse(result.data.card.html);
      const since = (name) => Math.max(draft[name] - draft.sent[name], 0);
      store.dropDraft(key);
      const sent = { id: card.id, ...nothing };
      store.saveDraft(card.key, { ...draft, active: since("active"), idle: since("idle"), sent });
      const quiet = !answer.begun() && !desk.note() && !document.activeElement.matches("textarea");
      if (quiet) desk.bring(card);
      else offer(card, words.taken);
    }
  }

  function cancel() {
    const card = desk.shown();
    if (!card?.editing) return;
    if (card.step) past.push(card.step);
    undoable();
    bar.say("");
    desk.leave(false);
    if (card.home) goHome("");
    else desk.next();
  }

  // By its key, a change that would be lost is asked about once.
  let asked = null;

  function escape() {
    const card = desk.shown();
    if (asked === card || JSON.stringify(answer.read()) === card.was) return cancel();
    asked = card;
    const open = $("#open");
    open.textContent = open.dataset.lost;
    bar.announce(open.dataset.lost);
  }

  document.addEventListener("tandem:changed", () => (asked = null));

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
    for (const action of waiting.splice(0)) action();
    early.give();
    recall();
  }

  function elsewhere() {
    if (desk.shown()?.end === "elsewhere") return;
    working = false;
    waiting = [];
    early.drop();
    past.length = 0;
    undoable();
    bar.notice("");
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
  // The second click of a double click is meant for the card that has just gone.
  document.addEventListener("click", (event) => {
    if (event.detail > 1 && event.target.closest("#submit")) event.preventDefault();
  }, true);
  window.addEventListener("beforeunload", (event) => {
    if (store.fragile() && (courier.pending().length || answer.begun())) event.preventDefault();
  });

  window.tandem.giving = {
    working: () => working,
    unsent,
    escape,
    skip: (reason) => soon(() => skip(reason)),
    flag: (note) => soon(() => flag(note)),
  };
  const takeOver = tab.own(begin, elsewhere);
})();
