"""Signs that a file was generated rather than recorded; each is a warning, none removes a row."""

from dataclasses import dataclass

import numpy as np

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR
from ictcli.market.bars import Int64
from ictcli.market.calendars import Calendar
from ictcli.market.validation.rules import Float64

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
        bars: whether the rows are bars; ticks have no volume and may carry fractions of a second.
    """

    def __init__(self, cal: Calendar, *, bars: bool = True) -> None:
        self.rows = 0
        self._cal = cal
        self._bars = bars
        self._weekend = 0
        self._flat = 0
        self._volumes: set[float] = set()
        self._volume_rows = 0

    def add(self, ts: Int64, columns: tuple[Float64, ...], volume: Float64 | None) -> None:
        """Take in the next rows: UTC stamps, prices, volume (nan where unknown)."""
        self.rows += len(ts)
        if not self._cal.always_open:
            self._weekend += int(np.count_nonzero(deep_weekend(ts)))
        self._flat += int(np.count_nonzero(np.logical_and.reduce([columns[0] == c for c in columns[1:]])))
        if volume is not None and len(self._volumes) < 2:
            known = volume[np.isfinite(volume) & (volume > 0)]
            self._volume_rows += len(known)
            self._volumes.update(np.unique(known)[:2].tolist())

    def signs(self, broken: dict[str, int], total: int) -> list[Sign]:
        """The signs found.

        Args:
            broken: rows per broken rule.
            total: rows in the file.
        """
        if total < _FEWEST:
            return []
        found = [self._many(self._weekend, 0.01, total, "weekend_bars", "lie in the market's weekend")]
        if self._bars:
            found += [
                self._many(broken.get("sub_second", 0), 0.01, total, "sub_second", "open within a second"),
                self._many(self._flat, 0.95, total, "flat_bars", "have one price"),
                self._same_volume(),
            ]
        found += [
            self._many(broken.get("off_grid", 0), 0.01, total, "off_grid", "have impossibly many decimals"),
            self._many(
                broken.get("ohlc_violation", 0),
                0.01,
                total,
                "ohlc_violation",
                "have impossible highs or lows",
            ),
        ]
        return [sign for sign in found if sign is not None]

    def _many(self, count: int, share: float, total: int, name: str, text: str) -> Sign | None:
        if count <= share * total:
            return None
        return Sign(name, f"{count:,} of {total:,} rows ({count / total:.1%}) {text}")

    def _same_volume(self) -> Sign | None:
        if self._volume_rows < _FEWEST or len(self._volumes) != 1:
            return None
        return Sign(
            "same_volume", f"all {self._volume_rows:,} rows have the volume {self._volumes.copy().pop():g}"
        )


def deep_weekend(ts: Int64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether each instant is one at which no FX, metal or index market trades anywhere.

    From Saturday 00:00 to Sunday 18:00 UTC: hours inside the 17:00 New York close and open, so that a
    broker's early or late minutes are no sign.
    """
    since_saturday = (ts + 5 * NS_PER_DAY) % (7 * NS_PER_DAY)
    return since_saturday < NS_PER_DAY + 18 * NS_PER_HOUR
