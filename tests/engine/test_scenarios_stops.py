"""Stops that move: to the entry and behind the market, and what keeps them; by hand.

A step wins or loses 1 minor unit a point; an order trades 10 steps; bars are open, high, low, close in bid.
"""

import pytest

from ictcli.strategies.decisions import LIMIT
from tests.engine.worlds import MINUTE, buy, minutes, play, sell, series

pytestmark = pytest.mark.jit_off

CALM = (1000, 1005, 995, 1000)
"""A bar around 1000."""
SLIPS = series(slippage=1)
SECOND = MINUTE // 60


def test_a_stop_moves_to_the_entry_after_the_bar_that_went_far_enough() -> None:
    """In at 1000; bar 2 reaches 1010, so from bar 3 on the stop is 1000 + 1."""
    told = play(
        minutes(CALM, CALM, (1000, 1010, 1000, 1008), (1008, 1009, 1000, 1003)),
        buy(0, stop=980, even_at=10, even_plus=1),
    )
    assert told.deals == ["1 buy 10 at 1000", "3 sell 10 at 1001 break_even"]
    assert told.events[2] == "2 stop_moved break_even 1001 x10"
    assert told.books.trades["stop"].tolist() == [980]


def test_a_break_even_stop_lies_on_the_tick_grid_against_the_trader() -> None:
    """In at 1002, which no tick of 5 is; the stop goes to 1000, a short's at 1003 to 1005."""
    tick = series(tick=5)
    bought = play(
        minutes(CALM, (1002, 1003, 1000, 1001), (1001, 1020, 1001, 1018)),
        buy(0, stop=980, even_at=10),
        terms=tick,
    )
    assert bought.events[2] == "2 stop_moved break_even 1000 x10"
    sold = play(
        minutes(CALM, (1003, 1004, 1000, 1001), (1001, 1001, 985, 988)),
        sell(0, stop=1020, even_at=10),
        terms=tick,
    )
    assert sold.events[2] == "2 stop_moved break_even 1005 x10"


def test_a_short_breaks_even_by_the_ask() -> None:
    """Sold at 1000, spread 2: a low of 988 is an ask of 990, 10 points in favour."""
    told = play(
        minutes(CALM, CALM, (1000, 1000, 989, 995), (995, 997, 988, 994), (994, 998, 993, 997), spread=2),
        sell(0, stop=1020, even_at=10),
    )
    assert told.events[2] == "3 stop_moved break_even 1000 x10"
    assert told.deals == ["1 sell 10 at 1000", "4 buy 10 at 1000 break_even"]


def test_of_the_entry_bar_only_the_close_counts_for_breaking_even() -> None:
    """The high of 1012 may be older than the fill at 990."""
    told = play(
        minutes(CALM, (1000, 1012, 989, 995), (995, 996, 988, 990)),
        buy(0, order=LIMIT, price=990, stop=980, even_at=10),
    )
    assert told.deals == ["1 buy 10 at 990"]


def test_a_stop_trails_the_best_close_by_points_and_never_goes_back() -> None:
    """Closes 1010, 1020, 1015 with 8 points: stops 1002, 1012, then 1012 stays and is hit."""
    told = play(
        minutes(
            CALM,
            (1000, 1011, 999, 1010),
            (1010, 1021, 1009, 1020),
            (1020, 1021, 1013, 1015),
            (1015, 1016, 1010, 1011),
        ),
        buy(0, stop=990, trail=8),
    )
    assert told.events[2:] == [
        "1 stop_moved trail 1002 x10",
        "2 stop_moved trail 1012 x10",
        "4 closed trail 1012 x10",
    ]
    assert told.results == [120]


def test_a_short_trails_the_ask() -> None:
    """Close 990 + 2 spread = 992, 8 points behind: 1000."""
    told = play(
        minutes(CALM, (1000, 1001, 989, 990), (990, 998, 989, 997), spread=2), sell(0, stop=1020, trail=8)
    )
    assert told.deals == ["1 sell 10 at 1000", "2 buy 10 at 1000 trail"]


def test_a_stop_trails_only_from_so_many_points_in_favour() -> None:
    """10 points needed: the close 1009 is 9, the close 1010 is 10."""
    told = play(
        minutes(CALM, (1000, 1010, 999, 1009), (1009, 1011, 1008, 1010)),
        buy(0, stop=990, trail=5, trail_from=10),
    )
    assert told.events[2:] == ["2 stop_moved trail 1005 x10"]


def test_a_stop_trails_by_the_average_true_range() -> None:
    """Length 2. True ranges: 10, then 12 (1011 - 999): mean 11 at bar 1.

    Half of 11 is 5.5, kept as 6 points: 1010 - 6 = 1004. Bar 2: range 12, (11 + 12) / 2 = 11.5, half 5.75,
    kept as 6: 1020 - 6 = 1014.
    """
    told = play(
        minutes(CALM, (1000, 1011, 999, 1010), (1010, 1021, 1009, 1020)),
        buy(0, stop=980, trail_atr=0.5),
        needs_atr=1,
    )
    assert told.events[2:] == ["1 stop_moved trail 1004 x10", "2 stop_moved trail 1014 x10"]


