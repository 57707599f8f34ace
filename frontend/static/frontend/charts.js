// Draws the table behind a figure with uPlot. Colours are the page's own, and follow its theme.
(() => {
  const HEIGHT = 220;
  const drawn = new Map();

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const inks = () => ({
    people: colour("--people"), judge: colour("--judge"), both: colour("--ink-2"),
    line: colour("--line"), text: colour("--ink-3"), font: `12px ${getComputedStyle(document.body).fontFamily}`,
  });

  // Columns of numbers (null where there is none), what each draws, and the words of the first.
  function read(figure) {
    const heads = [...figure.querySelectorAll("thead th")];
    const rows = [...figure.querySelectorAll("tbody tr")].map((row) => [...row.cells]);
    const number = (cell) => (cell.dataset.value === "" ? null : Number(cell.dataset.value));
    return {
      words: rows.map((row) => row[0].textContent),
      kinds: rows.map((row) => row[1]?.textContent),
      first: rows.map((row) => number(row[0])),
      series: heads.flatMap((head, at) => (head.dataset.draws
        ? [{ draws: head.dataset.draws, label: head.textContent, values: rows.map((row) => number(row[at])) }]
        : [])),
    };
  }

  function axes(ink, along, up) {
    const style = { stroke: ink.text, font: ink.font, grid: { stroke: ink.line, width: 1 }, ticks: { show: false } };
    return [{ ...style, grid: { show: false }, size: 28, ...along }, { ...style, size: 52, ...up }];
  }

  // Days are those of the server, whose midnight a value is; a step is never shorter than one.
  const DAY = 86400;
  const dayOf = new Intl.DateTimeFormat(document.documentElement.lang.replace(/^en$/, "en-GB"), { day: "numeric", month: "short", timeZone: "UTC" });
  const days = {
    incrs: [1, 2, 3, 7, 14, 30, 60, 90, 180, 365].map((step) => step * DAY),
    values: (_, splits) => splits.map((at) => dayOf.format(at * 1000)),
    space: 64,
  };

  // One day alone has others beside it, or its axis would stretch over the next three years.
  const daily = {
    time: true,
    range: ({ data: [at] }, low, high) => (at[at.length - 1] - at[0] < DAY ? [at[0] - 2 * DAY, at[at.length - 1] + 2 * DAY] : [low, high]),
  };

  const shares = { values: (_, splits) => splits.map((at) => `${Math.round(100 * at)} %`) };

  // Words under categories, as many as there is room for.
  function named(words) {
    const most = Math.max(...words.map((word) => word.length));
    return {
      splits: () => words.map((_, at) => at),
      values: (plot, splits) => {
        const room = Math.max(1, Math.ceil((words.length * (most + 2) * 7) / (plot.width - 70)));
        return splits.map((at) => (at % room ? "" : words[at]));
      },
    };
  }

  function whiskers(low, high, kinds) {
    return (plot) => {
      const { ctx } = plot;
      const ink = inks();
      ctx.save();
      plot.data[0].forEach((at, row) => {
        const x = plot.valToPos(at, "x", true);
        const kind = kinds[row] === "judge" ? "judge" : "people";
        ctx.strokeStyle = ctx.fillStyle = ink[kind];
        ctx.lineWidth = 2 * devicePixelRatio;
        ctx.globalAlpha = 0.5;
        if (low[row] !== null && high[row] !== null) {
          ctx.beginPath();
          ctx.moveTo(x, plot.valToPos(low[row], "y", true));
          ctx.lineTo(x, plot.valToPos(high[row], "y", true));
          ctx.stroke();
        }
        ctx.globalAlpha = 1;
        const y = plot.valToPos(plot.data[1][row], "y", true);
        const size = 4 * devicePixelRatio;
        ctx.beginPath();
        if (kind === "judge") ["moveTo", "lineTo", "lineTo", "lineTo"].forEach((step, turn) =>
          ctx[step](x + size * [0, 1, 0, -1][turn] * 1.2, y + size * [-1, 0, 1, 0][turn] * 1.2));
        else ctx.arc(x, y, size, 0, 2 * Math.PI);
        ctx.fill();
      });
      ctx.restore();
    };
  }

  const shapes = {
    lines(table, ink) {
      return {
        series: table.series.map((one) => ({ label: one.label, stroke: ink[one.draws], width: 2,
          dash: one.draws === "judge" ? [6, 4] : undefined, points: { show: table.first.length < 40, size: 6, fill: ink[one.draws] } })),
        axes: axes(ink, days), scales: { x: daily, y: { range: (_, low, high) => [Math.min(low ?? 0, 0), high > 0 ? high * 1.05 : 1] } },
      };
    },
    band(table, ink) {
      return {
        series: table.series.map((one) => (one.draws === "people"
          ? { label: one.label, stroke: ink.people, width: 2, points: { show: true, size: 7, fill: ink.people } }
          : { label: one.label, stroke: "transparent", points: { show: false } })),
        bands: [{ series: [3, 2], fill: `color-mix(in srgb, ${ink.people} 18%, transparent)` }],
        axes: axes(ink, days), scales: { x: daily, y: { range: (_, low, high) => [Math.min(low, 0), Math.max(high, 1)] } },
      };
    },
    bars(table, ink) {
      const two = table.series.length > 1;
      return {
        series: table.series.map((one, at) => ({ label: one.label, stroke: ink[one.draws], fill: ink[one.draws], width: 0,
          points: { show: false }, paths: uPlot.paths.bars({ size: [two ? 0.34 : 0.7, 56], align: two ? (at ? 1 : -1) : 0 }) })),
        axes: axes(ink, named(table.words)),
        scales: { x: { time: false, range: [-0.6, table.words.length - 0.4] }, y: { range: (_, low, high) => [0, high > 0 ? high * 1.05 : 1] } },
      };
    },
    whiskers(table, ink) {
      const [value, low, high] = table.series;
      return {
        series: [value, low, high].map((one) => ({ label: one.label, paths: () => null, points: { show: false } })),
        axes: axes(ink, named(table.words), shares), hooks: { draw: [whiskers(low.values, high.values, table.kinds)] },
        scales: { x: { time: false, range: [-0.6, table.words.length - 0.4] }, y: { range: [0, 1] } },
      };
    },
  };

  function draw(figure) {
    drawn.get(figure)?.destroy();
    const table = read(figure);
    const shape = figure.dataset.chart;
    const canvas = figure.querySelector(".canvas");
    const along = shape === "lines" || shape === "band" ? table.first : table.words.map((_, at) => at);
    const options = shapes[shape](table, inks());
    drawn.set(figure, new uPlot({
      width: Math.max(canvas.clientWidth, 200), height: HEIGHT, legend: { show: false },
      cursor: { show: false }, ...options, series: [{}, ...options.series],
    }, [along, ...table.series.map((one) => one.values)], canvas));
    figure.dataset.drawn = "";
  }

  const resized = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const plot = drawn.get(target.closest("figure"));
      if (plot && target.clientWidth && plot.width !== target.clientWidth) {
        plot.setSize({ width: target.clientWidth, height: HEIGHT });
      }
    }
  });

  function all() {
    for (const figure of drawn.keys()) if (!figure.isConnected) drawn.delete(figure);
    for (const figure of document.querySelectorAll("figure[data-chart]")) {
      draw(figure);
      resized.observe(figure.querySelector(".canvas"));
    }
  }

  document.addEventListener("htmx:afterSwap", (event) => { if (event.detail.elt.querySelector?.("figure[data-chart]") || event.detail.elt.id === "charts") all(); });
  new MutationObserver(all).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
  all();
})();
