"""Orders, one at a time and by hand: what fills them, at which price, and what ends them.

A step wins or loses 1 minor unit a point; an order trades 10 steps; bars are open, high, low, close in bid.
"""

import pytest

from ictcli.strategies.decisions import LIMIT, STOP, STOP_LIMIT
from tests.engine.worlds import MINUTE, Ask, buy, minutes, play, sell, series, withdraw

pytestmark = pytest.mark.jit_off

CALM = (1000, 1005, 995, 1000)
"""A bar around 1000."""
SLIPS = series(slippage=1)


def test_a_market_buy_is_done_at_the_ask_of_the_next_open() -> None:
    """1001 + 2 spread = 1003; left at the last bid 1000: 10 x (1000 - 1003) = -30."""
    told = play(minutes(CALM, (1001, 1005, 995, 1000), spread=2), buy(0), ends=True)
    assert told.deals == ["1 buy 10 at 1003", "1 sell 10 at 1000 end"]
    assert told.events == ["0 placed 0 x10", "1 filled 1003 x10", "1 closed end 1000 x10"]
    assert told.results == [-30]
    assert told.balance == 999_970


def test_a_market_sell_is_done_at_the_bid_and_left_at_the_ask() -> None:
    """Sold at 1001, bought back at 1000 + 2 = 1002: -10."""
    told = play(minutes(CALM, (1001, 1005, 995, 1000), spread=2), sell(0), ends=True)
    assert told.deals == ["1 sell 10 at 1001", "1 buy 10 at 1002 end"]
    assert told.balance == 999_990


def test_an_unknown_spread_is_the_typical_one() -> None:
    """1001 + 3 typical = 1004."""
    told = play(
        minutes(CALM, (1001, 1005, 995, 1000), spread=None), buy(0), terms=series(typical_spread=3), ends=True
    )
    assert told.deals == ["1 buy 10 at 1004", "1 sell 10 at 1000 end"]


def test_every_bar_has_its_own_spread() -> None:
    """The buy pays the 4 of the bar that fills it, not the 1 of the bar that decided."""
    told = play(minutes(CALM, CALM, spread=[1, 4]), buy(0))
    assert told.deals == ["1 buy 10 at 1004"]


def test_market_orders_slip_by_a_fixed_number_of_points_both_ways() -> None:
    """Buy 1000 + 2 + 1 = 1003, left at 1000 - 1 = 999: -40."""
    told = play(minutes(CALM, CALM, spread=2), buy(0), terms=SLIPS, ends=True)
    assert told.deals == ["1 buy 10 at 1003", "1 sell 10 at 999 end"]
    assert told.results == [-40]
    assert told.books.trades["spread"].tolist() == [2 * 10]
    assert told.books.trades["slippage"].tolist() == [1 * 10 + 1 * 10]


def test_slippage_may_be_a_share_of_the_bars_range() -> None:
    """A quarter of 1010 - 990 = 20 is 5, rounded down: 1000 + 5."""
    told = play(minutes(CALM, (1000, 1010, 990, 1000)), buy(0), terms=series(slippage_share=250_000))
    assert told.deals == ["1 buy 10 at 1005"]


def test_a_buy_limit_is_reached_by_the_ask_not_by_the_bid() -> None:
    """Limit 995, spread 2: a low of 994 is an ask of 996; a low of 993 is 995."""
    told = play(
        minutes(CALM, (1000, 1001, 994, 1000), (1000, 1001, 993, 1000), spread=2),
        buy(0, order=LIMIT, price=995),
    )
    assert told.events == ["0 placed 995 x10", "2 filled 995 x10"]
    assert told.deals == ["2 buy 10 at 995"]


def test_a_sell_limit_is_reached_by_the_bid() -> None:
    told = play(
        minutes(CALM, (1000, 1004, 995, 1000), (1000, 1005, 995, 1000), spread=2),
        sell(0, order=LIMIT, price=1005),
    )
    assert told.deals == ["2 sell 10 at 1005"]


def test_a_limit_that_the_open_is_better_than_fills_at_the_open() -> None:
    """Limit 995; the ask opens at 980 + 2 = 982."""
    told = play(minutes(CALM, (980, 985, 975, 980), spread=2), buy(0, order=LIMIT, price=995), terms=SLIPS)
    assert told.deals == ["1 buy 10 at 982"]


