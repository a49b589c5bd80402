"use strict";
// Where words stand on the page: the most telling first, none over another, candles left free where possible;
// the same rules as the module chart_labels of the package, which serves pictures.
const Labels = (() => {
  const LINE = 15, LANES = 3, MARK = 7;
  const RANK = { setup: 0, break: 1, point: 2, level: 3, zone: 4 };

  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "11px system-ui, sans-serif";
  const breadth = (text) => Math.ceil(pen.measureText(text).width) + 2;

  const overlap = (one, other) => one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
  const box = (x, y, width) => [x, y, x + width, y + LINE];

  // Words of a shape: its caption; setups tell how they ended once they have.
  function words({ drawing, live, state }) {
    return live || drawing.form !== "setup" ? drawing.caption : `${drawing.caption} · ${drawing.label || state}`;
  }

  // Rectangles where the words of a shape could stand, in pixels from the upper left corner, the best first.
  function* boxes(shape, frame, width) {
    const { drawing, left, right, bottom, top } = shape, { form, side, plan } = drawing;
    if (bottom === null || (form === "point" && frame.wide < 1.6)) return;
    const across = (bar) => (bar - frame.left) * frame.wide, down = (price) => (frame.high - price) * frame.tall;
    const middle = down((bottom + top) / 2);
    if (form === "zone" || form === "level") {
      const end = Math.min(across(right), frame.width);
      if (right >= frame.newest && end < frame.width) yield box(end + 4, middle - LINE / 2, width);
      else if (end - Math.max(0, across(left)) > width + 4) yield box(end - width - 2, form === "zone" ? middle - LINE / 2 : middle - LINE - 1, width);
      return;
    }
    const above = (side < 0) !== (form === "break"), away = form === "point" ? MARK : 1;
    const start = across(left) - (form === "point" ? width / 2 : 0), prices = plan || [bottom, top];
    const beside = (y, up) => box(start, up ? y - LINE - away : y + away, width);
    yield beside(down(above ? Math.max(...prices) : Math.min(...prices)), above);
    yield beside(down(above ? Math.min(...prices) : Math.max(...prices)), !above);
    if (form === "break") yield box(across(left) - width - 3, middle - LINE / 2, width);
    if (form === "break") yield box(across(right) + 3, middle - LINE / 2, width);
    const edges = frame.candles(start, start + width);
    if (edges.length) yield beside(above ? Math.min(...edges.map((one) => one[0])) : Math.max(...edges.map((one) => one[1])), above);
  }

  // What finds room: words with their centre in pixels.
  function place(shapes, frame) {
    const taken = [], found = [];
    const named = shapes.filter((shape) => shape.drawing.form !== "window" && words(shape));
    named.sort((a, b) => RANK[a.drawing.form] - RANK[b.drawing.form] || b.live - a.live || b.left - a.left);
    for (const shape of named) {
      const text = words(shape), width = breadth(text);
      const free = [...boxes(shape, frame, width)].filter((one) =>
        one[0] >= 0 && one[2] <= frame.width && one[1] >= 0 && one[3] <= frame.height && !taken.some((other) => overlap(one, other)));
      const clear = free.find((one) => !frame.candles(one[0], one[2]).some(([high, low]) => high < one[3] && low > one[1]));
      const best = clear || (["break", "setup"].includes(shape.drawing.form) ? free[0] : null);
      if (!best) continue;
      taken.push(best);
      found.push({ shape, text, x: (best[0] + best[2]) / 2, y: (best[1] + best[3]) / 2 });
    }
    return found;
  }

  // Windows in view with the row above the chart in which each is named; none where not all find room.
  function lanes(shapes, frame) {
    const ends = Array(LANES).fill(-Infinity), found = [];
    const windows = shapes.filter((shape) => shape.drawing.form === "window");
    for (const shape of windows.sort((a, b) => a.left + a.right - b.left - b.right)) {
      const text = words(shape), middle = ((shape.left + shape.right) / 2 - frame.left) * frame.wide, half = breadth(text) / 2;
      if (middle < half || middle > frame.width - half) continue;
      const lane = ends.findIndex((end) => end <= middle - half);
      if (lane < 0) return [];
      ends[lane] = middle + half + 4;
      found.push({ shape, text, lane, x: (shape.left + shape.right) / 2 });
    }
    return found;
  }

  return { place, lanes, LANES };
})();
