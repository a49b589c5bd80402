"""Netting, reducing, margin, stop-out and ruin, one rule at a time and by hand.

A step wins or loses 1 minor unit a point unless the series says otherwise; an order trades 10 steps; the
account opens with 1,000,000.
"""

import pytest

from ictcli.clock import NS_PER_HOUR
from ictcli.strategies.decisions import LIMIT, STOP
from tests.engine.worlds import World, buy, minutes, play, rules, sell, series

pytestmark = pytest.mark.jit_off

CALM = (1000, 1005, 995, 1000)
"""A bar around 1000."""
HOUR = NS_PER_HOUR


def test_a_netting_account_adds_to_its_position_and_takes_the_newer_protection() -> None:
    """10 at 1000 and 10 at 1010: value 20100; the stop of the second order, 995, ends both: -200."""
    told = play(
        minutes(CALM, (1000, 1011, 999, 1010), (1010, 1011, 1009, 1010), (1010, 1011, 994, 995)),
        buy(0, stop=980),
        buy(1, stop=995),
        netting=1,
    )
    assert told.deals == ["1 buy 10 at 1000", "2 buy 10 at 1010", "3 sell 20 at 995 stop"]
    assert told.events[3:5] == ["2 replaced 995 x10", "2 filled 1010 x10"]
    assert told.results == [-200]
    assert told.books.trades["entry_value"].tolist() == [20_100]


def test_a_netting_account_reduces_its_position_by_an_opposite_order() -> None:
    """4 of 10 are sold at 1010: 40; the rest keeps its stop and ends at 990: -60."""
    told = play(
        minutes(CALM, (1000, 1011, 999, 1010), (1010, 1011, 1009, 1010), (1010, 1011, 985, 995)),
        buy(0, stop=990),
        sell(1, steps=4, stop=1030),
        netting=1,
    )
    assert told.deals == ["1 buy 10 at 1000", "2 sell 4 at 1010 reversed", "3 sell 6 at 990 stop"]
    assert told.results == [-20]


def test_a_netting_account_reverses_with_what_an_opposite_order_has_left() -> None:
    """25 sold at 1010 close 10 (+100) and open a short of 15 with its own stop at 1020: -150."""
    told = play(
        minutes(CALM, (1000, 1011, 999, 1010), (1010, 1011, 1009, 1010), (1010, 1025, 1009, 1020)),
        buy(0, stop=990),
        sell(1, steps=25, stop=1020, target=900),
        netting=1,
    )
    assert told.deals == [
        "1 buy 10 at 1000",
        "2 sell 10 at 1010 reversed",
        "2 sell 15 at 1010",
        "3 buy 15 at 1020 stop",
    ]
    assert told.results == [100, -150]
    assert told.books.trades["stop"].tolist() == [990, 1020]


def test_a_hedging_account_holds_both_sides() -> None:
    told = play(minutes(CALM, CALM, (1000, 1000, 990, 990)), buy(0), sell(1), ends=True)
    assert told.deals == [
        "1 buy 10 at 1000",
        "2 sell 10 at 1000",
        "2 sell 10 at 990 end",
        "2 buy 10 at 990 end",
    ]
    assert told.results == [-100, 100]


def test_an_order_that_may_only_reduce_shrinks_the_oldest_position_first() -> None:
    """Longs of 10 and 10; 14 sold: the older one whole, 4 of the younger."""
    told = play(
        minutes(CALM, CALM, CALM, (1010, 1011, 1009, 1010)),
        buy(0, setup=1),
        buy(1, setup=2),
        sell(2, steps=14, reduce_only=1),
        ends=True,
    )
    assert told.deals[2:] == [
        "3 sell 10 at 1010 reversed",
        "3 sell 4 at 1010 reversed",
        "3 sell 6 at 1010 end",
    ]


def test_an_order_that_may_only_reduce_takes_all_when_it_names_no_volume() -> None:
    told = play(minutes(CALM, CALM, CALM), buy(0), sell(1, reduce_only=1))
    assert told.deals == ["1 buy 10 at 1000", "2 sell 10 at 1000 reversed"]


def test_an_order_that_may_only_reduce_never_opens_the_other_side() -> None:
    """Asked for 25, 10 are there: the rest is refused."""
    told = play(minutes(CALM, CALM, CALM), buy(0), sell(1, steps=25, reduce_only=1))
    assert told.events[-3:] == [
        "2 closed reversed 1000 x10",
        "2 partly_filled 1000 x10",
        "2 refused nothing_to_reduce 0 x15",
    ]


