"""MetaTrader's timeframes by name."""

from dataclasses import dataclass

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE
from ictcli.errors import UsageError

_MINUTES = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)
_HOURS = (1, 2, 3, 4, 6, 8, 12)


@dataclass(frozen=True, slots=True, order=True)
class Timeframe:
    """A bar length.

    ``ns`` is the nominal length in nanoseconds. A D1, W1 or MN1 bar follows the trading day that
    rolls at 17:00 New York, so its real length (``ts_close - ts``) varies with clock changes.
    """

    ns: int
    name: str

    def __str__(self) -> str:
        return self.name

    @property
    def intraday(self) -> bool:
        """Shorter than a trading day: the bar's length never varies."""
        return self.ns < NS_PER_DAY


TIMEFRAMES: dict[str, Timeframe] = {
    **{f"M{n}": Timeframe(n * NS_PER_MINUTE, f"M{n}") for n in _MINUTES},
    **{f"H{n}": Timeframe(n * NS_PER_HOUR, f"H{n}") for n in _HOURS},
    "D1": Timeframe(NS_PER_DAY, "D1"),
    "W1": Timeframe(7 * NS_PER_DAY, "W1"),
    "MN1": Timeframe(30 * NS_PER_DAY, "MN1"),
}

TICK = Timeframe(0, "TICK")
"""Marks a series of ticks; not a bar length, so not in ``TIMEFRAMES``."""


def parse_timeframe(text: str) -> Timeframe:
    """The timeframe called ``text`` (any case).

    Raises:
        UsageError: MetaTrader has no such timeframe.
    """
    found = TIMEFRAMES.get(text.upper())
    if found is None:
        raise UsageError(f"unknown timeframe {text!r}", hint="Use one of " + ", ".join(TIMEFRAMES) + ".")
    return found