def test_the_average_true_range_moves_on_with_the_first_bar_after_its_mean() -> None:
    """Length 2: mean of 10 and 10 at bar 1, (10 + 25) / 2 = 17.5 at bar 2; twice that, and a point, is 36."""
    told = play(minutes(CALM, CALM, (1000, 1020, 995, 1019)), buy(0, stop=900, trail_atr=2.0), needs_atr=1)
    assert told.events[2:] == ["1 stop_moved trail 979 x10", "2 stop_moved trail 983 x10"]


def test_a_trailing_stop_stays_on_the_ticks_away_from_the_market() -> None:
    """1010 - 8 = 1002 becomes 1000 on ticks of 5; for a short 990 + 8 = 998 becomes 1000."""
    long = play(minutes(CALM, (1000, 1011, 999, 1010)), buy(0, stop=980, trail=8), terms=series(tick=5))
    assert long.events[-1] == "1 stop_moved trail 1000 x10"
    short = play(minutes(CALM, (1000, 1001, 989, 990)), sell(0, stop=1020, trail=8), terms=series(tick=5))
    assert short.events[-1] == "1 stop_moved trail 1000 x10"


def test_a_stop_does_not_move_into_the_stops_level() -> None:
    """Within 8 points of the close 1010 a stop may not be set; 8 behind is not beyond it, 9 is."""
    bars = minutes(CALM, (1000, 1011, 999, 1010))
    terms = series(stops_level=8)
    assert len(play(bars, buy(0, stop=980, trail=8), terms=terms).events) == 2
    assert play(bars, buy(0, stop=980, trail=9), terms=terms).events[2:] == ["1 stop_moved trail 1001 x10"]


def test_a_stop_does_not_move_while_the_market_is_within_the_freeze_level() -> None:
    """The close 1010 is 10 points before the target 1020; with a freeze level of 10 nothing changes."""
    bars = minutes(CALM, (1000, 1011, 999, 1010))
    frozen = play(bars, buy(0, stop=980, target=1020, trail=5), terms=series(freeze_level=10))
    assert len(frozen.events) == 2
    free = play(bars, buy(0, stop=980, target=1020, trail=5), terms=series(freeze_level=9))
    assert free.events[2:] == ["1 stop_moved trail 1005 x10"]


def test_a_stop_does_not_trail_by_a_range_that_is_not_known_yet() -> None:
    """Length 9, two bars."""
    told = play(
        minutes(CALM, (1000, 1011, 999, 1010)),
        buy(0, stop=980, trail_atr=0.5),
        needs_atr=1,
        atr_length=9,
    )
    assert len(told.events) == 2


def test_a_stop_that_would_lie_below_zero_does_not_trail() -> None:
    told = play(minutes(CALM, CALM), buy(0, trail=1000))
    assert len(told.events) == 2


def test_a_stop_does_not_move_while_the_market_is_within_the_freeze_level_of_it() -> None:
    """Close 1000, stop 992, freeze level 8."""
    bars = minutes(CALM, (1000, 1005, 995, 1000))
    assert len(play(bars, buy(0, stop=992, trail=5), terms=series(freeze_level=8)).events) == 2
    moved = play(bars, buy(0, stop=992, trail=5), terms=series(freeze_level=7))
    assert moved.events[2:] == ["1 stop_moved trail 995 x10"]


def test_a_break_even_stop_waits_until_the_broker_takes_it() -> None:
    """Bar 2 reaches 1010 but closes at 1000, where a stop at 1000 would be hit; bar 3 closes at 1005."""
    told = play(
        minutes(CALM, CALM, (1000, 1010, 1000, 1000), (1000, 1010, 1000, 1005)),
        buy(0, stop=980, even_at=10),
    )
    assert told.events[2:] == ["3 stop_moved break_even 1000 x10"]


def test_a_stop_beyond_break_even_stays() -> None:
    """It trails at 1002 already when bar 2 goes 10 points in favour."""
    told = play(
        minutes(CALM, (1000, 1008, 1000, 1007), (1007, 1010, 1004, 1005)),
        buy(0, stop=980, even_at=10, trail=5),
    )
    assert told.events[2:] == ["1 stop_moved trail 1002 x10"]


def test_a_stop_that_stays_where_it_is_has_not_moved() -> None:
    """Two closes at 1010: one move."""
    told = play(minutes(CALM, (1000, 1011, 999, 1010), (1010, 1011, 1009, 1010)), buy(0, stop=980, trail=8))
    assert told.events[2:] == ["1 stop_moved trail 1002 x10"]
