"""The charts of an account: a fall is drawn when it was, and nowhere else."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from matplotlib.image import imread

from ictcli.clock import from_datetime
from ictcli.engine.trades import TRADES
from ictcli.reports.run_curve import Curve, curve_of
from ictcli.reports.run_figures import account_charts
from ictcli.reports.run_picture import run_picture
from ictcli.reports.run_story import RunStory
from ictcli.research.metrics.values import Equity
from tests.reports.stories import story

BEGUN = datetime(2024, 3, 12, 8, tzinfo=UTC)
HOUR = 3_600_000
OPENING = 1_000.0


def moment(hour: float) -> datetime:
    return BEGUN + timedelta(hours=hour)


@pytest.fixture(scope="module")
def winners() -> RunStory:
    """Two trades that made 50 each, after standing 20 below their entry: 2 to 4 o'clock, 6 to 10 o'clock."""
    rows = [
        {
            "net": Decimal("50.00"), "risk": Decimal("100.00"), "commission": Decimal("0.00"), "mae_r": 0.2,
            "opened_at": moment(opened), "closed_at": moment(closed), "mae_at": moment(worst), "exits": 1,
            "symbol": "EURUSD", "r_multiple": 0.5,
        }
        for opened, closed, worst in ((2, 4, 3), (6, 10, 7))
    ]  # fmt: skip
    marks = [(4, 1050.0, 1050.0), (9, 1050.0, 1070.0), (10, 1100.0, 1100.0), (14, 1100.0, 1100.0)]
    ts = np.array([from_datetime(moment(hour)) for hour, _, _ in marks], np.int64)
    known = Equity(ts, *(np.array([mark[at] for mark in marks]) for at in (1, 2)))
    trades = pa.Table.from_pylist(rows, TRADES)
    curve = curve_of(trades, known, OPENING, from_datetime(BEGUN))
    return replace(story(2, bars=False), trades=trades, curve=curve)


def traces(told: RunStory, name: str) -> dict[str, Any]:
    (chart,) = (one for one in account_charts(told) if one.name == name)
    return {one["name"]: one for one in chart.data}


def hours(values: list[int | None]) -> list[float | None]:
    begun = from_datetime(BEGUN) // 1_000_000
    return [None if one is None else (one - begun) / HOUR for one in values]


def test_a_page_draws_an_open_loss_at_its_moment_alone(winners: RunStory) -> None:
    found = traces(winners, "drawdown")
    assert found["balance"]["y"] == [0.0] * 5
    needles = found["open losses included"]
    assert hours(needles["x"]) == [3, 3, None, 7, 7, None]
    assert needles["y"] == [0.0, -2.0, None, 0.0, pytest.approx(-100 * 20 / 1050, abs=1e-4), None]


def test_equity_is_drawn_at_marks_and_not_between_them(winners: RunStory) -> None:
    equity = traces(winners, "equity")["equity"]
    assert (equity["mode"], hours(equity["x"]), equity["y"]) == ("markers", [9], [1070.0])


def test_the_caption_says_what_a_needle_is_and_how_deep_the_deepest(winners: RunStory) -> None:
    (chart,) = (one for one in account_charts(winners) if one.name == "drawdown")
    assert "A needle adds open losses where they were worst, at that moment alone" in chart.about
    assert "The deepest is 2.00 %" in chart.about


def test_an_account_whose_open_losses_nobody_knows_has_no_needles(winners: RunStory) -> None:
    trades = winners.trades.drop_columns(["mae_r"])
    curve = curve_of(trades, None, OPENING, from_datetime(BEGUN))
    (chart,) = (one for one in account_charts(replace(winners, curve=curve)) if one.name == "drawdown")
    assert [one["name"] for one in chart.data] == ["balance"]
    assert "open losses not known. The deepest is 0.00 %" in chart.about


def test_a_picture_fills_no_fall_where_nothing_was_lost(winners: RunStory) -> None:
    fallen = replace(winners, curve=held(winners.curve))
    assert painted(winners) < 0.02 < painted(fallen)


def held(curve: Curve) -> Curve:
    """The same account, had it lost what it only stood below for a moment."""
    return replace(curve, fall=curve.drawdown)


def painted(told: RunStory) -> float:
    """Share of the drawdown's panel that is coloured."""
    image = imread(io.BytesIO(run_picture(told)))[:, :, :3]
    height, width = image.shape[:2]
    panel = image[int(0.57 * height) : int(0.67 * height), int(0.09 * width) : int(0.98 * width)]
    return float((panel[:, :, 0] - panel[:, :, 2] > 0.1).mean())
