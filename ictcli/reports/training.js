// Draws the figures of the chosen model in #data.
(() => {
  const models = JSON.parse(document.getElementById("data").textContent);
  const body = document.body, choice = document.getElementById("model");
  let round = 0, printing = false;

  // All charts start at once, since printing does not wait.
  async function draw(paper = printing) {
    const mine = ++round, chosen = document.getElementById(`model-${choice.value}`);
    printing = paper;
    body.dataset.drawing = "yes";
    for (const section of document.querySelectorAll("main > section")) section.hidden = section !== chosen;
    await Promise.all(Object.entries(models[choice.value]).map(([name, figure]) =>
      Figures.draw(chosen.querySelector(`[data-chart="${name}"]`), figure, printing)));
    if (mine !== round) return;
    delete body.dataset.drawing;
    body.dataset.ready = "yes";
  }

  choice.addEventListener("change", () => draw());
  Figures.dress(document.getElementById("theme"), draw);
  draw();
})();
