"""Every limit refuses with its own code, one unit beyond it and not before; closings teach the account."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.engine.refusals import Refusal
from ictcli.engine.risk import after_close, in_blackout
from tests.engine.ledger import Ledger, ask

TRADE = ask(1, 109_900)
"""100 points at risk from 110,000: 1.00 a step."""


def refusal(desk: Ledger, steps: int = 50) -> int:
    return desk.permit(TRADE, 110_000, steps)


@pytest.mark.jit_off
def test_without_limits_everything_goes() -> None:
    assert refusal(Ledger(), 10_000) == 0


def lose(desk: Ledger, cents: int) -> None:
    desk.account["balance"] -= cents


def hold(desk: Ledger) -> None:
    desk.open(0, 1, 50, 110_000, 109_900)
    desk.quote(0, 110_000)


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("rule", "limit", "allowed", "refused", "code"),
    [
        # 100.00 is one percent of 10,000.00
        ("most_risk_per_trade", 10_000, 100, 101, Refusal.RISK_PER_TRADE),
        ("most_risk_per_symbol", 10_000, 100, 101, Refusal.RISK_PER_SYMBOL),
        ("most_risk_per_group", 10_000, 100, 101, Refusal.RISK_PER_GROUP),
        ("most_heat", 10_000, 100, 101, Refusal.HEAT),
        ("most_correlated_heat", 10_000, 100, 101, Refusal.CORRELATED_HEAT),
    ],
)
def test_risk_at_its_limit_goes_and_one_step_more_does_not(
    rule: str, limit: int, allowed: int, refused: int, code: Refusal
) -> None:
    desk = Ledger()
    desk.rules[rule] = limit
    assert refusal(desk, allowed) == 0
    assert refusal(desk, refused) == code


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("most_risk_per_symbol", Refusal.RISK_PER_SYMBOL),
        ("most_risk_per_group", Refusal.RISK_PER_GROUP),
        ("most_heat", Refusal.HEAT),
        ("most_correlated_heat", Refusal.CORRELATED_HEAT),
    ],
)
def test_what_is_open_counts_against_the_limits(rule: str, code: Refusal) -> None:
    desk = Ledger()
    desk.rules[rule] = 10_000
    hold(desk)
    assert refusal(desk, 50) == 0
    assert refusal(desk, 51) == code


def test_a_trade_without_a_stop_risks_its_value() -> None:
    desk = Ledger()
    desk.rules["most_risk_per_trade"] = 110_000
    assert desk.permit(ask(1), 110_000, 1) == 0
    assert desk.permit(ask(1), 110_001, 1) == Refusal.RISK_PER_TRADE


def test_a_currency_is_one_bet_across_symbols() -> None:
    desk = Ledger(("EURUSD", "GBPUSD"))
    desk.rules["most_risk_per_group"] = 10_000
    hold(desk)
    assert desk.permit(ask(1, 129_900), 130_000, 51, s=1) == Refusal.RISK_PER_GROUP  # both sell USD
    assert desk.permit(ask(-1, 130_100), 130_000, 51, s=1) == 0  # this one buys USD back


def test_a_class_of_instruments_is_one_bet_where_no_currency_is() -> None:
    desk = Ledger(("EURUSD", "USDCAD"), changes={"quote": "USD"})
    desk.rules["most_risk_per_group"] = 10_000
    hold(desk)
    desk.series["group"][:, 1:] = -1  # only the class is left
    assert desk.permit(ask(1, 129_900), 130_000, 50, s=1) == 0
    assert desk.permit(ask(1, 129_900), 130_000, 51, s=1) == Refusal.RISK_PER_GROUP


def test_a_trade_that_lowers_a_crowded_group_goes() -> None:
    desk = Ledger()
    desk.rules["most_risk_per_group"] = 1_000
    hold(desk)
    assert desk.permit(ask(-1, 110_100), 110_000, 50) == 0
    assert desk.permit(ask(1, 109_900), 110_000, 1) == Refusal.RISK_PER_GROUP


@pytest.mark.jit_off
def test_the_day_ends_at_its_loss() -> None:
    desk = Ledger()
    desk.rules["most_daily_loss"] = 30_000
    lose(desk, 299_99)
    assert refusal(desk) == 0
    lose(desk, 1)
    assert refusal(desk) == Refusal.DAILY_LOSS


def test_open_losses_count_in_the_days_loss() -> None:
    desk = Ledger()
    desk.rules["most_daily_loss"] = 30_000
    desk.open(0, 1, 100, 110_000, 109_000)
    desk.quote(0, 109_701)
    assert refusal(desk) == 0
    desk.quote(0, 109_700)
    assert refusal(desk) == Refusal.DAILY_LOSS


@pytest.mark.jit_off
def test_the_drawdown_limit_holds_from_the_peak() -> None:
    desk = Ledger()
    desk.rules["most_drawdown"] = 100_000
    desk.account["peak"] = 1_200_000
    desk.account["balance"] = 1_080_001
    assert refusal(desk) == 0
    lose(desk, 1)
    assert refusal(desk) == Refusal.DRAWDOWN
    desk.account["balance"], desk.account["stopped_at"] = 1_200_000, 1
    assert refusal(desk) == Refusal.DRAWDOWN  # the protection stays on until its re-entry


def test_ruin_ends_everything() -> None:
    desk = Ledger()
    lose(desk, 1_000_000)
    assert refusal(desk) == Refusal.BALANCE_EXHAUSTED
    desk = Ledger()
    desk.account["ruined"] = 1
    assert refusal(desk) == Refusal.BALANCE_EXHAUSTED


def test_orders_of_a_day_are_counted() -> None:
    desk = Ledger()
    desk.rules["most_orders_per_day"] = 3
    desk.account["orders_today"] = 2
    assert refusal(desk) == 0
    desk.account["orders_today"] = 3
    assert refusal(desk) == Refusal.ORDERS_PER_DAY


@pytest.mark.jit_off
def test_losses_in_a_row_start_a_pause() -> None:
    desk = Ledger()
    desk.rules["most_losses"], desk.rules["pause_days"] = 3, 2
    desk.account["roll"], desk.account["open_positions"] = 10, 1
    for net in (-1, -1, 0, -1, -1):
        after_close(desk.rules[0], desk.account[0], net)
    assert refusal(desk) == 0  # a trade that loses nothing ended the row
    after_close(desk.rules[0], desk.account[0], -1)
    assert refusal(desk) == Refusal.LOSSES_IN_A_ROW
    desk.account["roll"] = 11
    assert refusal(desk) == Refusal.LOSSES_IN_A_ROW
    desk.account["roll"] = 12
    assert refusal(desk) == 0
    assert desk.account["losses"][0] == 0


def test_a_single_loss_may_be_a_row() -> None:
    desk = Ledger()
    desk.rules["most_losses"], desk.rules["pause_days"] = 1, 1
    after_close(desk.rules[0], desk.account[0], -1)
    assert refusal(desk) == Refusal.LOSSES_IN_A_ROW


def test_closings_lift_the_peak_and_start_the_protection_when_nothing_is_open() -> None:
    desk = Ledger()
    desk.rules["most_drawdown"] = 100_000
    desk.account["balance"] = 1_500_000
    after_close(desk.rules[0], desk.account[0], 1)
    assert desk.account["peak"][0] == 1_500_000
    desk.account["balance"], desk.account["open_positions"], desk.account["roll"] = 1_350_000, 1, 7
    after_close(desk.rules[0], desk.account[0], -1)
    assert desk.account["stopped_at"][0] == 0  # an open position may still be worth something
    desk.account["open_positions"] = 0
    after_close(desk.rules[0], desk.account[0], -1)
    assert desk.account["stopped_at"][0] == 8
    for balance, ruined in ((1, 0), (0, 1)):
        desk.account["balance"] = balance
        after_close(desk.rules[0], desk.account[0], -1)
        assert desk.account["ruined"][0] == ruined


def test_the_protection_starts_where_the_throttle_leaves_a_tenth() -> None:
    desk = Ledger()
    desk.rules["throttle"] = 100_000
    for balance, stopped in ((910_001, 0), (910_000, 1)):
        desk.account["balance"] = balance
        after_close(desk.rules[0], desk.account[0], -1)
        assert desk.account["stopped_at"][0] == stopped
    assert refusal(desk) == Refusal.DRAWDOWN


@pytest.mark.jit_off
def test_a_wide_spread_is_refused() -> None:
    desk = Ledger()
    desk.rules["most_spread"] = 2_500_000
    desk.series["typical_spread"] = 8
    desk.quote(0, 110_000, 20)
    assert refusal(desk) == 0
    desk.quote(0, 110_000, 21)
    assert refusal(desk) == Refusal.SPREAD
    desk.series["typical_spread"] = 0
    assert refusal(desk) == 0  # nothing is known to be typical


def test_news_refuse_the_series_they_concern() -> None:
    desk = Ledger(("EURUSD", "GBPUSD"))
    quiet = np.array([[100, 200, 0b01], [300, 400, 0b10]], np.int64)
    assert desk.permit(TRADE, 110_000, 1, blackouts=quiet, now=150) == Refusal.NEWS
    assert desk.permit(TRADE, 110_000, 1, blackouts=quiet, now=350) == 0
    assert desk.permit(TRADE, 110_000, 1, s=1, blackouts=quiet, now=350) == Refusal.NEWS


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("now", "inside"), [(99, False), (100, True), (199, True), (200, False), (250, False), (500, False)]
)
def test_a_blackout_holds_from_its_start_until_before_its_end(now: int, inside: bool) -> None:
    quiet = np.array([[100, 200, 1], [300, 400, 1]], np.int64)
    assert in_blackout(quiet, 0, now) is inside
    assert in_blackout(quiet, 1, now) is False


def test_an_entry_needs_a_conversion_a_volume_and_room() -> None:
    cross = Ledger(("EURGBP", "GBPUSD"))
    assert cross.permit(ask(1, 86_000), 86_100, 1) == Refusal.NO_RATE
    cross.quote(1, 125_000)
    assert cross.permit(ask(1, 86_000), 86_100, 1) == 0
    assert refusal(Ledger(), 0) == Refusal.VOLUME_BELOW_MINIMUM
    full = Ledger()
    full.open(0, 1, 32 * 10_000 - 50, 110_000, 110_000)
    full.quote(0, 110_000)
    assert refusal(full, 50) == 0
    assert refusal(full, 51) == Refusal.NO_ROOM


def test_what_may_only_reduce_is_never_refused() -> None:
    desk = Ledger()
    desk.account["ruined"] = 1
    assert desk.permit(ask(1, 109_900, reduce_only=1), 110_000, 5) == 0


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda desk: lose(desk, 2_000_000), Refusal.BALANCE_EXHAUSTED),
        (lambda desk: lose(desk, 100_000), Refusal.DRAWDOWN),
        (lambda desk: lose(desk, 50_000), Refusal.DAILY_LOSS),
        (lambda desk: desk.account.__setitem__("paused_until", 1), Refusal.LOSSES_IN_A_ROW),
        (lambda desk: desk.account.__setitem__("orders_today", 9), Refusal.ORDERS_PER_DAY),
        (lambda desk: desk.quote(0, 110_000, 99), Refusal.SPREAD),
        (lambda desk: None, Refusal.RISK_PER_TRADE),
    ],
)
def test_the_first_limit_in_order_names_the_refusal(spoil: Callable[[Ledger], None], code: Refusal) -> None:
    desk = Ledger()
    desk.rules["most_drawdown"], desk.rules["most_daily_loss"] = 100_000, 50_000
    desk.rules["most_orders_per_day"], desk.rules["most_spread"] = 9, 1_000_000
    for rule in ("most_risk_per_trade", "most_risk_per_symbol", "most_risk_per_group", "most_heat"):
        desk.rules[rule] = 1
    spoil(desk)
    assert refusal(desk) == code


@given(
    steps=st.integers(1, 1_000),
    limit=st.integers(1, 100_000),
    held=st.integers(0, 300),
    rule=st.sampled_from(["most_risk_per_trade", "most_risk_per_symbol", "most_heat", "most_risk_per_group"]),
)
def test_limits_are_exact_and_a_wider_one_never_refuses_more(
    steps: int, limit: int, held: int, rule: str
) -> None:
    desk = Ledger()
    desk.rules[rule] = limit
    if held:
        desk.open(0, 1, held, 110_000, 109_900)
        desk.quote(0, 110_000)
    at_risk = steps * 100 + (0 if rule == "most_risk_per_trade" else held * 100)
    assert (refusal(desk, steps) == 0) == (at_risk * 1_000_000 <= 1_000_000 * limit)
    if refusal(desk, steps) == 0:
        desk.rules[rule] = limit + 1
        assert refusal(desk, steps) == 0
