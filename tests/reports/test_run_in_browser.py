"""A run's page in a real browser: every chart drawn, no complaint, no request, keys that work."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ictcli.clock import monotonic
from ictcli.reports.run_page import run_page
from tests.reports.browser import Browser, browser, find_chromium
from tests.reports.stories import story

EMPTY = """
[...document.querySelectorAll("[data-chart], #bars")]
  .filter((one) => !one.querySelector(".cartesianlayer .trace, .heatmaplayer image"))
  .map((one) => one.dataset.chart || one.id)
"""
DRAWN = '[...document.querySelectorAll("[data-chart]")].map((one) => one.dataset.chart).sort()'
USUAL = ["costs", "drawdown", "equity", "excursions", "hours", "months", "parts", "results", "sessions"]
OUTSIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
CHOSEN = 'document.getElementById("which").textContent.split(":")[0]'
CANDLES = 'document.querySelectorAll("#bars path.box").length'
FIRST = 'document.querySelector("#list tbody button").textContent'


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    (folder / "run.html").write_text(run_page(story()), encoding="utf-8")
    (folder / "none.html").write_text(run_page(story(0)), encoding="utf-8")
    return folder / "run.html"


@pytest.fixture(scope="module")
def window(saved: Path) -> Iterator[Browser]:
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium found: install the package chromium to test pages in a browser")
    with browser(program, saved.parent / "profile") as found:
        yield found


def asked(tab: Browser) -> list[str]:
    return [url for url in tab.requests if not url.startswith(("file:", "data:", "blob:"))]


def press(tab: Browser, key: str, code: int) -> None:
    for kind in ("keyDown", "keyUp"):
        tab.send("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)
    tab.settle()


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (360, True)])
def test_every_chart_is_drawn_without_complaint_or_request(
    window: Browser, saved: Path, width: int, *, dark: bool
) -> None:
    window.open(saved, width, dark=dark)
    assert window.run(DRAWN) == USUAL
    assert window.run(EMPTY) == []
    assert window.run(OUTSIDE) == 0
    assert window.run("document.documentElement.dataset.theme") == ("dark" if dark else "light")
    assert window.problems == []
    assert asked(window) == []
    window.run("Plotly.react(document.querySelector('[data-chart=months]'), [], {}).then(() => 0)")
    assert window.run(EMPTY) == ["months"]


def test_a_run_without_trades_opens_without_complaint(window: Browser, saved: Path) -> None:
    window.open(saved.parent / "none.html", 360)
    assert "nothing to draw" in window.run("document.body.innerText")
    assert window.run(OUTSIDE) == 0
    assert window.problems == []


def test_the_keyboard_reaches_everything(window: Browser, saved: Path) -> None:
    window.open(saved)
    press(window, "Tab", 9)
    assert window.run("document.activeElement.className") == "skip"
    assert window.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    candles = window.run(CANDLES)
    window.run('document.getElementById("window").focus()')
    seen = [window.run(CHOSEN)]
    for key, code in (("ArrowRight", 39), ("ArrowRight", 39), ("ArrowLeft", 37)):
        press(window, key, code)
        seen.append(window.run(CHOSEN))
    assert seen == ["No. 1", "No. 2", "No. 3", "No. 2"]
    assert candles > 30
    window.run('document.querySelector("#list tbody button").focus()')
    press(window, "ArrowDown", 40)
    assert window.run("document.activeElement.textContent") == "2"
    press(window, "PageDown", 34)
    assert window.run(FIRST) == "26"


def test_the_list_is_filtered_and_ordered(window: Browser, saved: Path) -> None:
    window.open(saved)
    for name, value in (("sign", "1"), ("order", "best")):
        window.run(
            "((box, value) => { box.value = value; box.dispatchEvent(new Event('change')); })"
            f"(document.getElementById('{name}'), '{value}')"
        )
    cells = window.run(
        '[...document.querySelectorAll("#list tbody tr")].map((row) => row.cells[9].textContent)'
    )
    amounts = [float(text.replace(",", "")) for text in cells]
    assert amounts == sorted(amounts, reverse=True)
    assert min(amounts) > 0


def test_paper_holds_every_chart_on_white(window: Browser, saved: Path) -> None:
    window.open(saved, dark=True)
    printed = base64.b64decode(window.send("Page.printToPDF", printBackground=True)["data"])
    assert 4 <= len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) <= 25
    window.settle()
    assert window.run("document.documentElement.dataset.theme") == "dark"
    assert window.run(EMPTY) == []
    assert window.problems == []


def test_paper_cuts_nothing_off(window: Browser, saved: Path) -> None:
    window.open(saved, width=720)
    window.send("Emulation.setEmulatedMedia", media="print")
    window.run("dispatchEvent(new Event('beforeprint'))")
    window.settle()
    cut = window.run(
        '[...document.querySelectorAll("main, .table, figure")].filter((one) => one.offsetParent)'
        ".filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.outerHTML.slice(0, 300))"
    )
    window.run("dispatchEvent(new Event('afterprint'))")
    window.send("Emulation.setEmulatedMedia", media="")
    assert cut == []


@pytest.mark.proof
def test_a_hundred_thousand_trades_open_within_two_seconds(
    tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium found: install the package chromium to test pages in a browser")
    path = tmp_path / "long.html"
    path.write_text(run_page(story(100_000)), encoding="utf-8")
    size = path.stat().st_size / 1e6
    with browser(program, tmp_path / "profile") as found:
        opened, whole = zip(*(_open(found, path) for _ in range(5)), strict=True)
        assert found.run(EMPTY) == []
        assert found.problems == []
    facts: dict[str, Any] = {"megabytes": round(size, 1), "trades": 100_000}
    facts["seconds until usable, browser just started"] = opened[0]
    facts |= {"seconds until usable": sorted(opened)[2], "seconds until all is drawn": sorted(whole)[2]}
    proof_facts.update(facts)
    assert size < 15
    assert sorted(opened)[2] < 2


def _open(tab: Browser, path: Path) -> tuple[float, float]:
    """Seconds until what is in view is drawn and answers, and until everything is drawn."""
    begun = monotonic()
    tab.send("Page.navigate", url=path.as_uri())
    tab.run(
        "new Promise((done) => { const look = () =>"
        " document.body?.dataset.ready ? done() : setTimeout(look, 5); look(); })"
    )
    usable = monotonic() - begun
    tab.settle()
    return round(usable, 2), round(monotonic() - begun, 2)
