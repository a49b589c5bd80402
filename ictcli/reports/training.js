"use strict";
// Draws the figures in #data; colours in them are names of parts, which the style sheet gives for light and dark.
(() => {
  const models = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement, body = document.body, choice = document.getElementById("model");
  const night = matchMedia("(prefers-color-scheme: dark)");
  const settings = { displayModeBar: false, responsive: true };
  let round = 0, printing = false, before = "";

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
      ...axes, height, margin: { l: 10, r: 10, t: 26, b: 10, ...own.margin }, paper_bgcolor: "@paper", plot_bgcolor: "@paper", dragmode: false,
      font: { color: "@ink", size: 12, family: "system-ui, sans-serif" }, hoverlabel: { namelength: 0 },
      legend: { orientation: "h", x: 1, xanchor: "right", y: 1, yanchor: "bottom", ...own.legend },
    });
  }

  // All charts start at once, since printing does not wait; paper is narrower than the window and has its own width.
  async function draw() {
    const mine = ++round, chosen = document.getElementById(`model-${choice.value}`);
    body.dataset.drawing = "yes";
    for (const section of document.querySelectorAll("main > section")) section.hidden = section !== chosen;
    await Promise.all(Object.entries(models[choice.value]).map(([name, figure]) => {
      const box = chosen.querySelector(`[data-chart="${name}"]`), width = printing ? { width: box.clientWidth } : { autosize: true };
      return Plotly.react(box, painted(figure.data), { ...layout(figure), ...width, showlegend: figure.data.length > 1 }, settings);
    }));
    if (mine !== round) return;
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
  addEventListener("beforeprint", () => {
    [before, printing] = [root.dataset.theme, true];
    body.classList.add("printing");
    for (const one of document.querySelectorAll("details")) one.open = true;
    show("light");
  });
  addEventListener("afterprint", () => {
    printing = false;
    body.classList.remove("printing");
    show(before);
  });
  show(usual());
})();
