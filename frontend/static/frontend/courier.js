// Sending: answers, skips and flags wait in the outbox, on this device, until the server has them. They go out
// one after another, in order; whatever fails is tried again, and the server knows a repeated one by its key.
(() => {
  const $ = (selector) => document.querySelector(selector);
  const { store } = window.tandem;
  const urls = document.body.dataset;
  const TIMEOUT = 20_000;
  const LONGEST_WAIT = 30_000;
  const ADDRESS = {
    answer: urls.submitUrl, skip: urls.skipUrl, unskip: urls.unskipUrl, flag: urls.flagUrl,
    next: urls.nextUrl, guidelines: urls.guidelinesUrl,
  };
  const LONGEST_KEPT_ALIVE = 60_000; // characters; browsers refuse more than 64 KiB
  const TRYING = ["offline", "broken"]; // troubles that pass by themselves

  let token = urls.csrf;
  let desk = null; // {held(), done(), settled(entry, result), rested(trouble)}: set while this tab is the one that sends
  let outbox = [];
  let errand = null; // a request for cards, which nobody loses when it is forgotten
  let flying = null; // the entry that is on its way now
  let busy = false;
  let freshened = false;
  let wait = 1000;
  let timer = null;

  // --- one request ----------------------------------------------------------------------------

  // Gives {data} of what the server accepted, {refused} of what it did not, or {trouble} where it has not said.
  async function ask(address, fields = null) {
    const headers = { Accept: "application/json", "HX-Request": "true", "X-CSRFToken": token };
    const options = { headers, signal: AbortSignal.timeout(TIMEOUT), method: fields ? "POST" : "GET" };
    if (fields) {
      options.body = String(new URLSearchParams(fields));
      headers["Content-Type"] = "application/x-www-form-urlencoded";
      options.keepalive = options.body.length < LONGEST_KEPT_ALIVE; // goes on though the page is closed
    }
    try {
      const response = await fetch(address, options);
      const away = response.headers.get("HX-Redirect");
      if (away) return { trouble: "signedOut", away };
      if (response.status === 403) return { trouble: "refused" };
      if (response.status === 404) return { trouble: "closed" };
      if (!response.ok && response.status !== 422) {
        return { trouble: "broken", after: 1000 * Number(response.headers.get("Retry-After")) || 0 };
      }
      const data = await response.json();
      return response.ok ? { data } : { refused: data };
    } catch {
      return { trouble: "offline" };
    }
  }

  // The token changes when somebody signs in. The page is asked for a new one, not loaded again, so that what is
  // only in memory survives; where another person has signed in, the page becomes theirs. Gives null when it
  // is worth trying again, else the trouble.
  async function freshen(refusal) {
    if (freshened) return refusal;
    try {
      const response = await fetch(urls.submitUrl, { signal: AbortSignal.timeout(TIMEOUT) });
      const { dataset } = new DOMParser().parseFromString(await response.text(), "text/html").body;
      if ([403, 404].includes(response.status)) return { trouble: "closed" };
      if (response.redirected && !dataset.store) return { trouble: "signedOut", away: response.url };
      if (!dataset.csrf) return refusal;
      if (dataset.store !== urls.store) await new Promise(() => location.reload());
      token = dataset.csrf;
      freshened = true;
      return null;
    } catch {
      return { trouble: "offline" };
    }
  }

  // --- the outbox -----------------------------------------------------------------------------

  async function drain() {
    if (busy || !desk) return;
    busy = true;
    clearTimeout(timer);
    let trouble = null;
    while (desk && !trouble && (outbox.length || errand)) {
      flying = outbox[0] || errand;
      const result = await deliver(flying);
      if (desk && result) trouble = await settle(flying, result);
      flying = null;
    }
    busy = false;
    if (!desk) return;
    if (TRYING.includes(trouble?.trouble)) {
      timer = setTimeout(drain, Math.max(wait, Math.min(trouble.after || 0, LONGEST_WAIT)));
      wait = Math.min(2 * wait, LONGEST_WAIT);
    }
    tell(trouble);
    desk.rested(trouble);
  }

  // What the server may have an earlier answer to is not sent before it has said so and given the key of the
  // next revision: as long as it says nothing the entry waits here. Gives null for what was taken back meanwhile.
  async function deliver(entry) {
    if (entry.sent && !entry.asked) {
      const { data, ...rest } = await ask(`${urls.submitUrl}${entry.assignment}/`);
      if (entry.withdrawn) return null;
      if (!data) return rest;
      if (data.card && entry.kind === "skip") return { recorded: data.card };
      if (data.card) revise(entry, data.card.html);
      entry.asked = true;
      store.keep(outbox);
    }
    return ask(ADDRESS[entry.kind], fieldsOf(entry));
  }

  // Makes an answer the next revision of what the server has, with the time that was spent since.
  function revise(entry, html) {
    const key = new DOMParser().parseFromString(html, "text/html").querySelector("[name=key]").value;
    const said = Object.fromEntries(entry.body);
    const since = (name) => Math.max(said[name] - entry.sent[name], 0).toFixed(1);
    const changed = { key, active: since("active"), idle: since("idle") };
    entry.body = entry.body.map(([name, value]) => [name, changed[name] ?? value]);
    Object.assign(entry, { key, editing: true, revised: true });
  }

  // An earlier try arrived after all, behind the question whether it had: it is asked about once more.
  function overtaken(entry, { data }) {
    if (!data?.receipt?.differs || !entry.sent || entry.revised || entry.withdrawn) return false;
    Object.assign(entry, { asked: false, revised: true });
    store.keep(outbox);
    return true;
  }

  function fieldsOf(entry) {
    const brings = !["flag", "unskip"].includes(entry.kind);
    return brings ? [...entry.body, ["held", desk.held().join(",")], ["done", desk.done()]] : entry.body;
  }

  // Gives the trouble that stops the sending, or null.
  async function settle(entry, result) {
    if (result.trouble) {
      entry.tried = true;
      store.keep(outbox);
      return result.trouble === "refused" ? freshen(result) : result;
    }
    freshened = false;
    wait = 1000;
    if (overtaken(entry, result)) return null;
    if (entry === errand) errand = null;
    outbox = outbox.filter((other) => other.id !== entry.id);
    store.keep(outbox);
    if (result.data && ["answer", "skip"].includes(entry.kind)) store.give(entry.assignment);
    desk.settled(entry, result);
    return null;
  }

  function add(entry) {
    entry.id = `${Date.now()}.${Math.random()}`;
    outbox.push(entry);
    store.keep(outbox);
    if (told) tell(told);
    queueMicrotask(drain); // after the next card is shown, so that it counts among those held
    return entry.id;
  }

  // Takes an entry back. "unsent": the server has never heard of it; "unsure": it was tried, or is on its way;
  // "sent": the server has it.
  function withdraw(id) {
    const entry = outbox.find((other) => other.id === id);
    if (!entry) return "sent";
    outbox = outbox.filter((other) => other !== entry);
    store.keep(outbox);
    if (told) tell(told);
    entry.withdrawn = true;
    return entry.tried || entry === flying ? "unsure" : "unsent";
  }

  // --- what the person sees of it -------------------------------------------------------------

  let told = null;

  function tell(trouble) {
    const banner = $("#trouble");
    told = trouble;
    banner.hidden = !trouble;
    if (!trouble) return;
    const words = banner.dataset;
    const answers = outbox.filter((entry) => entry.kind === "answer").length;
    const passes = TRYING.includes(trouble.trouble);
    const kept = answers === 1 ? "One" : answers ? "Many" : "None";
    const where = store.fragile() ? "fragile" : passes ? "going" : "kept";
    const text = `${words[trouble.trouble]} ${words[where + kept].replace("%s", answers)}`;
    const line = banner.querySelector("span");
    if (line.textContent !== text) line.textContent = text;
    banner.querySelector("[data-try-now]").hidden = trouble.trouble === "signedOut";
    const door = banner.querySelector("[data-sign-in]");
    door.hidden = trouble.trouble !== "signedOut";
    if (door.hidden) return;
    const address = new URL(trouble.away, location.href);
    address.searchParams.set("next", location.pathname);
    door.href = address.pathname + address.search;
  }

  function again() {
    freshened = false;
    wait = 1000;
    drain();
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-try-now]")) again();
  });
  window.addEventListener("online", again);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") again();
  });

  window.tandem.courier = {
    /** This tab sends from now on; first of all what an earlier page left behind. */
    start(handlers) {
      desk = handlers;
      outbox = store.outbox();
      queueMicrotask(drain);
    },
    /** Another tab took over; what is on its way is that tab's to repeat. */
    stop() {
      desk = null;
      errand = null;
      clearTimeout(timer);
      tell(null);
    },
    add,
    withdraw,
    /** Asks for cards once everything in the outbox has gone: kind "next" or "guidelines". */
    fetch(kind, body = []) {
      errand = { kind, body };
      drain();
    },
    idle: () => !outbox.length && !errand,
    pending: () => outbox,
    ask,
    /** For requests outside the outbox: says that the person is signed out. */
    report: (result) => result.trouble === "signedOut" && tell(result),
  };
})();
