"""What decides on one series, one closed bar at a time: a strategy, alone or with its model, or a forecast.

The steps are those of a backtest, so the decisions are; a mind also saves and loads all it remembers.
"""

from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.detectors.plan import Settings
from ictcli.errors import ConfigError
from ictcli.features.matrix import FeatureStream
from ictcli.features.served import served_set
from ictcli.market.bars import Bars, Int64
from ictcli.models.card import Card
from ictcli.models.failover import Servable
from ictcli.models.version import Version
from ictcli.research.choices import Choice
from ictcli.research.judging import judged
from ictcli.research.opinions import Opinions
from ictcli.strategies.decide import Decider, Decisions
from ictcli.strategies.decisions import DECISION, ENTER
from ictcli.strategies.expression import Expression
from ictcli.strategies.forecast import Forecast, ForecastParams
from ictcli.strategies.forecasting import decide_forecast, deviations

Floats = NDArray[np.float64]


class Mind(Protocol):
    """Decides on one series."""

    def learn(self, bars: Bars) -> None:
        """Take closed bars without deciding anything."""
        ...

    def push(self, bar: Bars) -> Decisions:
        """Take the next closed bar; ``DECISION`` records, notes included."""
        ...

    def save(self) -> bytes:
        """A checkpoint."""
        ...

    def load(self, saved: bytes) -> None:
        """Go back to a checkpoint.

        Raises:
            ValueError: it is another mind's.
        """
        ...


class StrategyMind:
    """A strategy alone.

    Raises:
        ConfigError: it is an expression, which sees whole tables and cannot decide on one bar.
    """

    def __init__(self, choice: Choice, settings: Settings) -> None:
        if isinstance(choice.strategy, Expression | Forecast):
            raise ConfigError(
                f"{choice.strategy.name} is for research only: it does not decide bar by bar",
                hint="Write it as a step (docs/write-a-strategy.md).",
            )
        self._decider = Decider(choice.strategy, choice.params, settings)

    def learn(self, bars: Bars) -> None:
        """Take closed bars without deciding anything."""
        self._decider.advance(bars, notes=False)

    def push(self, bar: Bars) -> Decisions:
        """What it decides at the close of the next bar."""
        return self._decider.push(bar, 0)

    def save(self) -> bytes:
        """A checkpoint."""
        return self._decider.save()

    def load(self, saved: bytes) -> None:
        """Go back to a checkpoint."""
        self._decider.load(saved)


class ModelStream:
    """A model under way on one series: features of every bar, and its probability when somebody asks.

    Args:
        version: of the model.
        predictor: of it.
        settings: of the series' detectors.
    """

    def __init__(self, version: Version, predictor: Servable, settings: Settings) -> None:
        self.version = version
        self._predictor, self._settings = predictor, settings
        self._set = served_set(version.card.feature_set)
        self._stream = FeatureStream(self._set, settings)
        self._bars, self._rows = 0, np.zeros((0, 0))

    @property
    def card(self) -> Card:
        """What the version says of itself."""
        return self.version.card

    def learn(self, bars: Bars) -> None:
        """Take closed bars."""
        rows = self._stream.advance(bars)
        for row in rows[-_LOOK_BACK:]:
            self._predictor.push(row)
        self._remember(rows)
        self._bars += len(bars)

    def push(self, bar: Bars) -> None:
        """Take the next closed bar."""
        row = self._stream.push(bar, 0).copy()
        self._predictor.push(row)
        self._remember(row[None, :])
        self._bars += 1

    def probability(self, side: float) -> float:
        """Calibrated probability that a trade of this side succeeds; NaN while the features warm up."""
        if self._bars <= self._set.warmup:
            return float("nan")
        if self.card.extra:
            return self._predictor.probability(np.full(len(self.card.extra), side))
        up = self._predictor.probability(np.zeros(0))
        return up if side > 0 else 1.0 - up

    def save(self) -> bytes:
        """A checkpoint: the features' states, and the last rows, which a model of sequences looks at."""
        return msgspec.msgpack.encode(
            (self._stream.save(), self._bars, self._rows.shape[1], self._rows.tobytes())
        )

    def load(self, saved: bytes) -> None:
        """Go back to a checkpoint."""
        stream, self._bars, width, rows = msgspec.msgpack.decode(saved, type=tuple[bytes, int, int, bytes])
        self._stream = FeatureStream(self._set, self._settings, stream)
        self._rows = np.frombuffer(rows, np.float64).reshape(-1, width).copy() if width else self._rows
        for row in self._rows:
            self._predictor.push(row)

    def _remember(self, rows: Floats) -> None:
        kept = rows[-_LOOK_BACK:]
        if not self._rows.size or len(kept) == _LOOK_BACK:
            self._rows = kept.copy()
        else:
            self._rows = np.concatenate([self._rows, kept])[-_LOOK_BACK:]


