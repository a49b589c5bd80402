"""One series, one list of signals, one account: the batch driver of the fill kernel."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from ictcli.engine.fills import PARAMS, TRADE, finish, initial_state, run
from ictcli.engine.money import Terms, minor_digits, terms
from ictcli.engine.refusals import Refusal
from ictcli.engine.sizing import PARTS_PER_MILLION
from ictcli.errors import ConfigError, DataError
from ictcli.market.bars import Bars, Int64
from ictcli.market.symbols import SymbolSpec
from ictcli.strategies.signals import Signals

_FARTHEST = 10
"""A stop or target beyond this many times the highest price is no price; it bounds all money arithmetic."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a backtest trades on.

    Attributes:
        currency: of balance, profit and fees.
        balance: opening balance in minor units.
        risk_ppm: millionths of the balance that one trade may lose at its stop.
        compound: size on the current balance instead of the opening balance.
        slippage: adverse points on market and stop fills.
        same_as: currencies counted one for one as another.
    """

    currency: str
    balance: int
    risk_ppm: int
    compound: bool
    slippage: int
    same_as: dict[str, str]


@dataclass(frozen=True, slots=True)
class Simulation:
    """What happened: ``trades`` as rows of ``fills.TRADE``, what became of each signal, and money.

    Attributes:
        trades: closed trades.
        codes: ``Refusal`` number of each signal, 0 where it was filled.
        balance: closing balance in minor units.
        terms: money terms that the amounts were computed with.
    """

    trades: NDArray[np.void]
    codes: Int64
    balance: int
    terms: Terms


def account(
    currency: str,
    balance: Decimal,
    risk_per_trade: float,
    *,
    compound: bool,
    slippage: int,
    same_as: dict[str, str],
) -> Account:
    """An account from configuration values.

    Raises:
        ConfigError: the balance is not a positive number of smallest units, or the risk is too small.
    """
    minor = balance.scaleb(minor_digits(currency))
    if not minor.is_finite() or minor <= 0:
        raise ConfigError(
            f"account.balance is {balance} {currency}: nothing can be risked on it",
            hint="Set account.balance above 0 in config/ictcli.toml.",
        )
    if minor != minor.to_integral_value() or minor >= 10**15:
        raise ConfigError(f"account.balance {balance} {currency} is not a whole number of its smallest units")
    ppm = round(risk_per_trade * PARTS_PER_MILLION)
    if ppm < 1:
        raise ConfigError(f"account.risk_per_trade {risk_per_trade} is below one millionth")
    return Account(currency, int(minor), ppm, compound, slippage, same_as)


def check_signals(bars: Bars, signals: Signals) -> Int64:
    """The ``Refusal`` of each signal that makes no sense, 0 for the others.

    Stop and target are compared with the close of the signal's bar, the last price known with it. A
    target of 0 means none; a stop is required, because size comes from it. NaN is refused.
    """
    side = np.asarray(signals.side)
    given = (signals.bar, side, signals.stop, signals.target, signals.max_bars)
    numbers = [np.asarray(values, np.float64) for values in given]
    finite = np.all([np.abs(values) < 1e18 for values in numbers], axis=0)  # False for NaN
    at, direction, stop, target, max_bars = (
        np.where(finite, values, 0).astype(np.int64) for values in numbers
    )
    known = (at >= 0) & (at < len(bars))
    limit = _FARTHEST * int(bars.high.max()) if len(bars) else 0
    valid = finite & known & (np.abs(direction) == 1) & (stop > 0) & (target >= 0) & (max_bars >= 0)
    valid &= (stop <= limit) & (target <= limit)
    close = bars.close[np.where(known, at, 0)] if len(bars) else np.zeros(len(at), np.int64)
    codes = np.zeros(len(at), np.int64)
    codes[(target > 0) & (direction * (target - close) <= 0)] = Refusal.TARGET_WRONG_SIDE
    codes[direction * (close - stop) <= 0] = Refusal.STOP_WRONG_SIDE
    codes[~valid] = Refusal.INVALID_SIGNAL
    return codes


def typical_spread(spec: SymbolSpec, digits: int) -> int:
    """The symbol's typical spread in points of a series with ``digits`` decimals, rounded up."""
    return int(Decimal(spec.spread).scaleb(digits - spec.digits).to_integral_value(rounding="ROUND_CEILING"))


def kernel_params(spec: SymbolSpec, money: Terms, on: Account, digits: int) -> NDArray[np.void]:
    """The kernel's parameter record for one series on one account.

    Raises:
        ConfigError: the smallest volume is not a whole number of volume steps.
    """
    smallest, largest = spec.volume_min / spec.volume_step, spec.volume_max / spec.volume_step
    if smallest != smallest.to_integral_value():
        raise ConfigError(
            f"{spec.name}: volume_min {spec.volume_min} is not a multiple of volume_step {spec.volume_step}"
        )
    params = np.zeros(1, PARAMS)
    params["point_value"], params["commission"] = money.point_value, money.commission
    params["denominator"], params["by_price"] = money.denominator, money.by_price
    params["min_steps"], params["max_steps"] = int(smallest), int(largest)
    params["risk_ppm"], params["opening_balance"] = on.risk_ppm, on.balance
    params["compound"], params["slippage"] = on.compound, on.slippage
    params["typical_spread"] = typical_spread(spec, digits)
    return params


def simulate(bars: Bars, signals: Signals, spec: SymbolSpec, on: Account) -> Simulation:
    """Trade ``signals`` over ``bars``; what is open at the end is closed at the last close.

    Raises:
        ConfigError: money cannot be computed for this symbol on this account.
        DataError: the signals are not in time order.
    """
    money = terms(spec, bars.digits, on.currency, on.same_as)
    codes = check_signals(bars, signals)
    trades = np.zeros(len(codes) + 1, TRADE)
    if not len(bars):
        return Simulation(trades[:0], codes, on.balance, money)
    widest = max(int(bars.spread.max()), typical_spread(spec, bars.digits)) + 2 * on.slippage
    farthest = _FARTHEST * int(bars.high.max()) + widest
    money.check_range(farthest, int(spec.volume_max / spec.volume_step))
    params = kernel_params(spec, money, on, bars.digits)
    state = initial_state(params)
    count = run(params[0], state[0], _columns(bars), _orders(signals, codes), codes, trades)
    if finish(params[0], state[0], int(bars.close[-1]), int(bars.spread[-1]), trades[count]):
        count += 1
    codes[(codes == 0) & (np.arange(len(codes)) >= state["cursor"][0])] = Refusal.NO_NEXT_BAR
    return Simulation(trades[:count], codes, int(state["balance"][0]), money)


def _columns(bars: Bars) -> tuple[Int64, Int64, Int64, Int64, NDArray[np.int32]]:
    return bars.open, bars.high, bars.low, bars.close, bars.spread


def _orders(signals: Signals, codes: Int64) -> tuple[Int64, Int64, Int64, Int64, Int64]:
    """Signals as int64 columns, with zeros where a refused signal holds no number."""
    fine = codes != Refusal.INVALID_SIGNAL
    at, side, stop, target, bars = (
        np.where(fine, values, 0).astype(np.int64)
        for values in (signals.bar, signals.side, signals.stop, signals.target, signals.max_bars)
    )
    at = np.maximum.accumulate(at) if len(at) else at
    if np.any(at[fine] != np.asarray(signals.bar)[fine]):
        raise DataError("the strategy's signals are not in time order")
    return at, side, stop, target, bars
