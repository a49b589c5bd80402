"""What a model says of the bars of a backtest."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.market.bars import Bars

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

MODEL_REASONS = ("model says no", "model has no say")
"""Why an entry became a note: its probability lies below the threshold, or there is none at its bar."""


@dataclass(frozen=True, slots=True, eq=False)
class Opinions:
    """A version of a model and its probabilities.

    Attributes:
        model: ``NAME@VERSION``.
        content: hash over the version's files and identity.
        low, high: its thresholds.
        closes: instants at which its bars were known, ascending, ns UTC.
        long: calibrated probability of a long's success at each of them; NaN where it has no say.
        short: the same of a short.
        deviation: of one bar's return at each of them, by which a forecast places its exits; empty for the
            model of a strategy.
    """

    model: str
    content: str
    low: float
    high: float
    closes: Int64
    long: Floats
    short: Floats
    deviation: Floats

    def document(self) -> dict[str, str | float]:
        """What decides its opinions, as plain values."""
        return {"model": self.model, "content": self.content, "low": self.low, "high": self.high}

    def of_bars(self, bars: Bars) -> tuple[Floats, Floats]:
        """Probability of a long's success, and deviation, at each bar."""
        long, deviation = (_known(own, self.closes, bars.ts_close) for own in (self.long, self.deviation))
        return long, deviation

    def of_entries(self, bars: Bars, at: Int64, side: Int64) -> Floats:
        """Probability of each entry, by its bar and side."""
        instants = bars.ts_close[at]
        up, down = (_known(values, self.closes, instants) for values in (self.long, self.short))
        return np.where(side > 0, up, down)


def _known(values: Floats, closes: Int64, instants: Int64) -> Floats:
    """The value of each instant, NaN where it is not one of ``closes``."""
    if not len(closes):
        return np.full(len(instants), np.nan)
    at = np.minimum(np.searchsorted(closes, instants), len(closes) - 1)
    return np.where(closes[at] == instants, values[at], np.nan)
