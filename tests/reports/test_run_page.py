"""A run's page: complete, self-contained, honest about what it leaves out."""

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ictcli.reports.run_curve import curve_of
from ictcli.reports.run_figures import costs_by_kind
from ictcli.reports.run_heat import heat_charts
from ictcli.reports.run_page import run_page
from ictcli.reports.run_reading import verdict_of
from ictcli.reports.run_story import RunStory
from ictcli.research.metrics.values import Equity
from tests.reports.stories import story


@pytest.fixture(scope="module")
def told() -> RunStory:
    return story()


def own_part(page: str) -> str:
    """The page without its programs and data."""
    return re.sub(r"<script.*?</script>", "", page, flags=re.S)


def data_of(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found is not None
    return json.loads(found[1])


def test_every_section_has_a_link_and_every_chart_a_place(told: RunStory) -> None:
    page = run_page(told)
    sections = re.findall(r'<section id="(\w+)"', page)
    assert sections == re.findall(r'<li><a href="#(\w+)">', page)
    assert {"verdict", "account", "trades", "results", "when", "parts", "metrics"} < set(sections)
    assert {"execution", "refused", "studies", "assumptions", "provenance"} < set(sections)
    figures = data_of(page)["figures"]
    assert sorted(figures) == sorted(re.findall(r'data-chart="(\w+)"', own_part(page)))
    assert {
        "equity",
        "drawdown",
        "months",
        "sessions",
        "hours",
        "results",
        "excursions",
        "costs",
        "parts",
    } == set(figures)
    assert all(trace["x"] for figure in figures.values() for trace in figure["data"])


def test_nothing_is_asked_of_the_network(told: RunStory) -> None:
    page = own_part(run_page(told))
    assert "default-src 'none'" in page
    assert not re.search(r"""(?:src|href)=(?!"#)|https?://|@import|url\(""", page)


def test_what_people_wrote_is_text_and_no_markup(told: RunStory) -> None:
    page = own_part(run_page(told))
    assert "<b></b>" not in page
    assert "from sim &lt;b&gt;" in page
    assert "&lt;own&gt;.py" in page
    assert "&lt;second&gt;" in page
    assert "<second>" not in run_page(told).replace("\\u003c", "")


def test_a_run_without_trades_says_so() -> None:
    page = own_part(run_page(story(0)))
    assert "No trades" in page
    assert "there is nothing to draw" in page
    assert "data-chart" not in page
    assert "in_position" in page


def test_the_same_story_gives_the_same_page(told: RunStory) -> None:
    assert run_page(told) == run_page(told)


def test_what_was_left_out_is_stated() -> None:
    page = own_part(run_page(story(4_000, bars=False)))
    assert re.search(r"1,[45]\d\d of 4,000 trades are drawn, the extremes among them", page)
    assert re.search(r"of 4,001 marks are drawn", page)
    few = own_part(run_page(story(30)))
    assert "are drawn" not in few


@pytest.mark.parametrize(
    ("trades", "low", "high", "tone", "word"),
    [
        (30, 0.01, 0.3, "good", "Edge shown on this data"),
        (30, -0.1, 0.3, "open", "No edge shown"),
        (30, -0.3, -0.01, "bad", "A loss is shown"),
        (29, 0.01, 0.3, "open", "Too few trades to tell"),
        (29, -0.3, -0.01, "open", "Too few trades to tell"),
        (1, None, None, "open", "Too few trades to tell"),
        (0, None, None, "open", "No trades"),
    ],
)
def test_the_verdict_follows_the_interval_and_not_the_mean(
    trades: int, low: float | None, high: float | None, tone: str, word: str
) -> None:
    mean = {"value": 0.1, "low": low, "high": high, "n": trades}
    found = verdict_of({"net_expectancy_r": mean, "trades": {"value": trades}}, 0.95)
    assert (found.tone, found.word) == (tone, word)
    assert found.sentence.startswith(word)


def test_costs_by_kind_add_up_to_all_costs(told: RunStory) -> None:
    found = costs_by_kind(told)
    assert found is not None
    assert sum(found.values()) == pytest.approx(2.0 * len(told.trades))
    assert found["spread"] == pytest.approx(4 * found["slippage"])  # 8 points against 2


def test_trades_whose_excursions_nobody_measured_have_no_such_chart(told: RunStory) -> None:
    import pyarrow as pa

    trades = told.trades
    for name in ("mae_r", "mfe_r", "costs"):
        at = trades.column_names.index(name)
        trades = trades.set_column(at, name, pa.nulls(len(trades), trades.schema.field(name).type))
    page = run_page(replace(told, trades=trades))
    figures = data_of(page)["figures"]
    assert "excursions" not in figures
    assert figures["costs"]["data"][0]["y"] == ["swap", "fees", "commission"]


def test_every_cell_of_every_heat_map_has_its_number_and_means_have_a_scale(told: RunStory) -> None:
    months, sessions, hours = (chart.figure()["data"][0] for chart in heat_charts(told))
    for trace in (months, sessions, hours):
        shown = [[bool(word) for word in row] for row in trace["text"]]
        assert shown == [[value is not None for value in row] for row in trace["z"]]
    assert (months["showscale"], sessions["showscale"], hours["showscale"]) == (False, True, True)


def test_a_run_without_a_signal_says_that_there_was_none() -> None:
    page = own_part(run_page(replace(story(0), refusals=[])))
    assert "the strategies asked for no entry on these bars" in page
    assert "Why signals came to nothing" not in page
    assert "the series already had a position" in own_part(run_page(story(0)))


def test_an_account_that_never_moved_is_not_drawn() -> None:
    still = story(0)
    flat = np.full(3, 10_000.0)
    curve = curve_of(still.trades, Equity(np.arange(3, dtype=np.int64), flat, flat), 10_000.0)
    assert 'data-chart="equity"' not in run_page(replace(still, curve=curve))
