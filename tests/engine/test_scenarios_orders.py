"""Orders, one at a time and by hand: what fills them, at which price, and what ends them.

A step wins or loses 1 minor unit a point; an order trades 10 steps; bars are open, high, low, close in bid.
"""

import pytest

from ictcli.strategies.decisions import LIMIT, STOP, STOP_LIMIT
from tests.engine.worlds import Ask, buy, minutes, play, sell, series

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
