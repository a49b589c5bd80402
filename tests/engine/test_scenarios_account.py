"""Money, nights, margin, netting and conversion, one rule at a time and by hand.

A step wins or loses 1 minor unit a point unless the series says otherwise; an order trades 10 steps; the
account opens with 1,000,000.
"""

import numpy as np
import pytest

from ictcli.clock import NS_PER_HOUR
from ictcli.engine.nights import rolls
from tests.engine.worlds import MINUTE, World, buy, leave, minutes, play, sell, series

pytestmark = pytest.mark.jit_off

CALM = (1000, 1005, 995, 1000)
"""A bar around 1000."""
HOUR = NS_PER_HOUR


def instant(text: str) -> int:
    """Nanoseconds of a UTC time."""
    return int(np.datetime64(text, "ns").astype(np.int64))


def test_commission_is_paid_on_both_sides() -> None:
    """10 steps x 3 = 30 a side: 10 x 5 points - 60 = -10."""
    told = play(minutes(CALM, (1000, 1010, 995, 1005)), buy(0), terms=series(commission=3), ends=True)
    assert told.books.deals["commission"].tolist() == [30, 30]
    assert told.results == [-10]
    assert told.balance == 999_990


def test_fees_are_paid_on_both_sides_and_told_apart() -> None:
    """Commission 30 and fee 20 a side: 50 - 100 = -50."""
    told = play(minutes(CALM, (1000, 1010, 995, 1005)), buy(0), terms=series(commission=3, fee=2), ends=True)
    assert told.books.deals["fees"].tolist() == [20, 20]
    assert told.books.trades["fees"].tolist() == [40]
    assert told.results == [-50]


def test_every_amount_of_a_deal_is_rounded_half_to_even() -> None:
    """Worth 1/4 unit a point and step. 1 step: +2 points is 0.5 -> 0, +6 is 1.5 -> 2, +10 is 2.5 -> 2."""
    quarter = series(denominator=4, fixed_steps=1)
    for points, booked in ((2, 0), (6, 2), (10, 2), (-2, 0), (-6, -2)):
        close = 1000 + points
        told = play(
            minutes(CALM, (1000, max(1000, close), min(1000, close), close)), buy(0), terms=quarter, ends=True
        )
        assert told.results == [booked]


def test_partial_exits_share_the_entry_so_that_nothing_is_lost_to_rounding() -> None:
    """Filled 5 at 1000 and 5 at 1001: value 10005. 3 steps leave: 3 x 1000 + half_even(15/10) = 3002.

    Gross 3 x 1010 - 3002 = 28; the rest 7 x 1020 - 7003 = 137; together 10 x ... = 165 exactly.
    """
    told = play(
        minutes(CALM, (1000, 1005, 999, 1001), (1001, 1005, 999, 1000), (1000, 1021, 999, 1020), ticks=5),
        buy(0, target=1020, partial_at=(1010, 0), partial_share=(300_000, 0)),
        fill_share=1_000_000,
    )
    assert told.deals[2:] == ["3 sell 3 at 1010 partial", "3 sell 7 at 1020 target"]
    assert told.books.deals["gross"].tolist() == [0, 0, 28, 137]
    assert told.results == [165]


def test_swap_is_booked_at_every_roll_and_threefold_on_wednesday() -> None:
    """-2.5 points a night, 10 steps: 25 a night, 75 for Wednesday 2023-06-07 (roll 21:00 UTC in summer)."""
    start = instant("2023-06-06T00:00")
    bars = minutes(*[CALM] * 72, start=start, length=HOUR)
    told = play(
        bars,
        buy(0),
        terms=series(swap_long=-2500, swap_short=1000),
        rolls=rolls(start, start + 72 * HOUR),
        ends=True,
    )
    assert told.books.marks["balance"].tolist() == [999_975, 999_900, 999_875, 999_875]
    assert told.books.deals["swap"].tolist() == [0, -125]
    assert told.results == [-125]


def test_a_short_may_earn_its_swap() -> None:
    """+1 point a night, 10 steps: 10."""
    start = instant("2023-06-06T00:00")
    told = play(
        minutes(*[CALM] * 24, start=start, length=HOUR),
        sell(0),
        terms=series(swap_long=-2500, swap_short=1000),
        rolls=rolls(start, start + 24 * HOUR),
        ends=True,
    )
    assert told.results == [10]


def test_a_weekend_charges_no_night_of_its_own() -> None:
    """Friday 2023-06-09 20:00 to Monday 00:00: only Friday's roll charges, 25; Saturday and Sunday none."""
    start = instant("2023-06-09T20:00")
    told = play(
        minutes(*[CALM] * 52, start=start, length=HOUR),
        buy(0),
        terms=series(swap_long=-2500, fixed_steps=10),
        rolls=rolls(start, start + 52 * HOUR),
        ends=True,
    )
    assert told.results == [0]
    earlier = instant("2023-06-09T18:00")
    told = play(
        minutes(*[CALM] * 54, start=earlier, length=HOUR),
        buy(0),
        terms=series(swap_long=-2500),
        rolls=rolls(earlier, earlier + 54 * HOUR),
        ends=True,
    )
    assert told.results == [-25]


