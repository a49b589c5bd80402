"""Every code that an order or a position can end with is reached by a world of a few bars."""

from collections.abc import Callable

import numpy as np
import pytest

from ictcli.engine.records import MOST_ORDERS
from ictcli.engine.refusals import ExitReason, OrderEvent, Refusal
from ictcli.engine.sizing import KELLY, RISK, VOLATILITY
from ictcli.strategies.decisions import LIMIT, STOP_LIMIT
from tests.engine.worlds import MINUTE, Told, World, buy, leave, minutes, play, sell, series, withdraw

pytestmark = pytest.mark.jit_off

CALM = (1000, 1005, 995, 1000)
LOSS = (1000, 1001, 985, 990)
"""A bar around 1000, and one that stops a long at 990: -100."""

Story = Callable[[], Told]


def too_many() -> Told:
    """One order more than a series may hold."""
    asks = [buy(0, order=LIMIT, price=990) for _ in range(MOST_ORDERS + 1)]
    return play(minutes(CALM), *asks, most_per_strategy=99)


def without_rate() -> Told:
    """The converting series opens only after the decision."""
    terms = [series(conversion=2, conversion_series=1), series(tradable=0)]
    return World([minutes(CALM, CALM), minutes(CALM, start=10 * MINUTE)], terms).play(buy(0))


def grouped() -> Told:
    """A series that belongs to group 0 with its longs."""
    terms = series(group=(0, -1, -1, -1), group_side=(1, 0, 0, 0))
    return play(minutes(CALM), buy(0, stop=990), terms=terms, most_risk_per_group=99)


def after_a_loss(**limits: int) -> Told:
    """A decision at the bar that closes a trade with -100."""
    return play(minutes(CALM, CALM, LOSS, CALM), buy(0, stop=990), buy(2), **limits)


def kelly(probability: float) -> Told:
    """Kelly sizing: 20 points to gain, 10 to lose."""
    ask = buy(0, stop=990, target=1020, probability=probability)
    return play(minutes(CALM), ask, sizing=KELLY, kelly_share=0.25, kelly_cap=0.02)


def frozen() -> Told:
    """An order 4 points from the market that the broker does not give back."""
    bars = minutes(CALM, (1000, 1000, 992, 994))
    return play(bars, buy(0, order=LIMIT, price=990), withdraw(1), terms=series(freeze_level=5))


