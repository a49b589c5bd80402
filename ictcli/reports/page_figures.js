"use strict";
// Figures of pages: a colour in them is `@part` or `@part/opacity`, which the style sheet gives for light and dark.
const Figures = (() => {
  const root = document.documentElement;
  const settings = { displayModeBar: false, responsive: true };
  const night = matchMedia("(prefers-color-scheme: dark)");

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

  // Words in cells that are too narrow for them would lie over one another; they stay under the pointer.
  const crowded = ({ type, x }, width) => type === "heatmap" && width / x.length < 44;

  // Paper is narrower than the window: a figure for it has the width of its box.
  function draw(box, figure, printing) {
    const width = printing ? { width: box.clientWidth } : { autosize: true };
    const data = figure.data.map((trace) => (crowded(trace, box.clientWidth) ? { ...trace, texttemplate: "" } : trace));
    return Plotly.react(box, painted(data), { ...layout(figure), ...width, showlegend: figure.data.length > 1 }, settings);
  }

  // Wears the theme of the system, another at the press of the button, and paper's while it prints.
  function dress(button, drawn) {
    let before = "", printing = false;
    const show = (theme) => { root.dataset.theme = theme; return drawn(printing); };
    const usual = () => (night.matches ? "dark" : "light");
    night.addEventListener("change", () => show(usual()));
    button.addEventListener("click", () => show(root.dataset.theme === "dark" ? "light" : "dark"));
    addEventListener("beforeprint", () => {
      [before, printing] = [root.dataset.theme, true];
      document.body.classList.add("printing");
      for (const one of document.querySelectorAll("details")) one.open = true;
      show("light");
    });
    addEventListener("afterprint", () => {
      printing = false;
      document.body.classList.remove("printing");
      show(before);
    });
    root.dataset.theme = usual();
  }

  return { draw, dress, painted, tone };
})();
