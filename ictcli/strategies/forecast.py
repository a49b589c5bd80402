"""What a model traded without a strategy is to the program; ``forecasting`` makes its decisions."""

from dataclasses import dataclass

import msgspec

WIDE = 4.0
"""Where labels know no stop: deviations of the move over the horizon at which a position is given up."""

RISE, FALL = 1, 2
FORECAST_REASONS = ("", "the model expects a rise", "the model expects a fall")
"""Texts of the reasons of its decisions."""


class ForecastParams(msgspec.Struct, frozen=True):
    """Where positions end, from the label rule of the model.

    Attributes:
        target: way to the target in deviations of one bar's return; 0.0 for none.
        stop: way to the protective stop in the same unit.
        horizon: bars after which a position is closed, the bar of the entry among them.
        volatility_bars: returns that the deviation is measured over, that of the decision's bar the last.
    """

    target: float
    stop: float
    horizon: int
    volatility_bars: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """The strategy of a model without one: it exists only together with probabilities.

    Attributes:
        name: what the run is called.
        version: raised when its decisions change for the same bars and probabilities.
    """

    name: str = "forecast"
    version: int = 1