REFUSED: dict[Refusal, tuple[str, Story]] = {
    Refusal.INVALID_SIGNAL: ("0 refused invalid_signal 0 x0", lambda: play(minutes(CALM), buy(0, trail=-1))),
    Refusal.STOP_WRONG_SIDE: (
        "0 refused stop_wrong_side 0 x0",
        lambda: play(minutes(CALM), buy(0, stop=1000)),
    ),
    Refusal.TARGET_WRONG_SIDE: (
        "0 refused target_wrong_side 0 x0",
        lambda: play(minutes(CALM, spread=2), buy(0, target=1002)),
    ),
    Refusal.IN_POSITION: (
        "1 refused in_position 0 x0",
        lambda: play(minutes(CALM, CALM), buy(0), buy(1), most_per_strategy=1),
    ),
    Refusal.NO_NEXT_BAR: (
        "0 cancelled no_next_bar 990 x10",
        lambda: play(minutes(CALM), buy(0, order=LIMIT, price=990), ends=True),
    ),
    Refusal.OPEN_BEYOND_STOP: (
        "1 refused open_beyond_stop 0 x10",
        lambda: play(minutes(CALM, (990, 995, 985, 990)), buy(0, stop=990)),
    ),
    Refusal.OPEN_BEYOND_TARGET: (
        "1 refused open_beyond_target 0 x10",
        lambda: play(minutes(CALM, (1010, 1015, 1005, 1010)), buy(0, target=1010)),
    ),
    Refusal.VOLUME_BELOW_MINIMUM: (
        "0 refused volume_below_minimum 0 x0",
        lambda: play(minutes(CALM), buy(0), terms=series(min_steps=11)),
    ),
    Refusal.BALANCE_EXHAUSTED: ("2 refused balance_exhausted 0 x0", lambda: after_a_loss(opening=100)),
    Refusal.PRICE_WRONG_SIDE: (
        "0 refused price_wrong_side 1000 x0",
        lambda: play(minutes(CALM), buy(0, order=LIMIT, price=1000)),
    ),
    Refusal.TOO_CLOSE: (
        "0 refused too_close 991 x0",
        lambda: play(minutes(CALM), buy(0, order=LIMIT, price=991), terms=series(stops_level=10)),
    ),
    Refusal.FROZEN: ("1 refused frozen 990 x0", frozen),
    Refusal.NO_ROOM: ("0 refused no_room 990 x0", too_many),
    Refusal.MARGIN: (
        "0 refused margin 0 x0",
        lambda: play(minutes(CALM), buy(0), terms=series(margin=100_000), opening=999, stop_out=500_000),
    ),
    Refusal.NOTHING_TO_REDUCE: (
        "0 refused nothing_to_reduce 0 x0",
        lambda: play(minutes(CALM), buy(0, reduce_only=1)),
    ),
    Refusal.NO_STOP_TO_SIZE: (
        "0 refused no_stop_to_size 0 x0",
        lambda: play(minutes(CALM), buy(0), sizing=RISK, risk=5_000),
    ),
    Refusal.NO_PROBABILITY: ("0 refused no_probability 0 x0", lambda: kelly(float("nan"))),
    Refusal.NO_EDGE: ("0 refused no_edge 0 x0", lambda: kelly(0.3)),
    Refusal.NO_VOLATILITY: (
        "0 refused no_volatility 0 x0",
        lambda: play(minutes(CALM), buy(0), sizing=VOLATILITY, risk=5_000, target_volatility=0.1),
    ),
    Refusal.NOT_A_NUMBER: ("0 refused not_a_number 0 x0", lambda: kelly(1.5)),
    Refusal.RISK_PER_TRADE: (
        "0 refused risk_per_trade 0 x0",
        lambda: play(minutes(CALM), buy(0, stop=990), most_risk_per_trade=99),
    ),
    Refusal.RISK_PER_SYMBOL: (
        "0 refused risk_per_symbol 0 x0",
        lambda: play(minutes(CALM), buy(0, stop=990), most_risk_per_symbol=99),
    ),
    Refusal.RISK_PER_GROUP: ("0 refused risk_per_group 0 x0", grouped),
    Refusal.HEAT: ("0 refused heat 0 x0", lambda: play(minutes(CALM), buy(0, stop=990), most_heat=99)),
    Refusal.CORRELATED_HEAT: (
        "0 refused correlated_heat 0 x0",
        lambda: play(minutes(CALM), buy(0, stop=990), most_correlated_heat=99),
    ),
    Refusal.DAILY_LOSS: ("2 refused daily_loss 0 x0", lambda: after_a_loss(most_daily_loss=100)),
    Refusal.DRAWDOWN: ("2 refused drawdown 0 x0", lambda: after_a_loss(most_drawdown=100)),
    Refusal.LOSSES_IN_A_ROW: (
        "2 refused losses_in_a_row 0 x0",
        lambda: after_a_loss(most_losses=1, pause_days=1),
    ),
    Refusal.ORDERS_PER_DAY: ("2 refused orders_per_day 0 x0", lambda: after_a_loss(most_orders_per_day=1)),
    Refusal.SPREAD: (
        "0 refused spread 0 x0",
        lambda: play(minutes(CALM, spread=5), buy(0), terms=series(typical_spread=2), most_spread=2_000_000),
    ),
    Refusal.NEWS: (
        "0 refused news 0 x0",
        lambda: play(minutes(CALM), buy(0), news=np.array([[MINUTE, 2 * MINUTE, 1]], np.int64)),
    ),
    Refusal.NO_RATE: ("0 refused no_rate 0 x0", without_rate),
}
"""What each refusal looks like in the log of a small world."""

LEFT: dict[ExitReason, Story] = {
    ExitReason.STOP: lambda: play(minutes(CALM, CALM, LOSS), buy(0, stop=990)),
    ExitReason.TARGET: lambda: play(minutes(CALM, CALM, LOSS), sell(0, target=990)),
    ExitReason.TIME: lambda: play(minutes(CALM, CALM, LOSS), buy(0, max_bars=1)),
    ExitReason.END: lambda: play(minutes(CALM, CALM), buy(0), ends=True),
    ExitReason.STRATEGY: lambda: play(minutes(CALM, CALM, LOSS), buy(0), leave(1)),
    ExitReason.SESSION: lambda: play(minutes(CALM, CALM, LOSS), buy(0, flat=2 * MINUTE)),
    ExitReason.TRAIL: lambda: play(minutes(CALM, CALM, LOSS), buy(0, trail=5)),
    ExitReason.BREAK_EVEN: lambda: play(
        minutes(CALM, CALM, (1000, 1010, 999, 1005), LOSS), buy(0, even_at=10)
    ),
    ExitReason.PARTIAL: lambda: play(
        minutes(CALM, CALM, (1000, 1010, 999, 1005)),
        buy(0, partial_at=(1010, 0), partial_share=(1_000_000, 0)),
    ),
    ExitReason.REVERSED: lambda: play(minutes(CALM, CALM, LOSS), buy(0), sell(1, reduce_only=1)),
    ExitReason.STOP_OUT: lambda: play(
        minutes(CALM, CALM, LOSS), buy(0), terms=series(margin=100_000), opening=1000, stop_out=900_000
    ),
}
"""One world for each way to leave a position."""