def test_a_resting_order_that_may_only_reduce_is_refused_when_the_position_is_gone() -> None:
    told = play(
        minutes(CALM, CALM, (1000, 1001, 989, 990), (990, 1020, 990, 1020)),
        buy(0, stop=990),
        sell(1, order=LIMIT, price=1015, reduce_only=1),
    )
    assert told.events[-1] == "3 refused nothing_to_reduce 1015 x10"


def test_a_strategy_reduces_only_its_own_positions_on_a_hedging_account() -> None:
    told = play(minutes(CALM, CALM, CALM), buy(0, by=0), sell(1, by=1, reduce_only=1))
    assert told.events[-1] == "1 refused nothing_to_reduce 0 x0"


def test_margin_refuses_an_order_that_the_free_margin_does_not_carry() -> None:
    """10 x 1000 x 10 % = 1000 bound; an account of 999 does not carry it, one of 1000 does."""
    terms = series(margin=100_000)
    told = play(minutes(CALM, CALM), buy(0), terms=terms, opening=999, stop_out=500_000)
    assert told.events == ["0 refused margin 0 x0"]
    told = play(minutes(CALM, CALM), buy(0), terms=terms, opening=1000, stop_out=500_000)
    assert told.deals == ["1 buy 10 at 1000"]


def test_margin_is_asked_again_when_an_order_fills() -> None:
    """Each of two buy stops binds 1010 of 2000: the second no longer fits when both fill."""
    told = play(
        minutes(CALM, (1000, 1012, 999, 1010)),
        buy(0, order=STOP, price=1010, setup=1),
        buy(0, order=STOP, price=1010, setup=2),
        terms=series(margin=100_000),
        opening=2000,
        stop_out=100_000,
    )
    assert told.events[2:] == ["1 filled 1010 x10", "1 refused margin 1010 x10"]


def test_positions_are_closed_at_the_worst_price_when_the_margin_level_falls_below_the_limit() -> None:
    """In at 1000 + 1; 1001 bound of 1200. At the low 930 equity is 1200 - 710 = 490, below 50 %, 500.5.

    Closed at that low less 1 point of slippage: 10 x (929 - 1001) = -720.
    """
    told = play(
        minutes(CALM, (1000, 1001, 930, 950)),
        buy(0),
        terms=series(margin=100_000, slippage=1),
        opening=1200,
        stop_out=500_000,
    )
    assert told.deals == ["1 buy 10 at 1001", "1 sell 10 at 929 stop_out"]
    assert told.results == [-720]
    assert told.balance == 480


def test_a_margin_level_at_the_limit_is_not_below_it() -> None:
    """Equity 1200 - 700 = 500 is exactly 50 % of 1000."""
    told = play(
        minutes(CALM, (1000, 1001, 930, 950)),
        buy(0),
        terms=series(margin=100_000),
        opening=1200,
        stop_out=500_000,
    )
    assert told.deals == ["1 buy 10 at 1000"]


def test_a_stop_within_the_bar_comes_before_the_brokers_stop_out() -> None:
    told = play(
        minutes(CALM, CALM, (1000, 1001, 900, 950)),
        buy(0, stop=960),
        terms=series(margin=100_000),
        opening=1200,
        stop_out=500_000,
    )
    assert told.reasons == ["stop"]
    assert told.balance == 800


def test_a_stop_out_closes_the_largest_loss_first_and_only_as_much_as_it_must() -> None:
    """Longs from 1000 (10 steps) and 980 (5 steps) bind 1000 + 490 = 1490; at 930: -700 and -250.

    2100 - 950 = 1150 is above 745, at 870: -1300 - 550 leaves 250, below 745. Without the larger one
    2100 - 1300 - 550 = 250 is 51 % of 490: the smaller one stays.
    """
    told = play(
        minutes(CALM, (1000, 1001, 975, 980), (980, 981, 930, 940), (940, 941, 870, 900)),
        buy(0, setup=1),
        buy(1, setup=2, steps=5),
        terms=series(margin=100_000),
        opening=2100,
        stop_out=500_000,
    )
    assert told.deals == ["1 buy 10 at 1000", "2 buy 5 at 980", "3 sell 10 at 870 stop_out"]


