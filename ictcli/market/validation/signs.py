"""Signs that a file was generated rather than recorded; each is a warning, none removes a row."""

from dataclasses import dataclass

import numpy as np

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR
from ictcli.market.bars import Int64
from ictcli.market.calendars import Calendar
from ictcli.market.validation.prices import Prices, ohlc_violation
from ictcli.market.validation.rules import Float64, Mask

_FEWEST = 100


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign: stable name and the evidence in one line."""

    name: str
    evidence: str


class SignCounter:
    """Collects the evidence block by block.

    Args:
        cal: trading hours of the symbol.
    """

    def __init__(self, cal: Calendar) -> None:
        self._cal = cal
        self._weekend = 0
        self._flat = 0
        self._impossible = 0
        self._volumes: set[float] = set()
        self._volume_rows = 0

    def add_stamps(self, ts: Int64) -> None:
        """Take in the instants of the next rows."""
        if not self._cal.always_open:
            self._weekend += int(np.count_nonzero(deep_weekend(ts)))

    def add_bars(self, prices: Prices, volume: Float64 | None) -> None:
        """Take in prices and volume (nan where unknown) of the next bars."""
        self._flat += int(np.count_nonzero((prices.high == prices.low) & (prices.open == prices.close)))
        self._impossible += int(np.count_nonzero(ohlc_violation(prices)))
        if volume is not None and len(self._volumes) < 2:
            known = volume[np.isfinite(volume) & (volume > 0)]
            self._volume_rows += len(known)
            self._volumes.update(np.unique(known)[:2].tolist())

    def signs(self, rows: int, *, sub_second: int, beyond: int) -> list[Sign]:
        """The signs found.

        Args:
            rows: rows in the file.
            sub_second: bars stamped with a fraction of a second.
            beyond: rows with more decimals than the instrument can have.
        """
        found = stamp_signs(rows, weekend=self._weekend, sub_second=sub_second, beyond=beyond)
        found += _if_many(self._impossible, 0.01, rows, "ohlc_violation", "have impossible highs or lows")
        found += _if_many(self._flat, 0.95, rows, "flat_bars", "have one price")
        if self._volume_rows >= _FEWEST and len(self._volumes) == 1:
            (volume,) = self._volumes
            found.append(Sign("same_volume", f"all {self._volume_rows:,} rows have the volume {volume:g}"))
        return found


def stamp_signs(rows: int, *, weekend: int, sub_second: int, beyond: int) -> list[Sign]:
    """The signs that show before the clock of a file is known.

    Args:
        rows: rows in the file.
        weekend: rows stamped deep in the weekend.
        sub_second: bars stamped with a fraction of a second.
        beyond: rows with more decimals than the instrument can have.
    """
    return [
        *_if_many(weekend, 0.01, rows, "weekend_bars", "lie in the market's weekend"),
        *_if_many(sub_second, 0.01, rows, "sub_second", "are stamped within a second"),
        *_if_many(beyond, 0.01, rows, "off_grid", "have impossibly many decimals"),
    ]


def _if_many(count: int, share: float, rows: int, name: str, text: str) -> list[Sign]:
    if rows < _FEWEST or count <= share * rows:
        return []
    return [Sign(name, f"{count:,} of {rows:,} rows ({count / rows:.1%}) {text}")]


def deep_weekend(ts: Int64) -> Mask:
    """Whether each instant is one at which no FX, metal or index market trades anywhere.

    From Saturday 00:00 to Sunday 18:00 UTC: hours inside the 17:00 New York close and open, so that a
    broker's early or late minutes are no sign.
    """
    since_saturday = (ts + 5 * NS_PER_DAY) % (7 * NS_PER_DAY)
    return np.less(since_saturday, NS_PER_DAY + 18 * NS_PER_HOUR)
