"use strict";
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
  const colour = (shape) =>
    shape.drawing.side ? (page.theme.families[shape.kind.family] || page.theme.other)[shape.drawing.side < 0 ? 1 : 0]
      : shape.kind.family === "sessions" ? page.theme.window : page.theme.ink;
  const faded = (hex, share) => hex + Math.round(255 * share).toString(16).padStart(2, "0");

  // --- traces --------------------------------------------------------------------------------------
  function candles(count) {
    const { rising, falling } = page.theme;
    const cut = (values) => values.slice(0, count);
    return {
      type: "candlestick", x: [...Array(count).keys()], open: cut(bars.open), high: cut(bars.high), low: cut(bars.low),
      close: cut(bars.close), hoverinfo: "none", name: "bars",
      increasing: { line: { color: rising, width: 1 }, fillcolor: rising },
      decreasing: { line: { color: falling, width: 1 }, fillcolor: falling },
    };
  }

  function lines(shapes) {
    const groups = new Map();
    for (const shape of shapes.filter((one) => one.bottom !== null && !["point", "setup"].includes(one.drawing.form))) {
      const { kind, side, form } = shape.drawing, name = `${kind} ${side} ${form} ${shape.live}`;
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(shape);
    }
    const crowd = [...groups.values()].reduce((sum, group) => sum + group.length, 0);
    return [...groups.values()].map((group) => outlines(group, crowd > 40 ? 0.6 : 0.85));
  }

  function outlines(group, strength) {
    const { kind, live, drawing } = group[0], area = drawing.form === "zone" || drawing.form === "window";
    const x = [], y = [], tint = colour(group[0]);
    for (const { left, right, bottom, top } of group) {
      x.push(...(area ? [left, right, right, left, left, null] : [left, right, null]));
      y.push(...(area ? [bottom, bottom, top, top, bottom, null] : [bottom, bottom, null]));
    }
    return {
      type: "scatter", mode: "lines", x, y, hoverinfo: "none", name: `${kind.name} ${drawing.form}`,
      line: { color: faded(tint, live ? strength : 0.3), width: area ? 0.7 : 1.3, dash: kind.dash },
      ...(area ? filling(kind, tint, live && drawing.form === "zone") : {}),
    };
  }

  // Blocks are hatched, gaps and ranges tinted, so that both can be told where they lie on one another.
  function filling({ hatched }, tint, strong) {
    const pattern = { shape: "/", size: 7, solidity: 0.12, fillmode: "replace", fgcolor: faded(tint, strong ? 0.5 : 0.2), bgcolor: faded(tint, 0.02) };
    return { fill: "toself", fillcolor: faded(tint, strong ? 0.16 : 0.06), ...(hatched ? { fillpattern: pattern } : {}) };
  }

  // Setups: areas from the entry to the stop and to the target, a line at each of the three.
  function plans(shapes) {
    const { ink, loss, gain } = page.theme, setups = shapes.filter((shape) => shape.drawing.form === "setup");
    const across = setups.flatMap(({ left, right }) => [left, right, null]);
    const lines = [["entry", 0, ink, "solid"], ["stop", 1, loss, "dash"], ["target", 2, gain, "dash"]];
    const areas = lines.slice(1).map(([name, at, tint]) => ({
      type: "scatter", mode: "none", name: `${name} area`, hoverinfo: "none", fill: "toself", fillcolor: faded(tint, 0.1),
      x: setups.flatMap(({ left, right }) => [left, right, right, left, left, null]),
      y: setups.flatMap(({ drawing: { plan } }) => [plan[0], plan[0], plan[at], plan[at], plan[0], null]),
    }));
    return !setups.length ? [] : areas.concat(lines.map(([name, at, color, dash]) => ({
      type: "scatter", mode: "lines", name: `setup ${name}`, hoverinfo: "none", line: { color, dash, width: 1.4 },
      x: across, y: setups.flatMap(({ drawing: { plan } }) => [plan[at], plan[at], null]),
    })));
  }

  function marks(shapes) {
    const points = shapes.filter((shape) => shape.drawing.form === "point" && shape.bottom !== null);
    return {
      type: "scatter", mode: "markers", name: "points", hoverinfo: "none", x: points.map((point) => point.left),
      y: points.map((point) => (point.drawing.side < 0 ? point.top : point.bottom)),
      marker: {
        size: page.view[1] - page.view[0] > 1000 ? 6 : 8, symbol: points.map((point) => point.kind.symbol), color: points.map(colour),
        line: { color: page.theme.paper, width: 1 },
      },
    };
  }

  // Shading of windows, the full height of the chart.
  function shading(shapes) {
    const bands = shapes.filter((shape) => shape.drawing.form === "window");
    return bands.map(({ left, right }) => ({
      type: "rect", xref: "x", yref: "paper", x0: left, x1: right, y0: 0, y1: 1, layer: "below", line: { width: 0 },
      fillcolor: faded(page.theme.window, bands.length > 60 ? 0.06 : 0.1),
    }));
  }

  // --- text ------------------------------------------------------------------------------------------
  // How the area of the chart is measured: pixels per bar and price, and the pixels of candles.
  function measure(range, position) {
    const width = plot.clientWidth - margin.l - margin.r, height = plot.clientHeight - margin.t - margin.b;
    const [left, right] = page.view, [low, high] = range, wide = width / (right - left), tall = height / (high - low);
    const candles = (from, to) => {
      const first = Math.max(0, Math.floor(left + from / wide)), last = Math.min(position, Math.ceil(left + to / wide));
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) =>
        [bars.high, bars.low].map((side) => (high - side[first + at]) * tall));
    };
    return { left, high, wide, tall, width, height, candles, newest: position + 0.5 };
  }

  function texts(shapes, frame) {
    const found = labels.checked ? Labels.place(shapes, frame) : [];
    return { type: "scatter", mode: "text", name: "labels", hoverinfo: "none", textposition: "middle center",
      x: found.map((one) => frame.left + one.x / frame.wide), y: found.map((one) => frame.high - one.y / frame.tall),
      text: found.map((one) => escaped(one.text)),
      textfont: { size: 11, color: found.map(({ shape }) => (shape.drawing.form === "setup" ? page.theme.ink : colour(shape))) } };
  }

  const escaped = (words) => words.replace(/[<&]/g, (sign) => (sign === "<" ? "&lt;" : "&amp;"));

  // Names of windows above the chart; where they do not fit, what the shading means.
  function names(shapes, frame) {
    if (!labels.checked) return [];
    const common = { yref: "paper", y: 1, yanchor: "bottom", showarrow: false, borderpad: 0, font: { size: 11, color: page.theme.window } };
    const named = Labels.lanes(shapes, frame);
    if (named.length) return named.map(({ x, text, lane }) => ({ ...common, x, xanchor: "center", yshift: 13 * lane, text: escaped(text) }));
    const kinds = [...new Set(shapes.filter((shape) => shape.drawing.form === "window").map((shape) => shape.kind.name))];
    return kinds.length ? [{ ...common, xref: "paper", x: 0, xanchor: "left", text: `shaded: ${escaped(kinds.join(", "))}` }] : [];
  }

  // --- axes ------------------------------------------------------------------------------------------
  const iso = (seconds) => new Date(1000 * seconds).toISOString();
  const moment = (seconds) => iso(seconds).slice(0, 16).replace("T", " ");
  const STEPS = [1, 5, 15, 30, 60, 120, 240, 480, 1440, 2880, 7200, 10080, 43200, 129600, 525600];
  const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

  function ticks() {
    const from = Math.max(0, Math.ceil(page.view[0])), to = Math.min(size - 1, Math.floor(page.view[1]));
    const most = Math.max(2, (plot.clientWidth - margin.l - margin.r) / 66), pixel = (page.view[1] - page.view[0]) / most;
    for (const step of STEPS) {
      const turns = [];
      for (let bar = Math.max(1, from); bar <= to; bar++) {
        if (Math.floor(bars.time[bar] / 60 / step) !== Math.floor(bars.time[bar - 1] / 60 / step)) turns.push(bar);
      }
      if (turns.length > most && step !== STEPS[STEPS.length - 1]) continue;
      const kept = turns.filter((bar, at) => !at || bar - turns[at - 1] >= (step >= 1440 ? 1.2 : 0.7) * pixel);
      return { tickvals: kept, ticktext: kept.map((bar, at) => tick(bar, at ? kept[at - 1] : -1, step)) };
    }
    return {};
  }

  function tick(bar, before, step) {
    const now = iso(bars.time[bar]), day = new Date(1000 * bars.time[bar]);
    const fresh = before < 0 || iso(bars.time[before]).slice(0, 10) !== now.slice(0, 10);
    const fresh_year = before < 0 || iso(bars.time[before]).slice(0, 4) !== now.slice(0, 4);
    const date = `${DAYS[day.getUTCDay()]} ${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]}${fresh_year ? `<br>${now.slice(0, 4)}` : ""}`;
    if (step >= 43200) return now.slice(0, 7);
    if (step >= 1440) return date;
    return fresh ? `${now.slice(11, 16)}<br>${date}` : now.slice(11, 16);
  }

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
      font: { family: "system-ui, sans-serif" }, shapes: shading(shown), annotations: names(shown, frame),
      width: plot.clientWidth, height: plot.clientHeight,
      xaxis: { ...axis, range: page.view, rangeslider: { visible: false }, type: "linear", tickangle: 0, ...ticks() },
      yaxis: { ...axis, range, side: "right", fixedrange: true, tickformat: `.${data.digits}f` },
    };
    const config = { displaylogo: false, scrollZoom: true, doubleClick: false,
      modeBarButtons: [["toImage", "zoomIn2d", "zoomOut2d"]] };
    box("moment").textContent = `${moment(bars.close_time[position])} UTC · bar ${position + 1} of ${size}`;
    for (const kind of kinds) kind.count.textContent = page.shapes.filter((shape) => shape.kind === kind && shape.live).length;
    const traces = [...lines(shown), ...plans(shown), candles(position + 1), marks(shown), texts(shown, frame)];
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