def test_a_sell_limit_that_the_open_is_better_than_fills_at_the_open() -> None:
    told = play(minutes(CALM, (1020, 1025, 1015, 1020)), sell(0, order=LIMIT, price=1005), terms=SLIPS)
    assert told.deals == ["1 sell 10 at 1020"]


def test_a_limit_may_have_to_be_traded_through() -> None:
    """2 points through 995: a low of 994 is not enough, 993 is; the price stays 995."""
    told = play(
        minutes(CALM, (1000, 1001, 994, 1000), (1000, 1001, 993, 1000)),
        buy(0, order=LIMIT, price=995),
        through=2,
    )
    assert told.deals == ["2 buy 10 at 995"]


def test_a_limit_traded_through_later_never_fills_worse_than_a_better_open() -> None:
    """The ask opens at 994, better than the limit 995 but not 2 through it; inside it trades 993: 994."""
    told = play(minutes(CALM, (994, 994, 993, 994)), buy(0, order=LIMIT, price=995), through=2)
    assert told.deals == ["1 buy 10 at 994"]


def test_a_buy_stop_triggers_at_the_ask_and_slips() -> None:
    """Trigger 1010, spread 2: a bid of 1007 is not enough, 1008 is; 1010 + 1 slippage."""
    told = play(
        minutes(CALM, (1000, 1007, 995, 1000), (1000, 1008, 995, 1000), spread=2),
        buy(0, order=STOP, price=1010),
        terms=SLIPS,
    )
    assert told.deals == ["2 buy 10 at 1011"]


def test_a_sell_stop_triggers_at_the_bid_and_slips() -> None:
    told = play(
        minutes(CALM, (1000, 1005, 991, 1000), (1000, 1005, 990, 1000), spread=2),
        sell(0, order=STOP, price=990),
        terms=SLIPS,
    )
    assert told.deals == ["2 sell 10 at 989"]


def test_a_stop_order_beyond_which_the_market_opens_fills_at_that_open() -> None:
    """Trigger 1010, ask opens at 1020 + 2, slippage 1: 1023."""
    told = play(
        minutes(CALM, (1020, 1025, 1018, 1020), spread=2), buy(0, order=STOP, price=1010), terms=SLIPS
    )
    assert told.deals == ["1 buy 10 at 1023"]


def test_a_stop_limit_order_slips_no_further_than_its_limit() -> None:
    """Triggered at 1010 inside the bar; 5 points of slippage, but the limit is 1012."""
    told = play(
        minutes(CALM, (1000, 1015, 995, 1010)),
        buy(0, order=STOP_LIMIT, price=1010, limit=1012),
        terms=series(slippage=5),
    )
    assert told.events == ["0 placed 1010 x10", "1 triggered 1010 x10", "1 filled 1012 x10"]
    assert told.deals == ["1 buy 10 at 1012"]


def test_a_stop_limit_order_whose_limit_the_open_gaps_over_waits_as_a_limit_order() -> None:
    """Open 1020 triggers 1010, but the limit is 1012; the next bar trades it."""
    told = play(
        minutes(CALM, (1020, 1025, 1015, 1020), (1020, 1022, 1011, 1020)),
        buy(0, order=STOP_LIMIT, price=1010, limit=1012),
    )
    assert told.events == ["0 placed 1010 x10", "1 triggered 1010 x10", "2 filled 1012 x10"]


def test_a_stop_limit_order_triggered_at_the_open_may_fill_inside_the_same_bar() -> None:
    told = play(minutes(CALM, (1020, 1025, 1011, 1020)), buy(0, order=STOP_LIMIT, price=1010, limit=1012))
    assert told.deals == ["1 buy 10 at 1012"]


def test_a_pullback_to_the_limit_counts_in_the_triggering_bar_when_the_close_proves_it() -> None:
    """Triggered at 1010, limit 1006, close 1004: after the trigger the market came back through 1006."""
    told = play(minutes(CALM, (1000, 1012, 999, 1004)), buy(0, order=STOP_LIMIT, price=1010, limit=1006))
    assert told.deals == ["1 buy 10 at 1006"]


