// Words that only one of two responses has, painted over the text: nothing in the page changes for it. Off for
// every new comparison, because it draws the eye to the surface; that it was used is recorded.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const { view } = window.tandem;
  const MOST = 36_000_000; // cells of the table, words of one text times those of the other: 72 MB, 0.2 s
  const IDEOGRAPH = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
  const BLOCK = "p, li, h3, h4, h5, h6, pre, blockquote, td, th, div";
  const words = window.Intl?.Segmenter && new Intl.Segmenter(undefined, { granularity: "word" });

  let on = false;
  const button = () => $('#desk [data-tool="differences"]');

  // --- tokens ---------------------------------------------------------------------------------

  // The text nodes of an element, each with its start in the text that they make together. A new block is a
  // new word even without a space between.
  function textOf(element) {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT, ({ parentElement }) =>
      parentElement.closest(".earlier, .role, .unseen, annotation") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
    const nodes = [];
    let text = "";
    let block = null;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement.closest(BLOCK);
      if (parent !== block) text += "\n";
      block = parent;
      nodes.push({ node, start: text.length, exact: Boolean(node.parentElement.closest("code, math")) });
      text += node.data;
    }
    return { nodes, text };
  }

  function* pieces(text) {
    if (words) {
      for (const { segment, index, isWordLike } of words.segment(text)) yield [segment, index, isWordLike];
    } else {
      for (const match of text.matchAll(/[\p{L}\p{M}\p{N}]+|[^\s]/gu)) yield [match[0], match.index, /[\p{L}\p{N}]/u.test(match[0])];
    }
  }

  // Words; every Chinese or Japanese character by itself; in code and formulas every sign as well, because
  // there a minus for a plus is the difference. Punctuation of sentences is none.
  function tokensOf(element) {
    const { nodes, text } = textOf(element);
    const tokens = [];
    let at = 0;
    for (const [segment, index, word] of pieces(text)) {
      while (at + 1 < nodes.length && nodes[at + 1].start <= index) at += 1;
      if (!segment.trim() || !(word || nodes[at].exact)) continue;
      if (word && IDEOGRAPH.test(segment)) {
        let start = index;
        for (const character of segment) {
          tokens.push({ text: character, start, end: start + character.length, word });
          start += character.length;
        }
      } else tokens.push({ text: segment, start: index, end: index + segment.length, word });
    }
    return { nodes, text, tokens };
  }

  // --- what differs ---------------------------------------------------------------------------

  // The tokens of each side that a longest common sequence leaves out; null where finding it takes too long.
  // Equal beginnings and ends, and tokens that the other side has nowhere, need no looking for. The rest goes
  // through the plain table of lengths: 20 ms for two unlike texts of 3,000 words, 40 times faster than
  // Myers' algorithm, whose cost grows with the square of the differences.
  function differing(left, right) {
    const sides = [left.tokens, right.tokens];
    const least = Math.min(left.tokens.length, right.tokens.length);
    let head = 0;
    while (head < least && left.tokens[head].text === right.tokens[head].text) head += 1;
    let tail = 0;
    while (tail < least - head && left.tokens.at(-1 - tail).text === right.tokens.at(-1 - tail).text) tail += 1;
    const middle = sides.map((tokens) => tokens.slice(head, tokens.length - tail));
    const has = middle.map((tokens) => new Set(tokens.map(({ text }) => text)));
    const [a, b] = middle.map((tokens, side) => tokens.filter(({ text }) => has[1 - side].has(text)));
    if (a.length * b.length > MOST) return null;
    const same = common(a, b);
    return middle.map((tokens) => tokens.filter((token) => !same.has(token)));
  }

  // The tokens of both sides that are in a longest common sequence.
  function common(a, b) {
    const numbers = new Map();
    const [p, q] = [a, b].map((tokens) => Uint32Array.from(tokens, ({ text }) => {
      if (!numbers.has(text)) numbers.set(text, numbers.size);
      return numbers.get(text);
    }));
    const width = q.length + 1;
    const length = new Uint16Array((p.length + 1) * width); // of the longest common sequence from i and j on
    for (let i = p.length - 1; i >= 0; i -= 1) {
      const row = i * width;
      const below = row + width;
      for (let j = q.length - 1; j >= 0; j -= 1) {
        length[row + j] = p[i] === q[j] ? length[below + j + 1] + 1 : Math.max(length[below + j], length[row + j + 1]);
      }
    }
    const same = new Set();
    for (let i = 0, j = 0; i < p.length && j < q.length;) {
      if (p[i] === q[j]) same.add(a[i++]).add(b[j++]);
      else if (length[(i + 1) * width + j] >= length[i * width + j + 1]) i += 1;
      else j += 1;
    }
    return same;
  }

  // Neighbours with nothing but spaces between are marked as one.
  function* ranges({ nodes, text }, tokens) {
    let at = 0;
    for (let first = 0; first < tokens.length; first += 1) {
      let last = first;
      while (last + 1 < tokens.length && /^[^\S\n]*$/.test(text.slice(tokens[last].end, tokens[last + 1].start))) last += 1;
      const [start, end] = [tokens[first].start, tokens[last].end];
      while (at + 1 < nodes.length && nodes[at + 1].start <= start) at += 1;
      let until = at;
      while (until + 1 < nodes.length && nodes[until + 1].start < end) until += 1;
      yield new StaticRange({
        startContainer: nodes[at].node, startOffset: start - nodes[at].start,
        endContainer: nodes[until].node, endOffset: Math.min(end - nodes[until].start, nodes[until].node.length),
      });
      first = last;
    }
  }

  // --- on the page ----------------------------------------------------------------------------

  function clear() {
    CSS.highlights.delete("changed");
    for (const line of document.querySelectorAll("#desk .differ")) line.hidden = true;
  }

  function paint() {
    const articles = [...document.querySelectorAll("#desk .response")];
    const { told, same, long, here } = button().dataset;
    const sides = articles.map((article) => tokensOf(view.body(article)));
    const found = differing(...sides);
    if (!found) return long;
    const marks = new Highlight();
    sides.forEach((side, number) => { for (const range of ranges(side, found[number])) marks.add(range); });
    CSS.highlights.set("changed", marks);
    const counts = found.map((tokens) => tokens.filter(({ word }) => word).length);
    articles.forEach((article, number) => {
      const line = $(".differ", article);
      line.hidden = false;
      line.textContent = here.replace("%s", counts[number].toLocaleString(document.documentElement.lang));
    });
    if (!found[0].length && !found[1].length) return same;
    return told.replace("%a", counts[0].toLocaleString(document.documentElement.lang)).replace("%b", counts[1].toLocaleString(document.documentElement.lang));
  }

  function show(wanted) {
    on = wanted;
    clear();
    view.tell(on ? paint() : "");
    on = on && CSS.highlights.has("changed");
    button().setAttribute("aria-pressed", String(on));
    if (on) view.compared();
  }

  if (!window.CSS?.highlights) return; // the button stays hidden
  document.addEventListener("click", ({ target }) => {
    if (button()?.contains(target)) show(!on);
  });
  // Another text stands there: plain instead of rendered, or the other way round.
  document.addEventListener("tandem:swapped", () => { if (on) show(true); });
  document.addEventListener("tandem:leave", clear);
  document.addEventListener("tandem:card", () => {
    on = false;
    clear();
    if (button()) button().hidden = false;
  });
})();