def test_the_roll_follows_new_york_through_a_change_of_clocks() -> None:
    """17:00 New York is 22:00 UTC on Friday 2023-03-10 and 21:00 UTC on Monday 2023-03-13."""
    for day, at in (("2023-03-10", 22), ("2023-03-13", 21)):
        start = instant(f"{day}T18:00")
        told = play(
            minutes(*[CALM] * 6, start=start, length=HOUR),
            buy(0),
            terms=series(swap_long=-1000),
            rolls=rolls(start, start + 6 * HOUR),
            ends=True,
        )
        assert told.books.marks["ts"].tolist()[0] == instant(f"{day}T{at}:00")
        assert told.results == [-10]


def test_a_position_left_at_the_roll_itself_has_paid_and_one_opened_there_has_not() -> None:
    """Roll at 21:00: the bar that opens at 21:00 fills both orders."""
    start = instant("2023-06-06T18:00")
    terms, at = series(swap_long=-1000, swap_short=-1000), rolls(start, start + 6 * HOUR)
    bars = minutes(*[CALM] * 6, start=start, length=HOUR)
    told = play(bars, buy(0, setup=1), leave(2, setup=1), sell(2, setup=2), terms=terms, rolls=at, ends=True)
    assert [(t["side"], t["swap"]) for t in told.books.trades] == [(1, -10), (-1, 0)]


def test_an_account_in_the_base_currency_converts_each_deal_at_its_own_price() -> None:
    """Bought at 1000, left at 1010: 10 steps x 10 points x 10,000 / 1010 = 990.099 -> 990.

    Commission 10 x 500 = 5,000 in the quote currency: 5 at 1000, 4.95 -> 5 at 1010.
    """
    terms = series(conversion=1, point_value=10_000, commission=500)
    told = play(minutes(CALM, (1000, 1010, 1000, 1010)), buy(0), terms=terms, ends=True)
    assert told.books.deals["gross"].tolist() == [0, 990]
    assert told.books.deals["commission"].tolist() == [5, 5]
    assert told.results == [980]


def test_profit_is_multiplied_by_the_last_close_of_the_converting_series() -> None:
    """100 points x 10 steps; a unit is worth 13/10 once the bar that closes with 13 is known.

    The stop at 1100 fills in bar 2, when 13, the close of bar 1, is the last one known: 1000 x 1.3 = 1300.
    """
    bars = [
        minutes(CALM, CALM, (1000, 1100, 1000, 1100)),
        minutes((12, 12, 12, 12), (12, 13, 12, 13), (13, 15, 13, 15)),
    ]
    terms = [series(conversion=2, conversion_series=1, conversion_scale=10), series(tradable=0)]
    told = World(bars, terms).play(buy(0, target=1100))
    assert told.deals == ["1 buy 10 at 1000", "2 sell 10 at 1100 target"]
    assert told.results == [1300]


def test_profit_is_divided_by_the_last_close_of_the_converting_series() -> None:
    """1000 x 10 / 13 = 769.23 -> 769."""
    bars = [
        minutes(CALM, CALM, (1000, 1100, 1000, 1100)),
        minutes((12, 12, 12, 12), (12, 13, 12, 13), (13, 15, 13, 15)),
    ]
    terms = [series(conversion=3, conversion_series=1, conversion_scale=10), series(tradable=0)]
    assert World(bars, terms).play(buy(0, target=1100)).results == [769]


def test_a_converting_series_of_shorter_bars_is_known_up_to_the_close_of_the_traded_bar() -> None:
    """Hour bars converted by minutes: the last minute that closed before the hour did is the rate.

    Minute 118 closes at 119 minutes with 20; minute 119 closes together with bar 1 and is not known yet.
    """
    hours = minutes(CALM, (1000, 1100, 1000, 1100), length=60 * MINUTE)
    rates = [(10, 10, 10, 10)] * 118 + [(20, 20, 20, 20), (30, 30, 30, 30)]
    terms = [series(conversion=2, conversion_series=1, conversion_scale=10), series(tradable=0)]
    told = World([hours, minutes(*rates)], terms).play(buy(0, target=1100))
    assert told.results == [2000]


def test_an_account_marks_its_equity_at_every_roll_and_closing_deal() -> None:
    """Open at the roll at close 1010: balance 1,000,000, equity 1,000,100, margin 1000."""
    start = instant("2023-06-06T19:00")
    bars = minutes(CALM, (1000, 1010, 999, 1010), (1010, 1015, 1009, 1012), start=start, length=HOUR)
    told = play(
        bars,
        buy(0),
        terms=series(margin=100_000),
        rolls=rolls(start, start + 3 * HOUR),
        stop_out=500_000,
        ends=True,
    )
    marks = [tuple(int(v) for v in mark) for mark in told.books.marks]
    assert marks == [
        (start + 2 * HOUR, 1_000_000, 1_000_100, 1000),
        (start + 3 * HOUR, 1_000_120, 1_000_120, 0),
    ]


def test_two_series_on_one_account_trade_in_the_order_of_time() -> None:
    """Series 1 has bars of two minutes: its fill at minute 2 comes with the bar that closes at minute 4."""
    bars = [minutes(*[CALM] * 6), minutes(*[CALM] * 3, length=2 * MINUTE)]
    told = World(bars, ends=True).play(buy(1, on=0), buy(0, on=1), leave(3, on=0))
    assert [(d["series"], d["bar"], d["ts"]) for d in told.books.deals[:3]] == [
        (0, 2, 2 * MINUTE),
        (1, 1, 2 * MINUTE),
        (0, 4, 4 * MINUTE),
    ]