def test_a_pullback_to_the_limit_does_not_count_when_it_may_have_been_before_the_trigger() -> None:
    """The low of 999 may be older than the trigger; the next bar trades 1006 for certain."""
    told = play(
        minutes(CALM, (1000, 1012, 999, 1011), (1011, 1012, 1006, 1010)),
        buy(0, order=STOP_LIMIT, price=1010, limit=1006),
    )
    assert told.deals == ["2 buy 10 at 1006"]


def test_a_sell_stop_limit_order_mirrors_a_buy() -> None:
    told = play(
        minutes(CALM, (1000, 1005, 985, 990)),
        sell(0, order=STOP_LIMIT, price=990, limit=988),
        terms=series(slippage=5),
    )
    assert told.deals == ["1 sell 10 at 988"]


def test_an_order_expires_after_the_bars_it_may_wait() -> None:
    """Two bars to wait: it can fill on bars 1 and 2 and is gone at the open of bar 3."""
    bars = minutes(CALM, CALM, CALM, (1000, 1005, 980, 1000))
    told = play(bars, buy(0, order=LIMIT, price=990, max_wait=2))
    assert told.events == ["0 placed 990 x10", "3 expired 990 x10"]
    assert play(bars, buy(0, order=LIMIT, price=990, max_wait=3)).deals == ["3 buy 10 at 990"]


def test_an_order_expires_at_its_instant() -> None:
    """Bar 2 opens at 2 minutes: the order that lapses then cannot fill on it."""
    bars = minutes(CALM, CALM, (1000, 1005, 980, 1000))
    told = play(bars, buy(0, order=LIMIT, price=990, expires=2 * MINUTE))
    assert told.events == ["0 placed 990 x10", "2 expired 990 x10"]
    assert play(bars, buy(0, order=LIMIT, price=990, expires=2 * MINUTE + 1)).deals == ["2 buy 10 at 990"]


def test_an_order_that_waits_until_its_session_is_over_expires() -> None:
    told = play(minutes(CALM, CALM, (1000, 1005, 980, 1000)), buy(0, order=LIMIT, price=990, flat=2 * MINUTE))
    assert told.events == ["0 placed 990 x10", "2 expired 990 x10"]


def test_an_order_is_void_once_the_market_has_left_without_it() -> None:
    """The bid reaches 1010 before the limit 990 is traded."""
    told = play(
        minutes(CALM, (1000, 1010, 995, 1000), (1000, 1005, 980, 1000)),
        buy(0, order=LIMIT, price=990, void_at=1010),
    )
    assert told.events == ["0 placed 990 x10", "1 void 990 x10"]


def test_a_sell_order_is_void_by_the_ask() -> None:
    """Void at 990: a low of 989 is an ask of 991; 988 is 990."""
    told = play(
        minutes(CALM, (1000, 1005, 989, 1000), (1000, 1005, 988, 1000), spread=2),
        sell(0, order=LIMIT, price=1010, void_at=990),
    )
    assert told.events == ["0 placed 1010 x10", "2 void 1010 x10"]


def test_a_bar_that_reaches_an_order_and_its_void_price_fills_it() -> None:
    told = play(minutes(CALM, (1000, 1010, 990, 1000)), buy(0, order=LIMIT, price=990, void_at=1010))
    assert told.deals == ["1 buy 10 at 990"]


def test_an_open_beyond_the_void_price_comes_before_the_order() -> None:
    """The bar opens at 1012, beyond 1010, and only then falls to 990."""
    told = play(minutes(CALM, (1012, 1012, 990, 1000)), buy(0, order=LIMIT, price=990, void_at=1010))
    assert told.events == ["0 placed 990 x10", "1 void 990 x10"]


def test_a_stop_order_is_void_once_the_market_fails_before_it() -> None:
    """The bid reaches 985 before the ask reaches 1010."""
    told = play(
        minutes(CALM, CALM, (1000, 1001, 985, 990), (990, 1020, 990, 1020)),
        buy(0, order=STOP, price=1010, void_at=985),
    )
    assert told.events == ["0 placed 1010 x10", "2 void 1010 x10"]


def test_a_strategy_can_withdraw_the_orders_of_a_set_up() -> None:
    told = play(
        minutes(CALM, CALM, (1000, 1010, 980, 1000)),
        buy(0, order=LIMIT, price=990, setup=1),
        buy(0, order=LIMIT, price=985, setup=2),
        withdraw(1, setup=1),
    )
    assert told.events == ["0 placed 990 x10", "0 placed 985 x10", "1 cancelled 990 x10", "2 filled 985 x10"]


