"""The page in a real browser: no complaints, no requests, and the shapes that the model says."""

import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

from ictcli.reports.chart_page import page
from ictcli.reports.detection_chart import Chart, build_chart
from tests.reports.browser import Browser, browser, find_chromium
from tests.reports.charts import KEY, found_on, walk

SIZE = 400
EVERYTHING = """
for (const one of document.querySelectorAll("#kinds input, #ended")) if (!one.checked) one.click();
"""
DRAWN = """
(() => {
  const traces = document.getElementById("plot").data, count = (some, unit) =>
    some.reduce((sum, trace) => sum + trace.x.filter((value) => value === null).length, 0);
  const named = (form) => traces.filter((trace) => trace.name.endsWith(" " + form));
  return {
    zone: count(named("zone")), level: count(named("level")), break: count(named("break")),
    point: traces.find((trace) => trace.name === "points").x.length,
    bars: traces.find((trace) => trace.type === "candlestick").x.length,
    window: document.getElementById("plot").layout.shapes.length,
    right: Math.max(...named("zone").concat(named("level")).flatMap((trace) => trace.x)),
    candles: document.querySelectorAll("#plot path.box").length,
    marks: document.querySelectorAll("#plot .points path.point").length,
  };
})()
"""


@pytest.fixture(scope="module")
def chart() -> Chart:
    bars = walk(SIZE)
    return build_chart(KEY, bars, found_on(bars))


@pytest.fixture(scope="module")
def saved(chart: Chart, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("chart") / "chart.html"
    path.write_text(page(chart), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def window(saved: Path) -> Iterator[Browser]:
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium found: install the package chromium to test charts in a browser")
    with browser(program, saved.parent / "profile") as found:
        yield found


@pytest.fixture
def tab(window: Browser, saved: Path) -> Browser:
    """The page, freshly loaded."""
    window.open(saved)
    return window


def move(tab: Browser, position: int) -> dict[str, Any]:
    tab.run(
        f'(() => {{ const at = document.getElementById("position"); at.value = {position};'
        ' at.dispatchEvent(new Event("input")); })()'
    )
    tab.settle()
    found: dict[str, Any] = tab.run(DRAWN)
    return found


def moment(tab: Browser) -> str:
    return str(tab.run('document.getElementById("moment").textContent'))


def colours(tab: Browser) -> int:
    """How many different colours the page shows."""
    image = (imread(io.BytesIO(tab.screenshot()))[:, :, :3] * 255).astype(np.int64)
    return len(np.unique(image @ np.array([65536, 256, 1])))


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_loads_without_complaint_or_request(tab: Browser, saved: Path, dark: bool) -> None:
    tab.open(saved, dark=dark)
    assert colours(tab) > 200
    assert tab.problems == []
    assert [url.split("/")[-1] for url in tab.requests] == ["chart.html"]
    assert tab.run("document.documentElement.dataset.theme") == ("dark" if dark else "light")


def test_every_position_of_the_slider_draws_what_the_model_says(tab: Browser, chart: Chart) -> None:
    tab.run(EVERYTHING)
    for position in (SIZE - 1, 200, 199, 57, 3):
        drawn = move(tab, position)
        shapes = chart.at(position)
        expected = Counter(shape.drawing.form for shape in shapes)
        for form in ("zone", "level", "break", "point", "window"):
            assert drawn[form] == expected[form], (position, form)
        assert drawn["bars"] == drawn["candles"] == position + 1
        assert drawn["marks"] == drawn["point"]
        assert drawn["right"] <= position + 0.5
    assert tab.problems == []


def test_the_slider_obeys_the_keyboard(tab: Browser) -> None:
    tab.run('document.getElementById("position").focus()')
    seen = []
    for key in ("ArrowLeft", "ArrowLeft", "ArrowRight", "Home", "End"):
        tab.press(key)
        seen.append(moment(tab).split(" · ")[1])
    assert seen == [f"bar {bar} of {SIZE}" for bar in (SIZE - 1, SIZE - 2, SIZE - 1, 1, SIZE)]


def test_kinds_are_switched_one_by_one(tab: Browser) -> None:
    names = '[...document.getElementById("plot").data].map((trace) => trace.name.split(" ")[0])'
    assert "fvg" in tab.run(names)
    tab.run(
        '[...document.querySelectorAll("#kinds label")].find((row) => row.children[3].textContent === "fvg")'
        ".control.click()"
    )
    tab.settle()
    assert "fvg" not in tab.run(names)


def test_the_pointer_shows_what_lies_under_it(tab: Browser, chart: Chart) -> None:
    box = tab.run(
        "(({ left, top, width, height }) => [left, top, width, height])"
        '(document.querySelector(".nsewdrag").getBoundingClientRect())'
    )
    low, high = tab.run('document.getElementById("plot").layout.yaxis.range')
    left, right = tab.run('document.getElementById("plot").layout.xaxis.range')
    gap = next(
        shape
        for shape in reversed(chart.at(SIZE - 1))
        if shape.drawing.kind == "fvg" and shape.live and low < (shape.bottom or 0) < (shape.top or 0) < high
    )
    price = ((gap.bottom or 0) + (gap.top or 0)) / 2
    x = box[0] + box[2] * ((gap.left + gap.right) / 2 - left) / (right - left)
    y = box[1] + box[3] * (high - price) / (high - low)
    tab.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    note = str(tab.run('document.getElementById("details").textContent'))
    assert gap.drawing.id in note
    assert f"{gap.bottom:.2f} to {gap.top:.2f}" in note
    assert note.splitlines()[1].startswith("open ")


FILLED = """
(() => {
  const drawn = document.querySelector("#plot .main-svg").getBoundingClientRect();
  return drawn.bottom - document.querySelector("footer").getBoundingClientRect().top;
})()
"""


@pytest.mark.parametrize("height", [500, 800, 1100])
def test_the_chart_reaches_down_to_the_slider_at_every_height(tab: Browser, height: int) -> None:
    tab.send(
        "Emulation.setDeviceMetricsOverride", width=1400, height=height, deviceScaleFactor=1, mobile=False
    )
    tab.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    tab.settle()
    assert abs(tab.run(FILLED)) < 2


def test_the_list_of_kinds_needs_no_scrolling_at_first(tab: Browser) -> None:
    needed, given, opened = tab.run(
        "(({ scrollHeight, clientHeight, children }) => [scrollHeight, clientHeight,"
        ' [...children].filter((one) => one.open).length])(document.getElementById("kinds"))'
    )
    assert needed <= given
    assert opened >= 2


def test_no_words_stand_over_others(tab: Browser) -> None:
    boxes = tab.run(
        '[...document.querySelectorAll("#plot .textpoint text, #plot .annotation-text")]'
        ".map((one) => one.getBoundingClientRect()).map((box) => [box.left, box.top, box.right, box.bottom])"
    )
    assert len(boxes) > 10
    for at, one in enumerate(boxes):
        for other in boxes[:at]:
            across = min(one[2], other[2]) - max(one[0], other[0])
            down = min(one[3], other[3]) - max(one[1], other[1])
            assert across <= 2 or down <= 2
