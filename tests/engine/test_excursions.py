"""How far trades ran: only prices between entry and exit count, and doubt is told against the trader."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.engine.excursions import Excursions, excursions
from ictcli.engine.portfolio import Stream, ask
from ictcli.engine.refusals import ExitReason
from ictcli.engine.trades import last_exits
from ictcli.market.bars import Bars
from ictcli.strategies.decisions import LIMIT, MARKET, STOP
from tests.engine.random_worlds import Kind, random_world
from tests.engine.worlds import MINUTE, Ask, Told, World, buy, minutes, play, sell, series

FLAT = (1000, 1000, 1000, 1000)
HALF = MINUTE // 2


def measured(told: Told, bars: Bars, fine: Bars | None, asks: list[Ask]) -> Excursions:
    """The excursions of a world of one series with a known spread."""
    decided = ask([Stream(0, one.by, one.decision) for one in asks], 1).decisions
    trades = told.books.trades
    at_open = (decided[trades["row"]]["order"] == MARKET).astype(np.int64)
    return excursions(trades, bars, fine, 0, at_open, last_exits(told.books))


def ran(bars: Bars, *asks: Ask, fine: Bars | None = None, **more: Any) -> tuple[int, int, int]:
    """Adverse and favourable points of the only trade, and when it stood worst in half minutes."""
    told = play(bars, *asks, **({} if fine is None else {"fine": fine}), **more)
    found = measured(told, bars, fine, list(asks))
    assert len(found.adverse) == 1
    return int(found.adverse[0]), int(found.favourable[0]), int(found.worst_at[0]) // HALF


@pytest.mark.no_cover  # compiles the engine: tracing the compiler takes time and tells nothing
def test_pieces_after_a_target_do_not_count() -> None:
    bars = minutes(FLAT, (1000, 1030, 990, 1025))
    fine = minutes(FLAT, FLAT, (1000, 1001, 990, 995), (995, 1030, 995, 1025), length=HALF)
    asked = sell(0, stop=1005, target=992)
    assert ran(bars, asked, fine=fine) == (1, 8, 3)


def test_of_a_bar_that_nothing_resolves_the_adverse_side_of_a_target_counts() -> None:
    bars = minutes(FLAT, (1000, 1004, 990, 1003))
    assert ran(bars, sell(0, stop=1005, target=992)) == (4, 8, 4)


def test_a_bar_that_its_pieces_do_not_reproduce_counts_whole() -> None:
    bars = minutes(FLAT, (1000, 1004, 990, 1003))
    fine = minutes(FLAT, FLAT, (1000, 1001, 990, 995), (995, 1003, 995, 1003), length=HALF)
    assert ran(bars, sell(0, stop=1005, target=992), fine=fine) == (4, 8, 4)


def test_a_stopped_trade_was_never_further_against_than_its_exit() -> None:
    bars = minutes(FLAT, (1000, 1003, 960, 970))
    own = series(slippage=2)
    # bought at 1002, left at 990 - 2; the 960 came after
    assert ran(bars, buy(0, stop=990), terms=own) == (14, 0, 4)


def test_a_target_that_the_open_is_beyond_ends_the_trade_at_that_open() -> None:
    bars = minutes(FLAT, (1000, 1005, 998, 1004), (1020, 1025, 950, 960))
    assert ran(bars, buy(0, stop=940, target=1010)) == (2, 20, 4)


def test_the_last_exit_counts_and_not_the_average_of_all() -> None:
    bars = minutes(FLAT, (1000, 1012, 1000, 1005), (1005, 1006, 985, 986))
    asked = buy(0, stop=990, partial_at=(1010, 0), partial_share=(500_000, 0))
    assert ran(bars, asked) == (10, 12, 6)


def test_a_trade_that_the_data_end_lived_through_the_last_bar() -> None:
    bars = minutes(FLAT, (1000, 1005, 1000, 1001), (1001, 1020, 980, 1002))
    assert ran(bars, buy(0), ends=True) == (20, 20, 6)


def test_of_the_bar_that_fills_a_resting_order_the_favourable_side_may_have_come_before() -> None:
    bars = minutes(FLAT, (1000, 1030, 990, 1004), (1004, 1005, 1003, 1004))
    asked = buy(0, order=LIMIT, price=995, stop=980, max_bars=1)
    # filled at 995: 990 came with or after it, 1004 was the close; left at the next open
    assert ran(bars, asked) == (5, 9, 4)


def test_the_entry_counts_from_its_own_piece_on() -> None:
    bars = minutes(FLAT, (1000, 1012, 980, 1012), (1012, 1014, 1011, 1012))
    fine = minutes(
        FLAT, FLAT, (1000, 1003, 980, 1003), (1003, 1012, 1003, 1012), (1012, 1014, 1011, 1012), length=HALF
    )
    asked = buy(0, order=STOP, price=1005, stop=970, max_bars=1)
    # the 980 came before; of the piece that fills it, 1003 may have come after
    assert ran(bars, asked, fine=fine) == (2, 7, 4)


@given(st.integers(0, 2**31))
def test_no_trade_ran_further_against_than_the_stop_that_it_left_by(seed: int) -> None:
    """And none that left by its target stood at its stop, where no gap or spread lies between."""
    world, asks = random_world(seed, Kind(spread=False, money=False, managed=False, fine=True, simple=True))
    told, fine = world.run(asks), (world.fine or [None])[0]
    found, trades = measured(told, world.bars[0], fine, asks), told.books.trades
    exits = last_exits(told.books)
    lost = trades["side"] * (trades["entry"] - exits)
    stopped = trades["reason"] == int(ExitReason.STOP)
    assert (found.adverse[stopped] == np.maximum(lost[stopped], 0)).all()
    won = (trades["reason"] == int(ExitReason.TARGET)) & (trades["stop"] != 0)
    way = trades["side"] * (trades["entry"] - trades["stop"])
    assert (found.adverse[won] < np.maximum(way[won], 1)).all()
    assert (found.adverse >= np.maximum(lost, 0)).all()
    assert (found.favourable >= np.maximum(-lost, 0)).all()


def test_the_moment_of_the_worst_lies_within_the_trade() -> None:
    for seed in range(60):
        world, asks = random_world(seed, Kind(fine=True))
        told, bars = world.run(asks), world.bars[0]
        fine = (world.fine or [None])[0]
        found, trades = measured(told, bars, fine, asks), told.books.trades
        assert (found.worst_at > trades["opened_ts"]).all()
        assert (found.worst_at <= bars.ts_close[trades["closed"]]).all()


def test_a_world_without_trades_has_no_excursions() -> None:
    world = World([minutes(FLAT)])
    assert len(measured(world.run([]), world.bars[0], None, []).adverse) == 0
