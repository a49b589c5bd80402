"""How far a broker's clock is off, as its quotes show while they come in."""

from collections.abc import Callable, Sequence
from typing import Any

from ictcli.errors import IctError
from ictcli.terminals.terminal import Terminal
from ictcli.terminals.times import ServerClock

_LOOKS = 5
_PAUSE = 0.2
_STALE = 120_000_000_000
"""A quote that is older says that its market is closed, not that a clock is wrong."""


class QuoteWatch:
    """Measures a server's clock against ours by the quotes that arrive.

    Of a quote that was not there at one look and is at the next it is known between which instants it came.
    One that just lies there proves only that the clock is not further behind than its age.

    Args:
        terminal: who quotes.
        clock: the server's wall clock by its rule.
        symbols: whose quotes are looked at, the broker's names.
        now: the instant, ns UTC.
    """

    def __init__(
        self, terminal: Terminal, clock: ServerClock, symbols: Sequence[str], now: Callable[[], int]
    ) -> None:
        self._terminal, self._clock, self._symbols, self._now = terminal, clock, tuple(symbols), now
        self._newest: int | None = None
        self._looked = 0
        self.offset: int | None = None

    def look(self) -> None:
        """Look at the quotes once."""
        stamps = [self._stamp(symbol) for symbol in self._symbols]
        now = self._now()
        newest = max((stamp for stamp in stamps if stamp), default=0)
        if newest:
            shown = self._clock.instant_ms(newest, near=now)
            self._judge(shown, now, fresh=self._newest is not None and newest > self._newest)
            self._newest = max(newest, self._newest or 0)
        self._looked = now

    def watch(self, sleep: Callable[[float], None]) -> None:
        """Look until a quote has come in, a second long at most."""
        for _ in range(_LOOKS):
            if self.offset is not None:
                return
            sleep(_PAUSE)
            self.look()

    def _judge(self, shown: int, now: int, *, fresh: bool) -> None:
        """What a quote of an instant by the server's clock says, seen at ours."""
        if shown > now:
            self.offset = max(self.offset or 0, shown - now)
        elif fresh and now - shown < _STALE:
            behind = min(shown - self._looked, 0)
            self.offset = behind if self.offset is None else max(self.offset, behind)

    def _stamp(self, symbol: str) -> int:
        """The server's time of the last quote, milliseconds; 0 where there is none."""
        try:
            tick: Any = self._terminal.symbol_info_tick(symbol)
        except (IctError, SystemError):
            return 0
        return 0 if tick is None else int(tick.time_msc) or int(tick.time) * 1000
