"""Orders that wait: how long, beside which others, and how much of them a bar can fill; by hand.

A step wins or loses 1 minor unit a point; an order trades 10 steps; bars are open, high, low, close in bid.
"""

import pytest

from ictcli.engine.sizing import RISK
from ictcli.strategies.decisions import LIMIT, STOP, STOP_LIMIT
from tests.engine.worlds import MINUTE, Ask, buy, leave, minutes, play, sell, series, withdraw

pytestmark = pytest.mark.jit_off

CALM = (1000, 1005, 995, 1000)
"""A bar around 1000."""


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


def test_inside_a_bar_the_order_nearest_to_the_open_fills_first() -> None:
    """The low of 985 leads through 995 before 990, though 990 is the older order."""
    told = play(
        minutes(CALM, (1000, 1001, 985, 990)), buy(0, order=LIMIT, price=990), buy(0, order=LIMIT, price=995)
    )
    assert told.deals == ["1 buy 10 at 995", "1 buy 10 at 990"]


def test_orders_at_one_distance_fill_by_age() -> None:
    told = play(
        minutes(CALM, (1000, 1001, 985, 990)),
        buy(0, order=LIMIT, price=990, setup=1),
        sell(0, order=STOP, price=990, setup=2),
    )
    assert told.books.deals["order"].tolist() == [1, 2]


def test_a_strategy_may_hold_only_so_many_orders_and_positions_of_its_own() -> None:
    """One each: the second of a strategy is refused, another strategy's first is not."""
    told = play(
        minutes(CALM),
        buy(0, order=LIMIT, price=990, by=0),
        buy(0, order=LIMIT, price=985, by=0),
        buy(0, order=LIMIT, price=980, by=1),
        most_per_strategy=1,
    )
    assert told.events == ["0 placed 990 x10", "0 refused in_position 985 x0", "0 placed 980 x10"]


def test_the_orders_of_one_group_count_as_none_for_each_other() -> None:
    told = play(
        minutes(CALM),
        buy(0, order=STOP, price=1010, group=1),
        sell(0, order=STOP, price=990, group=1),
        most_per_strategy=1,
    )
    assert told.events == ["0 placed 1010 x10", "0 placed 990 x10"]


def test_a_position_that_is_being_left_makes_room_for_the_next() -> None:
    told = play(minutes(CALM, CALM, CALM), buy(0), leave(1), sell(1), most_per_strategy=1)
    assert told.deals == ["1 buy 10 at 1000", "2 sell 10 at 1000 strategy", "2 sell 10 at 1000"]


@pytest.mark.parametrize(
    ("ask", "steps"),
    [
        (buy(0, stop=990), 5000 // (13 + 1)),  # 1000 + 2 + 1 = 1003 to 990, slippage at the stop
        (buy(0, order=STOP, price=1010, stop=1000), 5000 // (11 + 1)),  # 1011 to 1000
        (buy(0, order=LIMIT, price=990, stop=980), 5000 // (10 + 1)),  # 990 to 980
        (buy(0, order=STOP_LIMIT, price=1010, limit=1015, stop=1000), 5000 // (15 + 1)),  # 1015 to 1000
        (sell(0, stop=1010), 5000 // (11 + 1)),  # 999 to 1010
    ],
)
def test_an_order_is_sized_for_the_price_that_it_plans_with(ask: Ask, steps: int) -> None:
    """0.5 % of 1,000,000 are 5000; spread 2, slippage 1 on market and stop fills."""
    told = play(minutes(CALM, spread=2), ask, terms=series(slippage=1), sizing=RISK, risk=5_000)
    assert told.books.events["steps"].tolist() == [steps]


def test_a_sell_stop_is_void_once_the_ask_fails_before_it() -> None:
    """Void at 1015, spread 2: a high of 1012 is an ask of 1014; 1013 is 1015."""
    told = play(
        minutes(CALM, (1000, 1012, 995, 1000), (1000, 1013, 995, 1000), spread=2),
        sell(0, order=STOP, price=990, void_at=1015),
    )
    assert told.events == ["0 placed 990 x10", "2 void 990 x10"]
