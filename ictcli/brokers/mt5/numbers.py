"""Numbers at the boundary: MetaTrader's floats on one side, exact decimals on the other."""

import math
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from functools import lru_cache

_PLACES = 8


@lru_cache(maxsize=4096)
def exact(value: float) -> Decimal:
    """The decimal that a float stands for: its first eight decimals, without the noise behind them.

    Every record of a pass is full of the same few prices and zeros, which are kept as one.

    Raises:
        ValueError: it is no finite number.
    """
    if not math.isfinite(value):
        raise ValueError(f"not a number: {value}")
    text = f"{value:.{_PLACES}f}".rstrip("0").rstrip(".")
    return Decimal(0) if text in ("-0", "") else Decimal(text)


def optional(value: float) -> Decimal | None:
    """A price, or None for the 0.0 by which MetaTrader says that there is none."""
    return exact(value) if value else None


def known(ticket: int) -> int | None:
    """A ticket, or None for the 0 by which MetaTrader says that there is none."""
    return int(ticket) or None


def as_float(value: Decimal | None) -> float:
    """The float nearest to a decimal; 0.0 for None."""
    return 0.0 if value is None else float(value)


def on_grid(price: Decimal, tick: Decimal) -> Decimal:
    """The multiple of the tick size that is nearest to a price."""
    return (price / tick).quantize(Decimal(1), ROUND_HALF_EVEN) * tick


def normal_volume(
    wanted: Decimal, least: Decimal, most: Decimal, step: Decimal, limit: Decimal = Decimal(0)
) -> Decimal:
    """The largest volume up to the wanted one that a symbol takes; 0 when there is none.

    Args:
        wanted: lots.
        least: of the symbol.
        most: of the symbol.
        step: of the symbol, counted from ``least`` (MT5.md 4.3).
        limit: volume of one direction that the symbol allows at all; 0 for none.
    """
    top = min(wanted, most, limit) if limit > 0 else min(wanted, most)
    if top < least:
        return Decimal(0)
    steps = ((top - least) / step).quantize(Decimal(1), ROUND_FLOOR)
    return least + steps * step


def cut(text: str, units: int) -> str:
    """As much of a text as fits into so many UTF-16 units, whole characters only."""
    taken = 0
    for at, character in enumerate(text):
        taken += 2 if ord(character) > 0xFFFF else 1
        if taken > units:
            return text[:at]
    return text
