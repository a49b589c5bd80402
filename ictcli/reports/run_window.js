// One trade on its bars, with what was known when it was decided.
const TradeChart = (() => {
  const margin = { l: 8, r: 66, t: 14, b: 54 }, AFTER = 2;
  const box = (id) => document.getElementById(id);
  const SIDES = { 1: "bull", "-1": "bear", 0: "" };

  function bars_of(one) {
    const scale = 10 ** one.digits, prices = {};
    for (const name of ["open", "high", "low", "close"]) prices[name] = Array.from(Trades.unpacked(one[name]), (points) => points / scale);
    return { ...prices, time: Array.from(Trades.unpacked(one.time)) };
  }

  function shapes_of(one, kinds) {
    return one.shapes.map(([kind, role, side, form, left, right, bottom, top, live, state, caption, plan, formed, known]) => ({
      kind: kinds[kind], role, left, right, bottom, top, state, formed, known, live: role === "other" ? false : live,
      drawing: { kind, side, form, plan, caption, label: "" },
    }));
  }

  function limits(bars, trade) {
    const levels = [trade.entry, trade.exit, trade.stop, trade.target].filter((price) => price !== null);
    const low = Math.min(...bars.low), high = Math.max(...bars.high), tall = high - low || 1;
    const near = levels.filter((price) => price > low - tall && price < high + tall);
    const [bottom, top] = [Math.min(low, ...near), Math.max(high, ...near)], air = 0.06 * (top - bottom) || 1;
    return [bottom - air, top + air];
  }

  // Entry, stop and target from the entry to the exit, as a set-up's plan is drawn.
  function plan(one, trade) {
    const levels = [trade.entry, trade.stop ?? trade.entry, trade.target ?? trade.entry];
    return { drawing: { form: "setup", plan: levels }, left: one.opened - 0.5, right: Math.max(one.closed + 0.5, one.opened + 0.5) };
  }

  function fills(one, trade, theme) {
    const up = trade.side > 0, won = trade.net > 0;
    return {
      type: "scatter", mode: "markers", name: "fills", x: [one.opened, one.closed], y: [trade.entry, trade.exit],
      text: ["entry", "exit"], hovertemplate: "%{text} %{y}<extra></extra>",
      marker: { size: 11, symbol: [up ? "triangle-right" : "triangle-right-open", won ? "circle" : "x"],
        color: [theme.ink, won ? theme.gain : theme.loss], line: { color: theme.paper, width: 1 } },
    };
  }

  // The zones that caused the trade and their parts, with a stronger line.
  function causes(shapes, theme) {
    const own = shapes.filter((shape) => shape.role === "cause" && shape.bottom !== null && shape.drawing.form !== "point");
    return !own.length ? [] : [{
      type: "scatter", mode: "lines", name: "cause", hoverinfo: "none", line: { color: theme.ink, width: 2 },
      x: own.flatMap(({ left, right }) => [left, right, right, left, left, null]),
      y: own.flatMap(({ bottom, top }) => [bottom, bottom, top, top, bottom, null]),
    }];
  }

  // Their names above their rims, where no other words are.
  function names(shapes, theme) {
    return shapes.filter((shape) => shape.role === "cause" && shape.bottom !== null).map(({ left, top, drawing }) => ({
      x: left, y: top, xanchor: "left", yanchor: "bottom", showarrow: false, borderpad: 0, font: { size: 11, color: theme.ink },
      text: Traces.escaped(drawing.caption), bgcolor: theme.paper, opacity: 0.85,
    }));
  }

  function draw(one, trade, { kinds, themes }, everything) {
    const plot = box("bars"), theme = themes[document.documentElement.dataset.theme];
    const bars = bars_of(one), size = bars.open.length, range = limits(bars, trade), view = [-1, size - 1 + AFTER];
    const shapes = shapes_of(one, kinds).filter((shape) => everything || shape.role !== "other");
    const frame = Traces.measure({ left: view[0], right: view[1], low: range[0], high: range[1],
      width: plot.clientWidth - margin.l - margin.r, height: plot.clientHeight - margin.t - margin.b }, bars, size - 1);
    const named = shapes.filter((shape) => shape.role === "part");
    const traces = [
      ...Traces.lines(shapes, theme), ...Traces.plans([...shapes, plan(one, trade)], theme), ...causes(shapes, theme),
      Traces.candles(bars, size, theme), Traces.marks(shapes, theme, 8), fills(one, trade, theme), Traces.texts(named, frame, theme),
    ];
    const axis = { gridcolor: theme.grid, zeroline: false, color: theme.faint, tickfont: { size: 11 }, fixedrange: true };
    const decided = one.decided === null ? [] : [{
      type: "line", yref: "paper", y0: 0, y1: 1, x0: one.decided + 0.5, x1: one.decided + 0.5, line: { color: theme.faint, width: 1, dash: "dot" },
    }];
    return Plotly.react(plot, traces, {
      paper_bgcolor: theme.paper, plot_bgcolor: theme.paper, margin, showlegend: false, dragmode: false, hovermode: "closest",
      font: { family: "system-ui, sans-serif" }, shapes: [...Traces.shading(shapes, theme), ...decided], annotations: names(shapes, theme),
      width: plot.clientWidth, height: plot.clientHeight,
      xaxis: { ...axis, range: view, rangeslider: { visible: false }, type: "linear", tickangle: 0, ...Traces.ticks(bars.time, view, frame.width) },
      yaxis: { ...axis, range, side: "right", tickformat: `.${one.digits}f` },
    }, { displayModeBar: false });
  }

  function told(shape, digits) {
    const price = (value) => value.toFixed(digits);
    const edges = shape.bottom === null ? "" : shape.bottom === shape.top ? ` at ${price(shape.bottom)}` : ` ${price(shape.bottom)} to ${price(shape.top)}`;
    return `${SIDES[shape.drawing.side]} ${shape.kind.name}${edges} (formed ${Trades.moment(shape.formed)}, known ${Trades.moment(shape.known)})`.trim();
  }

  // The same in words: the trade, and what it was made of.
  function describe(one, trade, kinds) {
    const shapes = one ? shapes_of(one, kinds) : [], named = (role) => shapes.filter((shape) => shape.role === role).map((shape) => told(shape, one.digits));
    const levels = `Entry ${trade.entry_text}, stop ${trade.stop_text}, target ${trade.target_text}, exit ${trade.exit_text} by ${trade.exit_reason.replaceAll("_", " ")}, ${Trades.moment(trade.closed)} UTC.`;
    const way = trade.mae === null ? "" : ` MAE ${trade.mae.toFixed(2)} R, MFE ${trade.mfe.toFixed(2)} R.`;
    const made = one && !shapes.length ? "" : named("cause").length ? `Caused by ${named("cause").join("; ")}.` : one ? "Which zone caused it cannot be told." : "This trade is not among those shown on their bars.";
    const parts = named("part").length ? ` Made of ${named("part").join("; ")}.` : "";
    const known = one && one.decided !== null ? ` The dotted line is the close at which it was decided${shapes.length ? "; zones are drawn as known then, none later" : ""}.` : "";
    return `${levels}${way}\n${`${made}${parts}${known}`.trim()}`;
  }

  const headline = (trade) =>
    `No. ${trade.at + 1}: ${trade.side > 0 ? "long" : "short"} ${trade.symbol} ${Trades.moment(trade.opened)} UTC, net ${Trades.money(trade.net)}, ${Trades.ratio(trade.r)} R`;

  return { draw, describe, headline };
})();
