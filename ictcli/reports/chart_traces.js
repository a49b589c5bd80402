// What candles and detected objects look like, for every page that shows them: plotly traces in the colours of a theme.
const Traces = (() => {
  const faded = (hex, share) => hex + Math.round(255 * share).toString(16).padStart(2, "0");
  const colour = ({ drawing, kind }, theme) =>
    drawing.side ? (theme.families[kind.family] || theme.other)[drawing.side < 0 ? 1 : 0]
      : kind.family === "sessions" ? theme.window : theme.ink;

  function candles(bars, count, { rising, falling }) {
    const cut = (values) => values.slice(0, count);
    return {
      type: "candlestick", x: [...Array(count).keys()], open: cut(bars.open), high: cut(bars.high), low: cut(bars.low),
      close: cut(bars.close), hoverinfo: "none", name: "bars",
      increasing: { line: { color: rising, width: 1 }, fillcolor: rising },
      decreasing: { line: { color: falling, width: 1 }, fillcolor: falling },
    };
  }

  function lines(shapes, theme) {
    const groups = new Map();
    for (const shape of shapes.filter((one) => one.bottom !== null && !["point", "setup"].includes(one.drawing.form))) {
      const { kind, side, form } = shape.drawing, name = `${kind} ${side} ${form} ${shape.live}`;
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(shape);
    }
    const crowd = [...groups.values()].reduce((sum, group) => sum + group.length, 0);
    return [...groups.values()].map((group) => outlines(group, theme, crowd > 40 ? 0.6 : 0.85));
  }

  function outlines(group, theme, strength) {
    const { kind, live, drawing } = group[0], area = drawing.form === "zone" || drawing.form === "window";
    const x = [], y = [], tint = colour(group[0], theme);
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
  function plans(shapes, { ink, loss, gain }) {
    const setups = shapes.filter((shape) => shape.drawing.form === "setup");
    const across = setups.flatMap(({ left, right }) => [left, right, null]);
    const levels = [["entry", 0, ink, "solid"], ["stop", 1, loss, "dash"], ["target", 2, gain, "dash"]];
    const areas = levels.slice(1).map(([name, at, tint]) => ({
      type: "scatter", mode: "none", name: `${name} area`, hoverinfo: "none", fill: "toself", fillcolor: faded(tint, 0.1),
      x: setups.flatMap(({ left, right }) => [left, right, right, left, left, null]),
      y: setups.flatMap(({ drawing: { plan } }) => [plan[0], plan[0], plan[at], plan[at], plan[0], null]),
    }));
    return !setups.length ? [] : areas.concat(levels.map(([name, at, color, dash]) => ({
      type: "scatter", mode: "lines", name: `setup ${name}`, hoverinfo: "none", line: { color, dash, width: 1.4 },
      x: across, y: setups.flatMap(({ drawing: { plan } }) => [plan[at], plan[at], null]),
    })));
  }

  function marks(shapes, theme, size) {
    const points = shapes.filter((shape) => shape.drawing.form === "point" && shape.bottom !== null);
    return {
      type: "scatter", mode: "markers", name: "points", hoverinfo: "none", x: points.map((point) => point.left),
      y: points.map((point) => (point.drawing.side < 0 ? point.top : point.bottom)),
      marker: {
        size, symbol: points.map((point) => point.kind.symbol), color: points.map((point) => colour(point, theme)),
        line: { color: theme.paper, width: 1 },
      },
    };
  }

  // Shading of windows, the full height of the chart.
  function shading(shapes, theme) {
    const bands = shapes.filter((shape) => shape.drawing.form === "window");
    return bands.map(({ left, right }) => ({
      type: "rect", xref: "x", yref: "paper", x0: left, x1: right, y0: 0, y1: 1, layer: "below", line: { width: 0 },
      fillcolor: faded(theme.window, bands.length > 60 ? 0.06 : 0.1),
    }));
  }

  // How an area of a chart is measured: pixels per bar and price, and the pixels of candles up to a bar.
  function measure({ left, right, low, high, width, height }, bars, last) {
    const wide = width / (right - left), tall = height / (high - low);
    const candles = (from, to) => {
      const first = Math.max(0, Math.floor(left + from / wide)), stop = Math.min(last, Math.ceil(left + to / wide));
      return Array.from({ length: Math.max(0, stop - first + 1) }, (_, at) =>
        [bars.high, bars.low].map((side) => (high - side[first + at]) * tall));
    };
    return { left, high, wide, tall, width, height, candles, newest: last + 0.5 };
  }

  const escaped = (words) => words.replace(/[<&]/g, (sign) => (sign === "<" ? "&lt;" : "&amp;"));

  // Words of shapes where they find room in a measured frame.
  function texts(shapes, frame, theme) {
    const found = Labels.place(shapes, frame);
    return { type: "scatter", mode: "text", name: "labels", hoverinfo: "none", textposition: "middle center",
      x: found.map((one) => frame.left + one.x / frame.wide), y: found.map((one) => frame.high - one.y / frame.tall),
      text: found.map((one) => escaped(one.text)),
      textfont: { size: 11, color: found.map(({ shape }) => (shape.drawing.form === "setup" ? theme.ink : colour(shape, theme))) } };
  }

  const iso = (seconds) => new Date(1000 * seconds).toISOString();
  const moment = (seconds) => iso(seconds).slice(0, 16).replace("T", " ");
  const STEPS = [1, 5, 15, 30, 60, 120, 240, 480, 1440, 2880, 7200, 10080, 43200, 129600, 525600];
  const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

  // Round times under bars: as many as find room in so many pixels.
  function ticks(time, view, width) {
    const from = Math.max(0, Math.ceil(view[0])), to = Math.min(time.length - 1, Math.floor(view[1]));
    const most = Math.max(2, width / 66), pixel = (view[1] - view[0]) / most;
    for (const step of STEPS) {
      const turns = [];
      for (let bar = Math.max(1, from); bar <= to; bar++) {
        if (Math.floor(time[bar] / 60 / step) !== Math.floor(time[bar - 1] / 60 / step)) turns.push(bar);
      }
      if (turns.length > most && step !== STEPS[STEPS.length - 1]) continue;
      const kept = turns.filter((bar, at) => !at || bar - turns[at - 1] >= (step >= 1440 ? 1.2 : 0.7) * pixel);
      return { tickvals: kept, ticktext: kept.map((bar, at) => tick(time, bar, at ? kept[at - 1] : -1, step)) };
    }
    return {};
  }

  function tick(time, bar, before, step) {
    const now = iso(time[bar]), day = new Date(1000 * time[bar]);
    const fresh = before < 0 || iso(time[before]).slice(0, 10) !== now.slice(0, 10);
    const fresh_year = before < 0 || iso(time[before]).slice(0, 4) !== now.slice(0, 4);
    const date = `${DAYS[day.getUTCDay()]} ${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]}${fresh_year ? `<br>${now.slice(0, 4)}` : ""}`;
    if (step >= 43200) return now.slice(0, 7);
    if (step >= 1440) return date;
    return fresh ? `${now.slice(11, 16)}<br>${date}` : now.slice(11, 16);
  }

  return { candles, lines, plans, marks, shading, measure, texts, escaped, ticks, moment };
})();
