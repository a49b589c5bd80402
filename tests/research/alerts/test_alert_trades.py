"""Trades behind alerts: three barriers, bid and ask, and what no result is."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.market.bars import Bars, make_bars
from ictcli.market.symbols import SymbolSpec
from ictcli.research.alerts.trades import (
    AMBIGUOUS,
    STOP,
    TARGET,
    TIME,
    UNRESOLVED,
    Costs,
    Trades,
    costs_of,
    trade_every_bar,
)

Row = tuple[int, int, int, int]
FLAT = (100, 100, 100, 100)


def build(*rows: Row, spread: int = 0) -> Bars:
    prices = np.array(rows, np.int64)
    stamps = np.arange(len(rows), dtype=np.int64)
    columns = (prices[:, 0], prices[:, 1], prices[:, 2], prices[:, 3])
    return make_bars(2, stamps, stamps + 1, columns, spread=np.full(len(rows), spread, np.int32))


def trades(bars: Bars, costs: Costs | None = None, horizon: int = 2, width: float = 2.0) -> Trades:
    """Barriers two points of a range of one away."""
    return trade_every_bar(
        bars, np.ones(len(bars)), costs or Costs(), target=width, stop=width, horizon=horizon
    )


def long(bars: Bars, costs: Costs | None = None, horizon: int = 2) -> tuple[int, float]:
    found = trades(bars, costs, horizon)
    return int(found.ending[0, 0]), float(found.multiple[0, 0])


def short(bars: Bars, costs: Costs | None = None, horizon: int = 2) -> tuple[int, float]:
    found = trades(bars, costs, horizon)
    return int(found.ending[1, 0]), float(found.multiple[1, 0])


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("first", "second", "ending", "multiple"),
    [
        ((100, 102, 99, 101), FLAT, TARGET, 1.0),  # touch by equality, on the entry bar
        ((100, 101, 98, 99), FLAT, STOP, -1.0),
        ((100, 101, 99, 100), (100, 102, 99, 101), TARGET, 1.0),
        ((100, 102, 98, 101), FLAT, AMBIGUOUS, -1.0),  # both: the worse one
        ((100, 101, 99, 101), (103, 104, 97, 98), TARGET, 1.5),  # an open beyond the target, before the stop
        ((100, 101, 99, 99), (97, 103, 96, 103), STOP, -1.5),  # an open beyond the stop
        ((100, 101, 99, 101), (102, 103, 97, 98), TARGET, 1.0),  # an open at the target comes first
        ((100, 101, 99, 99), (98, 103, 97, 102), STOP, -1.0),  # an open at the stop, too
        ((100, 101, 99, 101), (101, 101, 99, 101), TIME, 0.5),  # neither: out at the last close
    ],
)
def test_a_long_between_its_barriers(first: Row, second: Row, ending: int, multiple: float) -> None:
    assert long(build(FLAT, first, second)) == (ending, multiple)


def test_a_short_is_a_long_on_negated_prices() -> None:
    bars = build(FLAT, (100, 101, 99, 101), (103, 104, 97, 98))
    assert short(bars) == (STOP, -1.5)
    assert short(build(FLAT, (100, 101, 98, 99), FLAT)) == (TARGET, 1.0)


@pytest.mark.parametrize(
    ("closes", "ending"),
    [
        ((10_100, 10_210, 10_210), TARGET),
        ((9_900, 9_790, 9_790), STOP),
        ((10_100, 9_900, 10_000), TIME),
    ],
)
def test_the_worked_paths_of_the_labelling_literature(closes: tuple[int, ...], ending: int) -> None:
    # Entry 10,000, barriers 2 % away, three bars.
    rows = [(10_000,) * 4, (10_000, max(10_000, closes[0]), min(10_000, closes[0]), closes[0])]
    path = build(*rows, *((close,) * 4 for close in closes[1:]))
    assert trades(path, horizon=3, width=200.0).ending[0, 0] == ending


def test_a_trade_without_all_its_bars_has_no_result_even_where_a_barrier_was_hit() -> None:
    found = trades(build(FLAT, (100, 105, 99, 101), FLAT))
    assert found.ending.tolist() == [[TARGET, UNRESOLVED, UNRESOLVED], [STOP, UNRESOLVED, UNRESOLVED]]
    assert np.isnan(found.multiple[:, 1:]).all()


def test_without_an_average_there_is_no_trade() -> None:
    bars = build(FLAT, FLAT, FLAT)
    found = trade_every_bar(bars, np.zeros(3), Costs(), target=1.0, stop=1.0, horizon=1)
    assert (found.ending == UNRESOLVED).all()
    assert np.isnan(found.multiple).all()


def test_longs_pay_the_spread_on_entry_and_shorts_on_exit() -> None:
    flat = build(FLAT, FLAT, FLAT, spread=1)
    assert long(flat) == (TIME, -0.5)
    assert short(flat) == (TIME, -0.5)
    # Bought at 101: the bid must reach 103. Sold at 100: the ask, bid + 1, must fall to 98.
    assert long(build(FLAT, (100, 102, 100, 100), FLAT, spread=1))[0] == TIME
    assert long(build(FLAT, (100, 103, 100, 100), FLAT, spread=1))[0] == TARGET
    assert short(build(FLAT, (100, 100, 98, 100), FLAT, spread=1))[0] == TIME
    assert short(build(FLAT, (100, 100, 97, 100), FLAT, spread=1))[0] == TARGET
    # Their stops: bid 99, ask 102.
    assert long(build(FLAT, (100, 100, 99, 100), FLAT, spread=1))[0] == STOP
    assert short(build(FLAT, (100, 101, 100, 100), FLAT, spread=1))[0] == STOP


def test_the_spread_is_that_of_the_bar_of_the_fill() -> None:
    bars = build(FLAT, FLAT, FLAT)
    wide = replace(bars, spread=np.array([9, 1, 2], np.int32))
    assert long(wide) == (TIME, -0.5)  # bought on bar 1
    assert short(wide) == (STOP, -1.0)  # bar 2 opens at an ask of 102, the stop
    later = replace(build(FLAT, FLAT, (96, 96, 96, 96)), spread=np.array([0, 0, 3], np.int32))
    assert short(later) == (TIME, 0.5)  # an ask of 99 all the time
    beyond = replace(build(FLAT, FLAT, (96, 96, 96, 96)), spread=np.array([0, 0, 1], np.int32))
    assert short(beyond) == (TARGET, 1.5)  # opened at an ask of 97


def test_a_bar_without_spread_takes_the_typical_one() -> None:
    assert long(build(FLAT, FLAT, FLAT, spread=-1), Costs(spread=1)) == (TIME, -0.5)


def test_commission_and_slippage_make_a_win_smaller_and_a_loss_larger() -> None:
    costs = Costs(commission=0.5, slippage=1)
    # Bought at 101, target 103 without slippage: 2 - 0.5 over a risk of 2.
    assert long(build(FLAT, (100, 103, 100, 101), FLAT), costs) == (TARGET, 0.75)
    # Stop 99, left at 98: -3 - 0.5.
    assert long(build(FLAT, (100, 101, 99, 101), FLAT), costs) == (STOP, -1.75)
    # Left by time at 100 - 1: -2 - 0.5.
    assert long(build(FLAT, FLAT, FLAT), costs) == (TIME, -1.25)
    # Opened at 97, below the stop: left at 96.
    assert long(build(FLAT, FLAT, (97, 97, 97, 97)), costs) == (STOP, -2.75)


def test_costs_come_from_the_specification() -> None:
    spec = SymbolSpec(
        name="EURUSD", asset="fx", digits=5, tick_size=Decimal("0.00001"), contract_size=Decimal(100_000),
        base="EUR", quote="USD", volume_min=Decimal("0.01"), volume_max=Decimal(100),
        volume_step=Decimal("0.01"), spread=8, commission=Decimal("3.5"), calendar="fx",
    )  # fmt: skip
    # 7 USD for both sides of a lot on which a point is worth 1 USD.
    assert costs_of(spec, 5, 2) == Costs(spread=8, commission=7.0, slippage=2)
    assert costs_of(spec, 4, 0) == Costs(spread=1, commission=0.7, slippage=0)


MOVES = st.lists(
    st.tuples(st.integers(-3, 3), st.integers(0, 3), st.integers(0, 3), st.integers(-3, 3)),
    min_size=5,
    max_size=30,
)


def drawn(steps: list[Row]) -> list[Row]:
    rows, close = [], 100
    for gap, above, below, body in steps:
        opened = close + gap
        close = opened + body
        rows.append((opened, max(opened, close) + above, min(opened, close) - below, close))
    return rows


@given(MOVES)
def test_without_spread_shorts_mirror_longs(steps: list[Row]) -> None:
    rows = drawn(steps)
    costs = Costs(commission=0.25, slippage=1)
    found = trades(build(*rows), costs, 3)
    mirrored = trades(build(*((-o, -low, -high, -c) for o, high, low, c in rows)), costs, 3)
    assert (found.ending == mirrored.ending[::-1]).all()
    assert np.array_equal(found.multiple, mirrored.multiple[::-1], equal_nan=True)


@given(MOVES)
def test_dearer_trades_never_earn_more(steps: list[Row]) -> None:
    bars = build(*drawn(steps))
    cheap, dear = trades(bars, horizon=3), trades(bars, Costs(commission=0.5), 3)
    resolved = cheap.ending != UNRESOLVED
    assert dear.multiple[resolved] == pytest.approx(cheap.multiple[resolved] - 0.25)
