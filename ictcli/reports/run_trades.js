// The trades of the page: columns as bytes, and the list that shows a page of them.
const Trades = (() => {
  const ARRAYS = { i1: Int8Array, u1: Uint8Array, u2: Uint16Array, i4: Int32Array, u4: Uint32Array, f4: Float32Array, f8: Float64Array };
  const NOTHING = -(2 ** 31), ROWS = 25;

  function unpacked({ type, data }) {
    const text = atob(data), bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    return new ARRAYS[type](bytes.buffer);
  }

  // Columns by name; a whole number that stands for nothing is null.
  function table({ size, digits, columns }) {
    const kept = {}, column = (name) => (kept[name] ??= unpacked(columns[name]));
    const word = (name, at) => columns[name].words[column(name)[at]];
    const number = (name, at, places) => {
      const value = column(name)[at];
      return value === NOTHING || Number.isNaN(value) ? null : value / 10 ** places;
    };
    const trade = (at) => {
      const symbol = word("symbol", at), places = digits[symbol] ?? 5;
      const price = (name) => number(name, at, places), fixed = (name) => (price(name) === null ? "–" : price(name).toFixed(places));
      return {
        at, symbol, places, side: column("side")[at], setup: word("setup", at), strategy: word("strategy", at), exit_reason: word("exit_reason", at),
        opened: column("opened_at")[at], closed: column("closed_at")[at], entry: price("entry"), stop: price("stop"), target: price("target"),
        exit: price("exit"), entry_text: fixed("entry"), exit_text: fixed("exit"), stop_text: fixed("stop"), target_text: fixed("target"),
        volume: number("volume", at, columns.volume.scale ?? 0), net: number("net", at, 2), costs: number("costs", at, 2),
        r: number("r_multiple", at, 0), mae: number("mae_r", at, 0), mfe: number("mfe_r", at, 0),
      };
    };
    return { size, trade, net: column("net"), symbol: column("symbol"), symbols: columns.symbol.words };
  }

  const moment = (seconds) => new Date(1000 * seconds).toISOString().slice(0, 16).replace("T", " ");
  const money = (value) => (value === null ? "–" : value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 }));
  const ratio = (value) => (value === null ? "–" : `${value < 0 ? "" : "+"}${value.toFixed(2)}`);

  // The list below the chart; `choose` is told the row of a trade that is picked.
  function list(data, drawn, choose) {
    const box = (id) => document.getElementById(id), body = document.querySelector("#list tbody");
    const state = { rows: [], first: 0, chosen: -1 };

    function select() {
      const symbol = Number(box("symbol").value), sign = Number(box("sign").value), only = box("shown").checked;
      const rows = only ? [...drawn.keys()] : [...Array(data.size).keys()];
      const fits = (at) => (symbol < 0 || data.symbol[at] === symbol) && (!sign || (sign > 0 ? data.net[at] > 0 : data.net[at] <= 0));
      state.rows = rows.filter(fits);
      const order = box("order").value;
      if (order !== "time") state.rows.sort((a, b) => (order === "best" ? data.net[b] - data.net[a] : data.net[a] - data.net[b]) || a - b);
      state.first = 0;
      show();
    }

    function cell(row, text, look) {
      const one = row.appendChild(document.createElement("td"));
      one.textContent = text;
      if (look) one.className = look;
      return one;
    }

    function line(at) {
      const one = data.trade(at), row = document.createElement("tr"), tone = one.net > 0 ? "gain" : one.net < 0 ? "loss" : "";
      row.dataset.trade = at;
      row.setAttribute("aria-selected", String(at === state.chosen));
      const pick = cell(row, "", "number").appendChild(document.createElement("button"));
      Object.assign(pick, { type: "button", textContent: String(at + 1) });
      pick.setAttribute("aria-label", `trade ${at + 1}${drawn.has(at) ? " on its bars" : ""}`);
      cell(row, moment(one.opened));
      cell(row, one.symbol);
      cell(row, one.side > 0 ? "long" : "short");
      cell(row, one.setup);
      cell(row, String(one.volume), "number");
      cell(row, one.entry_text, "number");
      cell(row, one.exit_text, "number");
      cell(row, one.exit_reason.replaceAll("_", " "));
      cell(row, money(one.net), `number ${tone}`);
      cell(row, ratio(one.r), `number ${tone}`);
      row.addEventListener("click", () => choose(at));
      return row;
    }

    function show() {
      const stop = Math.min(state.first + ROWS, state.rows.length);
      body.replaceChildren(...state.rows.slice(state.first, stop).map(line));
      box("range").textContent = stop ? `${(state.first + 1).toLocaleString("en-US")} to ${stop.toLocaleString("en-US")} of ${state.rows.length.toLocaleString("en-US")}` : "no trade fits";
      box("newer").disabled = !state.first;
      box("older").disabled = stop >= state.rows.length;
    }

    function turn(step) {
      state.first = Math.max(0, Math.min(state.first + step * ROWS, Math.floor((state.rows.length - 1) / ROWS) * ROWS));
      show();
    }

    // Marks a trade, and turns to its page where the list has it.
    function mark(at) {
      state.chosen = at;
      const place = state.rows.indexOf(at);
      if (place >= 0) state.first = Math.floor(place / ROWS) * ROWS;
      show();
    }

    function step(event) {
      const rows = [...body.children], now = rows.indexOf(document.activeElement.closest("tr"));
      const next = { ArrowDown: now + 1, ArrowUp: now - 1 }[event.key];
      if (event.key === "PageDown" || event.key === "PageUp") turn(event.key === "PageDown" ? 1 : -1);
      else if (next === undefined) return;
      else rows[Math.max(0, Math.min(next, rows.length - 1))]?.querySelector("button").focus();
      event.preventDefault();
    }

    box("symbol").add(new Option("all", -1));
    data.symbols.forEach((name, at) => box("symbol").add(new Option(name, at)));
    box("charted").hidden = !drawn.size || drawn.size === data.size;
    for (const name of ["symbol", "sign", "order", "shown"]) box(name).addEventListener("change", select);
    box("newer").addEventListener("click", () => turn(-1));
    box("older").addEventListener("click", () => turn(1));
    box("list").addEventListener("keydown", step);
    select();
    return { mark };
  }

  return { table, list, unpacked, moment, money, ratio };
})();
