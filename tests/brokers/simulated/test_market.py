"""What a symbol's market shows: bars of its own and longer timeframes, ticks, the forming bar."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.brokers.simulated.market import SymbolMarket
from ictcli.brokers.simulated.turns import instants, turn_of, turns_of
from ictcli.market.bars import ARRAY_FIELDS, Bars
from ictcli.market.calendars import calendar
from ictcli.market.resample import resample
from ictcli.market.timeframes import TIMEFRAMES
from tests.engine.random_worlds import pieces, walk
from tests.engine.worlds import MINUTE, minutes

M1, M5, H4, D1 = (TIMEFRAMES[name] for name in ("M1", "M5", "H4", "D1"))


def fed(bars: Bars, market: SymbolMarket) -> SymbolMarket:
    """A market after whole bars."""
    for row in range(len(bars)):
        turn = turn_of(bars, row, row, 2)
        market.opens(turn.quote)
        market.moves(turn.quote, turn.ends)
        market.closes(turn.quote, turn.ends)
    return market


def same(one: Bars, other: Bars) -> None:
    """Two runs of bars are equal."""
    for name in ARRAY_FIELDS:
        assert getattr(one, name).tolist() == getattr(other, name).tolist(), name


def known(bars: Bars) -> Bars:
    """Bars with the spread that a market quotes where none is known."""
    return minutes(
        *zip(bars.open.tolist(), bars.high.tolist(), bars.low.tolist(), bars.close.tolist(), strict=True),
        spread=[value if value >= 0 else 2 for value in bars.spread.tolist()],
        ticks=bars.tick_volume.tolist(),
        start=int(bars.ts[0]),
    )


@given(st.integers(0, 2**31), st.sampled_from(["M5", "H1", "H4", "D1"]), st.integers(1, 700))
def test_longer_bars_are_those_of_all_bars_so_far(seed: int, name: str, most: int) -> None:
    bars = walk(np.random.default_rng(seed), most, spread=True, start=50 * MINUTE)
    market = SymbolMarket(M1, 0, calendar("crypto"))
    for row in range(len(bars)):
        fed(bars.slice(row, row + 1), market)
        if row % 97 == 0:
            market.bars(TIMEFRAMES[name])
    whole = resample(known(bars), TIMEFRAMES[name], calendar("crypto"), complete_only=False)
    same(market.bars(TIMEFRAMES[name]), whole)
    same(market.bars(M1), known(bars))


@given(st.integers(0, 2**31), st.sampled_from(["M5", "H1", "H4"]), st.integers(1, 700), st.booleans())
def test_a_market_keeps_the_last_bars_and_what_they_make_up(
    seed: int, name: str, most: int, asked: bool
) -> None:
    bars = walk(np.random.default_rng(seed), most, spread=True, start=50 * MINUTE)
    market = SymbolMarket(M1, 0, calendar("crypto"), kept=60)
    for row in range(len(bars)):
        fed(bars.slice(row, row + 1), market)
        if asked and row % 97 == 0:
            market.bars(TIMEFRAMES[name])
    own = market.bars(M1)
    assert min(60, len(bars)) <= len(own) < 120
    same(own, known(bars).slice(len(bars) - len(own), len(bars)))
    whole = resample(known(bars), TIMEFRAMES[name], calendar("crypto"), complete_only=False)
    found = market.bars(TIMEFRAMES[name])
    same(found, whole.slice(len(whole) - len(found), len(whole)))
    assert len(found) >= len(whole) if len(own) == len(bars) else whole.ts_close[-len(found) - 1] >= own.ts[0]
    assert all(tick.ts >= own.ts[0] for tick in market.ticks(0, int(bars.ts_close[-1])))
    assert market.ticks(0, int(bars.ts_close[-1]))


def test_a_forming_bar_is_the_last_of_every_timeframe() -> None:
    bars = minutes(*[(10, 12, 9, 11)] * 6, (20, 30, 15, 25))
    market = fed(bars.slice(0, 6), SymbolMarket(M1, 0, calendar("crypto")))
    market.opens(turn_of(bars, 6, 6, 0).quote)
    five = market.bars(M5)
    assert five.ts.tolist() == [0, 5 * MINUTE]
    assert (five.open[1], five.high[1], five.low[1], five.close[1]) == (10, 20, 9, 20)
    assert five.ts_close[1] == 10 * MINUTE
    assert len(market.bars(M1)) == 7


def test_a_bar_made_of_pieces_forms_piece_by_piece() -> None:
    whole = minutes((10, 14, 8, 9), length=4 * MINUTE)
    fine = minutes((10, 14, 10, 12), (12, 13, 8, 9), length=2 * MINUTE, ticks=3)
    market = SymbolMarket(TIMEFRAMES["M4"], 0, calendar("crypto"))
    first, second = turns_of(whole, fine, 0, 0, 0)
    market.opens(first.quote)
    market.moves(first.quote, first.ends)
    assert [int(getattr(market.bars(market.timeframe), name)[0]) for name in ("high", "low")] == [14, 10]
    market.opens(second.quote)
    market.moves(second.quote, second.ends)
    forming = market.bars(market.timeframe)
    assert [int(getattr(forming, name)[0]) for name in ("open", "high", "low", "close", "tick_volume")] == [
        10, 14, 8, 9, 6,
    ]  # fmt: skip
    assert forming.ts.tolist() == [0]


def test_shorter_bars_than_its_own_are_not_known() -> None:
    market = fed(minutes((10, 10, 10, 10), length=5 * MINUTE), SymbolMarket(M5, 0, calendar("crypto")))
    assert len(market.bars(M1)) == 0
    assert len(market.bars(TIMEFRAMES["M6"])) == 0


def test_bars_of_sessions_begin_at_the_roll() -> None:
    market = fed(minutes((10, 10, 10, 10), length=4 * 60 * MINUTE, start=-2 * 60 * MINUTE),
                 SymbolMarket(H4, 0, calendar("fx")))  # fmt: skip
    bars = minutes((11, 11, 11, 11), start=3 * 60 * MINUTE)
    market.opens(turn_of(bars, 0, 0, 0).quote)
    assert market.bars(H4).ts.tolist() == [-2 * 60 * MINUTE, 2 * 60 * MINUTE]
    assert len(market.bars(D1)) == 1


def test_ticks_tell_open_extremes_and_close_in_order() -> None:
    bars = minutes((10, 14, 8, 9), (9, 9, 9, 9), spread=1)
    market = fed(bars, SymbolMarket(M1, 0, calendar("crypto")))
    ticks = market.ticks(0, 2 * MINUTE)
    assert [tick.bid for tick in ticks] == [10, 14, 8, 9, 9, 9]
    assert all(tick.ask == tick.bid + 1 for tick in ticks)
    stamps = [tick.ts for tick in ticks]
    assert stamps == sorted(stamps)
    assert stamps[0] == 0
    assert stamps[-1] == 2 * MINUTE - 1_000_000
    assert market.ticks(MINUTE, MINUTE) == [ticks[4]]


@given(st.integers(0, 2**31))
def test_pieces_stand_for_a_bar_only_where_they_make_it_up(seed: int) -> None:
    rng = np.random.default_rng(seed)
    bars = walk(rng, 20, spread=True)
    fine = pieces(rng, bars)
    for row in range(len(bars)):
        turns = turns_of(bars, fine, row, row, 2)
        made = (turns[0].quote.open, max(turn.quote.high for turn in turns),
                min(turn.quote.low for turn in turns), turns[-1].quote.close)  # fmt: skip
        assert made == turn_of(bars, row, row, 2).quote[2:6]
        assert turns[-1].ends == bars.ts_close[row]
        assert len(turns) == (2 if fine.high[2 * row : 2 * row + 2].max() == bars.high[row] else 1)


@pytest.mark.parametrize("lengths", [(1, 3), (3, 1), (1, 1)])
def test_bars_come_by_their_closes_then_by_series(lengths: tuple[int, int]) -> None:
    bars = [minutes(*[(1, 1, 1, 1)] * (6 // one), length=one * MINUTE) for one in lengths]
    order = [(now, s, row) for now, due in instants(bars) for s, row in due]
    assert order == sorted(order)
    assert len(order) == len(bars[0]) + len(bars[1])
    assert all(bars[s].ts_close[row] == now for now, s, row in order)
