"""Trading days of instants where only symbols are at hand, not the series that were traded."""

from collections.abc import Collection, Sequence

import numpy as np

from ictcli.market.bars import Int64
from ictcli.market.calendars import calendar
from ictcli.market.symbols import SymbolBook
from ictcli.market.trading_day import FRIDAY, roll_day, weekday


def always_open(symbols: Collection[str], book: SymbolBook) -> frozenset[str]:
    """Those of some symbols that trade at weekends, too; one that the book does not know keeps a week."""
    specs = {name: book.resolve(name) for name in symbols}
    return frozenset(name for name, spec in specs.items() if spec and calendar(spec.calendar).always_open)


def closing_days(ts: Int64, symbols: Sequence[str], weekends: frozenset[str]) -> Int64:
    """The trading day that ends with each instant or holds it, as a run counts them.

    Args:
        ts: closes, nanoseconds UTC.
        symbols: of each close.
        weekends: symbols that are always open.
    """
    open_then = np.array([name in weekends for name in symbols], np.bool_)
    day = roll_day(ts - 1)
    return np.where(open_then, day, day - np.maximum(weekday(day) - FRIDAY, 0))
