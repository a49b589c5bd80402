"""Kelly's fraction and what tames it, on the published numbers and on what must always hold."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.kernels import kernel
from ictcli.stats import kelly

pytestmark = pytest.mark.jit_off

PROBABILITY = st.floats(0.01, 0.99)
STAKE = st.floats(0.05, 5)


@pytest.mark.parametrize(
    ("p", "ratio", "fraction", "growth"),
    [
        (0.60, 1.0, 0.20, 0.0201355),
        (0.51, 1.0, 0.02, 0.00020001),
        (0.55, 1.5, 0.25, 0.0456926),
        (0.40, 2.0, 0.10, 0.0097123),
        (0.45, 1.0, -0.10, None),
        (0.35, 3.0, 0.1333333333333333, 0.0247497),
    ],
)
def test_kelly_fraction_and_its_growth(p: float, ratio: float, fraction: float, growth: float | None) -> None:
    assert kelly.kelly_ratio(p, ratio) == pytest.approx(fraction, rel=1e-12)
    assert kelly.kelly_fraction(p, 1.0, ratio) == pytest.approx(fraction, rel=1e-12)
    if growth is not None:
        assert kelly.growth_rate(p, 1.0, ratio, fraction) == pytest.approx(growth, abs=5e-8)


def test_twice_kelly_grows_no_more() -> None:
    assert kelly.growth_rate(0.6, 1.0, 1.0, 0.4) == pytest.approx(-0.00245, abs=5e-6)


@given(PROBABILITY, STAKE, STAKE)
def test_the_fraction_maximises_growth(p: float, loss: float, gain: float) -> None:
    best = kelly.kelly_fraction(p, loss, gain)
    step = 1e-3 / max(loss, gain)
    most = kelly.growth_rate(p, loss, gain, best)
    assert most >= kelly.growth_rate(p, loss, gain, best + step)
    assert most >= kelly.growth_rate(p, loss, gain, best - step)


@given(PROBABILITY, STAKE, STAKE)
def test_the_two_meanings_of_b_agree(p: float, loss: float, gain: float) -> None:
    """A fraction of the money at risk is ``loss`` times the fraction of the stake."""
    assert kelly.kelly_ratio(p, gain / loss) == pytest.approx(
        kelly.kelly_fraction(p, loss, gain) * loss, abs=1e-9
    )


@pytest.mark.parametrize(
    ("p", "loss", "gain"),
    [(math.nan, 1, 1), (1.1, 1, 1), (-0.1, 1, 1), (0.5, 0, 1), (0.5, 1, 0), (0.5, math.inf, 1),
     (0.5, 1, math.nan)],
)  # fmt: skip
def test_unknown_chances_or_stakes_are_undefined(p: float, loss: float, gain: float) -> None:
    assert math.isnan(kelly.kelly_fraction(p, loss, gain))
    assert math.isnan(kelly.growth_rate(p, loss, gain, 0.1))


def test_a_ratio_that_is_none_is_undefined() -> None:
    assert all(map(math.isnan, (kelly.kelly_ratio(0.5, 0.0), kelly.kelly_ratio(math.nan, 1.0))))


def test_betting_everything_on_a_loss_that_can_happen_is_ruin() -> None:
    assert kelly.growth_rate(0.9, 1.0, 1.0, 1.0) == -math.inf
    assert kelly.growth_rate(1.0, 1.0, 1.0, 1.0) == pytest.approx(math.log(2))
    assert kelly.growth_rate(0.0, 1.0, 1.0, -0.5) == pytest.approx(math.log(1.5))
    assert kelly.growth_rate(0.5, 1.0, 1.0, -1.0) == -math.inf


def test_continuous_kelly_as_published() -> None:
    """Thorp 2006: the S&P with drift .11, rate .06 and deviation .15: 2.2222 and growth .11556."""
    fraction = kelly.kelly_continuous(0.11, 0.06, 0.15)
    assert fraction == pytest.approx(2.2222222222222223)
    assert kelly.growth_rate_continuous(0.11, 0.06, 0.15, fraction) == pytest.approx(0.1155555556)
    assert math.isnan(kelly.kelly_continuous(0.11, 0.06, 0.0))


@pytest.mark.parametrize(
    ("multiple", "growth", "half"), [(1.0, 1.0, 0.5), (0.5, 0.75, 0.125), (0.25, 0.4375, 0.0078125)]
)
def test_fractional_kelly(multiple: float, growth: float, half: float) -> None:
    assert kelly.fractional_growth(multiple) == growth
    assert kelly.chance_of_falling_to(0.5, multiple) == pytest.approx(half)


def test_quarter_kelly_alone_does_not_keep_a_drawdown_below_ten_per_cent() -> None:
    assert kelly.chance_of_falling_to(0.9, 0.25) == pytest.approx(0.478, abs=5e-4)


def test_the_chance_of_falling_is_bounded_and_defined_only_for_a_share() -> None:
    assert kelly.chance_of_falling_to(0.5, 2.0) == 1
    assert kelly.chance_of_falling_to(1.0, 0.5) == 1
    for share, multiple in ((0.0, 1.0), (1.1, 1.0), (0.5, 0.0), (math.nan, 1.0), (0.5, math.nan)):
        assert math.isnan(kelly.chance_of_falling_to(share, multiple))


def test_correlated_positions_share_one_bet() -> None:
    assert kelly.correlation_factor(5, 0.5) == pytest.approx(1 / 3)
    assert kelly.correlation_factor(1, 0.9) == 1
    assert kelly.correlation_factor(4, 1.0) == 0.25
    assert kelly.correlation_factor(4, -0.3) == 1
    assert math.isnan(kelly.correlation_factor(4, math.nan))
    assert math.isnan(kelly.correlation_factor(0, 0.5))


def test_ewma_works_on_variances() -> None:
    assert math.sqrt(kelly.ewma_variance(0.01**2, 0.02, 0.94)) == pytest.approx(0.0108628, abs=5e-8)


def test_volatility_multiplier_is_capped_both_ways() -> None:
    assert kelly.volatility_multiplier(0.1, 0.2, 0.25, 2.0) == 0.5
    assert kelly.volatility_multiplier(0.1, 0.01, 0.25, 2.0) == 2.0
    assert kelly.volatility_multiplier(0.1, 10.0, 0.25, 2.0) == 0.25
    for forecast in (0.0, -1.0, math.nan, math.inf):
        assert math.isnan(kelly.volatility_multiplier(0.1, forecast, 0.25, 2.0))


@pytest.mark.parametrize(("drawdown", "multiplier"), [(0, 1), (0.04, 0.6), (0.05, 0.5), (0.10, 0), (0.2, 0)])
def test_linear_throttle(drawdown: float, multiplier: float) -> None:
    assert kelly.drawdown_multiplier_linear(drawdown, 0.10) == pytest.approx(multiplier, abs=1e-12)


@pytest.mark.parametrize(
    ("drawdown", "multiplier"), [(0, 1), (0.04, 0.625), (0.05, 0.526), (0.08, 0.217), (0.10, 0), (0.3, 0)]
)
def test_cushion_throttle_after_grossman_and_zhou(drawdown: float, multiplier: float) -> None:
    cushion = kelly.drawdown_multiplier_cushion(100 * (1 - drawdown), 100.0, 0.9)
    assert cushion == pytest.approx(multiplier, abs=5e-4)


def test_a_throttle_without_a_drawdown_is_undefined() -> None:
    assert math.isnan(kelly.drawdown_multiplier_linear(math.nan, 0.1))
    assert math.isnan(kelly.drawdown_multiplier_linear(-0.1, 0.1))
    assert math.isnan(kelly.drawdown_multiplier_linear(0.1, 0.0))
    for equity, peak, floor in ((0.0, 1.0, 0.9), (2.0, 1.0, 0.9), (1.0, math.nan, 0.9), (1.0, 1.0, 1.0)):
        assert math.isnan(kelly.drawdown_multiplier_cushion(equity, peak, floor))


@pytest.mark.parametrize(
    ("p", "size"), [(0.5, 0), (0.55, 0.080056), (0.6, 0.161744), (0.75, 0.436297), (0.9, 0.817578)]
)
def test_bet_size_of_a_probability(p: float, size: float) -> None:
    """Lopez de Prado 2018, ch. 10."""
    assert kelly.bet_size_afml(p) == pytest.approx(size, abs=5e-7)
    assert kelly.bet_size_afml(1 - p) == pytest.approx(-size, abs=5e-7)


def test_bet_size_of_certainty_is_the_limit() -> None:
    assert (kelly.bet_size_afml(1.0), kelly.bet_size_afml(0.0)) == (1.0, -1.0)
    assert math.isnan(kelly.bet_size_afml(math.nan))


@kernel
def _sized(p: float, ratio: float, drawdown: float) -> float:
    return kelly.kelly_ratio(p, ratio) * 0.25 * kelly.drawdown_multiplier_linear(drawdown, 0.1)


def test_kernels_of_other_rooms_can_call_them() -> None:
    assert _sized(0.6, 1.0, 0.04) == pytest.approx(0.05 * 0.6)
