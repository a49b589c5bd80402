"""Specifications become records: worth of a point, conversion through another series, swap nights, limits."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.config.records import AccountConfig, Config, RiskConfig, SizingConfig
from ictcli.engine.money import DIVIDE, MULTIPLY, NONE, OWN_PRICE, amount_of, commission, fees, profit, swap
from ictcli.engine.terms import (
    Converter,
    check_range,
    conversion_needed,
    opening_balance,
    rules_record,
    series_terms,
    swap_nights,
)
from ictcli.errors import ConfigError
from tests.engine.ledger import SAME_AS, spec


def series(symbol: str, currency: str, *available: str, **changes: Any) -> Any:
    """The record of a series whose number follows those of ``available``."""
    traded = spec(symbol, **changes)
    known = [Converter(other, s, other.digits) for s, other in enumerate(spec(name) for name in available)]
    return series_terms(traded, traded.digits, currency, SAME_AS, known)[0]


@pytest.mark.parametrize(
    ("symbol", "currency", "available", "kind"),
    [
        ("EURUSD", "USD", (), NONE),
        ("BTCUSDT", "USD", (), NONE),  # USDT counts as USD
        ("EURUSD", "EUR", (), OWN_PRICE),
        ("USDJPY", "JPY", (), NONE),
        ("EURGBP", "USD", ("GBPUSD",), MULTIPLY),
        ("EURJPY", "USD", ("USDJPY",), DIVIDE),
        ("BTCUSDT", "EUR", ("XAUUSD", "EURUSD"), DIVIDE),
        ("GER40", "USD", ("EURUSD",), MULTIPLY),
    ],
)
def test_the_way_of_conversion_follows_from_the_currencies(
    symbol: str, currency: str, available: tuple[str, ...], kind: int
) -> None:
    own = series(symbol, currency, *available)
    assert own["conversion"] == kind
    if kind in (MULTIPLY, DIVIDE):
        assert own["conversion_series"] == len(available) - 1


@pytest.mark.parametrize(
    ("symbol", "currency", "candidates"),
    [
        ("EURUSD", "USD", ()),
        ("EURUSD", "EUR", ()),
        ("BTCUSDT", "USD", ()),
        ("EURGBP", "USD", ("GBPUSD", "USDGBP")),
        ("BTCUSDT", "EUR", ("USDEUR", "EURUSD")),
        ("XAUUSD", "JPY", ("USDJPY", "JPYUSD")),
    ],
)
def test_the_symbols_needed_for_conversion_are_named(
    symbol: str, currency: str, candidates: tuple[str, ...]
) -> None:
    assert conversion_needed(spec(symbol), currency, SAME_AS) == candidates


def test_without_a_converting_series_the_error_names_what_to_fetch() -> None:
    with pytest.raises(ConfigError, match="EURGBP earns GBP on a USD account") as caught:
        series("EURGBP", "USD", "XAUUSD", "EURUSD")
    assert "GBPUSD or USDGBP" in caught.value.hint


def test_a_future_on_a_currency_does_not_convert() -> None:
    with pytest.raises(ConfigError, match="no conversion USD to EUR"):
        series("XAUUSD", "EUR", "6E")


ROUNDING = [
    # symbol, account, converter, its close, steps, points, price of the deal, minor units
    ("EURGBP", "USD", "GBPUSD", 125_000, 100, 100, 86_000, 125_00),  # 100 GBP at 1.25
    ("EURGBP", "USD", "GBPUSD", 125_000, 1, 1, 86_000, 1),  # 1.25 cents
    ("EURGBP", "USD", "GBPUSD", 125_000, 1, 2, 86_000, 2),  # 2.5, to the even cent
    ("EURGBP", "USD", "GBPUSD", 125_000, 1, 6, 86_000, 8),  # 7.5, to the even cent
    ("EURGBP", "USD", "GBPUSD", 125_000, 1, -6, 86_000, -8),
    ("EURJPY", "USD", "USDJPY", 150_000, 100, 1_000, 165_000, 666_67),  # 100,000 JPY at 150
    ("EURUSD", "JPY", "USDJPY", 150_000, 1, 1, 110_000, 2),  # 1 cent is 1.5 yen; a yen has no decimals
    ("EURUSD", "JPY", "USDJPY", 150_000, 1, 3, 110_000, 4),  # 4.5 yen, to the even one
    ("EURUSD", "JPY", "USDJPY", 150_005, 1, 3, 110_000, 5),  # 4.50015 yen
    ("USDJPY", "JPY", "USDJPY", 0, 100, 1_000, 150_000, 100_000),  # not converted
    ("EURUSD", "EUR", "EURUSD", 0, 100, 100, 110_000, 90_91),  # 100 USD at the deal's own 1.10000
    ("USDJPY", "USD", "USDJPY", 0, 100, 1_000, 150_000, 666_67),
    ("BTCUSDT", "EUR", "EURUSD", 108_000, 3, 1_000, 6_000_000, 28),  # 0.03 BTC, 10 USDT: 0.30 at 1.08
]


@pytest.mark.jit_off
@pytest.mark.parametrize(
    ("symbol", "currency", "through", "rate", "steps", "points", "price", "minor"), ROUNDING
)
def test_profit_is_converted_and_rounded_once_half_to_even(
    symbol: str, currency: str, through: str, rate: int, steps: int, points: int, price: int, minor: int
) -> None:
    own = series(symbol, currency, through)
    entry = (price - points) * steps
    assert profit(own, rate, 1, entry, price * steps, price) == minor
    assert profit(own, rate, -1, entry, price * steps, price) == -minor


def test_commission_and_fee_are_converted_like_profit() -> None:
    own = series("EURGBP", "USD", "GBPUSD", commission=Decimal("2.70"), fee=Decimal("0.50"))
    assert commission(own, 125_000, 100, 86_000) == 338  # 2.70 GBP are 3.375 USD, to the even cent
    assert fees(own, 125_000, 100, 86_000) == 62  # 0.625
    in_yen = series("EURUSD", "JPY", "USDJPY", commission=Decimal("3.50"))
    assert commission(in_yen, 150_000, 100, 110_000) == 525


@given(rate=st.integers(50_000, 200_000), steps=st.integers(1, 10_000), points=st.integers(-(10**5), 10**5))
def test_conversion_equals_exact_decimals(rate: int, steps: int, points: int) -> None:
    own = series("EURGBP", "USD", "GBPUSD")
    exact = Decimal(points * steps) * rate / Decimal(100_000)
    assert amount_of(own, rate, points * steps * own["point_value"], 1) == int(
        exact.quantize(Decimal(1), "ROUND_HALF_EVEN")
    )
    back = series("EURUSD", "GBP", "GBPUSD")
    given_back = amount_of(back, rate, points * steps * back["point_value"], 1)
    assert abs(Decimal(points * steps) * 100_000 / rate - given_back) <= Decimal("0.5")


def test_swap_is_points_times_nights_in_account_currency() -> None:
    own = series("EURUSD", "USD", swap_long=Decimal("-6.25"), swap_short=Decimal("1.8"))
    # 6.25 points on one lot are 6.25 USD; three nights 18.75.
    assert swap(own, 1, 1, 100, 1, 110_000) == -625
    assert swap(own, 1, 1, 100, 3, 110_000) == -1875
    assert swap(own, 1, -1, 100, 3, 110_000) == 540
    assert swap(own, 1, 1, 2, 1, 110_000) == -12  # 12.5 cents, to the even one
    through = series("EURJPY", "USD", "USDJPY", swap_long=Decimal("10"))
    assert swap(through, 150_000, 1, 100, 1, 165_000) == 667  # 1000 JPY


def test_points_of_the_specification_become_points_of_the_series() -> None:
    traded = spec("EURUSD", stops_level=15, swap_long=Decimal("-6.2"), margin=Decimal("0.0333"))
    own = series_terms(traded, 4, "USD", SAME_AS)[0]
    assert (own["stops_level"], own["typical_spread"], own["swap_long"], own["tick"]) == (2, 1, -620, 1)
    assert own["margin"] == 33_300
    finer = series_terms(traded, 6, "USD", SAME_AS)[0]
    assert (finer["stops_level"], finer["tick"], finer["swap_long"]) == (150, 10, -62_000)


def test_fixed_lots_are_cut_to_the_volume_step() -> None:
    traded = spec("EURUSD")
    assert series_terms(traded, 5, "USD", SAME_AS, (), Decimal("0.259"))["fixed_steps"][0] == 25


def test_a_week_has_seven_nights() -> None:
    assert swap_nights(spec("EURUSD")) == [1, 1, 3, 1, 1, 0, 0]
    assert swap_nights(spec("US500", swap_triple="friday")) == [1, 1, 1, 1, 3, 0, 0]
    assert swap_nights(spec("BTCUSD")) == [1] * 7


def test_a_volume_minimum_off_the_step_is_refused() -> None:
    with pytest.raises(ConfigError, match="not a multiple of volume_step"):
        series("EURUSD", "USD", volume_min=Decimal("0.015"))


PRICES = {
    "EURUSD": 1.2, "GBPUSD": 1.4, "AUDUSD": 0.8, "XAUUSD": 5000, "XAGUSD": 60, "BTCUSD": 150_000,
    "BTCUSDT": 150_000, "ETHUSDT": 5000, "SOLUSD": 300, "XRPUSD": 4, "LTCUSD": 150, "ADAUSD": 2,
    "US30": 50_000, "US100": 25_000, "USOIL": 100, "ES": 7000, "GC": 5000, "6E": 1.2,
}  # fmt: skip


@pytest.mark.parametrize("currency", ["USD", "EUR", "JPY"])
def test_common_symbols_stay_in_64_bits_on_common_accounts(currency: str) -> None:
    through = ("EURUSD", "USDJPY", "GBPUSD")
    known = [Converter(spec(one), s, spec(one).digits) for s, one in enumerate(through)]
    for name, price in PRICES.items():
        traded = spec(name)
        own = series_terms(traded, traded.digits, currency, SAME_AS, known)
        lowest = int(price * 10**traded.digits / 10)
        check_range(traded, own, 100 * lowest, 200_000, 90_000, lowest)


def test_a_contract_too_large_for_exact_arithmetic_is_refused_before_the_run() -> None:
    traded = spec(contract_size=Decimal(10) ** 12)
    with pytest.raises(ConfigError, match="64 bits") as caught:
        check_range(traded, series_terms(traded, 5, "USD", SAME_AS), 2_000_000_000)
    assert "volume_max" in caught.value.hint


def test_a_divisor_too_large_for_exact_arithmetic_is_refused_too() -> None:
    traded = spec("EURJPY", volume_max=Decimal("0.01"))
    through = [Converter(spec("USDJPY"), 1, 3)]
    own = series_terms(traded, 3, "USD", SAME_AS, through)
    check_range(traded, own, 200_000, 10**12, 10**12)
    with pytest.raises(ConfigError, match="64 bits"):
        check_range(traded, own, 200_000, 10**15, 10**15)


@given(
    contract=st.integers(1, 10**7),
    price=st.integers(1, 10**9),
    rate=st.integers(1, 10**7),
    most=st.integers(1, 10**5),
    kind=st.sampled_from(["EURUSD", "EURGBP", "EURJPY"]),
)
def test_what_passes_the_range_check_never_overflows(
    contract: int, price: int, rate: int, most: int, kind: str
) -> None:
    changes = {"contract_size": Decimal(contract), "volume_max": Decimal(most) / 100}
    own = np.array([series(kind, "USD", "GBPUSD", "USDJPY", **changes)])
    traded = spec(kind, **changes)
    try:
        check_range(traded, own, price, rate, rate)
    except ConfigError:
        return
    value = price * most * 32
    worth = Fraction(value * int(own["point_value"][0]), int(own["denominator"][0]))
    scale = int(own["conversion_scale"][0])
    worth *= {MULTIPLY: Fraction(rate, scale), DIVIDE: Fraction(scale, rate)}.get(
        int(own["conversion"][0]), 1
    )
    assert profit(own[0], rate, 1, 0, value, price) == round(worth)  # Python rounds half to even too


def test_the_rules_follow_the_configuration() -> None:
    config = Config(
        account=AccountConfig(balance=Decimal("2500.50"), mode="netting", risk_per_trade=0.01),
        sizing=SizingConfig(method="kelly", kelly_share=0.5, throttle=0.2),
        risk=RiskConfig(per_trade=0.02, correlated_heat=0, reentry_days=7, spread=2.5),
    )
    rules = rules_record(config)[0]
    assert (rules["opening"], rules["netting"], rules["stop_out"]) == (250_050, 1, 500_000)
    assert (rules["sizing"], rules["risk"], rules["kelly_share"]) == (4, 10_000, 0.5)
    assert (rules["throttle"], rules["most_risk_per_trade"], rules["reentry_days"]) == (200_000, 20_000, 7)
    assert (rules["most_correlated_heat"], rules["most_spread"], rules["needs_days"]) == (0, 2_500_000, 1)


def test_notional_methods_take_their_share_from_notional() -> None:
    rules = rules_record(Config(sizing=SizingConfig(method="fraction", notional=2.5)))[0]
    assert (rules["sizing"], rules["risk"]) == (1, 2_500_000)


def test_a_limit_too_small_for_a_millionth_stays_a_limit() -> None:
    assert rules_record(Config(risk=RiskConfig(heat=1e-9)))["most_heat"][0] == 1


def test_daily_returns_are_kept_only_where_something_needs_them() -> None:
    assert rules_record(Config(risk=RiskConfig(correlated_heat=0)))["needs_days"][0] == 0
    assert rules_record(Config())["needs_days"][0] == 1


@pytest.mark.parametrize("balance", ["0", "-5", "0.001", "NaN", "1e15"])
def test_a_balance_that_cannot_be_traded_is_refused(balance: str) -> None:
    with pytest.raises(ConfigError, match=r"account\.balance"):
        opening_balance(Decimal(balance), "USD")


def test_a_yen_balance_is_whole_yen() -> None:
    assert opening_balance(Decimal("1000000"), "JPY") == 1_000_000
    with pytest.raises(ConfigError, match="whole number of its smallest units"):
        opening_balance(Decimal("1000000.5"), "JPY")