_LOOK_BACK = 64
"""Rows that a model of sequences may look back on."""


class JudgedMind:
    """A strategy whose entries a model judges."""

    def __init__(self, choice: Choice, settings: Settings, model: ModelStream) -> None:
        self._strategy = StrategyMind(choice, settings)
        self._model, self._known = model, len(choice.own_reasons)

    def learn(self, bars: Bars) -> None:
        """Take closed bars without deciding anything."""
        self._strategy.learn(bars)
        self._model.learn(bars)

    def push(self, bar: Bars) -> Decisions:
        """What the strategy decides and the model would take."""
        found = self._strategy.push(bar)
        self._model.push(bar)
        if not np.any((found["kind"] == ENTER) & (found["reduce_only"] == 0)):
            return found
        card = self._model.card
        one = Opinions(
            self._model.version.reference,
            self._model.version.content,
            card.thresholds["low"],
            card.thresholds["high"],
            bar.ts_close,
            np.array([self._model.probability(1.0)]),
            np.array([self._model.probability(-1.0)]),
            np.zeros(0),
        )
        local = found.copy()
        local["bar"] = 0
        local = judged(local, bar, one, self._known, notes=True)
        local["bar"] = found["bar"]
        return local

    def save(self) -> bytes:
        """A checkpoint."""
        return msgspec.msgpack.encode((self._strategy.save(), self._model.save()))

    def load(self, saved: bytes) -> None:
        """Go back to a checkpoint."""
        strategy, model = msgspec.msgpack.decode(saved, type=tuple[bytes, bytes])
        self._strategy.load(strategy)
        self._model.load(model)


class ForecastMind:
    """A model of direction, traded without a strategy."""

    def __init__(self, params: ForecastParams, model: ModelStream) -> None:
        self._params, self._model = params, model
        self._closes: Int64 = np.zeros(0, np.int64)
        self._bar = 0

    def learn(self, bars: Bars) -> None:
        """Take closed bars without deciding anything."""
        self._model.learn(bars)
        self._take(bars)

    def push(self, bar: Bars) -> Decisions:
        """What the model asks for at the close of the next bar."""
        self._model.push(bar)
        self._take(bar)
        span, card = self._params.volatility_bars, self._model.card
        way = deviations(self._closes, span)[-1:]
        rise = np.array([self._model.probability(1.0)])
        found = decide_forecast(self._params, bar, rise, way, card.thresholds["low"], card.thresholds["high"])
        found["bar"] = self._bar - 1
        found["setup"] = self._bar - 1
        return found if len(found) else np.zeros(0, DECISION)

    def save(self) -> bytes:
        """A checkpoint."""
        return msgspec.msgpack.encode((self._model.save(), self._bar, self._closes.tobytes()))

    def load(self, saved: bytes) -> None:
        """Go back to a checkpoint."""
        model, self._bar, closes = msgspec.msgpack.decode(saved, type=tuple[bytes, int, bytes])
        self._closes = np.frombuffer(closes, np.int64).copy()
        self._model.load(model)

    def _take(self, bars: Bars) -> None:
        self._bar += len(bars)
        self._closes = np.concatenate([self._closes, bars.close])[-self._params.volatility_bars - 2 :]


def mind_of(choice: Choice, settings: Settings, model: ModelStream | None) -> Mind:
    """What decides: the strategy, the strategy with its model, or the model.

    Raises:
        ConfigError: the strategy cannot decide bar by bar, or a forecast has no model.
    """
    params: Any = choice.params
    if isinstance(choice.strategy, Forecast):
        if model is None:
            raise ConfigError("a forecast trades a model", hint="Add --model NAME.")
        return ForecastMind(params, model)
    return StrategyMind(choice, settings) if model is None else JudgedMind(choice, settings, model)
