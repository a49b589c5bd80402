"""Swap from the entry to each trade's own exit, worked out by hand."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import numpy as np
import pytest

from ictcli.learning.labels.fixed_horizon import fixed_horizon
from ictcli.learning.labels.overnight import Overnight, overnight
from ictcli.learning.labels.trend_scan import trend_scan
from ictcli.learning.labels.triple_barrier import TripleBarrier, triple_barrier
from ictcli.market.bars import Bars, make_bars
from ictcli.market.symbols import SymbolSpec, load_symbols

HOUR = 3_600_000_000_000
MONDAY = 1_000_000_000 * int(datetime(2024, 1, 15, 22, tzinfo=UTC).timestamp())
"""17:00 New York of a winter Monday: the roll into Tuesday."""


def spec(name: str = "EURUSD", long: str = "-7", short: str = "2.5") -> SymbolSpec:
    known = load_symbols(None).require(name)
    return msgspec.structs.replace(
        known, swap_long=Decimal(long), swap_short=Decimal(short), digits=2, tick_size=Decimal("0.01")
    )


def hours(first: int, count: int, hours_each: int = 1, prices: list[int] | None = None) -> Bars:
    """Bars from so many hours after Monday's roll on, at 100.00 unless told; weekends trade too."""
    ts = MONDAY + HOUR * (first + hours_each * np.arange(count, dtype=np.int64))
    price = np.full(count, 10_000) if prices is None else np.array(prices)
    return make_bars(2, ts, ts + hours_each * HOUR, (price,) * 4)


def nights(swap: Overnight, first: int, last: int, *, at_close: bool = True) -> int:
    return int(swap.nights(np.array([first]), np.array([last]), np.array([at_close]))[0])


def test_a_trade_within_a_trading_day_pays_nothing() -> None:
    swap = overnight(hours(0, 48), spec())
    assert nights(swap, 0, 22) == 0
    assert nights(swap, 3, 3) == 0
    assert nights(swap, 24, 46) == 0


def test_a_roll_at_the_exit_is_charged_and_one_at_the_entry_is_not() -> None:
    swap = overnight(hours(0, 72), spec())
    assert nights(swap, 0, 23) == 1
    assert nights(swap, 0, 24, at_close=False) == 1
    assert nights(swap, 0, 23, at_close=False) == 0
    assert nights(swap, 24, 30) == 0


def test_the_night_after_wednesday_counts_three_times() -> None:
    swap = overnight(hours(0, 96), spec())
    assert nights(swap, 30, 50) == 3
    assert nights(swap, 2, 50) == 4
    found = swap.earned(np.array([1, -1]), np.array([30, 30]), np.array([50, 50]), np.ones(2, np.bool_))
    assert found.tolist() == pytest.approx([-3 * 7 / 10_000, 3 * 2.5 / 10_000], rel=1e-15)


def test_a_weekend_counts_the_night_after_friday_alone_where_markets_keep_a_week() -> None:
    bars = hours(0, 24 * 8)
    friday, monday = 90, 24 * 6 + 10
    assert nights(overnight(bars, spec()), friday, monday) == 1
    assert nights(overnight(bars, spec()), 24 * 5, 24 * 6 - 2) == 0


def test_markets_that_never_close_charge_every_night_once() -> None:
    swap = overnight(hours(0, 24 * 8), spec("BTCUSD"))
    assert [nights(swap, 24 * day + 3, 24 * day + 27) for day in range(7)] == [1] * 7
    assert nights(swap, 90, 24 * 6 + 10) == 3


def test_clocks_that_change_move_the_roll() -> None:
    july = MONDAY + 182 * 24 * HOUR
    ts = july + HOUR * (np.arange(6, dtype=np.int64) - 4)
    price = np.full(6, 10_000)
    swap = overnight(make_bars(2, ts, ts + HOUR, (price,) * 4), spec())
    assert swap.opened.tolist() == [0, 0, 0, 1, 1, 1]


def test_a_roll_inside_the_last_bar_is_passed_only_by_a_trade_that_lasts_to_its_close() -> None:
    swap = overnight(hours(-6, 4, hours_each=4), spec())
    assert (nights(swap, 0, 1), nights(swap, 0, 1, at_close=False), nights(swap, 0, 2, at_close=False)) == (
        1,
        0,
        1,
    )


def test_finer_points_change_nothing() -> None:
    one, finer = (overnight(bars, spec()) for bars in (hours(0, 60), hours(0, 60).rescaled(4)))
    at = (np.array([1, -1]), np.array([1, 1]), np.array([55, 55]), np.ones(2, np.bool_))
    assert finer.earned(*at) == pytest.approx(one.earned(*at), rel=1e-14)


def test_labels_of_every_kind_charge_either_side_its_own_swap() -> None:
    prices = [10_000 + 10 * at for at in range(40)]
    bars = hours(20, 40, prices=prices)
    swap, free = overnight(bars, spec()), np.full(40, 0.001)
    for plain, charged in (
        (fixed_horizon(bars, np.array([0]), 8, free), fixed_horizon(bars, np.array([0]), 8, free, swap)),
        (trend_scan(bars, np.array([0]), [4, 8], free), trend_scan(bars, np.array([0]), [4, 8], free, swap)),
    ):
        paid = [
            charged.events.long_net - plain.events.long_net,
            charged.events.short_net - plain.events.short_net,
        ]
        assert np.concatenate(paid).tolist() == pytest.approx([-7 / 10_010, 2.5 / 10_010], rel=1e-9)
        assert charged.events.cost[0] == pytest.approx(0.001 + (7 - 2.5) / 2 / 10_010, rel=1e-12)


def test_each_trade_between_barriers_pays_to_its_own_exit() -> None:
    prices = [10_000] * 2 + [10_300] * 38
    bars = hours(20, 40, prices=prices)
    swap, scale = overnight(bars, spec()), np.array([0.01])
    for rule, long, short in (
        (TripleBarrier(2.0, 2.0, 30), 0.0, 0.0),
        (TripleBarrier(2.0, 9.0, 30), 0.0, 4 * 2.5),
        (TripleBarrier(9.0, 9.0, 30), 4 * -7.0, 4 * 2.5),
    ):
        plain, charged = (
            triple_barrier(bars, np.array([0]), scale, rule, np.zeros(40), swap=one).events
            for one in (None, swap)
        )
        assert charged.long_net - plain.long_net == pytest.approx(long / 10_000, rel=1e-9, abs=1e-15)
        assert charged.short_net - plain.short_net == pytest.approx(short / 10_000, rel=1e-9, abs=1e-15)


def test_a_trade_that_earned_before_swap_alone_is_no_earning_trade() -> None:
    prices = [10_000] * 38 + [10_005] * 2
    bars = hours(20, 40, prices=prices)
    rule, side = TripleBarrier(9.0, 9.0, 38), np.array([1])
    made = (
        triple_barrier(bars, np.array([0]), np.array([0.01]), rule, np.zeros(40), side, one).events
        for one in (None, overnight(bars, spec()))
    )
    assert [int(events.label[0]) for events in made] == [1, 0]
