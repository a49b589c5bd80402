"""Functions of bars and ticks (MT5.md 1.3)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictcli.brokers.simulated.records import ServerTick
from ictcli.brokers.simulated.surface_arguments import (
    INVALID_ARGUMENTS,
    Refusal,
    c_int,
    fits,
    invalid,
    no_such_value,
    parsed,
    seconds_of,
)
from ictcli.brokers.simulated.surface_calls import Surface, positional
from ictcli.brokers.simulated.surface_records import rates_array, ticks_array
from ictcli.clock import NS_PER_SECOND
from ictcli.market.bars import Bars
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.terminals.constants import CopyTicks, ErrorCode, TimeframeCode

Rows = NDArray[np.void]
_NAMES = {int(code): code.name for code in TimeframeCode}
_TICKS = "ticks"


class HistoryFunctions(Surface):
    """The functions of MT5.md 1.3."""

    @positional()
    def copy_rates_from(self, *args: Any) -> Rows:
        """So many bars that open at or before a date, oldest first."""
        parsed(args, 4)
        symbol, timeframe, last = _symbol(args[0]), c_int(args[1]), _date(args[2])
        count = _positive(c_int(args[3]))
        bars = self._kept(symbol, timeframe)
        end = int(np.searchsorted(bars.ts, self.session.clock.around(last, last)[1]))
        rows = self._rows(bars.slice(0, end))
        return self._some(rows[rows["time"] <= last][-count:])

    @positional()
    def copy_rates_from_pos(self, *args: Any) -> Rows:
        """So many bars up to the one at a position, oldest first; position 0 is the forming bar."""
        parsed(args, 4)
        symbol, timeframe, start = _symbol(args[0]), c_int(args[1]), c_int(args[2])
        count = _positive(c_int(args[3]))
        if start < 0:
            raise no_such_value()
        bars = self._kept(symbol, timeframe)
        end = max(0, len(bars) - start)
        return self._some(self._rows(bars.slice(max(0, end - count), end)))

    @positional()
    def copy_rates_range(self, *args: Any) -> Rows:
        """Bars that open from one date to another, both included."""
        parsed(args, 4)
        symbol, timeframe = _symbol(args[0]), c_int(args[1])
        first, last = _date(args[2]), _date(args[3])
        bars = self._kept(symbol, timeframe)
        begin, end = np.searchsorted(bars.ts, self.session.clock.around(first, last))
        rows = self._rows(bars.slice(int(begin), max(int(begin), int(end))))
        return self._some(rows[(rows["time"] >= first) & (rows["time"] <= last)])

    @positional()
    def copy_ticks_from(self, *args: Any) -> Rows:
        """So many ticks from a date on."""
        parsed(args, 4)
        symbol, first, flags = _symbol(args[0]), _date(args[1]), c_int(args[3])
        count = _positive(c_int(args[2]))
        return self._ticks(symbol, flags, first, None)[:count]

    @positional()
    def copy_ticks_range(self, *args: Any) -> Rows:
        """Ticks from one date to another, both included."""
        parsed(args, 4)
        symbol, first, last, flags = _symbol(args[0]), _date(args[1]), _date(args[2]), c_int(args[3])
        return self._some(self._ticks(symbol, flags, first, last))

    def _kept(self, symbol: str, timeframe: int) -> Bars:
        """The bars that charts keep."""
        server = self.session.reach()
        name = _NAMES.get(timeframe)
        if name is None:
            raise no_such_value()
        self.session.require_symbol(symbol)
        self._warm_up(symbol, name)
        bars = server.bars(symbol, TIMEFRAMES[name])
        return bars.slice(max(0, len(bars) - self.session.options.max_bars), len(bars))

    def _rows(self, bars: Bars) -> Rows:
        return rates_array(bars, self.session.clock)

    def _ticks(self, symbol: str, flags: int, first: int, last: int | None) -> Rows:
        server = self.session.reach()
        if flags not in tuple(CopyTicks):
            raise no_such_value()
        spec = self.session.require_symbol(symbol)
        self._warm_up(symbol, _TICKS)
        found: Sequence[ServerTick] = ()
        if flags != CopyTicks.TRADE:
            start, end = self.session.clock.around(first, first if last is None else last)
            found = server.ticks(symbol, start, server.now + NS_PER_SECOND if last is None else end)
        rows = ticks_array(found, self.session.units(spec), self.session.clock)
        rows = rows[rows["time_msc"] >= first * 1000]
        return rows if last is None else rows[rows["time_msc"] <= last * 1000]

    def _warm_up(self, symbol: str, what: str) -> None:
        asked = self.session.warmed.get((symbol, what), 0)
        if asked < self.session.options.warm_up:
            self.session.warmed[symbol, what] = asked + 1
            raise Refusal(ErrorCode.E_FAIL)

    def _some(self, rows: Rows) -> Rows:
        if not len(rows) and self.session.options.empty_is_none:
            raise Refusal(ErrorCode.E_FAIL)
        return rows


def _symbol(value: Any) -> str:
    if not fits(value, "symbol"):
        raise invalid(INVALID_ARGUMENTS)
    return str(value)


def _date(value: Any) -> int:
    return seconds_of(value, invalid(INVALID_ARGUMENTS))


def _positive(count: int) -> int:
    if count <= 0:
        raise no_such_value()
    return count