def test_a_series_is_stopped_out_by_what_another_one_lost() -> None:
    """Both bind 1000 of 2600. Series 1 falls to 880 (-1200) while series 0 stays at 1000: 1400, above 1000.

    Then series 0 falls to 950 (-500): 900 is below 1000, and series 0, whose bar it is, is closed.
    """
    quiet = [CALM, (1000, 1000, 1000, 1000), (1000, 1000, 1000, 1000), (1000, 1000, 950, 960)]
    falls = [CALM, (1000, 1000, 1000, 1000), (1000, 1000, 880, 880), (880, 880, 880, 880)]
    terms = [series(margin=100_000), series(margin=100_000)]
    told = World([minutes(*quiet), minutes(*falls)], terms, rules(opening=2600, stop_out=500_000)).play(
        buy(0, on=0), buy(0, on=1)
    )
    assert told.deals == ["1 buy 10 at 1000", "1 buy 10 at 1000", "3 sell 10 at 950 stop_out"]
    assert told.books.deals["series"].tolist() == [0, 1, 0]


def test_a_stop_out_follows_the_converting_series() -> None:
    """100 lost in the quote currency is 100 of 1160 at 1.0; the rate rises to 7.0: 700, and margin 7000.

    The position's own price stays, so only the rate can end it: 1160 - 700 = 460 is below half of 7000.
    """
    stays = (990, 990, 990, 990)
    bars = [
        minutes(CALM, (1000, 1000, 990, 990), stays, stays),
        minutes((10, 10, 10, 10), (10, 10, 10, 10), (10, 70, 10, 70), (70, 70, 70, 70)),
    ]
    terms = [
        series(conversion=2, conversion_series=1, conversion_scale=10, margin=100_000),
        series(tradable=0),
    ]
    told = World(bars, terms, rules(opening=1160, stop_out=500_000)).play(buy(0))
    assert told.deals == ["1 buy 10 at 1000", "3 sell 10 at 990 stop_out"]
    assert told.results == [-700]


def test_a_wider_spread_alone_can_stop_a_short_out() -> None:
    """Bound 1000 of 1200; the ask rises by 71 points with the spread: 1200 - 710 = 490, below 500."""
    flat = (1000, 1000, 1000, 1000)
    told = play(
        minutes(flat, flat, flat, flat, spread=[0, 0, 0, 71]),
        sell(0),
        terms=series(margin=100_000),
        opening=1200,
        stop_out=500_000,
    )
    assert told.deals == ["1 sell 10 at 1000", "3 buy 10 at 1071 stop_out"]


def test_nothing_is_opened_once_the_balance_is_used_up() -> None:
    """100 lost of 100; the next decision and the order that still rests are refused."""
    told = play(
        minutes(CALM, CALM, (1000, 1000, 985, 990), (990, 1015, 970, 990)),
        buy(0, stop=990, setup=1),
        buy(0, order=LIMIT, price=975, setup=2),
        buy(2, setup=3),
        opening=100,
    )
    assert told.balance == 0
    assert told.events[-2:] == ["2 refused balance_exhausted 0 x0", "3 refused balance_exhausted 975 x10"]


def test_a_gap_can_take_more_than_the_balance() -> None:
    told = play(minutes(CALM, CALM, (980, 985, 975, 980)), buy(0, stop=990), opening=100)
    assert told.balance == -100


def test_a_reversed_short_counts_the_spread_and_slippage_of_its_end() -> None:
    """Sold at 1000 - 1; bought back at 1000 + 2 + 1 by the order that reverses."""
    told = play(
        minutes(CALM, CALM, CALM, spread=2), sell(0), buy(1), terms=series(slippage=1), netting=1, ends=True
    )
    assert told.deals == ["1 sell 10 at 999", "2 buy 10 at 1003 reversed"]
    assert told.books.trades["spread"].tolist() == [20]
    assert told.books.trades["slippage"].tolist() == [20]


def test_only_as_many_positions_are_stopped_out_as_the_level_asks_for() -> None:
    """Two longs of 10 bind 2000 of 2400; at 930 both have lost 700: 1000 left, just 50 % of 2000."""
    asks = [buy(0, setup=1), buy(0, setup=2)]
    terms = series(margin=100_000)
    told = play(minutes(CALM, (1000, 1000, 930, 930)), *asks, terms=terms, opening=2400, stop_out=500_000)
    assert len(told.deals) == 2
    told = play(minutes(CALM, (1000, 1000, 929, 930)), *asks, terms=terms, opening=2400, stop_out=500_000)
    assert told.reasons == ["stop_out"]
