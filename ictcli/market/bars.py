"""The bar: what one row of market data is, in arrays."""

import re
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import UsageError
from ictcli.market.timeframes import Timeframe

Int64 = NDArray[np.int64]
Int32 = NDArray[np.int32]

VOLUME_SCALE = 8
"""Real (traded) volume is kept as integers of 10**-8 units."""
UNKNOWN = -1
"""Marks a spread or volume that the source did not give."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,31}")


@dataclass(frozen=True, slots=True, order=True)
class SeriesKey:
    """Identity of a stored series: two brokers' gold never mix.

    Raises:
        UsageError: ``source`` or ``symbol`` is not a plain name of 1 to 32 characters
            (letters, digits, ``_ . -``), so it could not be a folder on every platform.
    """

    source: str
    symbol: str
    timeframe: Timeframe

    def __post_init__(self) -> None:
        for what, name in (("source", self.source), ("symbol", self.symbol)):
            if not _NAME.fullmatch(name) or name.endswith("."):
                raise UsageError(
                    f"{what} name {name!r} is not usable as a folder name"
                    + (f": {len(name)} characters, 32 at most" if len(name) > 32 else ""),
                    hint="Use 1 to 32 letters, digits, '_', '.' or '-'.",
                )

    def __str__(self) -> str:
        return f"{self.source}/{self.symbol}/{self.timeframe}"


@dataclass(frozen=True, slots=True)
class Bars:
    """Closed bars of one series, oldest first, as arrays of equal length n.

    Attributes:
        digits: decimal digits of the prices; one point is ``10**-digits``.
        ts: bar open, nanoseconds UTC, strictly increasing.
        ts_close: first instant after the bar, nanoseconds UTC; ``ts < ts_close <= next ts``.
        open, high, low, close: bid prices in points; ``low <= open, close <= high``.
        tick_volume: price changes in the bar, ``UNKNOWN`` where not given.
        real_volume: traded volume in 10**-8 units, ``UNKNOWN`` where not given.
        spread: ask minus bid in points, ``UNKNOWN`` where not given.
    """

    digits: int
    ts: Int64
    ts_close: Int64
    open: Int64
    high: Int64
    low: Int64
    close: Int64
    tick_volume: Int64
    real_volume: Int64
    spread: Int32

    def __len__(self) -> int:
        return len(self.ts)

    @property
    def point(self) -> Decimal:
        """The price of one point."""
        return Decimal(1).scaleb(-self.digits)

    def slice(self, start: int, stop: int) -> Self:
        """Bars ``start`` up to but without ``stop``, sharing memory."""
        return replace(self, **{name: getattr(self, name)[start:stop] for name in ARRAY_FIELDS})

    def rescaled(self, digits: int) -> Self:
        """The same prices (and spreads) in finer points; ``digits`` may not be smaller than today's."""
        if digits < self.digits:
            raise ValueError(f"cannot drop price digits: {self.digits} -> {digits}")
        factor = 10 ** (digits - self.digits)
        if factor == 1:
            return self
        prices = {name: getattr(self, name) * factor for name in ("open", "high", "low", "close")}
        spread = np.where(self.spread == UNKNOWN, UNKNOWN, self.spread * factor).astype(np.int32)
        return replace(self, digits=digits, spread=spread, **prices)


ARRAY_FIELDS = tuple(field.name for field in fields(Bars) if field.name != "digits")


def make_bars(
    digits: int,
    ts: Int64,
    ts_close: Int64,
    ohlc: tuple[Int64, Int64, Int64, Int64],
    *,
    tick_volume: Int64 | None = None,
    real_volume: Int64 | None = None,
    spread: Int32 | None = None,
) -> Bars:
    """Bars from arrays, with ``UNKNOWN`` for what is not given; shares memory where dtypes fit."""
    n = len(ts)

    def column(values: Int64 | None) -> Int64:
        return np.full(n, UNKNOWN, np.int64) if values is None else np.ascontiguousarray(values, np.int64)

    opens, highs, lows, closes = (column(values) for values in ohlc)
    return Bars(
        digits=digits,
        ts=column(ts),
        ts_close=column(ts_close),
        open=opens,
        high=highs,
        low=lows,
        close=closes,
        tick_volume=column(tick_volume),
        real_volume=column(real_volume),
        spread=np.full(n, UNKNOWN, np.int32) if spread is None else np.ascontiguousarray(spread, np.int32),
    )


def concat(parts: list[Bars]) -> Bars:
    """One run of bars from several, rescaled to the finest digits; the caller keeps them in order.

    Raises:
        ValueError: no parts.
    """
    if not parts:
        raise ValueError("nothing to concatenate")
    digits = max(part.digits for part in parts)
    same = [part.rescaled(digits) for part in parts]
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in same]) for name in ARRAY_FIELDS
    }
    return replace(same[0], **joined)
