"""How positions end, one rule at a time and by hand.

A step wins or loses 1 minor unit a point; an order trades 10 steps; bars are open, high, low, close in bid.
"""

import pytest

from ictcli.strategies.decisions import LIMIT, STOP
from tests.engine.worlds import MINUTE, buy, leave, minutes, play, sell, series

pytestmark = pytest.mark.jit_off

CALM = (1000, 1005, 995, 1000)
"""A bar around 1000."""
SLIPS = series(slippage=1)
SECOND = MINUTE // 60


def test_a_long_is_stopped_by_the_bid_at_its_stop_less_slippage() -> None:
    """In at 1000 + 2 + 1 = 1003, out at 990 - 1 = 989: -140."""
    told = play(minutes(CALM, CALM, (1000, 1001, 990, 995), spread=2), buy(0, stop=990), terms=SLIPS)
    assert told.deals == ["1 buy 10 at 1003", "2 sell 10 at 989 stop"]
    assert told.results == [-140]


def test_a_short_is_stopped_by_the_ask() -> None:
    """Stop 1010, spread 2: a bid of 1007 is not enough, 1008 is. In at 1000, out at 1010: -100."""
    told = play(minutes(CALM, (1000, 1007, 995, 1000), (1000, 1008, 995, 1000), spread=2), sell(0, stop=1010))
    assert told.deals == ["1 sell 10 at 1000", "2 buy 10 at 1010 stop"]
    assert told.results == [-100]


def test_a_long_takes_its_target_by_the_bid_and_never_better_inside_a_bar() -> None:
    """In at 1002, out at 1010 though the bar goes on to 1030: +80."""
    told = play(minutes(CALM, CALM, (1000, 1030, 999, 1020), spread=2), buy(0, target=1010), terms=SLIPS)
    assert told.deals == ["1 buy 10 at 1003", "2 sell 10 at 1010 target"]
    assert told.results == [70]


def test_a_short_takes_its_target_by_the_ask() -> None:
    """Target 990, spread 2: a low of 989 is an ask of 991; 988 is 990."""
    told = play(
        minutes(CALM, (1000, 1001, 989, 1000), (1000, 1001, 988, 1000), spread=2), sell(0, target=990)
    )
    assert told.deals == ["1 sell 10 at 1000", "2 buy 10 at 990 target"]
    assert told.results == [100]


def test_an_open_beyond_the_stop_fills_at_that_open_and_still_slips() -> None:
    """Stop 990, open 970: 970 - 1 = 969; in at 1001: -320."""
    told = play(minutes(CALM, CALM, (970, 980, 965, 975)), buy(0, stop=990), terms=SLIPS)
    assert told.deals == ["1 buy 10 at 1001", "2 sell 10 at 969 stop"]
    assert told.results == [-320]


def test_a_short_gapped_beyond_its_stop_pays_the_ask_of_that_open() -> None:
    """Stop 1010, open 1030: 1030 + 2 + 1 = 1033; sold at 1000 - 1 = 999: -340."""
    told = play(minutes(CALM, CALM, (1030, 1035, 1025, 1030), spread=2), sell(0, stop=1010), terms=SLIPS)
    assert told.deals == ["1 sell 10 at 999", "2 buy 10 at 1033 stop"]
    assert told.results == [-340]


def test_an_open_beyond_the_target_fills_at_that_better_open_without_slippage() -> None:
    told = play(minutes(CALM, CALM, (1030, 1035, 1025, 1030)), buy(0, target=1010), terms=SLIPS)
    assert told.deals == ["1 buy 10 at 1001", "2 sell 10 at 1030 target"]
    assert told.results == [290]


def test_a_bar_that_reaches_stop_and_target_counts_as_stopped_and_is_marked() -> None:
    told = play(minutes(CALM, CALM, (1000, 1020, 980, 1010)), buy(0, stop=990, target=1010))
    assert told.deals == ["1 buy 10 at 1000", "2 sell 10 at 990 stop?"]
    assert told.books.trades["ambiguous"].tolist() == [1]


