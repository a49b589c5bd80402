"""Sizes by hand: each method, the order of operations, every refusal; never more than allowed."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.engine.refusals import Refusal
from ictcli.engine.sizing import FRACTION, KELLY, LOTS, RISK, VOLATILITY, loss_at_stop, millionths
from tests.engine.ledger import Ledger, ask

COMMISSION = {"commission": Decimal("3.50")}
LONG = ask(1, 110_000, 110_120)
"""20 points of risk and 100 of gain from 110,020."""


def kelly(p: float, gain: int, share: float = 0.25, cap: float = 1.0) -> Ledger:
    """A ledger that sizes by Kelly."""
    desk = Ledger()
    desk.rules["sizing"], desk.rules["kelly_share"], desk.rules["kelly_cap"] = KELLY, share, cap
    return desk


@pytest.mark.jit_off
def test_risk_over_distance_is_the_size() -> None:
    # 0.5 % of 10,000.00 are 50.00; 20 points on a hundredth of a lot cost 0.20.
    assert Ledger().size(LONG, 110_020) == 250


@pytest.mark.jit_off
def test_both_commissions_count_as_risk() -> None:
    # 0.20 and twice 0.035 a step: 0.27; 185 steps lose 37.00, and pay 6.48 twice, each rounded.
    assert Ledger(changes=COMMISSION).size(LONG, 110_020) == 185


def test_fees_count_like_commission() -> None:
    assert Ledger(changes={"commission": Decimal(2), "fee": Decimal("1.50")}).size(LONG, 110_020) == 185


def test_slippage_at_the_stop_counts_as_risk() -> None:
    desk = Ledger()
    desk.series["slippage"] = 5
    assert desk.size(LONG, 110_020) == 200  # 25 points
    desk.series["slippage_share"], desk.states["atr"] = 100_000, 41.0  # a tenth of 41 points, rounded up
    assert desk.size(LONG, 110_020) == 166  # 30 points
    desk.states["atr"] = 0.5
    assert desk.size(LONG, 110_020) == 192  # 26 points


def test_shorts_are_sized_like_longs() -> None:
    assert Ledger().size(ask(-1, 110_040), 110_020) == 250


def test_a_size_is_rounded_down_and_cut_to_the_largest_volume() -> None:
    assert Ledger().size(ask(1, 109_990), 110_020) == 166  # 166.67
    assert Ledger().size(ask(1, 110_019), 110_020) == 5_000
    assert Ledger(changes={"volume_max": Decimal("20")}).size(ask(1, 110_019), 110_020) == 2_000


def test_a_volume_below_the_smallest_is_refused_never_rounded_up() -> None:
    assert Ledger().size(ask(1, 105_020), 110_020) == 1
    assert Ledger().size(ask(1, 105_019), 110_020) == -Refusal.VOLUME_BELOW_MINIMUM
    tenth = Ledger(changes={"volume_min": Decimal("0.10")})
    assert tenth.size(ask(1, 109_520), 110_020) == 10
    assert tenth.size(ask(1, 109_519), 110_020) == -Refusal.VOLUME_BELOW_MINIMUM


def test_size_follows_the_equity_or_the_opening_balance() -> None:
    desk = Ledger()
    desk.account["balance"] = desk.account["peak"] = 2_000_000
    assert desk.size(LONG, 110_020) == 500
    desk.rules["compound"] = 0
    assert desk.size(LONG, 110_020) == 250


def test_open_losses_shrink_the_size() -> None:
    desk = Ledger()
    desk.account["peak"] = 0
    desk.open(0, 1, 100, 110_000)
    desk.quote(0, 109_000)  # 1,000 points on a lot: 1,000.00 lost
    assert desk.size(LONG, 110_020) == 225


@pytest.mark.jit_off
def test_fixed_lots_are_what_the_configuration_says() -> None:
    desk = Ledger()
    desk.rules["sizing"], desk.series["fixed_steps"] = LOTS, 30
    assert desk.size(ask(1), 110_020) == 30


def test_a_volume_that_the_strategy_asks_for_replaces_the_method() -> None:
    assert Ledger().size(ask(1, steps=7), 110_020) == 7
    assert Ledger().size(ask(1, steps=1), 110_020) == 1


@pytest.mark.jit_off
def test_a_fraction_is_notional_value() -> None:
    desk = Ledger()
    desk.rules["sizing"], desk.rules["risk"] = FRACTION, 2_000_000
    assert desk.size(ask(1), 110_020) == 18  # 20,000.00 over 1,100.20 a step
    in_euro = Ledger(currency="EUR")
    in_euro.rules["sizing"], in_euro.rules["risk"] = FRACTION, 2_000_000
    assert in_euro.size(ask(1), 110_020) == 20  # a step is 1,000 EUR at every price


@pytest.mark.jit_off
def test_volatility_scales_the_notional_share() -> None:
    desk = Ledger()
    desk.rules["sizing"], desk.rules["risk"] = VOLATILITY, 1_000_000
    desk.rules["target_volatility"], desk.rules["volatility_cap"] = 0.10, 2.0
    desk.remember(0, [0.01] * 20 + [0.02])
    # 1.08628 % a day are 17.2442 % a year: 0.579903 of 10,000.00, in steps of 1,000.00.
    assert desk.size(ask(1), 100_000) == 5
    desk.account["balance"] = desk.account["peak"] = 100_000_000
    assert desk.size(ask(1), 100_000) == 579
    desk.remember(0, [0.001] * 21)
    assert desk.size(ask(1), 100_000) == 2_000  # 6.3 times, capped at twice


@pytest.mark.parametrize("returns", [[0.01] * 19, [0.0] * 30, [math.nan] * 40])
def test_volatility_that_is_not_known_is_refused(returns: list[float]) -> None:
    desk = Ledger()
    desk.rules["sizing"], desk.rules["risk"] = VOLATILITY, 1_000_000
    desk.rules["target_volatility"], desk.rules["volatility_cap"] = 0.10, 2.0
    desk.remember(0, returns)
    assert desk.size(ask(1), 100_000) == -Refusal.NO_VOLATILITY


@pytest.mark.parametrize(
    ("p", "ratio", "steps"),
    [
        (0.60, 1.0, 500),  # quarter Kelly .05: 500.00 over 1.00 a step
        (0.51, 1.0, 50),
        (0.55, 1.5, 625),
        (0.40, 2.0, 250),
        (0.35, 3.0, 333),
        (0.45, 1.0, -Refusal.NO_EDGE),
        (0.50, 1.0, -Refusal.NO_EDGE),
        (0.0, 1.0, -Refusal.NO_EDGE),
        (1.0, 1.0, 2_500),
    ],
)
def test_quarter_kelly_equals_the_published_table(p: float, ratio: float, steps: int) -> None:
    asked = ask(1, 110_000, 110_100 + int(100 * ratio), probability=p)
    assert kelly(p, 100).size(asked, 110_100) == steps


def test_kelly_knows_costs() -> None:
    desk = Ledger(changes={"commission": Decimal(2), "fee": Decimal("1.50")})
    desk.rules["sizing"], desk.rules["kelly_share"], desk.rules["kelly_cap"] = KELLY, 0.25, 1.0
    # 7 cents of commission and fees: gain 0.93, loss 1.07; .6 - .4 * 1.07 / .93 = .139785, a quarter .034946.
    assert desk.size(ask(1, 110_000, 110_200, probability=0.6), 110_100) == 326  # 349.46 over 1.07
    # A target that pays the costs only is no gain.
    assert desk.size(ask(1, 110_000, 110_107, probability=0.9), 110_100) == -Refusal.NO_EDGE


def test_kelly_knows_slippage() -> None:
    desk = kelly(0.6, 100)
    desk.series["slippage"] = 10
    # Gain 1.00, loss 1.10: .6 - .4 * 1.1 = .16, a quarter .04; 400.00 over 1.10.
    assert desk.size(ask(1, 110_000, 110_200, probability=0.6), 110_100) == 363


def test_kelly_is_capped() -> None:
    asked = ask(1, 110_000, 110_200, probability=0.6)
    assert kelly(0.6, 100, cap=0.02).size(asked, 110_100) == 200


@pytest.mark.parametrize(
    ("p", "stop", "target", "code"),
    [
        (math.nan, 110_000, 110_200, Refusal.NO_PROBABILITY),
        (math.inf, 110_000, 110_200, Refusal.NOT_A_NUMBER),
        (1.01, 110_000, 110_200, Refusal.NOT_A_NUMBER),
        (-0.01, 110_000, 110_200, Refusal.NOT_A_NUMBER),
        (0.9, 0, 110_200, Refusal.NO_STOP_TO_SIZE),
        (0.9, 110_000, 0, Refusal.NO_EDGE),
        (0.0, 110_000, 110_200, Refusal.NO_EDGE),
    ],
)
def test_kelly_refuses_what_it_cannot_know(p: float, stop: int, target: int, code: Refusal) -> None:
    assert kelly(p, 100).size(ask(1, stop, target, probability=p), 110_100) == -code


def test_a_short_without_a_target_has_no_gain_to_bet_on() -> None:
    assert kelly(0.9, 100).size(ask(-1, 110_200, 0, probability=0.9), 110_100) == -Refusal.NO_EDGE


@pytest.mark.parametrize("name", ["kelly_share", "kelly_cap"])
def test_kelly_refuses_settings_that_are_no_numbers(name: str) -> None:
    desk = kelly(0.6, 100)
    desk.rules[name] = math.nan
    assert desk.size(ask(1, 110_000, 110_200, probability=0.6), 110_100) == -Refusal.NOT_A_NUMBER


def test_volatility_only_shrinks_kelly() -> None:
    asked = ask(1, 110_000, 110_200, probability=0.6)
    desk = kelly(0.6, 100)
    desk.rules["target_volatility"] = 0.10
    assert desk.size(asked, 110_100) == -Refusal.NO_VOLATILITY
    desk.remember(0, [0.01] * 20 + [0.02])
    assert desk.size(asked, 110_100) == 289  # 500 times .579903
    desk.remember(0, [0.001] * 21)
    assert desk.size(asked, 110_100) == 500


def test_positions_that_move_together_share_kelly() -> None:
    asked = ask(1, 110_000, 110_200, probability=0.6)
    desk = kelly(0.6, 100)
    desk.quote(0, 110_100)
    desk.open(0, 1, 1, 110_100, 110_000)
    assert desk.size(asked, 110_100) == 250  # the same series: 1/(1 + 1)
    desk.positions["side"][0, 0] = -1
    assert desk.size(asked, 110_100) == 500  # an opposite one is no reason for more
    apart = Ledger(("EURUSD", "GBPUSD"))
    apart.rules["sizing"], apart.rules["kelly_share"], apart.rules["kelly_cap"] = KELLY, 0.25, 1.0
    half = [1.0, -1.0, 1.0, -1.0] * 5, [1.0, 1.0, -1.0, -1.0] * 5
    apart.remember(0, [x / 100 for x in half[0]])
    apart.remember(1, [(0.5 * x + math.sqrt(0.75) * y) / 100 for x, y in zip(*half, strict=True)])
    apart.quote(1, 130_000)
    for _ in range(4):
        apart.open(1, 1, 1, 130_000)
    assert apart.size(asked, 110_100) == 166  # n 5, correlation .5: a third
    apart.states["days"][1] = 10
    assert apart.size(asked, 110_100) == 100  # not known: as if they were one


@pytest.mark.parametrize(
    ("balance", "steps"), [(960_000, 144), (950_000, 118), (900_000, -Refusal.DRAWDOWN), (1_000_000, 250)]
)
@pytest.mark.jit_off
def test_drawdown_throttles_every_size(balance: int, steps: int) -> None:
    desk = Ledger()
    desk.rules["throttle"] = 100_000
    desk.account["balance"] = balance
    assert desk.size(LONG, 110_020) == steps  # 4 %: .6 of 48.00 over 0.20; 5 %: .5 of 47.50
    desk.rules["sizing"], desk.series["fixed_steps"] = LOTS, 250
    expected = {960_000: 150, 950_000: 125, 1_000_000: 250}
    assert desk.size(LONG, 110_020) == expected.get(balance, -Refusal.DRAWDOWN)


def test_sizes_need_a_stop_a_balance_and_a_conversion() -> None:
    assert Ledger().size(ask(1), 110_020) == -Refusal.NO_STOP_TO_SIZE
    assert Ledger().size(ask(1, 110_030), 110_020) == -Refusal.NO_STOP_TO_SIZE
    broke = Ledger()
    broke.account["balance"] = 0
    assert broke.size(LONG, 110_020) == -Refusal.BALANCE_EXHAUSTED
    broke.rules["compound"] = 0
    assert broke.size(LONG, 110_020) == -Refusal.BALANCE_EXHAUSTED
    cross = Ledger(("EURGBP", "GBPUSD"))
    assert cross.size(ask(1, 86_000), 86_020) == -Refusal.NO_RATE
    cross.quote(1, 125_000)
    assert cross.size(ask(1, 86_000), 86_020) == 200  # 20 points of 0.0125 USD


@pytest.mark.jit_off
def test_a_millionth_is_rounded_down_but_not_by_binary_fractions() -> None:
    assert (millionths(0.2 * 0.25), millionths(0.1 * 3), millionths(0.0333333333)) == (
        50_000,
        300_000,
        33_333,
    )


@given(
    currency=st.sampled_from(["USD", "EUR", "JPY", "GBP"]),
    side=st.sampled_from([1, -1]),
    distance=st.integers(1, 5_000),
    risk=st.integers(1, 50_000),
    fee=st.integers(0, 800),
    slippage=st.integers(0, 50),
    rate=st.integers(50_000, 200_000),
)
def test_the_booked_loss_at_the_stop_never_exceeds_the_allowed_one(
    currency: str, side: int, distance: int, risk: int, fee: int, slippage: int, rate: int
) -> None:
    converter = {"JPY": "USDJPY", "GBP": "GBPUSD"}.get(currency, "GBPUSD")
    desk = Ledger(("EURUSD", converter), currency, {"commission": Decimal(fee) / 100})
    desk.rules["risk"], desk.series["slippage"] = risk, slippage
    desk.quote(1, rate)
    entry = 110_000
    stop = entry - side * distance
    steps = desk.size(ask(side, stop), entry)
    allowed = 1_000_000 * risk // 1_000_000
    if steps < 0:
        assert steps == -Refusal.VOLUME_BELOW_MINIMUM
        assert loss_at_stop(desk.series[0], rate, side, entry, stop, slippage, 1) >= allowed - 3
        return
    assert 1 <= steps <= 10_000
    assert loss_at_stop(desk.series[0], rate, side, entry, stop, slippage, steps) <= allowed
    desk.rules["risk"] = risk + 1_000
    assert desk.size(ask(side, stop), entry) >= steps


@given(distance=st.integers(1, 10_000), times=st.integers(2, 50))
def test_scaling_prices_and_distance_leaves_the_loss_within_the_same_limit(distance: int, times: int) -> None:
    near = Ledger().size(ask(1, 200_000 - distance), 200_000)
    far = Ledger().size(ask(1, 200_000 * times - distance), 200_000 * times)
    assert near == far  # an account in the quote currency does not see the level of prices


def test_risk_is_the_default_of_the_ledger() -> None:
    assert Ledger().rules["sizing"][0] == RISK
