"""Prices that are met to the point, and orders that tie: which side of each limit the rule takes; by hand.

A step wins or loses 1 minor unit a point; an order trades 10 steps; bars are open, high, low, close in bid.
"""

import pytest

from ictcli.strategies.decisions import LIMIT, STOP, STOP_LIMIT
from tests.engine.worlds import Ask, buy, minutes, play, sell, series, withdraw

pytestmark = pytest.mark.jit_off

CALM = (1000, 1005, 995, 1000)
"""A bar around 1000."""


@pytest.mark.parametrize(
    ("ask", "ends"),
    [
        (buy(0, stop=990, target=1010), "sell 10 at 990"),
        (buy(0, stop=990, partial_at=(1010, 0), partial_share=(500_000, 0)), "sell 10 at 990"),
        (sell(0, stop=1010, target=990), "buy 10 at 1010"),
        (sell(0, stop=1010, partial_at=(990, 0), partial_share=(500_000, 0)), "buy 10 at 1010"),
    ],
)
def test_a_bar_that_just_touches_stop_and_profit_is_ambiguous(ask: Ask, ends: str) -> None:
    """The bar reaches 1010 and 990 to the point: stopped, and marked."""
    told = play(minutes(CALM, CALM, (1000, 1010, 990, 1000)), ask)
    assert told.deals[1:] == [f"2 {ends} stop?"]


@pytest.mark.parametrize(
    ("ask", "ends"),
    [(buy(0, stop=990, target=1010), "sell 10 at 990"), (sell(0, stop=1010, target=990), "buy 10 at 1010")],
)
def test_a_bar_one_point_short_of_the_target_is_not_ambiguous(ask: Ask, ends: str) -> None:
    high, low = (1009, 990) if ask.decision["side"][0] > 0 else (1010, 991)
    told = play(minutes(CALM, CALM, (1000, high, low, 1000)), ask)
    assert told.deals[1:] == [f"2 {ends} stop"]


@pytest.mark.parametrize(
    ("first", "deal"), [(990, "2 sell 10 at 990 stop"), (1010, "2 sell 10 at 1010 target")]
)
def test_an_open_just_at_the_stop_or_target_leaves_for_certain(first: int, deal: str) -> None:
    """What the rest of the bar reaches comes after its open."""
    told = play(minutes(CALM, CALM, (first, 1020, 980, 1000)), buy(0, stop=990, target=1010))
    assert told.deals[1:] == [deal]


def test_a_share_of_less_than_one_step_closes_nothing() -> None:
    """9 % of 10 steps is none."""
    told = play(
        minutes(CALM, CALM, (1000, 1012, 999, 1010)), buy(0, partial_at=(1010, 0), partial_share=(90_000, 0))
    )
    assert told.deals == ["1 buy 10 at 1000"]


def test_of_two_orders_at_one_distance_the_older_fills_first_whatever_its_slot() -> None:
    """The third order takes the slot that the first one left, before the second; the second is older."""
    told = play(
        minutes(CALM, CALM, (1000, 1001, 985, 990)),
        buy(0, order=LIMIT, price=980, setup=1),
        buy(0, order=LIMIT, price=990, setup=2),
        withdraw(1, setup=1),
        sell(1, order=STOP, price=990, setup=3),
    )
    assert told.books.deals["order"].tolist() == [2, 3]


def test_of_two_orders_at_one_distance_the_older_fills_first_in_the_order_of_slots() -> None:
    told = play(
        minutes(CALM, (1000, 1001, 985, 990)),
        sell(0, order=STOP, price=990, setup=1),
        buy(0, order=LIMIT, price=990, setup=2),
    )
    assert told.books.deals["order"].tolist() == [1, 2]


def test_an_open_just_at_a_stop_limit_order_triggers_it_there_without_slippage() -> None:
    """The ask opens at the trigger 1010: from there on it is a limit order, and 1012 is within reach."""
    told = play(
        minutes(CALM, (1010, 1015, 1008, 1012)),
        buy(0, order=STOP_LIMIT, price=1010, limit=1012),
        terms=series(slippage=1),
    )
    assert told.deals == ["1 buy 10 at 1010"]


def test_an_open_just_at_a_limit_order_fills_it_so_that_its_target_counts() -> None:
    told = play(minutes(CALM, (995, 1010, 994, 1000)), buy(0, order=LIMIT, price=995, target=1010))
    assert told.deals == ["1 buy 10 at 995", "1 sell 10 at 1010 target"]