def test_an_order_within_the_freeze_level_cannot_be_withdrawn() -> None:
    """Limit 990, close 994: 4 points away, and the broker freezes 5."""
    told = play(
        minutes(CALM, (1000, 1000, 992, 994), (994, 995, 990, 992)),
        buy(0, order=LIMIT, price=990),
        withdraw(1),
        terms=series(freeze_level=5),
    )
    assert told.events == ["0 placed 990 x10", "1 refused frozen 990 x0", "2 filled 990 x10"]


def test_the_first_of_a_group_to_fill_cancels_the_others() -> None:
    told = play(
        minutes(CALM, (1000, 1011, 995, 1010)),
        buy(0, order=STOP, price=1010, group=1),
        sell(0, order=STOP, price=990, group=1),
    )
    assert told.events == [
        "0 placed 1010 x10",
        "0 placed 990 x10",
        "1 filled 1010 x10",
        "1 cancelled 990 x10",
    ]


def test_of_a_group_that_one_bar_reaches_whole_the_nearest_fills_and_is_marked_ambiguous() -> None:
    """From the open 1000, 992 is nearer than 1010; the stop at 1012 ends it: 10 x (992 - 1012) = -200."""
    told = play(
        minutes(CALM, (1000, 1015, 985, 1000)),
        buy(0, order=STOP, price=1010, group=1),
        sell(0, order=STOP, price=992, stop=1012, group=1),
    )
    assert told.deals == ["1 sell 10 at 992", "1 buy 10 at 1012 stop?"]
    assert told.results == [-200]
    assert told.books.trades["ambiguous"].tolist() == [1]


def test_orders_of_different_groups_do_not_cancel_each_other() -> None:
    told = play(
        minutes(CALM, (1000, 1015, 985, 1000)),
        buy(0, order=STOP, price=1010, group=1),
        sell(0, order=STOP, price=992, group=2),
    )
    assert told.deals == ["1 sell 10 at 992", "1 buy 10 at 1010"]


def test_orders_that_fill_at_one_open_take_turns_by_age() -> None:
    """The first order's slot is free again when the third is placed; the second is still older."""
    told = play(
        minutes(CALM, CALM, (980, 985, 975, 980)),
        buy(0, order=LIMIT, price=990, setup=1),
        buy(0, order=LIMIT, price=989, setup=2),
        withdraw(1, setup=1),
        buy(1, order=LIMIT, price=988, setup=3),
    )
    assert told.books.deals["order"].tolist() == [2, 3]


def test_an_order_may_fill_a_share_of_the_bars_volume_and_go_on() -> None:
    """Half of 8 ticks is 4 steps, then 4 more, then the last 2; average (4x1000 + 4x1002 + 2x1004) / 10."""
    bars = minutes(CALM, (1000, 1005, 999, 1002), (1002, 1005, 999, 1004), (1004, 1005, 999, 1004), ticks=8)
    told = play(bars, buy(0, stop=900), fill_share=500_000, ends=True)
    assert told.events == [
        "0 placed 0 x10",
        "1 partly_filled 1000 x4",
        "2 partly_filled 1002 x4",
        "3 filled 1004 x2",
        "3 closed end 1004 x10",
    ]
    assert told.books.trades["entry_value"].tolist() == [4 * 1000 + 4 * 1002 + 2 * 1004]
    assert told.results == [4 * 4 + 4 * 2]


def test_the_rest_of_a_market_order_may_be_cancelled() -> None:
    told = play(minutes(CALM, CALM, CALM, ticks=8), buy(0), fill_share=500_000, rest_cancelled=1)
    assert told.events == ["0 placed 0 x10", "1 partly_filled 1000 x4", "1 cancelled 0 x6"]


def test_a_bar_too_thin_for_one_step_fills_nothing() -> None:
    """Half of one tick is no step: the order waits, or is cancelled where nothing may rest."""
    bars = minutes(CALM, CALM, CALM, ticks=[1, 1, 40])
    assert play(bars, buy(0), fill_share=500_000).deals == ["2 buy 10 at 1000"]
    cancelled = play(bars, buy(0), fill_share=500_000, rest_cancelled=1)
    assert cancelled.events == ["0 placed 0 x10", "1 cancelled 0 x10"]


