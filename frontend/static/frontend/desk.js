// The desk: the card in hand, those that wait behind it unseen, and the change from one to the next without a
// request. What becomes of an answer is in giving.js.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const { answer, bar, clock, courier, store } = window.tandem;
  const LATE = 400; // milliseconds after which a wait shows
  const HELD = 240_000; // milliseconds for which what was fetched ahead is surely still this browser's
  const PASSING = ["done", "consent", "guidelines", "notice", "paused", "left"]; // end cards that make room for comparisons

  let queue = []; // cards behind the one shown: fetched ahead, or put back for a while
  let shown = null; // null while there is nothing to show

  // --- cards ----------------------------------------------------------------------------------

  // `source` stays as the server made it: what is shown is a copy, filled in again from its draft.
  // Of an answer that was taken back, `sent` is `{id, active, idle}`: what the server has, or may have, of its
  // time; `was` the answer before the change. `faulty` says why the server has refused it, `home` that it was
  // opened from My work.
  function cardOf(source) {
    const { assignment = "", editing, end = "" } = source.dataset;
    const key = $("#answer [name=key]", source)?.value || "";
    return { id: assignment, key, source, end, editing: editing !== undefined, seen: false, fresh: Date.now() };
  }

  function parse(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    return cardOf($("#desk", template.content));
  }

  // Pictures of a card that waits are fetched now; a template fetches none by itself.
  function warm(card) {
    for (const { src } of card.source.querySelectorAll("img[src]")) new Image().src = src;
    return card;
  }

  const inOutbox = (id) => courier.pending().some(({ kind, assignment }) => ["answer", "skip"].includes(kind) && assignment === id);
  const known = (id) => inOutbox(id) || [shown, ...queue].some((card) => card?.id === id);
  const toAnswer = () => [shown, ...queue].filter((card) => card?.id && !card.editing);

  // --- showing --------------------------------------------------------------------------------

  function lay(card) {
    shown = card;
    card.seen = true;
    const draft = store.draft(card.key);
    card.flag = draft?.flag || "";
    card.sent = draft?.sent || card.sent;
    if (card.editing) card.was ??= JSON.stringify(answer.read());
    if (draft?.answer) answer.fill(draft.answer);
    clock.show(card.key || null, draft);
    document.body.dataset.card = card.end ? "end" : card.editing ? "editing" : "work";
    document.dispatchEvent(new CustomEvent("tandem:card", { detail: { card: $("#desk") } }));
  }

  function show(card) {
    const here = document.importNode(card.source, true);
    if (card.editing) {
      here.dataset.editing = "";
      $("[data-cancel-edit]", here).hidden = false;
      $(".finish .flag", here).hidden = true;
    }
    $("#desk").replaceWith(here);
    lay(card);
    if (here.dataset.title) document.title = here.dataset.title;
    bar.announce(card.editing ? $("#announce").dataset.editing : here.dataset.announce || $("h1", here).textContent);
    window.scrollTo(0, 0);
    if (card.faulty) bar.notice(card.faulty);
    if (!card.faulty || !answer.point()) rest();
  }

  // Puts the focus where reading begins.
  const rest = () => ($("#prompt") || $("#main h1")).focus({ preventScroll: true });

  // Draft and time of the shown card, for when it comes back: after an undo, a reload, in another tab.
  const draft = () => ({ answer: answer.read(), ...clock.read(), flag: shown.flag, sent: shown.sent });
  const remember = () => shown?.key && answer.form() && store.saveDraft(shown.key, draft());

  // The shown card goes, for good or back in front of the others.
  function leave(back) {
    if (!shown) return;
    if (back) {
      remember();
      queue.unshift(shown);
    } else if (shown.key) {
      store.dropDraft(shown.key);
      clock.forget(shown.key);
    }
    document.dispatchEvent(new CustomEvent("tandem:leave"));
    clock.show(null);
    shown = null;
  }

  // What was fetched ahead long ago (the computer slept, nobody was here) may be somebody else's by now. It is
  // shown once the server has been asked, or could not be.
  let asking = false;

  async function next() {
    const [card] = queue;
    if (!card) return wait();
    if (card.seen || !card.id || Date.now() - card.fresh < HELD) return show(queue.shift());
    wait();
    if (asking) return;
    asking = true;
    await window.tandem.beat();
    asking = false;
    for (const one of queue) one.fresh = Date.now();
    if (!shown) next();
  }

  // What was there stays, greyed, until the next card arrives.
  function wait() {
    const here = $("#desk");
    here.inert = true;
    here.classList.add("waiting");
    setTimeout(() => here.classList.add("late"), LATE);
    document.body.dataset.card = "none";
    if (!queue.length && courier.idle()) courier.fetch("next");
  }

  // Takes what the server brought: cards, or what is shown in their place.
  function deal({ cards = [], end = null }) {
    for (const { assignment, html } of cards) {
      if (!known(String(assignment))) queue.push(warm(parse(html)));
    }
    if (queue.some((card) => card.id)) queue = queue.filter((card) => card.id);
    if (shown && !PASSING.includes(shown.end)) return;
    if (queue.length) {
      leave(false);
      next();
    } else if (end && end.kind !== shown?.end && courier.idle()) {
      leave(false);
      show(parse(end.html));
    }
  }

  // Shows a card at once; the one in hand goes behind it.
  function bring(card) {
    queue = queue.filter((other) => other !== card);
    leave(true);
    show(card);
  }

  // Puts a card right behind the one in hand, and behind others that were put there; shows it where there is none.
  function put(card) {
    const at = queue.findIndex((other) => !other.put);
    queue.splice(at < 0 ? queue.length : at, 0, Object.assign(card, { put: true }));
    if (!shown?.id) bring(card);
  }

  document.addEventListener("tandem:changed", remember);
  document.addEventListener("visibilitychange", remember);
  window.addEventListener("pagehide", remember);

  window.tandem.desk = {
    shown: () => shown,
    parse, bring, put, rest, draft, leave, next, wait, deal,
    /** True where the card of this submission key is in hand or behind. */
    has: (key) => [shown, ...queue].some((card) => card?.key === key),
    note: () => shown?.flag || "",
    keepNote(text) {
      if (!shown) return;
      shown.flag = text;
      remember();
    },
    /** Assignments that are this browser's and not submitted. */
    held: () => toAnswer().map((card) => card.id),
    /** The same, the one that a person has been shown apart. */
    inHand() {
      const cards = toAnswer();
      const seen = cards.find((card) => card.seen);
      return { shown: seen?.id || "", held: cards.filter((card) => card !== seen).map((card) => card.id) };
    },
    /** Comparisons that went to somebody else before they were seen. */
    drop(ids) {
      const before = queue.length;
      queue = queue.filter((card) => card.seen || !ids.includes(card.id));
      if (queue.length < before) courier.fetch("next");
    },
    /** The leases of what is in hand have just been prolonged. */
    renewed() {
      for (const card of queue) card.fresh = Date.now();
    },
    /** Leaves out what an earlier page has answered, now that its outbox is known. */
    sift() {
      const given = store.given();
      const answered = (card) => card && !card.editing && (inOutbox(card.id) || given.includes(card.id));
      queue = queue.filter((card) => !answered(card));
      if (!answered(shown)) return;
      leave(false);
      next();
    },
    /** Begins again: another tab has worked through the cards here. */
    renew() {
      leave(false);
      queue = queue.filter((card) => card.home);
      next();
    },
    showElsewhere: () => show(cardOf($("#elsewhere").content.firstElementChild)),
  };

  const first = cardOf($("#desk").cloneNode(true));
  first.home = first.editing;
  queue = [...document.querySelectorAll("template[data-card]")].map(({ content }) => warm(cardOf($("#desk", content))));
  lay(first);
})();
