// Draws the chart as known at the close of one bar. The rows in #data carry when each fact became known;
// `known` is the same rule as Drawing.at in the package.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { bars, kinds, drawings, records, informative, endings, themes, breakBars, few } = data;
  const lasting = new Set(data.lasting);
  const size = bars.open.length, plot = document.getElementById("plot"), root = document.documentElement;
  const box = (id) => document.getElementById(id);
  const slider = box("position"), ended = box("ended"), labels = box("labels"), span = box("span");
  const margin = { l: 10, r: 74, t: 14 + 13 * Labels.LANES, b: 54 };
  const page = { view: [-1, size], shapes: [], theme: themes.light, queued: false, folded: false };

  // --- what is known -------------------------------------------------------------------------------
  function known(drawing, position) {
    const told = drawing.changes.filter((change) => change[0] <= position);
    if (!told.length) return null;
    const states = told.filter((change) => !informative.includes(change[1]));
    const end = told.find((change) => endings[drawing.form].includes(change[1]));
    const last = told[told.length - 1];
    let right = Math.max(drawing.left, end ? end[5] : position + 0.5);
    if (drawing.form === "break") right = Math.min(right, drawing.left + breakBars);
    return {
      drawing, told, kind: kinds[drawing.kind], left: drawing.left, right, bottom: last[3], top: last[4], live: !end,
      state: states.length ? records[states[states.length - 1][1]] : drawing.form === "point" ? "point" : "active",
    };
  }

  const visible = (shape) => shape.kind.on && (shape.live || ended.checked || lasting.has(shape.drawing.form));

  // --- words on the chart ---------------------------------------------------------------------------
  // Where the chart's area is, in bars and prices.
  function measure([low, high], position) {
    const [left, right] = page.view;
    const width = plot.clientWidth - margin.l - margin.r, height = plot.clientHeight - margin.t - margin.b;
    return Traces.measure({ left, right, low, high, width, height }, bars, position);
  }

  // Names of windows above the chart; where they do not fit, what the shading means.
  function names(shapes, frame) {
    if (!labels.checked) return [];
    const common = { yref: "paper", y: 1, yanchor: "bottom", showarrow: false, borderpad: 0, font: { size: 11, color: page.theme.window } };
    const named = Labels.lanes(shapes, frame);
    if (named.length) return named.map(({ x, text, lane }) => ({ ...common, x, xanchor: "center", yshift: 13 * lane, text: Traces.escaped(text) }));
    const kinds = [...new Set(shapes.filter((shape) => shape.drawing.form === "window").map((shape) => shape.kind.name))];
    return kinds.length ? [{ ...common, xref: "paper", x: 0, xanchor: "left", text: `shaded: ${Traces.escaped(kinds.join(", "))}` }] : [];
  }

  // --- axes ------------------------------------------------------------------------------------------
  const { moment } = Traces;
  const ticks = () => Traces.ticks(bars.time, page.view, plot.clientWidth - margin.l - margin.r);

  function prices(position) {
    const from = Math.max(0, Math.floor(page.view[0])), to = Math.min(position, Math.ceil(page.view[1]));
    if (to < from) return [Math.min(...bars.low), Math.max(...bars.high)];
    const low = Math.min(...bars.low.slice(from, to + 1)), high = Math.max(...bars.high.slice(from, to + 1));
    const air = 0.07 * (high - low) || 1;
    return [low - air, high + air];
  }

  // --- the page --------------------------------------------------------------------------------------
  function draw() {
    page.queued = false;
    const position = Number(slider.value), { paper, grid, faint } = page.theme;
    page.shapes = drawings.map((drawing) => known(drawing, position)).filter((shape) => shape);
    const shown = page.shapes.filter(visible), range = prices(position), frame = measure(range, position);
    const axis = { gridcolor: grid, zeroline: false, color: faint, tickfont: { size: 11 } };
    const layout = {
      paper_bgcolor: paper, plot_bgcolor: paper, margin, showlegend: false, dragmode: "pan", hovermode: false,
      font: { family: "system-ui, sans-serif" }, shapes: Traces.shading(shown, page.theme), annotations: names(shown, frame),
      width: plot.clientWidth, height: plot.clientHeight,
      xaxis: { ...axis, range: page.view, rangeslider: { visible: false }, type: "linear", tickangle: 0, ...ticks() },
      yaxis: { ...axis, range, side: "right", fixedrange: true, tickformat: `.${data.digits}f` },
    };
    const config = { displaylogo: false, scrollZoom: true, doubleClick: false,
      modeBarButtons: [["toImage", "zoomIn2d", "zoomOut2d"]] };
    box("moment").textContent = `${moment(bars.close_time[position])} UTC · bar ${position + 1} of ${size}`;
    for (const kind of kinds) kind.count.textContent = page.shapes.filter((shape) => shape.kind === kind && shape.live).length;
    const { theme } = page, dots = page.view[1] - page.view[0] > 1000 ? 6 : 8;
    const traces = [...Traces.lines(shown, theme), ...Traces.plans(shown, theme), Traces.candles(bars, position + 1, theme),
      Traces.marks(shown, theme, dots), Traces.texts(labels.checked ? shown : [], frame, theme)];
    return Plotly.react(plot, traces, layout, config).then(() => {
      if (!page.queued) delete document.body.dataset.drawing;
    });
  }

  function redraw() {
    if (!page.queued) requestAnimationFrame(draw);
    page.queued = true;
    document.body.dataset.drawing = "yes";
  }

  const NAMES = 0.11; // room for names to the right of the newest bar, as a share of the bars

  function look(bars_back) {
    const end = Number(slider.value) + 1, air = Math.max(1, NAMES * bars_back);
    page.view = bars_back >= size ? [-1, size - 1 + NAMES * size] : [end - bars_back, end + air];
    redraw();
  }

  function toggles() {
    const groups = new Map();
    for (const kind of kinds) {
      if (!groups.has(kind.family)) {
        const set = box("kinds").appendChild(document.createElement("details"));
        const summary = set.appendChild(document.createElement("summary"));
        summary.textContent = kind.family || "other";
        set.told = summary.appendChild(document.createElement("output"));
        groups.set(kind.family, set);
      }
      const row = groups.get(kind.family).appendChild(document.createElement("label"));
      const tick = row.appendChild(document.createElement("input"));
      Object.assign(tick, { type: "checkbox", checked: kind.on });
      kind.swatches = [0, 1].map(() => row.appendChild(document.createElement("i")));
      const name = row.appendChild(document.createElement("span"));
      name.textContent = kind.name;
      kind.count = row.appendChild(document.createElement("output"));
      tick.addEventListener("change", () => { kind.on = tick.checked; tell(); redraw(); });
    }
    const tell = () => {
      for (const [family, set] of groups) {
        const own = kinds.filter((kind) => kind.family === family);
        set.told.textContent = `${own.filter((kind) => kind.on).length} of ${own.length} shown`;
      }
    };
    tell();
    for (const summary of box("kinds").querySelectorAll("summary")) summary.addEventListener("click", () => { page.folded = true; });
  }

  // Opens as many chapters as need no scrolling, until somebody opens or closes one.
  function unfold() {
    if (page.folded) return;
    const chapters = [...box("kinds").children];
    for (const chapter of chapters) chapter.open = false;
    for (const chapter of chapters) {
      chapter.open = true;
      chapter.open = box("kinds").scrollHeight <= box("kinds").clientHeight;
    }
  }

  function wear(name) {
    root.dataset.theme = name;
    page.theme = themes[name];
    for (const kind of kinds) {
      kind.swatches.forEach((swatch, side) => {
        swatch.style.background = (page.theme.families[kind.family] || page.theme.other)[side];
      });
    }
    redraw();
  }

  // --- details under the pointer ---------------------------------------------------------------------
  const price = (value) => value.toFixed(data.digits);

  function describe({ drawing, kind, told, state, bottom, top, live }) {
    const side = { 1: "bull ", "-1": "bear ", 0: "" }[drawing.side];
    const edges = bottom === null ? "" : bottom === top ? ` at ${price(bottom)}` : ` ${price(bottom)} to ${price(top)}`;
    const label = drawing.form === "setup" && live ? "" : drawing.label;
    const plan = drawing.plan ? `\nentry ${price(drawing.plan[0])} · stop ${price(drawing.plan[1])} · target ${price(drawing.plan[2])}` : "";
    const life = told.map((change) => `${records[change[1]]} ${moment(change[2])}`);
    const latest = life.length > 6 ? [life[0], "…", ...life.slice(-4)] : life;
    return `${side}${kind.name} ${label.replaceAll("_", " ")}${edges} · ${state}${plan}\n${drawing.id} · formed ${moment(drawing.formed)}\n${latest.join(" · ")}`;
  }

  function under(x, y, near) {
    return page.shapes.filter(visible).filter(({ drawing, left, right, bottom, top }) => {
      if (drawing.form === "window") return x >= left && x <= right;
      if (drawing.form === "point") return Math.abs(x - left) <= near.x && Math.min(Math.abs(y - top), Math.abs(y - bottom)) <= near.y;
      if (drawing.plan) [bottom, top] = [Math.min(...drawing.plan), Math.max(...drawing.plan)];
      return x >= left - near.x && x <= right + near.x && y >= bottom - near.y && y <= top + near.y;
    });
  }

  function details(event) {
    const area = plot.querySelector(".nsewdrag"), note = box("details");
    if (!area) return;
    const frame = area.getBoundingClientRect(), range = prices(Number(slider.value));
    const across = (event.clientX - frame.left) / frame.width, down = (event.clientY - frame.top) / frame.height;
    note.hidden = across < 0 || across > 1 || down < 0 || down > 1;
    if (note.hidden) return;
    const wide = page.view[1] - page.view[0], high = range[1] - range[0];
    const x = page.view[0] + across * wide, y = range[1] - down * high, bar = Math.round(x);
    const found = under(x, y, { x: (4 * wide) / frame.width, y: (4 * high) / frame.height });
    const words = found.slice(-4).reverse().map(describe);
    if (found.length > 4) words.push(`and ${found.length - 4} more`);
    if (bar >= 0 && bar <= Number(slider.value)) {
      const [o, h, l, c] = [bars.open, bars.high, bars.low, bars.close].map((values) => price(values[bar]));
      words.unshift(`${moment(bars.time[bar])} UTC\nopen ${o} · high ${h} · low ${l} · close ${c}`);
    }
    note.hidden = !words.length;
    note.textContent = words.join("\n\n");
    const left = event.clientX + 16, width = note.offsetWidth, below = event.clientY + 16, height = note.offsetHeight;
    note.style.left = `${left + width > innerWidth ? Math.max(0, event.clientX - width - 16) : left}px`;
    note.style.top = `${below + height > innerHeight ? Math.max(0, event.clientY - height - 16) : below}px`;
  }

  function start() {
    slider.max = size - 1;
    slider.value = size - 1;
    toggles();
    unfold();
    for (const bars_back of [100, 250, 500, 1000].filter((some) => some < size).concat(size)) {
      span.add(new Option(bars_back === size ? `all ${size} bars` : `${bars_back} bars`, bars_back));
    }
    span.value = size;
    ended.checked = drawings.filter((one) => kinds[one.kind].on).length <= few;
    box("about").textContent = `${moment(bars.time[0])} to ${moment(bars.close_time[size - 1])} UTC, nothing is drawn before it was known`;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    wear(dark.matches ? "dark" : "light");
    dark.addEventListener("change", () => wear(dark.matches ? "dark" : "light"));
    look(size);
    draw().then(listen);
  }

  function listen() {
    slider.addEventListener("input", () => {
      const end = Number(slider.value) + 1;
      if (end > page.view[1] || end < page.view[0]) page.view = [end - 0.9 * (page.view[1] - page.view[0]), end + 0.1 * (page.view[1] - page.view[0])];
      redraw();
    });
    for (const control of [ended, labels]) control.addEventListener("change", redraw);
    span.addEventListener("change", () => look(Number(span.value)));
    box("theme").addEventListener("click", () => wear(root.dataset.theme === "dark" ? "light" : "dark"));
    plot.addEventListener("mousemove", details);
    plot.addEventListener("mouseleave", () => { box("details").hidden = true; });
    plot.on("plotly_doubleclick", () => look(size));
    plot.on("plotly_relayout", (change) => {
      const range = change["xaxis.range"] || [change["xaxis.range[0]"], change["xaxis.range[1]"]];
      if (range[0] !== undefined && range[0] !== page.view[0]) { page.view = range.map(Number); redraw(); }
    });
    let seen = "";
    new ResizeObserver(() => { // drawn at once, so that no frame shows the old size
      const now = `${plot.clientWidth} ${plot.clientHeight}`;
      if (now === seen) return;
      seen = now;
      unfold();
      draw();
    }).observe(plot);
    document.body.dataset.ready = "yes";
  }

  start();
})();
