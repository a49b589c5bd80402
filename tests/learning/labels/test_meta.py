"""Meta-labels: one event per filled signal, by the engine's own trades, each independent of the others."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest

from ictcli.config.records import BacktestConfig, Config
from ictcli.learning.events import LOWER, UPPER, VERTICAL, Events, Labelled
from ictcli.learning.labels.meta import meta_labels
from ictcli.learning.labels.triple_barrier import TripleBarrier, triple_barrier
from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.symbols import SymbolSpec, load_symbols
from ictcli.market.timeframes import parse_timeframe
from ictcli.research.accounts import Floor
from ictcli.research.choices import Choice, NoParams, choose_strategies
from ictcli.research.playing import decisions_of, settings_of
from ictcli.research.series import Series
from ictcli.strategies.decisions import ENTER
from ictcli.strategies.expression import Expression
from tests.learning.labels.bars import bars_of, same_but_weight
from tests.research.conftest import random_walk

FREE: dict[str, Any] = {"spread": 0, "commission": Decimal(0), "fee": Decimal(0)}
STILL = (10_000, 10_000, 10_000, 10_000)


def spec_of(symbol: str = "XAUUSD", **changes: Any) -> SymbolSpec:
    return msgspec.structs.replace(load_symbols(None).require(symbol), **changes)


def series_of(bars: Bars, spec: SymbolSpec, timeframe: str = "M1") -> Series:
    key = SeriesKey("test", spec.name, parse_timeframe(timeframe))
    return Series(key, key, "", spec, bars)


def signals_of(rows: list[dict[str, Any]]) -> Choice:
    """A strategy that says what it is told, at the bars named by ``at``."""

    def signals(bars: pl.LazyFrame, detections: pl.LazyFrame) -> pl.LazyFrame:
        told = pl.LazyFrame(rows, infer_schema_length=None).with_columns(pl.col("at").cast(pl.UInt32))
        numbered = bars.with_row_index("at").select("at", "ts")
        return told.join(numbered, on="at", how="inner", maintain_order="left").drop("at")

    return Choice(Expression("told", "", Path("told.py"), signals, ()), NoParams())


def labelled(
    bars: Bars, rows: list[dict[str, Any]], spec: SymbolSpec, config: Config | None = None
) -> Labelled:
    floor = Floor((series_of(bars, spec),), 1, (None,))
    return meta_labels(floor, signals_of(rows), config or Config())[0]


def test_a_trade_at_its_target_earns_the_way_less_every_cost() -> None:
    spec = spec_of(digits=2, spread=20, commission=Decimal(5), fee=Decimal(1), contract_size=Decimal(100))
    bars = bars_of([STILL, STILL, (10_000, 10_300, 10_000, 10_300), (10_300,) * 4], spread=10)
    found = labelled(bars, [{"at": 0, "side": 1, "stop": 99.0, "target": 102.0}], spec)
    event = found.events
    assert (event.start.tolist(), event.end.tolist(), event.side.tolist()) == ([0], [2], [1])
    assert (event.label.tolist(), event.outcome.tolist(), event.ambiguous.tolist()) == ([1], [UPPER], [False])
    assert event.long_net[0] == pytest.approx((102.0 - 100.1) / 100.1 - 12 / (100 * 100.1), abs=1e-7)
    assert event.short_net.tolist() == [0.0]
    assert event.cost[0] == pytest.approx(0.1 / 100.1 + 12 / (100 * 100.1), abs=1e-7)
    assert event.risk[0] == pytest.approx(1.1 / 100.1)
    assert (event.weight.tolist(), found.dropped) == ([1.0], {})


def test_a_short_trade_is_stopped_at_the_ask() -> None:
    bars = bars_of([STILL, STILL, (10_000, 10_090, 10_000, 10_000), STILL], spread=10)
    found = labelled(bars, [{"at": 0, "side": -1, "stop": 101.0, "target": 98.0}], spec_of(digits=2, **FREE))
    event = found.events
    assert (event.label.tolist(), event.outcome.tolist(), event.end.tolist()) == ([0], [UPPER], [2])
    assert (event.long_net[0], event.short_net[0]) == (0.0, pytest.approx(-0.01))
    assert event.risk[0] == pytest.approx(0.01)


def test_what_barely_moves_in_favour_is_no_gain_after_costs() -> None:
    spec = spec_of(digits=2, **FREE)
    rows = [{"at": 0, "side": 1, "stop": 90.0, "target": 120.0, "max_bars": 2}]
    for spread, label in ((4, 1), (5, 0), (6, 0)):
        bars = bars_of([STILL, STILL, (10_000, 10_005, 10_000, 10_005), (10_005,) * 4], spread=spread)
        event = labelled(bars, rows, spec).events
        assert (event.label.tolist(), event.outcome.tolist()) == ([label], [VERTICAL])


def test_what_is_not_filled_or_open_at_the_end_is_counted_and_no_event() -> None:
    bars = bars_of([STILL] * 6, spread=0)
    rows = [
        {"at": 0, "side": 1, "order": "limit", "price": 95.0, "stop": 94.0, "target": 99.0, "max_wait": 3},
        {"at": 1, "side": 1, "order": "market", "price": None, "stop": 94.0, "target": 105.0, "max_wait": 0},
        {"at": 5, "side": 1, "order": "market", "price": None, "stop": 94.0, "target": 105.0, "max_wait": 0},
    ]
    found = labelled(bars, rows, spec_of(digits=2, **FREE))
    assert len(found.events) == 0
    assert found.dropped == {"not filled": 2, "open at the end": 1}
    assert not found.events.has_side


def test_a_series_without_signals_has_no_events() -> None:
    spec = spec_of(digits=2, **FREE)
    found = labelled(bars_of([STILL] * 4), [{"at": 9, "side": 1, "stop": 94.0, "target": 105.0}], spec)
    assert (len(found.events), found.dropped) == (0, {})


def every_bar(bars: Bars, way: int, side: int = 1, hold: int = 0) -> list[dict[str, Any]]:
    """A signal at every bar with stop and target ``way`` points from its close."""
    unit = 10.0**-bars.digits
    close = bars.close.tolist()
    return [
        {
            "at": at,
            "side": side,
            "stop": (c - side * way) * unit,
            "target": (c + side * way) * unit,
            "max_bars": hold,
        }
        for at, c in enumerate(close)
    ]


@pytest.mark.parametrize("side", [1, -1])
def test_without_costs_they_are_the_triple_barrier_labels_of_that_side(side: int) -> None:
    """Two roads to one result: bars open where the last one closed, so both enter at the same price."""
    bars = random_walk(11, 1_500, 110_000, 5)
    bars = replace(bars, spread=np.zeros(len(bars), np.int32))
    found = labelled(bars, every_bar(bars, 150, side), spec_of("EURUSD", **FREE)).events
    starts = np.arange(len(bars))
    scale, sides = 150 / bars.close, np.full(len(bars), side)
    other = triple_barrier(
        bars, starts, scale, TripleBarrier(1.0, 1.0, 400), np.zeros(len(bars)), sides
    ).events
    other = other.take(other.outcome != VERTICAL)
    own = found.take(np.isin(found.start, other.start))
    assert len(own) > 800
    for name in ("start", "end", "side", "label", "outcome", "ambiguous"):
        assert getattr(own, name).tolist() == getattr(other, name).tolist(), name
    for name in ("long_net", "short_net", "risk"):
        assert getattr(own, name) == pytest.approx(getattr(other, name), abs=2e-8), name


def test_a_signal_among_hundreds_that_are_open_is_labelled_as_if_it_were_alone() -> None:
    bars = random_walk(12, 600, 110_000, 5)
    rows, spec = every_bar(bars, 400, hold=90), spec_of("EURUSD")
    together = labelled(bars, rows, spec)
    assert len(together.events) + sum(together.dropped.values()) == len(rows)
    assert len(together.events) > 400
    for at in (5, 80, 333):
        alone = labelled(bars, [rows[at]], spec).events
        same_but_weight(alone, together.events.take(together.events.start == at))


def test_limits_money_and_volume_of_the_configured_account_change_nothing() -> None:
    series = series_of(random_walk(13, 3_000, 110_000, 5), spec_of("EURUSD"), "M5")
    choice = choose_strategies(["fvg_retest"], {}, {})[0]
    floor = Floor((series,), 1, (None,))
    poor = msgspec.structs.replace(Config().account, balance=Decimal(10), mode="netting", currency="JPY")
    usual = meta_labels(floor, choice, Config())[0]
    other = meta_labels(floor, choice, msgspec.structs.replace(Config(), account=poor))[0]
    assert len(usual.events) > 30
    same_but_weight(usual.events, other.events)


def test_every_entry_that_was_asked_for_is_an_event_or_counted() -> None:
    series = series_of(random_walk(14, 3_000, 110_000, 5), spec_of("EURUSD"), "M5")
    for name in ("fvg_retest", "sma_cross", "random_entry"):
        choice = choose_strategies([name], {}, {})[0]
        found = meta_labels(Floor((series,), 1, (None,)), choice, Config())[0]
        asked = decisions_of(choice, series, settings_of(series, Config()))
        entries = int((asked["kind"] == ENTER).sum())
        assert len(found.events) + sum(found.dropped.values()) == entries
        assert np.all(found.events.end > found.events.start)
        assert np.all(np.diff(found.events.start) >= 0)
        assert (found.rule["rule"], found.rule["strategy"]) == ("meta", name)


def test_later_bars_change_no_event() -> None:
    bars, spec = random_walk(15, 2_500, 110_000, 5), spec_of("EURUSD")
    choice = choose_strategies(["fvg_retest"], {}, {})[0]

    def events(until: int) -> Events:
        series = series_of(bars.slice(0, until), spec, "M5")
        return meta_labels(Floor((series,), 1, (None,)), choice, Config())[0].events

    early, late = events(1_700), events(2_500)
    assert len(early) > 20
    same_but_weight(early, late.take(np.isin(late.start, early.start) & (late.end < 1_700)))


def test_slippage_of_the_configuration_is_a_cost() -> None:
    bars = bars_of([STILL, STILL, (10_000, 10_300, 9_800, 9_900), (9_900,) * 4], spread=0)
    rows, spec = [{"at": 0, "side": 1, "stop": 99.0, "target": 102.0}], spec_of(digits=2, **FREE)
    config = Config(backtest=BacktestConfig(slippage_points=10))
    event = labelled(bars, rows, spec, config).events
    assert (event.ambiguous.tolist(), event.outcome.tolist()) == ([True], [LOWER])
    assert event.long_net[0] == pytest.approx((98.9 - 100.1) / 100.1, abs=1e-7)
    assert event.cost[0] == pytest.approx(0.2 / 100.1, abs=1e-7)


def test_nights_are_paid_for() -> None:
    """Ten points a night, and three nights at the end of a Wednesday: over a week of hours, seven nights."""
    bars = random_walk(18, 200, 110_000, 5, minutes=60)
    rows = [{"at": 0, "side": 1, "stop": 0.9, "target": 1.5, "max_bars": 168}]
    paid = labelled(bars, rows, spec_of("EURUSD", **FREE, swap_long=Decimal(-10))).events
    free = labelled(bars, rows, spec_of("EURUSD", **FREE)).events
    entry = (bars.open[1] + 3) / 1e5
    assert free.long_net[0] - paid.long_net[0] == pytest.approx(70e-5 / entry, rel=1e-3)
    assert paid.cost[0] - free.cost[0] == pytest.approx(70e-5 / entry, rel=1e-3)


def test_each_series_has_labels_of_its_own() -> None:
    one = series_of(random_walk(16, 1_500, 110_000, 5), spec_of("EURUSD"), "M5")
    two = series_of(random_walk(17, 1_500, 16_000_000, 3), spec_of("USDJPY"), "M5")
    choice = choose_strategies(["fvg_retest"], {}, {})[0]
    both = meta_labels(Floor((one, two), 2, (None, None)), choice, Config())
    assert len(both) == 2
    for series, found in zip((one, two), both, strict=True):
        alone = meta_labels(Floor((series,), 1, (None,)), choice, Config())[0]
        assert len(alone.events) > 5
        assert alone.events.long_net.tolist() == found.events.long_net.tolist()