def test_finer_bars_tell_whether_stop_or_target_came_first() -> None:
    """The first half of bar 2 reaches 1020, the second half 980: target first."""
    bars = minutes(CALM, CALM, (1000, 1020, 980, 985))
    fine = minutes((1000, 1020, 998, 1005), (1005, 1006, 980, 985), start=2 * MINUTE, length=MINUTE // 2)
    told = play(bars, buy(0, stop=990, target=1010), fine=fine)
    assert told.deals == ["1 buy 10 at 1000", "2 sell 10 at 1010 target"]
    assert told.books.deals["ts"].tolist() == [MINUTE, 2 * MINUTE]


def test_ticks_tell_whether_stop_or_target_came_first() -> None:
    """980 before 1020: stopped at the tick that gapped to 980, 10 seconds into the bar."""
    bars = minutes(CALM, CALM, (1000, 1020, 980, 1010))
    ticks = minutes(
        *[(price,) * 4 for price in (1000, 980, 1020, 1010)], start=2 * MINUTE, length=10 * SECOND
    )
    told = play(bars, buy(0, stop=990, target=1015), fine=ticks)
    assert told.deals == ["1 buy 10 at 1000", "2 sell 10 at 980 stop"]
    assert told.books.deals["ts"].tolist() == [MINUTE, 2 * MINUTE + 10 * SECOND]


def test_finer_bars_that_do_not_reproduce_the_bar_are_ignored() -> None:
    """They miss the low of 980, so the bar itself decides: ambiguous."""
    bars = minutes(CALM, CALM, (1000, 1020, 980, 985))
    fine = minutes((1000, 1020, 998, 1005), (1005, 1006, 981, 985), start=2 * MINUTE, length=MINUTE // 2)
    told = play(bars, buy(0, stop=990, target=1010), fine=fine)
    assert told.deals == ["1 buy 10 at 1000", "2 sell 10 at 990 stop?"]


def test_finer_bars_with_another_open_are_ignored() -> None:
    bars = minutes(CALM, CALM, (1000, 1020, 980, 985))
    fine = minutes((1001, 1020, 998, 1005), (1005, 1006, 980, 985), start=2 * MINUTE, length=MINUTE // 2)
    told = play(bars, buy(0, stop=990, target=1010), fine=fine)
    assert told.deals == ["1 buy 10 at 1000", "2 sell 10 at 990 stop?"]


def test_a_market_order_can_be_stopped_in_the_bar_that_fills_it() -> None:
    told = play(minutes(CALM, (1000, 1005, 985, 1000)), buy(0, stop=990))
    assert told.deals == ["1 buy 10 at 1000", "1 sell 10 at 990 stop"]


def test_a_market_order_can_reach_its_target_in_the_bar_that_fills_it() -> None:
    told = play(minutes(CALM, (1000, 1015, 995, 1000)), buy(0, stop=990, target=1010))
    assert told.deals == ["1 buy 10 at 1000", "1 sell 10 at 1010 target"]


def test_a_limit_order_can_be_stopped_in_the_bar_that_fills_it() -> None:
    """From 1000 the way to 985 leads through 995 and then 990: certain, not ambiguous."""
    told = play(minutes(CALM, (1000, 1005, 985, 1000)), buy(0, order=LIMIT, price=994, stop=990, target=1004))
    assert told.deals == ["1 buy 10 at 994", "1 sell 10 at 990 stop"]


def test_the_target_of_a_limit_order_does_not_count_in_the_bar_that_fills_it_inside() -> None:
    """The high of 1015 may be older than the fill at 990; the next bar reaches 1010 for certain."""
    told = play(
        minutes(CALM, (1000, 1015, 988, 1000), (1000, 1010, 999, 1005)),
        buy(0, order=LIMIT, price=990, stop=980, target=1010),
    )
    assert told.deals == ["1 buy 10 at 990", "2 sell 10 at 1010 target"]


def test_the_target_of_a_stop_order_counts_in_the_bar_that_fills_it() -> None:
    """From 1000 the way to 1025 leads through 1010 and then 1020."""
    told = play(minutes(CALM, (1000, 1025, 996, 1020)), buy(0, order=STOP, price=1010, stop=990, target=1020))
    assert told.deals == ["1 buy 10 at 1010", "1 sell 10 at 1020 target"]


def test_a_stop_order_whose_own_stop_lies_within_the_bar_counts_as_stopped() -> None:
    """The low of 988 may be older than the fill at 1010: in doubt, stopped at 990."""
    told = play(minutes(CALM, (1000, 1025, 988, 1020)), buy(0, order=STOP, price=1010, stop=990, target=1020))
    assert told.deals == ["1 buy 10 at 1010", "1 sell 10 at 990 stop?"]


def test_a_time_stop_leaves_at_the_open_after_its_last_bar() -> None:
    """Two bars, the fill bar counted: bars 1 and 2; out at the open of bar 3 less slippage."""
    told = play(minutes(CALM, CALM, CALM, (1004, 1005, 1000, 1001)), buy(0, max_bars=2), terms=SLIPS)
    assert told.deals == ["1 buy 10 at 1001", "3 sell 10 at 1003 time"]


def test_a_position_is_left_at_the_first_open_at_or_after_its_session_ends() -> None:
    told = play(minutes(CALM, CALM, CALM, (1004, 1005, 1000, 1001)), buy(0, flat=2 * MINUTE + 1))
    assert told.deals == ["1 buy 10 at 1000", "3 sell 10 at 1004 session"]


def test_finer_bars_end_a_session_within_a_bar() -> None:
    """Flat from 2.5 minutes: the second half of bar 2 opens at 1003."""
    bars = minutes(CALM, CALM, (1000, 1005, 995, 1001), (1004, 1005, 1000, 1001))
    fine = minutes((1000, 1005, 998, 1002), (1003, 1004, 995, 1001), start=2 * MINUTE, length=MINUTE // 2)
    told = play(bars, buy(0, flat=2 * MINUTE + MINUTE // 2), fine=fine)
    assert told.deals == ["1 buy 10 at 1000", "2 sell 10 at 1003 session"]


def test_a_strategy_can_close_its_position_at_the_next_open() -> None:
    told = play(minutes(CALM, CALM, CALM, (1004, 1005, 1000, 1001)), buy(0), leave(2), terms=SLIPS)
    assert told.deals == ["1 buy 10 at 1001", "3 sell 10 at 1003 strategy"]
    assert told.events[2:] == ["2 close_asked strategy 1000 x10", "3 closed strategy 1003 x10"]


def test_closing_a_set_up_withdraws_its_orders_too_and_leaves_others_alone() -> None:
    told = play(
        minutes(CALM, CALM, (1002, 1005, 985, 1001)),
        buy(0, setup=1),
        buy(0, order=LIMIT, price=990, setup=1),
        buy(0, order=LIMIT, price=986, setup=2),
        leave(1, setup=1),
    )
    assert told.deals == ["1 buy 10 at 1000", "2 sell 10 at 1002 strategy", "2 buy 10 at 986"]


def test_a_share_is_closed_at_its_level_and_the_rest_at_the_target() -> None:
    """40 % of 10 is 4 steps at 1010, 6 at 1020: 4 x 10 + 6 x 20 = 160."""
    told = play(
        minutes(CALM, CALM, (1000, 1012, 999, 1010), (1010, 1025, 1009, 1020)),
        buy(0, stop=980, target=1020, partial_at=(1010, 0), partial_share=(400_000, 0)),
    )
    assert told.deals == ["1 buy 10 at 1000", "2 sell 4 at 1010 partial", "3 sell 6 at 1020 target"]
    assert told.results == [160]
    assert told.books.trades["exits"].tolist() == [2]


def test_a_share_is_rounded_down_to_whole_steps() -> None:
    """A third of 10 is 3 steps."""
    told = play(
        minutes(CALM, CALM, (1000, 1012, 999, 1010)),
        buy(0, partial_at=(1010, 0), partial_share=(333_333, 0)),
        ends=True,
    )
    assert told.deals == ["1 buy 10 at 1000", "2 sell 3 at 1010 partial", "2 sell 7 at 1010 end"]


def test_a_share_is_closed_at_an_open_beyond_its_level() -> None:
    told = play(
        minutes(CALM, CALM, (1015, 1016, 1014, 1015)),
        buy(0, partial_at=(1010, 0), partial_share=(500_000, 0)),
    )
    assert told.deals == ["1 buy 10 at 1000", "2 sell 5 at 1015 partial"]


def test_a_fill_beyond_a_level_closes_that_share_at_the_same_open() -> None:
    """The level 1010 was in front of the market when it was decided; the open is 1015."""
    told = play(
        minutes(CALM, (1015, 1016, 1014, 1015)),
        buy(0, target=1040, partial_at=(1010, 0), partial_share=(500_000, 0)),
    )
    assert told.deals == ["1 buy 10 at 1015", "1 sell 5 at 1015 partial"]


def test_spread_and_slippage_count_by_the_volume_that_paid_them() -> None:
    """A short pays the spread of 2 on 4 steps at 990 and on 6 at the stop; slippage of 1 on 10 and on 6."""
    told = play(
        minutes(CALM, CALM, (1000, 1000, 988, 990), (990, 1010, 989, 1008), spread=2),
        sell(0, stop=1010, partial_at=(990, 0), partial_share=(400_000, 0)),
        terms=SLIPS,
    )
    assert told.deals == ["1 sell 10 at 999", "2 buy 4 at 990 partial", "3 buy 6 at 1011 stop"]
    assert told.books.trades["spread"].tolist() == [2 * 4 + 2 * 6]
    assert told.books.trades["slippage"].tolist() == [1 * 10 + 1 * 6]


def test_shares_that_add_up_to_all_end_the_position() -> None:
    told = play(
        minutes(CALM, CALM, (1000, 1022, 999, 1010)),
        buy(0, partial_at=(1010, 1020), partial_share=(500_000, 500_000)),
    )
    assert told.deals == ["1 buy 10 at 1000", "2 sell 5 at 1010 partial", "2 sell 5 at 1020 partial"]
    assert told.reasons == ["partial"]
    assert told.results == [150]


def test_a_stopped_bar_that_also_reaches_a_level_takes_nothing_at_that_level() -> None:
    told = play(
        minutes(CALM, CALM, (1000, 1012, 985, 990)),
        buy(0, stop=990, partial_at=(1010, 0), partial_share=(500_000, 0)),
    )
    assert told.deals == ["1 buy 10 at 1000", "2 sell 10 at 990 stop?"]


def test_what_is_open_at_the_end_is_left_at_the_last_close_less_slippage() -> None:
    told = play(minutes(CALM, CALM, (1000, 1010, 999, 1008)), buy(0, stop=980), terms=SLIPS, ends=True)
    assert told.deals == ["1 buy 10 at 1001", "2 sell 10 at 1007 end"]
    assert told.results == [60]
    assert told.books.marks["equity"].tolist() == [1_000_060]


def test_a_close_asked_at_the_last_bar_ends_with_the_data() -> None:
    told = play(minutes(CALM, CALM), buy(0), leave(1), ends=True)
    assert told.reasons == ["end"]


def test_a_stop_that_a_wider_spread_swallows_at_the_fill_leaves_at_once() -> None:
    """Limit 990, stop 986, spread 5 when it fills: the bid is 985 then, and it is left there: -50."""
    told = play(
        minutes(CALM, (1000, 1001, 980, 990), spread=[2, 5]), buy(0, order=LIMIT, price=990, stop=986)
    )
    assert told.deals == ["1 buy 10 at 990", "1 sell 10 at 985 stop"]
    assert told.results == [-50]


def test_closing_leaves_the_positions_of_other_strategies_alone() -> None:
    told = play(minutes(CALM, CALM, CALM), buy(0, by=0), buy(0, by=1), leave(1, by=1, setup=-1))
    assert told.books.trades["owner"].tolist() == [1]


def test_pieces_have_spreads_of_their_own() -> None:
    """Stop 1010; the bar's spread of 2 would not reach it, the 6 of its second half does."""
    bars = minutes(CALM, CALM, (1000, 1004, 995, 1000), spread=2)
    fine = minutes(
        (1000, 1002, 995, 1000),
        (1000, 1004, 999, 1000),
        spread=[2, 6],
        start=2 * MINUTE,
        length=MINUTE // 2,
    )
    assert play(bars, sell(0, stop=1010), fine=fine).deals == ["1 sell 10 at 1000", "2 buy 10 at 1010 stop"]