def test_a_bar_of_unknown_volume_fills_everything() -> None:
    assert play(minutes(CALM, CALM), buy(0), fill_share=500_000).deals == ["1 buy 10 at 1000"]


def test_ticks_of_volume_stand_for_steps_of_the_series() -> None:
    """A quarter of 8 ticks of 1.5 steps each is 3 steps."""
    told = play(
        minutes(CALM, CALM, ticks=8), buy(0), terms=series(steps_per_tick=1_500_000), fill_share=250_000
    )
    assert told.deals == ["1 buy 3 at 1000"]


def test_a_limit_order_takes_its_share_of_a_bar_only_once() -> None:
    """4 steps at the better open 985; the same bar trades on below 990, but its share is used up."""
    told = play(
        minutes(CALM, (985, 992, 980, 991), (991, 992, 991, 991), ticks=8),
        buy(0, order=LIMIT, price=990),
        fill_share=500_000,
    )
    assert told.deals == ["1 buy 4 at 985"]


def test_the_rest_of_an_order_is_cancelled_once_its_position_is_gone() -> None:
    """The way to the stop at 980 leads through 990, so 4 more fill first; 2 still rest when 8 are stopped."""
    told = play(
        minutes(CALM, (1000, 1001, 989, 991), (991, 992, 979, 985), (985, 992, 985, 990), ticks=8),
        buy(0, order=LIMIT, price=990, stop=980),
        fill_share=500_000,
    )
    assert told.events == [
        "0 placed 990 x10",
        "1 partly_filled 990 x4",
        "2 partly_filled 990 x4",
        "2 closed stop 980 x8",
        "3 cancelled 990 x2",
    ]


def test_the_rest_of_a_triggered_stop_order_goes_on_at_the_market() -> None:
    """4 steps at 1010; the next bar opens lower, at 1004, and 4 more are bought there."""
    told = play(
        minutes(CALM, (1000, 1012, 999, 1004), (1004, 1006, 1003, 1005), ticks=8),
        buy(0, order=STOP, price=1010),
        fill_share=500_000,
    )
    assert told.deals == ["1 buy 4 at 1010", "2 buy 4 at 1004"]


def test_a_market_order_is_refused_when_the_open_is_already_beyond_its_stop() -> None:
    told = play(minutes(CALM, (985, 990, 980, 985)), buy(0, stop=990, target=1020))
    assert told.events == ["0 placed 0 x10", "1 refused open_beyond_stop 0 x10"]


def test_a_market_order_is_refused_when_its_fill_would_be_beyond_its_target() -> None:
    """The ask opens at 1018 + 2 = 1020, the target."""
    told = play(minutes(CALM, (1018, 1025, 1015, 1020), spread=2), buy(0, stop=990, target=1020))
    assert told.events == ["0 placed 0 x10", "1 refused open_beyond_target 0 x10"]


def test_a_limit_order_that_gaps_beyond_its_own_stop_is_filled_and_left_at_that_open() -> None:
    """Limit 995, stop 990, open 980: bought at 980 + 2, sold at 980 - 1, never at 990: -30."""
    told = play(
        minutes(CALM, (980, 992, 978, 985), spread=2),
        buy(0, order=LIMIT, price=995, stop=990, target=1020),
        terms=SLIPS,
    )
    assert told.deals == ["1 buy 10 at 982", "1 sell 10 at 979 stop"]
    assert told.results == [-30]


def test_a_stop_order_that_gaps_beyond_its_own_target_is_filled_and_left_at_that_open() -> None:
    """Trigger 1010, target 1015, open 1020: bought at 1020 + 2 + 1, sold at the bid 1020: -30."""
    told = play(
        minutes(CALM, (1020, 1025, 1012, 1020), spread=2),
        buy(0, order=STOP, price=1010, stop=990, target=1015),
        terms=SLIPS,
    )
    assert told.deals == ["1 buy 10 at 1023", "1 sell 10 at 1020 target"]
    assert told.results == [-30]


