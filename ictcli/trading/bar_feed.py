"""Closed bars of a broker as they come: which are new, and in what order they happened."""

from collections.abc import Sequence
from dataclasses import dataclass

from ictcli.brokers.broker import Broker
from ictcli.market.bars import Bars
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.trading.account import Closed

_GRACE = 500_000_000
"""ns after its close from which a bar is asked for; the broker may make it known later."""
_PATIENCE = 2_000_000_000
"""ns between two askings for a bar that was due and has not come: no tick, no bar."""
_LULL, _LULL_PATIENCE = 60_000_000_000, 15_000_000_000
"""After so many ns a market is taken for closed, and is asked less often."""


@dataclass(slots=True)
class _Series:
    symbol: str
    timeframe: str
    last: int
    asked: int = 0


class BarFeed:
    """The series of a session.

    Args:
        broker: gives bars.
        symbols: of every series.
        timeframes: of every series.
        last: close of the last bar taken of each, ns UTC.
    """

    def __init__(
        self, broker: Broker, symbols: Sequence[str], timeframes: Sequence[str], last: Sequence[int]
    ) -> None:
        self._broker = broker
        self._series = [
            _Series(symbol, name, at) for symbol, name, at in zip(symbols, timeframes, last, strict=True)
        ]

    def closed(self, now: int) -> list[tuple[int, list[Closed]]]:
        """New closed bars by the instant of their close, those of one instant by series.

        Args:
            now: ns UTC.

        Raises:
            SourceUnavailable: the broker cannot be asked.
        """
        found: dict[int, list[Closed]] = {}
        for s, one in enumerate(self._series):
            for bar in self._new(one, now):
                found.setdefault(int(bar.ts_close[0]), []).append(Closed(s, bar))
        return sorted(found.items())

    def taken(self, now: int, closed: Sequence[Closed]) -> None:
        """Remember that bars were taken."""
        for one in closed:
            self._series[one.series].last = now

    def opens(self, series: int) -> int:
        """The earliest instant at which the bar that forms now can have opened, ns UTC."""
        return self._series[series].last

    def _new(self, one: _Series, now: int) -> list[Bars]:
        length = TIMEFRAMES[one.timeframe].ns
        due = one.last + length + _GRACE
        patience = _LULL_PATIENCE if now - due > _LULL else _PATIENCE
        if now < due or 0 <= now - one.asked < min(patience, length):
            return []
        one.asked = now
        bars = self._broker.bars(one.symbol, TIMEFRAMES[one.timeframe], one.last, now)
        first = int(bars.ts.searchsorted(one.last))
        return [bars.slice(at, at + 1) for at in range(first, len(bars)) if bars.ts_close[at] <= now]