def test_an_open_just_at_a_stop_order_fills_it_so_that_its_stop_is_certain() -> None:
    told = play(minutes(CALM, (1010, 1012, 1000, 1005)), buy(0, order=STOP, price=1010, stop=1000))
    assert told.deals == ["1 buy 10 at 1010", "1 sell 10 at 1000 stop"]


def test_the_rest_of_a_limit_order_fills_before_a_stop_that_is_just_touched() -> None:
    """4 of 10 at 990, 4 more on the way to the low of 980, where all 8 are stopped."""
    told = play(
        minutes(CALM, (1000, 1001, 989, 991), (991, 992, 980, 985), ticks=8),
        buy(0, order=LIMIT, price=990, stop=980),
        fill_share=500_000,
    )
    assert told.deals == ["1 buy 4 at 990", "2 buy 4 at 990", "2 sell 8 at 980 stop"]


def test_a_stop_limit_order_whose_limit_is_its_price_fills_there_for_certain() -> None:
    """The close of 1014 does not matter: at the trigger itself the limit is met."""
    told = play(
        minutes(CALM, (1000, 1015, 995, 1014)),
        buy(0, order=STOP_LIMIT, price=1010, limit=1010),
        terms=series(slippage=5),
    )
    assert told.deals == ["1 buy 10 at 1010"]


@pytest.mark.parametrize(("close", "deals"), [(1006, ["1 buy 10 at 1006"]), (1007, [])])
def test_a_close_just_at_the_limit_proves_the_pullback(close: int, deals: list[str]) -> None:
    told = play(minutes(CALM, (1000, 1012, 999, close)), buy(0, order=STOP_LIMIT, price=1010, limit=1006))
    assert told.deals == deals


@pytest.mark.parametrize(("low", "deals"), [(990, ["1 sell 10 at 990 stop?"]), (991, [])])
def test_a_stop_order_whose_own_stop_is_just_touched_counts_as_stopped(low: int, deals: list[str]) -> None:
    told = play(minutes(CALM, (1000, 1015, low, 1012)), buy(0, order=STOP, price=1010, stop=990))
    assert told.deals[1:] == deals


def test_an_order_of_a_group_is_certain_where_the_bar_reaches_only_orders_outside_of_it() -> None:
    """990 is of no group; 992 is of one whose other order, at 1010, the bar does not reach."""
    told = play(
        minutes(CALM, (1000, 1009, 985, 990)),
        buy(0, order=LIMIT, price=990),
        buy(0, order=LIMIT, price=992, stop=988, group=1),
        buy(0, order=STOP, price=1010, group=1),
    )
    assert told.deals == ["1 buy 10 at 992", "1 sell 10 at 988 stop", "1 buy 10 at 990"]


@pytest.mark.parametrize(("close", "event"), [(995, "1 refused frozen 990 x0"), (996, "1 cancelled 990 x10")])
def test_an_order_just_at_the_freeze_level_is_frozen_and_one_beyond_is_not(close: int, event: str) -> None:
    """Limit 990, freeze level 5: a close of 995 is 5 points away, 996 is 6."""
    told = play(
        minutes(CALM, (1000, 1000, 992, close)),
        buy(0, order=LIMIT, price=990),
        withdraw(1),
        terms=series(freeze_level=5),
    )
    assert told.events[1:] == [event]


def test_a_broker_without_a_freeze_level_lets_an_order_at_the_market_go() -> None:
    """The bar closes at the limit 995 itself, which must be traded through by 2 points."""
    told = play(minutes(CALM, (1000, 1000, 995, 995)), buy(0, order=LIMIT, price=995), withdraw(1), through=2)
    assert told.events[1:] == ["1 cancelled 995 x10"]


@pytest.mark.parametrize(
    ("ask", "bar", "deals"),
    [
        (
            buy(0, order=STOP, price=1010, stop=1005),
            (1000, 1012, 1000, 1008),
            ["1 buy 10 at 1010", "1 sell 10 at 1005 stop"],
        ),
        (
            sell(0, order=STOP, price=990, stop=995),
            (1000, 1000, 989, 990),
            ["1 sell 10 at 990", "1 buy 10 at 995 stop"],
        ),
    ],
)
def test_a_stop_just_at_the_spread_of_the_fill_leaves_at_once_and_for_certain(
    ask: Ask, bar: tuple[int, int, int, int], deals: list[str]
) -> None:
    """At a spread of 5 the fill could be left at the stop itself: the order of prices does not matter."""
    assert play(minutes(CALM, bar, spread=[2, 5]), ask).deals == deals


