"""Trading days of instants where only symbols are at hand, not the series that were traded."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from ictcli.clock import NS_PER_DAY
from ictcli.market.bars import Int64
from ictcli.market.calendars import Calendar, calendar
from ictcli.market.symbols import SymbolBook
from ictcli.market.trading_day import roll_start, trading_day

Calendars = Mapping[str, Calendar]
"""Symbol = when it trades; one that is missing keeps the hours of currencies."""

_USUAL = calendar("fx")


def calendars_of(symbols: Collection[str], book: SymbolBook) -> dict[str, Calendar]:
    """When some symbols trade; one that the book does not know is left out."""
    specs = {name: book.resolve(name) for name in symbols}
    return {name: calendar(spec.calendar) for name, spec in specs.items() if spec is not None}


def closing_days(ts: Int64, symbols: Sequence[str], calendars: Calendars) -> Int64:
    """The trading day that ends with each instant or holds it, as a run counts them.

    Args:
        ts: closes, nanoseconds UTC.
        symbols: of each close.
        calendars: of the symbols.
    """
    days, names = np.zeros(len(ts), np.int64), np.array(symbols, dtype=object)
    for name in set(symbols):
        own = names == name
        days[own] = trading_day(ts[own] - 1, calendars.get(name, _USUAL))
    return days


def marked_days(ts: Int64, symbols: Sequence[str], calendars: Calendars) -> Int64:
    """The trading days on which some symbol's market was open, of marks that are made on holidays, too."""
    found = []
    for own in {calendars.get(name, _USUAL) for name in symbols}:
        days = np.unique(trading_day(ts - 1, own))
        found.append(days[own.is_open(roll_start(days) + NS_PER_DAY // 2)])
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)
