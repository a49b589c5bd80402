// Starts the page: figures in turn, those in view first; then the list of trades and the chart of one.
(() => {
  const { figures, trades, windows } = JSON.parse(document.getElementById("data").textContent);
  const body = document.body, box = (id) => document.getElementById(id);
  const drawn = new Map(windows.shown.map((one) => [one.trade, one]));
  const order = [...drawn.keys()], page = { round: 0, chosen: order[0] ?? -1, printing: false, list: null };
  const data = box("list") ? Trades.table(trades) : null;

  const idle = () => new Promise((done) => (window.requestIdleCallback ? requestIdleCallback(done, { timeout: 100 }) : setTimeout(done)));
  const places = [...document.querySelectorAll("[data-chart]")];

  function window_chart() {
    const one = drawn.get(page.chosen);
    if (!data || page.chosen < 0) return null;
    const trade = data.trade(page.chosen);
    if (box("which")) {
      box("which").textContent = TradeChart.headline(trade);
      box("why").textContent = TradeChart.describe(one, trade, windows.kinds);
      box("before").disabled = order.indexOf(page.chosen) === 0;
      box("after").disabled = order.indexOf(page.chosen) === order.length - 1;
    }
    box("bars")?.toggleAttribute("hidden", !one);
    return one && box("bars") ? TradeChart.draw(one, trade, windows, box("others").checked) : null;
  }

  const in_view = ({ place }) => place.getBoundingClientRect().bottom > 0 && place.getBoundingClientRect().top < innerHeight;

  // What is in view is drawn first, the rest while nobody waits; for paper everything at once, since printing does not wait.
  async function draw(paper = page.printing) {
    const mine = ++page.round;
    const jobs = places.map((place) => ({ place, run: () => Figures.draw(place, figures[place.dataset.chart], paper) }));
    if (box("bars")) jobs.splice(3, 0, { place: box("bars"), run: window_chart });
    page.printing = paper;
    body.dataset.drawing = "yes";
    if (paper) {
      await Promise.all(jobs.map(({ run }) => run()));
    } else {
      const first = jobs.filter(in_view);
      for (const { run } of first) await run();
      body.dataset.ready = "yes";
      for (const { run } of jobs.filter((job) => !first.includes(job))) {
        await idle();
        if (mine !== page.round) return;
        await run();
      }
    }
    if (mine === page.round) delete body.dataset.drawing;
  }

  function choose(at) {
    page.chosen = at;
    page.list.mark(at);
    return window_chart();
  }

  function step(by) {
    const now = order.indexOf(page.chosen), next = now < 0 ? 0 : now + by;
    if (next >= 0 && next < order.length) choose(order[next]);
  }

  function listen() {
    page.list = Trades.list(data, drawn, choose);
    if (!box("window")) return;
    box("others").parentElement.hidden = !windows.kinds.length;
    page.list.mark(page.chosen);
    box("before").addEventListener("click", () => step(-1));
    box("after").addEventListener("click", () => step(1));
    box("others").addEventListener("change", window_chart);
    box("window").addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by) { step(by); event.preventDefault(); }
    });
    let width = box("bars").clientWidth;
    new ResizeObserver(() => {
      if (page.printing || !width || width === box("bars").clientWidth) { width ||= box("bars").clientWidth; return; }
      width = box("bars").clientWidth;
      window_chart();
    }).observe(box("bars"));
  }

  Figures.dress(box("theme"), draw);
  if (data) listen();
  draw();
})();
