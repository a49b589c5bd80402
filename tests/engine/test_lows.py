"""The lowest equity of every day is what a run bar by bar would have seen at the closes."""

import numpy as np
import pytest
from numpy.random import Generator, default_rng

from ictcli.engine.lows import with_lows
from ictcli.engine.margin import equity
from ictcli.engine.portfolio import market_of
from ictcli.market.bars import Int64
from tests.engine.random_worlds import walk
from tests.engine.worlds import MINUTE, Ask, Records, World, buy, minutes, sell, series

DAY = 20 * MINUTE


def rolls(n: int) -> Int64:
    """A roll every twenty minutes."""
    return np.array([[at * DAY, 0] for at in range(1, n)], np.int64)


def marks(world: World, asks: list[Ask]) -> Records:
    told = world.run(asks)
    return with_lows(told.desk, *market_of(world.bars), told.books)


def seen_bar_by_bar(world: World, asks: list[Ask]) -> dict[int, int]:
    """The lowest equity at a close of every day, from one run per close."""
    lowest: dict[int, int] = {}
    for close in world.closes():
        cut = [one.slice(0, int(np.searchsorted(one.ts_close, close, side="right"))) for one in world.bars]
        if not all(map(len, cut)):
            continue
        known = [one for one in asks if one.decision["bar"][0] < len(cut[one.on])]
        state = World(cut, world.terms, world.rules, rolls=world.rolls).run(known).desk.world
        worth = equity(state.account[0], state.series, state.states, state.positions)
        day = (close - 1) // DAY
        lowest[day] = min(lowest.get(day, worth), worth)
    return lowest


def orders(rng: Generator, n: int, on: int) -> list[Ask]:
    found = []
    for bar in sorted(rng.choice(n - 1, 8, replace=False).tolist()):
        enter = buy if rng.integers(2) else sell
        found.append(enter(int(bar), on=on, max_bars=int(rng.integers(1, 15))))
    return found


@pytest.mark.no_cover
@pytest.mark.jit_off
def test_an_open_loss_is_marked_at_the_close_where_it_is_deepest() -> None:
    bars = minutes((100, 100, 100, 100), (100, 100, 90, 95), (95, 97, 80, 85), (85, 99, 85, 98))
    found = marks(World([bars], rolls=rolls(2)), [buy(0)])
    low = found[found["equity"] < 1_000_000]
    # ten steps bought at 100; the closes are worth -50, -150 and -20
    assert low["equity"].tolist() == [1_000_000 - 150]
    assert low["ts"].tolist() == [3 * MINUTE]


@pytest.mark.parametrize("seed", range(6))
def test_every_days_lowest_equals_a_run_bar_by_bar(seed: int) -> None:
    rng = default_rng(seed)
    bars = [walk(rng, 70, spread=True), walk(rng, 70, spread=True)]
    terms = [series(), series(point_value=3, commission=2, denominator=2)]
    world = World(bars, terms, rolls=rolls(5))
    asks = [*orders(rng, 70, 0), *orders(rng, 70, 1)]
    found = marks(world, asks)
    assert np.all(np.diff(found["ts"]) >= 0)
    expected = seen_bar_by_bar(world, asks)
    for day, worth in expected.items():
        inside = found[(found["ts"] > day * DAY) & (found["ts"] <= (day + 1) * DAY)]
        if len(inside):
            assert int(inside["equity"].min()) == worth
