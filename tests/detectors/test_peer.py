"""Agreement with the library smartmoneyconcepts on confirmed history, and its replay beside ours."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from numpy.typing import NDArray

from benchmarks.peer.agreement import (
    compare_gaps,
    compare_swings,
    our_swings,
    surviving_swings,
    tied_swings,
)
from benchmarks.peer.harness import ABSENT, peer_facts, peer_outputs, peer_python
from benchmarks.peer.market_files import read_market_file
from benchmarks.peer.rewrites import our_rewrites
from ictcli.market.bars import Bars

FILES = ("EURUSD_M15_brokerB2023.parquet", "XAUUSD_M1_ftmo.parquet", "BTCUSDT_M5_bybit.parquet")
BARS = 4000


@pytest.fixture(scope="module", params=FILES)
def market_bars(request: pytest.FixtureRequest, real_data: Path) -> Bars:
    return read_market_file(real_data / "bars" / request.param).slice(0, BARS)


@pytest.fixture(scope="module")
def library() -> None:
    """The library in its own environment, or a skip that says how to make it."""
    if peer_python() is None:
        pytest.skip(ABSENT)


@pytest.mark.usefixtures("library")
def test_confirmed_gaps_agree_with_the_library_to_the_row_and_point(market_bars: Bars) -> None:
    found = compare_gaps(market_bars)
    assert found.both > 100
    assert (found.only_ours, found.only_theirs) == (0, 0)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("length", [2, 5])
def test_swings_agree_with_the_library_wherever_they_must(market_bars: Bars, length: int) -> None:
    found = compare_swings(market_bars, length)
    assert found.both > 100
    assert (found.only_ours, found.only_theirs) == (0, 0)
    assert found.ties < found.both / 4


def test_runs_of_one_kind_keep_the_most_extreme_swing() -> None:
    swings = [(3, 1, 10), (5, 1, 12), (8, -1, 4), (9, -1, 5), (12, 1, 11)]
    assert surviving_swings(swings) == {(5, 1, 12), (8, -1, 4), (12, 1, 11)}


def test_the_first_of_equal_swings_of_one_kind_survives() -> None:
    assert surviving_swings([(3, 1, 10), (5, 1, 10)]) == {(3, 1, 10)}


def test_ties_are_bars_that_an_earlier_bar_equals_and_none_exceeds(build: Callable[..., Bars]) -> None:
    highs = [5, 9, 6, 9, 7, 5, 5]
    bars = build([(2, high, 1, 2) for high in highs])
    assert {row for row, kind, _ in tied_swings(bars, 3) if kind == 1} == {3}


def test_our_swings_have_one_bar_less_on_the_left(build: Callable[..., Bars]) -> None:
    highs = [5, 9, 6, 7, 6, 5, 5]
    bars = build([(2, high, 1, 2) for high in highs])
    assert {row for row, kind, _ in our_swings(bars, 2) if kind == 1} == {1, 3}


@pytest.mark.usefixtures("library")
def test_the_library_rewrites_readings_where_we_rewrite_none(market_bars: Bars) -> None:
    bars = market_bars.slice(0, 420)
    names = ("swing_highs_lows", "liquidity", "fvg")
    theirs = peer_facts("replay", bars, names, length=5, first=341, every=1)
    assert theirs["swing_highs_lows"]["vanished"] > 0
    assert theirs["liquidity"]["vanished"] > 0
    assert theirs["fvg"]["vanished"] == 0
    ours = our_rewrites(bars, first=341, every=8)
    assert ours.records > 1000
    assert ours.vanished == 0


@pytest.mark.usefixtures("library")
def test_columns_of_the_library_have_one_cell_per_bar(market_bars: Bars) -> None:
    columns: dict[str, NDArray[Any]] = peer_outputs(market_bars.slice(0, 300), ("fvg", "ob"), 5)
    assert {"fvg.FVG", "fvg.Top", "ob.OB", "ob.Top"} <= set(columns)
    assert {len(column) for column in columns.values()} == {300}
