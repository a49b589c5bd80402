"use strict";
// Draws the figures in #data; colours in them are names of parts, which the style sheet gives for light and dark.
(() => {
  const models = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement, body = document.body, choice = document.getElementById("model");
  const night = matchMedia("(prefers-color-scheme: dark)");
  const settings = { displayModeBar: false, responsive: true };
  let round = 0;

  const tone = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
  function colour(text) {
    const [name, share] = text.slice(1).split("/");
    return tone(name) + (share ? Math.round(255 * share).toString(16).padStart(2, "0") : "");
  }
  function painted(value) {
    if (typeof value === "string") return value.startsWith("@") ? colour(value) : value;
    if (Array.isArray(value)) return value.map(painted);
    if (!value || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, painted(one)]));
  }

  function layout({ layout: own, height }) {
    const axis = { gridcolor: "@grid", linecolor: "@grid", zeroline: false, automargin: true, fixedrange: true };
    const axes = { xaxis: {}, yaxis: {}, ...own };
    for (const name of Object.keys(axes).filter((key) => /^[xy]axis/.test(key))) axes[name] = { ...axis, ...axes[name] };
    return painted({
      ...axes, height, margin: { l: 10, r: 10, t: 26, b: 10 }, paper_bgcolor: "@paper", plot_bgcolor: "@paper", dragmode: false,
      font: { color: "@ink", size: 12, family: "system-ui, sans-serif" }, hoverlabel: { namelength: 0 },
      legend: { orientation: "h", x: 1, xanchor: "right", y: 1, yanchor: "bottom", ...own.legend },
    });
  }

  async function draw() {
    const mine = ++round;
    body.dataset.drawing = "yes";
    for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== `model-${choice.value}`;
    for (const [name, figure] of Object.entries(models[choice.value])) {
      const box = document.querySelector(`#model-${choice.value} [data-chart="${name}"]`);
      const many = figure.data.length > 1;
      await Plotly.react(box, painted(figure.data), { ...layout(figure), showlegend: many }, settings);
      if (mine !== round) return;
    }
    delete body.dataset.drawing;
    body.dataset.ready = "yes";
  }

  function show(theme) {
    root.dataset.theme = theme;
    return draw();
  }
  const usual = () => (night.matches ? "dark" : "light");
  choice.addEventListener("change", draw);
  night.addEventListener("change", () => show(usual()));
  document.getElementById("theme").addEventListener("click", () => show(root.dataset.theme === "dark" ? "light" : "dark"));
  let before = "";
  addEventListener("beforeprint", () => {
    before = root.dataset.theme;
    for (const one of document.querySelectorAll("details")) one.open = true;
    show("light");
  });
  addEventListener("afterprint", () => show(before));
  show(usual());
})();