def test_an_account_that_lost_its_balance_to_the_last_unit_stays_ruined() -> None:
    """100 of 100 lost at 990: balance 0; the other position wins 80 later, and yet nothing is opened."""
    told = play(
        minutes(CALM, CALM, (1000, 1000, 990, 995), (995, 1008, 995, 1000), CALM),
        buy(0, stop=990, setup=1),
        buy(0, target=1008, setup=2),
        buy(3, setup=3),
        opening=100,
    )
    assert told.results == [-100, 80]
    assert told.balance == 80
    assert told.events[-1] == "3 refused balance_exhausted 0 x0"


def test_a_bar_that_takes_the_last_unit_fills_nothing_after_that() -> None:
    """The open of 990 stops the position, balance 0; the limit 975 lies further down the same bar."""
    told = play(
        minutes(CALM, CALM, (990, 990, 970, 980)),
        buy(0, stop=990, setup=1),
        buy(0, order=LIMIT, price=975, setup=2),
        opening=100,
    )
    assert told.balance == 0
    assert told.events[-1] == "2 refused balance_exhausted 975 x10"


def test_an_entry_whose_costs_take_the_last_unit_leaves_none_for_the_next_order() -> None:
    """10 steps cost 3 each of 30: the second order of the same open is refused."""
    told = play(minutes(CALM, CALM), buy(0), buy(0), terms=series(commission=3), opening=30)
    assert told.balance == 0
    assert told.events[2:] == ["1 filled 1000 x10", "1 refused balance_exhausted 0 x10"]


def test_an_account_with_one_unit_left_is_not_ruined() -> None:
    told = play(
        minutes(CALM, CALM, (1000, 1000, 990, 995), CALM, CALM),
        buy(0, stop=990, setup=1),
        buy(3, setup=3),
        opening=101,
    )
    assert told.balance == 1
    assert told.deals[-1] == "4 buy 10 at 1000"


@pytest.mark.parametrize(
    ("level", "event"), [(1002, "0 refused target_wrong_side 0 x0"), (1003, "0 placed 0 x10")]
)
def test_a_target_or_level_just_at_the_planned_entry_is_on_the_wrong_side(level: int, event: str) -> None:
    """Close 1000, spread 2: a market buy plans with 1002."""
    for ask in (buy(0, target=level), buy(0, partial_at=(level, 0), partial_share=(500_000, 0))):
        assert play(minutes(CALM, spread=2), ask).events == [event]


@pytest.mark.parametrize(
    ("stop", "event"), [(1000, "0 refused stop_wrong_side 0 x0"), (999, "0 placed 0 x10")]
)
def test_a_stop_just_where_the_entry_could_be_left_is_on_the_wrong_side(stop: int, event: str) -> None:
    """Close 1000: a market buy could be left there at once."""
    assert play(minutes(CALM, spread=2), buy(0, stop=stop)).events == [event]


def test_a_spread_of_zero_is_known_and_not_the_typical_one() -> None:
    """Typical are 3 points; these bars have none, so a low of 995 is an ask of 995."""
    bars = minutes(CALM, (1000, 1001, 996, 1000), (1000, 1001, 995, 1000), spread=0)
    typical = series(typical_spread=3)
    assert play(bars, buy(0), terms=typical).deals == ["1 buy 10 at 1000"]
    assert play(bars, buy(0, order=LIMIT, price=995), terms=typical).deals == ["2 buy 10 at 995"]


def test_a_bar_of_no_volume_fills_nothing_and_is_not_of_unknown_volume() -> None:
    told = play(minutes(CALM, CALM, CALM, ticks=[8, 0, 40]), buy(0), fill_share=500_000)
    assert told.deals == ["2 buy 10 at 1000"]


def test_of_two_equal_losses_the_older_position_is_stopped_out_first() -> None:
    """Two longs of 10 bind 2000 of 2400; at 929 they have lost 710 each: 980 is below half of 2000."""
    told = play(
        minutes(CALM, (1000, 1000, 929, 930)),
        buy(0, setup=1),
        buy(0, setup=2),
        terms=series(margin=100_000),
        opening=2400,
        stop_out=500_000,
    )
    assert told.books.trades["position"].tolist() == [1]


def test_the_rest_of_an_order_that_may_only_reduce_goes_on_at_the_next_open() -> None:
    """Half of 8 ticks is 4 steps of the 10; nothing is left of them, but the order still has 6."""
    told = play(
        minutes(CALM, CALM, CALM, CALM, ticks=[40, 40, 8, 40]),
        buy(0),
        sell(1, reduce_only=1, steps=10),
        fill_share=500_000,
    )
    assert told.deals == ["1 buy 10 at 1000", "2 sell 4 at 1000 reversed", "3 sell 6 at 1000 reversed"]