HAPPENED: dict[OrderEvent, Story] = {
    OrderEvent.REFUSED: frozen,
    OrderEvent.PLACED: lambda: play(minutes(CALM), buy(0)),
    OrderEvent.TRIGGERED: lambda: play(minutes(CALM, CALM), buy(0, order=STOP_LIMIT, price=1004, limit=1004)),
    OrderEvent.FILLED: lambda: play(minutes(CALM, CALM), buy(0)),
    OrderEvent.PARTLY_FILLED: lambda: play(minutes(CALM, CALM, ticks=4), buy(0), fill_share=500_000),
    OrderEvent.EXPIRED: lambda: play(minutes(CALM, CALM, CALM), buy(0, order=LIMIT, price=900, max_wait=1)),
    OrderEvent.VOID: lambda: play(minutes(CALM, CALM), buy(0, order=LIMIT, price=900, void_at=1005)),
    OrderEvent.CANCELLED: lambda: play(minutes(CALM, CALM), buy(0, order=LIMIT, price=900), withdraw(1)),
    OrderEvent.REPLACED: lambda: play(minutes(CALM, CALM, CALM), buy(0), buy(1, stop=900), netting=1),
    OrderEvent.STOP_MOVED: lambda: play(minutes(CALM, CALM), buy(0, trail=5)),
    OrderEvent.CLOSE_ASKED: lambda: play(minutes(CALM, CALM), buy(0), leave(1)),
    OrderEvent.CLOSED: LEFT[ExitReason.STOP],
}
"""One world for each line of the log."""


@pytest.mark.parametrize("refusal", [code for code in Refusal if code], ids=lambda code: code.label)
def test_every_refusal_is_reached(refusal: Refusal) -> None:
    line, story = REFUSED[refusal]
    assert line in story().events


@pytest.mark.parametrize("reason", list(ExitReason), ids=lambda code: code.label)
def test_every_way_to_leave_is_reached(reason: ExitReason) -> None:
    assert LEFT[reason]().reasons == [reason.label]


@pytest.mark.parametrize("event", list(OrderEvent), ids=lambda code: code.label)
def test_every_event_is_reached(event: OrderEvent) -> None:
    assert event in HAPPENED[event]().books.events["event"]


@pytest.mark.parametrize("limit", ["most_daily_loss", "most_drawdown"])
def test_a_limit_just_above_the_loss_still_permits(limit: str) -> None:
    """101 millionths of 1,000,000 are 101, and 100 are lost."""
    assert after_a_loss(**{limit: 101}).events[-1] == "3 filled 1000 x10"


@pytest.mark.parametrize(
    "limit", ["most_risk_per_trade", "most_risk_per_symbol", "most_heat", "most_correlated_heat"]
)
def test_a_limit_just_at_the_risk_still_permits(limit: str) -> None:
    """100 at risk of at most 100."""
    told = play(minutes(CALM), buy(0, stop=990), **{limit: 100})
    assert told.events == ["0 placed 0 x10"]


def test_prices_that_are_just_far_enough_from_the_market_are_taken() -> None:
    """Stops level 10: order at 990, stop at 980, target at 1000 are 10 away from market and entry."""
    told = play(
        minutes(CALM), buy(0, order=LIMIT, price=990, stop=980, target=1000), terms=series(stops_level=10)
    )
    assert told.events == ["0 placed 990 x10"]
    for fields in ({"stop": 981}, {"target": 999}):
        told = play(minutes(CALM), buy(0, order=LIMIT, price=990, **fields), terms=series(stops_level=10))
        assert told.events == ["0 refused too_close 990 x0"]


def test_a_partial_exit_on_the_losing_side_is_refused() -> None:
    ask = buy(0, partial_at=(999, 0), partial_share=(500_000, 0))
    assert play(minutes(CALM), ask).events == ["0 refused target_wrong_side 0 x0"]


def test_a_stop_within_the_spread_of_a_resting_order_is_refused() -> None:
    """Bought at the ask 990 the bid is 988: a stop at 988 would be hit at once, 987 not."""
    for stop, line in ((988, "0 refused stop_wrong_side 990 x0"), (987, "0 placed 990 x10")):
        told = play(minutes(CALM, spread=2), buy(0, order=LIMIT, price=990, stop=stop))
        assert told.events == [line]


def test_the_stop_of_a_stop_limit_order_lies_beyond_trigger_and_limit() -> None:
    """It may be bought anywhere between 1004 and 1008: a stop at 1004 is too high."""
    for stop, line in ((1004, "0 refused stop_wrong_side 1004 x0"), (1003, "0 placed 1004 x10")):
        told = play(minutes(CALM), buy(0, order=STOP_LIMIT, price=1004, limit=1008, stop=stop))
        assert told.events == [line]
