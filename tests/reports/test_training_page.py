"""A training's page: complete, self-contained, and clean in a real browser."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ictcli.reports.offline_page import offline_page
from ictcli.reports.training_charts import training_charts
from ictcli.reports.training_page import training_page, write_training_page
from tests.reports.browser import Browser, browser, find_chromium
from tests.reports.trainings import card, training

DRAWN = """
[...document.querySelectorAll("main > section:not([hidden]) [data-chart]")]
  .filter((one) => one.querySelector(".cartesianlayer .trace"))
  .map((one) => one.dataset.chart)
"""
USUAL = ["accuracy", "auc", "calibration", "probabilities", "results", "balance", "features"]


def own_part(page: str) -> str:
    """The page without the program of the library."""
    return re.sub(r"<script>.*?</script>", "", page, flags=re.S)


def names(model: dict[str, Any]) -> list[str]:
    return [chart.name for chart in training_charts(model)]


def test_every_chart_has_data_and_a_place() -> None:
    model = training(several=True)
    page = training_page([(model, card())])
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found is not None
    (figures,) = json.loads(found[1])
    assert sorted(figures) == sorted([*USUAL, "weights", "losses"])
    for name, figure in figures.items():
        assert f'data-chart="{name}"' in page
        assert all(len(trace["x"]) == len(trace["y"]) > 0 for trace in figure["data"])


def test_nothing_is_asked_of_the_network() -> None:
    page = own_part(training_page([(training(), card())]))
    assert "default-src 'none'" in page
    assert not re.search(r"""(?:src|href)=|https?://|@import|url\(""", page)


def test_what_people_wrote_is_text_and_no_markup() -> None:
    page = own_part(training_page([(training(), card())]))
    assert "<b></b>" not in page
    assert "--name &lt;b&gt;" in page
    assert "&lt;spread&gt;" in page


def test_the_banner_answers_four_questions() -> None:
    page = training_page([(training(), card())])
    assert "Verdict: no edge" in page
    assert page.count("<li class=yes>") == 2
    assert "2 of 4 conditions hold" in page


def test_all_signals_are_drawn_beside_those_taken() -> None:
    (results,) = (one for one in training_charts(training(strategy="fvg_retest")) if one.name == "results")
    assert [trace["name"] for trace in results.data] == ["all signals", "trades taken", "drawdown"]


def test_a_threshold_that_is_never_met_is_not_marked() -> None:
    (found,) = (
        one for one in training_charts(training(strategy="fvg_retest")) if one.name == "probabilities"
    )
    assert [one["text"] for one in found.layout["annotations"]] == ["take above<br>57.0 %"]


def test_a_model_moved_by_nothing_has_no_chart_of_features() -> None:
    model = training()
    model["importance"] = [{"name": "rsi", "share": 0.0}]
    assert "features" not in names(model)


def test_versions_without_pictures_show_the_rest() -> None:
    model = training()
    del model["pictures"]
    assert names(model) == ["accuracy", "auc", "calibration", "features"]
    assert "Quality of the data" in training_page([(model, card())])


def test_an_opened_lockbox_has_its_own_table() -> None:
    model = training()
    assert "Lockbox, opened" not in training_page([(model, card())])
    model["lockbox"] = {"opened": 1, "events": 60, **model["scores"]}
    assert "Lockbox, opened" in training_page([(model, card())])


def test_the_same_training_gives_the_same_page() -> None:
    assert training_page([(training(), card())]) == training_page([(training(), card())])


def test_data_cannot_end_their_element() -> None:
    page = offline_page(
        "training.html",
        ("training.css",),
        ("training.js",),
        ["</script>"],
        title="",
        alone="",
        options="",
        models="",
    )
    assert "\\u003c/script\\u003e" in page


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium found: install the package chromium to test pages in a browser")
    with browser(program, tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_a_browser_draws_all_charts_without_complaint(
    window: Browser, tmp_path: Path, width: int, *, dark: bool
) -> None:
    path = tmp_path / "training.html"
    write_training_page(path, [(training(several=True), card()), (training(strategy="fvg_retest"), card())])
    window.open(path, width, dark=dark)
    assert set(window.run(DRAWN)) == {*USUAL, "weights", "losses"}
    window.run("(choice => { choice.value = '1'; choice.dispatchEvent(new Event('change')); })(model)")
    window.settle()
    assert set(window.run(DRAWN)) == set(USUAL)
    assert window.run("document.documentElement.scrollWidth") <= width
    assert window.problems == []
    assert [url for url in window.requests if not url.startswith(("file:", "data:", "blob:"))] == []