@pytest.mark.parametrize(
    ("ask", "placed"),
    [
        (buy(0, order=LIMIT, price=994, stop=983, target=1023), "990"),
        (buy(0, order=STOP, price=1011, stop=983, target=1033), "1015"),
        (sell(0, order=LIMIT, price=1011, stop=1023, target=983), "1015"),
        (sell(0, order=STOP, price=994, stop=1013, target=983), "990"),
    ],
)
def test_prices_between_ticks_move_against_the_trader(ask: Ask, placed: str) -> None:
    """Ticks of 5: entries become harder or worse, stops farther, targets farther."""
    told = play(minutes(CALM, CALM), ask, terms=series(tick=5))
    assert told.events == [f"0 placed {placed} x10"]


def test_stops_and_targets_between_ticks_move_away_from_the_entry() -> None:
    """Stop 983 becomes 980: a low of 981 does not reach it; -200 at 980."""
    told = play(
        minutes(CALM, CALM, (1000, 1001, 981, 990), (990, 991, 979, 985)),
        buy(0, stop=983),
        terms=series(tick=5),
    )
    assert told.deals == ["1 buy 10 at 1000", "3 sell 10 at 980 stop"]
    assert told.results == [-200]


def test_an_order_placed_at_the_last_bar_never_fills() -> None:
    told = play(minutes(CALM), buy(0), ends=True)
    assert told.events == ["0 placed 0 x10", "0 cancelled no_next_bar 0 x10"]
    assert told.balance == 1_000_000


def test_orders_cancelled_by_the_first_fill_at_an_open_do_not_fill_there() -> None:
    """The open 980 is beyond both limits of the group; the older one fills."""
    told = play(
        minutes(CALM, (980, 985, 975, 980)),
        buy(0, order=LIMIT, price=990, group=1),
        buy(0, order=LIMIT, price=985, group=1),
    )
    assert told.events[2:] == ["1 filled 980 x10", "1 cancelled 985 x10"]


def test_the_rest_of_an_order_does_not_fill_at_the_open_that_stops_its_position() -> None:
    """4 of 10 at 1000; bar 2 opens at 970, beyond the stop 980: 4 leave at 970, 6 are cancelled."""
    told = play(minutes(CALM, CALM, (970, 975, 965, 970), ticks=8), buy(0, stop=980), fill_share=500_000)
    assert told.deals == ["1 buy 4 at 1000", "2 sell 4 at 970 stop"]
    assert told.events[-1] == "2 cancelled 0 x6"


@pytest.mark.parametrize(
    ("ask", "line"),
    [
        (buy(0, order=STOP, price=1002), "0 refused price_wrong_side 1002 x0"),
        (sell(0, order=STOP, price=1000), "0 refused price_wrong_side 1000 x0"),
        (sell(0, order=LIMIT, price=1000), "0 refused price_wrong_side 1000 x0"),
        (buy(0, order=STOP_LIMIT, price=1002, limit=1003), "0 refused price_wrong_side 1002 x0"),
        (buy(0, order=STOP_LIMIT, price=1005), "0 refused invalid_signal 1005 x0"),
        (buy(0, order=LIMIT), "0 refused invalid_signal 0 x0"),
        (buy(0, order=7, price=990), "0 refused invalid_signal 990 x0"),
        (buy(0, stop=-1), "0 refused invalid_signal 0 x0"),
        (buy(0, target=2**60), "0 refused invalid_signal 0 x0"),
        (buy(0, trail_atr=float("nan")), "0 refused invalid_signal 0 x0"),
        (buy(0, partial_at=(1010, 0), partial_share=(1_000_001, 0)), "0 refused invalid_signal 0 x0"),
    ],
)
def test_an_order_that_cannot_be_one_is_refused(ask: Ask, line: str) -> None:
    """Close 1000, spread 2: buys compare with 1002, sells with 1000."""
    assert play(minutes(CALM, spread=2), ask).events == [line]


def test_a_void_price_means_nothing_to_a_market_order() -> None:
    assert play(minutes(CALM, CALM), buy(0, void_at=1000)).deals == ["1 buy 10 at 1000"]


def test_withdrawing_leaves_the_orders_of_other_strategies_alone() -> None:
    told = play(
        minutes(CALM, CALM, (1000, 1001, 989, 1000)),
        buy(0, order=LIMIT, price=990, by=0),
        buy(0, order=LIMIT, price=990, by=1),
        withdraw(1, by=1, setup=-1),
    )
    assert told.events[2:] == ["1 cancelled 990 x10", "2 filled 990 x10"]
    assert told.books.deals["owner"].tolist() == [0]
