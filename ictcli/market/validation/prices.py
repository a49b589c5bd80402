"""Rules about the prices of one bar, and about a bar among its neighbours."""

from dataclasses import dataclass

import numpy as np

from ictcli.market.validation.rules import Float64, Mask

NEIGHBOURS = 2
"""Bars on each side that a spike is judged against."""
SWEEP = 5
"""A bar with this many times its neighbours' volume was traded through."""
WINDOW = 15
"""Bars on each side of the median that a decimal shift is judged against."""
_SHIFT_TOLERANCE = 0.05
_QUIET = 1e-4
"""Share of the price that the unit of a jump is at least: thin markets stand still most of the time."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of n bars in time order, as floats; may hold nan and inf."""

    open: Float64
    high: Float64
    low: Float64
    close: Float64

    @property
    def all(self) -> tuple[Float64, Float64, Float64, Float64]:
        """Open, high, low, close."""
        return self.open, self.high, self.low, self.close


def not_finite(columns: tuple[Float64, ...]) -> Mask:
    """Rows in which any price is nan or infinite."""
    bad = np.zeros(len(columns[0]), np.bool_)
    for column in columns:
        bad |= ~np.isfinite(column)
    return bad


def not_positive(columns: tuple[Float64, ...]) -> Mask:
    """Rows in which any price is zero or negative."""
    bad = np.zeros(len(columns[0]), np.bool_)
    for column in columns:
        bad |= column <= 0
    return bad


def ohlc_violation(prices: Prices) -> Mask:
    """Bars whose high is below their open, low or close, or whose low is above their open or close."""
    top = np.maximum(prices.open, prices.close)
    bottom = np.minimum(prices.open, prices.close)
    return (prices.high < top) | (prices.low > bottom)


def decimal_shift(columns: tuple[Float64, ...]) -> Mask:
    """Rows in which a price is about a power of ten (not 1) times what its neighbours trade at.

    The neighbours' price is the median over ``WINDOW`` rows on each side of the rows' own middle prices.
    All prices must be finite and positive.
    """
    n = len(columns[0])
    shifted = np.zeros(n, np.bool_)
    if n < 3:
        return shifted
    lowest, highest = np.minimum.reduce(columns), np.maximum.reduce(columns)
    reach = float(np.median(highest)) * 3.0, float(np.median(lowest)) / 3.0
    if float(highest.max()) < reach[0] and float(lowest.min()) > reach[1]:
        return shifted
    usual = _rolling_median(np.median(np.stack(columns), axis=0))
    for column in columns:
        power = np.log10(column / usual)
        whole = np.rint(power)
        shifted |= (whole != 0) & (np.abs(power - whole) < _SHIFT_TOLERANCE)
    return shifted


def implausible_jump(prices: Prices, max_jump: float, volume: Float64 | None = None) -> Mask:
    """Bars that reach far beyond the bars on both sides while those rest.

    A bar's reach is how far its high lies above the highest, or its low below the lowest, of the
    ``NEIGHBOURS`` bars on each side. It is implausible beyond ``max_jump`` times the unit: the median true
    range (which counts the step from the bar before) of all bars that moved, the largest range among the
    neighbours, or 0.01 % of the price, whichever is largest. A real shock leaves its neighbours moving; a
    bad tick does not. Nor does a bad tick bring volume: a bar with ``SWEEP`` times the largest volume among
    its neighbours was traded through, not mistyped. The first and last two bars are not judged.
    """
    n = len(prices.high)
    bad = np.zeros(n, np.bool_)
    if n <= 2 * NEIGHBOURS:
        return bad
    ranges = prices.high - prices.low
    before = prices.close[:-1]
    true_ranges = np.maximum(prices.high[1:], before) - np.minimum(prices.low[1:], before)
    moved = true_ranges[true_ranges > 0]
    unit = max(float(np.median(moved)) if len(moved) else 0.0, float(np.median(prices.close)) * _QUIET)
    reach = np.maximum(
        prices.high - _around(prices.high, np.maximum), _around(prices.low, np.minimum) - prices.low
    )
    candidates = np.flatnonzero(reach > max_jump * unit)
    if len(candidates):
        units = np.maximum(_around(ranges, np.maximum)[candidates], unit)
        bad[candidates] = reach[candidates] > max_jump * units
        if volume is not None:
            swept = volume[candidates] >= SWEEP * _around(volume, np.maximum)[candidates]
            bad[candidates] &= ~(swept & (volume[candidates] > 0))
    bad[:NEIGHBOURS] = bad[n - NEIGHBOURS :] = False
    return bad


def _around(values: Float64, pick: np.ufunc) -> Float64:
    """The largest (or smallest) of the neighbours of each value, itself excluded; edges see fewer."""
    n = len(values)
    result = np.full(n, np.inf if pick is np.minimum else -np.inf)
    for step in range(1, NEIGHBOURS + 1):
        result[step:] = pick(result[step:], values[: n - step])
        result[: n - step] = pick(result[: n - step], values[step:])
    return result


def _rolling_median(values: Float64) -> Float64:
    width = min(2 * WINDOW + 1, len(values) - (len(values) + 1) % 2)
    half = width // 2
    middle = np.median(np.lib.stride_tricks.sliding_window_view(values, width), axis=1)
    return np.concatenate([np.full(half, middle[0]), middle, np.full(half, middle[-1])])
