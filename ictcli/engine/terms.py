"""From specifications and configuration to the records that the kernels read."""

import math
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ictcli.config.records import Config
from ictcli.engine.money import DIVIDE, MULTIPLY, NONE, OWN_PRICE, minor_digits
from ictcli.engine.records import MOST_POSITIONS, RULES, SERIES
from ictcli.engine.sizing import KELLY, METHODS, VOLATILITY
from ictcli.errors import ConfigError
from ictcli.market.calendars import calendar
from ictcli.market.symbols import WEEKDAYS, SymbolSpec

_LIMIT = 2**61
_MILLION = 1_000_000
_MOST_BALANCE = 10**15
"""Minor units of an opening balance."""
_MOST_MONEY = 2**54
"""Minor units that the positions of one series may be worth; hundreds of series add up below 2**63."""


class Converter(NamedTuple):
    """A series of the run whose price may convert one currency into another.

    Attributes:
        spec: its instrument.
        series: its number in the run.
        digits: decimals of its prices.
    """

    spec: SymbolSpec
    series: int
    digits: int


def conversion_needed(spec: SymbolSpec, currency: str, same_as: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the symbols of which one must be in the run to count this one's profit; mostly none.

    Args:
        spec: the traded symbol.
        currency: account currency.
        same_as: currencies counted one for one as another (``USDT = "USD"``).
    """
    account, quote = same_as.get(currency, currency), same_as.get(spec.quote, spec.quote)
    if account in (quote, same_as.get(spec.base, spec.base)):
        return ()
    return (f"{quote}{account}", f"{account}{quote}")


def series_terms(
    spec: SymbolSpec,
    digits: int,
    currency: str,
    same_as: Mapping[str, str],
    available: Sequence[Converter] = (),
    lots: Decimal = Decimal(0),
) -> NDArray[np.void]:
    """The ``SERIES`` record of a series, as an array of one; groups and slippage are left to the caller.

    Args:
        spec: contract, volumes, currencies, costs and limits, in points of ``spec.digits``.
        digits: decimals of the series; one point is ``10**-digits``.
        currency: account currency.
        same_as: currencies counted one for one as another.
        available: series of the run that may convert.
        lots: volume of fixed-lot sizing, rounded down to the volume step.

    Raises:
        ConfigError: the profit cannot be converted, or the smallest volume is not a number of steps.
    """
    kind, number, scale = _conversion(spec, currency, same_as, available)
    minor = 10 ** minor_digits(currency) * (10**digits if kind == OWN_PRICE else 1)
    step = Fraction(spec.volume_step)
    worth = Fraction(spec.contract_size) / 10**digits * step * minor
    commission, fee = Fraction(spec.commission) * step * minor, Fraction(spec.fee) * step * minor
    common = math.lcm(worth.denominator, commission.denominator, fee.denominator)
    numerators = [int(value * common) for value in (worth, commission, fee)]
    if kind == MULTIPLY:
        shared = math.gcd(scale, *numerators)
        numerators = [value // shared for value in numerators]
    else:
        shared = math.gcd(scale, common)
        common //= shared
    own = np.zeros(1, SERIES)
    own["point_value"], own["commission"], own["fee"] = numerators
    own["denominator"], own["conversion"], own["conversion_series"] = common, kind, number
    own["conversion_scale"] = scale // shared
    own["tradable"] = 1
    own["group"] = -1
    _fill_volumes(own, spec, lots)
    _fill_points(own, spec, digits)
    return own


def _conversion(
    spec: SymbolSpec, currency: str, same_as: Mapping[str, str], available: Sequence[Converter]
) -> tuple[int, int, int]:
    """Kind, converting series and its scale."""
    candidates = conversion_needed(spec, currency, same_as)
    account, quote = same_as.get(currency, currency), same_as.get(spec.quote, spec.quote)
    if not candidates:
        return (NONE if account == quote else OWN_PRICE), 0, 1
    for other in available:
        pair = tuple(same_as.get(one, one) for one in (other.spec.base, other.spec.quote))
        if other.spec.asset not in ("fx", "crypto"):
            continue
        if pair == (quote, account):
            return MULTIPLY, other.series, 10**other.digits
        if pair == (account, quote):
            return DIVIDE, other.series, 10**other.digits
    raise ConfigError(
        f"{spec.name} earns {spec.quote} on a {currency} account: no conversion {quote} to {account}",
        hint=f"Fetch {candidates[0]} or {candidates[1]}, or map {spec.quote} in account.same_as.",
    )


def _fill_volumes(own: NDArray[np.void], spec: SymbolSpec, lots: Decimal) -> None:
    smallest, largest = spec.volume_min / spec.volume_step, spec.volume_max / spec.volume_step
    if smallest != smallest.to_integral_value():
        raise ConfigError(
            f"{spec.name}: volume_min {spec.volume_min} is not a multiple of volume_step {spec.volume_step}",
            hint="Correct it in config/symbols.toml.",
        )
    own["min_steps"], own["max_steps"] = int(smallest), int(largest)
    own["fixed_steps"] = int(lots / spec.volume_step)


def _fill_points(own: NDArray[np.void], spec: SymbolSpec, digits: int) -> None:
    """What the specification says in its own points, in points of the series; limits rounded up."""
    shift = digits - spec.digits

    def points(value: Decimal | int, places: int = 0) -> int:
        return int(Decimal(value).scaleb(shift + places).to_integral_value(rounding=ROUND_CEILING))

    own["typical_spread"] = points(spec.spread)
    own["stops_level"], own["freeze_level"] = points(spec.stops_level), points(spec.freeze_level)
    own["tick"] = max(1, int(spec.tick_size.scaleb(digits)))
    own["margin"] = int((spec.margin * _MILLION).to_integral_value(rounding=ROUND_CEILING))
    for name, value in (("swap_long", spec.swap_long), ("swap_short", spec.swap_short)):
        own[name] = int(value.scaleb(shift + 3).to_integral_value(rounding=ROUND_HALF_EVEN))
    own["nights"] = swap_nights(spec)


def typical_spread(spec: SymbolSpec, digits: int) -> int:
    """The symbol's typical spread in points of a series with ``digits`` decimals, rounded up."""
    return int(Decimal(spec.spread).scaleb(digits - spec.digits).to_integral_value(rounding=ROUND_CEILING))


def swap_nights(spec: SymbolSpec) -> list[int]:
    """Nights charged at the roll that ends each weekday, Monday first: seven a week for every symbol.

    Markets that keep a week charge none at the ends of Saturday and Sunday and three at the end of
    ``swap_triple``; markets that never close charge one a day. Holidays are charged like other days.
    """
    if calendar(spec.calendar).always_open:
        return [1] * 7
    return [3 if day == spec.swap_triple else 1 for day in WEEKDAYS] + [0, 0]


def check_range(
    spec: SymbolSpec,
    own: NDArray[np.void],
    max_price: int,
    max_rate: int = 1,
    min_rate: int = 1,
    min_price: int = 1,
) -> None:
    """Prove before a run that no amount of a series can overflow 64 bits.

    Args:
        spec: names the series in the error.
        own: its ``SERIES`` array of one.
        max_price: no price, stop, target or spread of the run, in points, is above this.
        max_rate: no price of the converting series, in its points, is above this.
        min_rate: and none is below this.
        min_price: no price of the run is below this; counts where the series converts by its own price.

    Raises:
        ConfigError: prices, volumes or contract are too large for exact arithmetic.
    """
    kind, scale, denominator = (
        int(own[name][0]) for name in ("conversion", "conversion_scale", "denominator")
    )
    swap = 3 * max(abs(int(own["swap_long"][0])), abs(int(own["swap_short"][0])))
    each = max(max_price, swap) * int(own["point_value"][0])
    each += 2 * (int(own["commission"][0]) + int(own["fee"][0]))
    numerator = int(own["max_steps"][0]) * MOST_POSITIONS * each
    times = {MULTIPLY: max_rate, DIVIDE: scale}.get(kind, 1)
    least = {OWN_PRICE: max(1, min_price), MULTIPLY: scale, DIVIDE: max(1, min_rate)}.get(
        kind, 1
    ) * denominator
    most = {OWN_PRICE: max_price, MULTIPLY: scale, DIVIDE: max_rate}.get(kind, 1) * denominator
    products = (numerator, each * times, 1000 * most * times)
    if max(products) >= _LIMIT or numerator * times // least >= _MOST_MONEY:
        raise ConfigError(
            f"{spec.name}: an amount of money can exceed 64 bits",
            hint="Lower volume_max or contract_size in config/symbols.toml.",
        )


def rules_record(config: Config) -> NDArray[np.void]:
    """How the account trades, as a ``RULES`` array of one; the fill model is left to the caller.

    Raises:
        ConfigError: the balance is no whole number of its smallest units, or settings contradict each other.
    """
    sizing, risk = config.sizing, config.risk
    rules = np.zeros(1, RULES)
    rules["opening"] = opening_balance(config.account.balance, config.account.currency)
    rules["netting"] = config.account.mode == "netting"
    rules["stop_out"] = _millionths(config.account.stop_out)
    rules["most_per_strategy"] = risk.positions_per_strategy
    method = METHODS.index(sizing.method)
    share = sizing.notional if sizing.method in ("fraction", "volatility") else config.account.risk_per_trade
    rules["sizing"], rules["risk"], rules["compound"] = method, _millionths(share), sizing.compound
    rules["target_volatility"], rules["volatility_cap"] = sizing.target_volatility, sizing.volatility_cap
    rules["kelly_share"], rules["kelly_cap"] = sizing.kelly_share, sizing.kelly_cap
    rules["throttle"] = _millionths(sizing.throttle)
    for name, limit in (
        ("most_risk_per_trade", risk.per_trade),
        ("most_risk_per_symbol", risk.per_symbol),
        ("most_risk_per_group", risk.per_group),
        ("most_heat", risk.heat),
        ("most_correlated_heat", risk.correlated_heat),
        ("most_daily_loss", risk.daily_loss),
        ("most_drawdown", risk.drawdown),
        ("most_spread", risk.spread),
    ):
        rules[name] = _millionths(limit)
    rules["reentry_days"], rules["pause_days"] = risk.reentry_days, risk.pause_days
    rules["most_losses"], rules["most_orders_per_day"] = risk.losses_in_a_row, risk.orders_per_day
    correlated = risk.correlated_heat > 0 or sizing.target_volatility > 0
    rules["needs_days"] = correlated or method in (VOLATILITY, KELLY)
    return rules


def opening_balance(balance: Decimal, currency: str) -> int:
    """A balance in minor units.

    Raises:
        ConfigError: it is not above 0, not a whole number of them, or too large.
    """
    minor = balance.scaleb(minor_digits(currency))
    if not minor.is_finite() or minor <= 0:
        raise ConfigError(
            f"account.balance is {balance} {currency}: nothing can be risked on it",
            hint="Set account.balance above 0 in config/ictcli.toml.",
        )
    if minor != minor.to_integral_value() or minor >= _MOST_BALANCE:
        raise ConfigError(
            f"account.balance {balance} {currency} is not a whole number of its smallest units",
            hint=f"Give it with at most {minor_digits(currency)} decimals, in config/ictcli.toml.",
        )
    return int(minor)


def _millionths(share: float) -> int:
    """A share in millionths; one that is above 0 never becomes 0, which would mean "no limit"."""
    return max(1, round(share * _MILLION)) if share > 0 else 0
