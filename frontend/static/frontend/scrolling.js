// Two pages that scroll together. Their headings, list items, paragraphs, code and tables are paired in order;
// a pair stands at the same height on both sides, and between pairs the pages move in proportion.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const { kept, view } = window.tandem;
  const LINE = 0.2; // of a page's height: where paired blocks meet
  const LEAST = 48; // pixels that both pages must overflow
  const LOPSIDED = 0.12; // below this share of the other's overflow, a page would make the other one race
  const MOST = 300; // blocks per page; what comes after them moves in proportion
  const KINDS = [["heading", "h3, h4, h5, h6"], ["item", "li"], ["code", "pre"], ["table", ".wide"], ["formula", ".formula"]];
  const GAIN = { heading: 2, code: 1.5, table: 1.5, formula: 1, item: 1, text: 0.8 };

  let on = kept.get("together") !== "off";
  let map = null; // of the two pages on show, made when first needed
  const expected = new WeakMap(); // where we put a page, so that its scroll event is not taken for a person's

  // --- landmarks ------------------------------------------------------------------------------

  function landmarks(article) {
    const base = article.getBoundingClientRect().top - article.scrollTop;
    const all = view.blocks(article).filter((block) => !block.matches("li p, blockquote p")).slice(0, MOST);
    return all.map((block) => ({
      kind: KINDS.find(([, selector]) => block.matches(selector))?.[0] || "text",
      words: new Set(block.textContent.slice(0, 200).toLowerCase().match(/[\p{L}\p{N}]+/gu)),
      at: block.getBoundingClientRect().top - base,
      share: (block.getBoundingClientRect().top - base) / article.scrollHeight,
    }));
  }

  // How well two landmarks go together: of one kind, near in relative place, with words in common.
  function likeness(left, right) {
    if (left.kind !== right.kind) return 0;
    let common = 0;
    for (const word of left.words) if (right.words.has(word)) common += 1;
    const alike = common / (left.words.size + right.words.size - common || 1);
    return Math.max(GAIN[left.kind] * (1 - 2.5 * Math.abs(left.share - right.share)), 0) + 4 * alike * alike;
  }

  // The pairs, in order on both sides, that are most alike altogether (a weighted longest common subsequence).
  function paired(left, right) {
    const best = Array.from({ length: left.length + 1 }, () => new Float64Array(right.length + 1));
    for (let i = left.length - 1; i >= 0; i -= 1) {
      for (let j = right.length - 1; j >= 0; j -= 1) {
        best[i][j] = Math.max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + likeness(left[i], right[j]));
      }
    }
    const pairs = [];
    for (let i = 0, j = 0; i < left.length && j < right.length;) {
      if (best[i][j] === best[i + 1][j]) i += 1;
      else if (best[i][j] === best[i][j + 1]) j += 1;
      else pairs.push([left[i++].at, right[j++].at]);
    }
    return pairs;
  }

  // --- from one page's position to the other's ------------------------------------------------

  function build() {
    const pages = view.shown();
    if (pages.length !== 2 || !pages.every(view.alone)) return null;
    pages.sort((one, other) => one.getBoundingClientRect().left - other.getBoundingClientRect().left);
    const ends = pages.map((page) => page.scrollHeight - page.clientHeight);
    const [least, most] = [Math.min(...ends), Math.max(...ends)];
    if (least < LEAST || least < LOPSIDED * most) return null;
    const line = LINE * pages[0].clientHeight;
    const stops = [[0, 0]];
    for (const [left, right] of paired(...pages.map(landmarks))) {
      const stop = [left - line, right - line];
      const last = stops[stops.length - 1];
      // Both must move on from the last stop and keep room to reach their ends at a bearable pace.
      if (steady(stop[0] - last[0], stop[1] - last[1]) && steady(ends[0] - stop[0], ends[1] - stop[1])) stops.push(stop);
    }
    return { pages, stops: [...stops, ends] };
  }

  const steady = (left, right) => left > 4 && right > 4 && left < right * 6 && right < left * 6;

  function across(stops, from, position) {
    const to = 1 - from;
    const next = Math.max(stops.findIndex((stop) => stop[from] >= position), 1);
    const [start, end] = [stops[next - 1], stops[next]];
    const share = (position - start[from]) / (end[from] - start[from]);
    return start[to] + Math.min(Math.max(share, 0), 1) * (end[to] - start[to]);
  }

  function follow(page) {
    map ??= build() || { pages: [], stops: [] };
    const from = map.pages.indexOf(page);
    if (from < 0) return;
    const other = map.pages[1 - from];
    other.scrollTop = across(map.stops, from, Math.min(page.scrollTop, map.stops.at(-1)[from]));
    expected.set(other, other.scrollTop);
  }

  // --- events ---------------------------------------------------------------------------------

  const tool = () => $('#desk [data-tool="together"]');
  const possible = () => view.shown().length === 2 && view.shown().every(view.alone);

  function press() {
    map = null;
    if (!tool()) return;
    tool().setAttribute("aria-pressed", String(on && possible()));
    tool().setAttribute("aria-disabled", String(!possible()));
    tool().title = possible() ? "" : tool().dataset.why;
    if (possible() && $(".told").textContent === tool().dataset.why) view.tell("");
  }

  document.addEventListener("scroll", ({ target }) => {
    if (!on || !target.matches?.("#desk .response")) return;
    const ours = Math.abs((expected.get(target) ?? -9) - target.scrollTop) < 1;
    if (ours) return;
    expected.delete(target);
    follow(target);
  }, { capture: true, passive: true });
  document.addEventListener("click", ({ target }) => {
    if (!tool()?.contains(target)) return;
    if (!possible()) return view.tell(tool().dataset.why);
    on = !on;
    kept.set("together", on ? "on" : "off");
    press();
    if (on) follow(view.shown()[0]);
  });
  document.addEventListener("tandem:layout", press);
  // Pictures that arrive, windows that change and details that open move the landmarks.
  const sizes = new ResizeObserver(() => { map = null; });
  document.addEventListener("tandem:card", () => {
    sizes.disconnect();
    for (const box of document.querySelectorAll("#desk .response, #desk .response .text")) sizes.observe(box);
  });
})();
