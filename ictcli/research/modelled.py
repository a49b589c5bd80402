"""A backtest with a model: whether it may be asked about these bars, and what it says of each of them.

Features are built as training built them: over the same stored series from the model's first bar on, so the
bars to trade need no warming up of their own, and each row is known at the close of its bar.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.clock import iso, parse_instant
from ictcli.config.records import Config
from ictcli.errors import ConfigError, DataError, PolicyRefused, UsageError
from ictcli.features.cache import FeatureCache
from ictcli.features.matrix import Matrix, identity_text
from ictcli.features.served import served_set
from ictcli.features.wiring import wire_features
from ictcli.market.bars import Bars
from ictcli.market.calendars import calendar
from ictcli.market.timeframes import Timeframe, parse_timeframe
from ictcli.models.card import Card
from ictcli.models.golden import TOLERANCE
from ictcli.models.predictor import Predictor, load_predictor
from ictcli.models.promotion import replay_golden
from ictcli.models.version import Version
from ictcli.research.choices import Choice
from ictcli.research.opinions import Opinions
from ictcli.research.playing import settings_of
from ictcli.research.series import Series
from ictcli.store.serving import serve_bars
from ictcli.store.store import Store
from ictcli.strategies.forecast import WIDE, Forecast, ForecastParams
from ictcli.strategies.forecasting import deviations

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

TRAINING_FILE = "training.json"
_CACHE = "features"


@dataclass(frozen=True, slots=True)
class AskedModel:
    """A model that a backtest is to ask.

    Attributes:
        version: of it.
        looked: first and last instant of every lockbox that was opened for it, ns UTC, both included.
    """

    version: Version
    looked: tuple[tuple[int, int], ...] = ()

    @property
    def source(self) -> str:
        """Source of the bars it was made for."""
        return self.version.card.series.source

    @property
    def symbol(self) -> str:
        """Symbol it was made for."""
        return self.version.card.series.symbol

    @property
    def timeframe(self) -> Timeframe:
        """Timeframe it was made for."""
        return parse_timeframe(self.version.card.series.timeframe)


@dataclass(frozen=True, slots=True)
class Trained:
    """What a version's own report says of its training.

    Attributes:
        first, last: first open and last close of all bars of the series then, the withheld ones among them.
        plan: the ``[train]`` section that was used, as plain values.
    """

    first: int
    last: int
    plan: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Described:
    """The bars of a model's series and their features.

    Attributes:
        bars: from the model's first bar on, or from earlier where earlier bars are asked about.
        matrix: features and regime of each.
    """

    bars: Bars
    matrix: Matrix


def with_model(
    asked: AskedModel, choices: Sequence[Choice], series: Sequence[Series], store: Store, config: Config
) -> list[Choice]:
    """The strategy with its model, or the model as a strategy of its own.

    Args:
        asked: the model.
        choices: the strategy, none for a model of direction.
        series: what is traded.
        store: of the bars.
        config: detector parameters.

    Raises:
        UsageError: a strategy too many, or none where the model needs one.
        ConfigError: the model was made for another series or strategy, or for other parameters of it.
        PolicyRefused: it has seen the bars, or they are withheld.
        DataError: it was made for other features, or a file of it is damaged.
    """
    version = asked.version
    require_match(version, choices, series)
    require_unseen(asked, series[0].bars)
    predictor = ready(version)
    described = describe(version, series[0], store, config)
    if choices:
        opinions = opinions_of(version, predictor, described, series[0].bars, 0)
        return [replace(choices[0], model=opinions)]
    exits = exits_of(version)
    opinions = opinions_of(version, predictor, described, series[0].bars, exits.volatility_bars)
    return [Choice(Forecast(), exits, model=opinions)]


def require_match(version: Version, choices: Sequence[Choice], series: Sequence[Series]) -> None:
    """Refuse a series or strategy that the model was not made for.

    Raises:
        UsageError: several strategies, or none where the model needs one.
        ConfigError: names the difference.
    """
    card = version.card
    if len(choices) > 1:
        raise UsageError("--model judges one strategy", hint="Name one --strategy.")
    if card.strategy and not choices:
        name = _label(card, "strategy") or card.strategy
        raise UsageError(
            f"{version.reference} judges the signals of {name}", hint=f"Add --strategy {card.strategy}."
        )
    made = f"{card.series.source}/{card.series.symbol}/{card.series.timeframe}"
    for one in series:
        if str(one.key) != made:
            raise ConfigError(f"{version.reference} was made for {made}, not for {one.key}", hint=_OWN)
    if choices:
        _require_strategy(version, choices[0])


_OWN = "Train a model of this series, or name the one that was made for it."


def _require_strategy(version: Version, choice: Choice) -> None:
    card, name = version.card, choice.strategy.name
    if not card.strategy:
        raise ConfigError(
            f"{version.reference} was made for the direction of the market, not for {name}",
            hint="Leave --strategy out to trade it.",
        )
    known: dict[str, Any] = {"strategy": name, "version": choice.version, "source": choice.source}
    known["params"] = msgspec.json.decode(msgspec.json.encode(choice.params))  # as the card keeps them
    for fact, own in known.items():
        made = _label(card, fact)
        if made != own:
            raise ConfigError(
                f"{version.reference} was made for {_told(name, fact, made, own)}",
                hint="Give the strategy as it was in training, or train a model of it as it is.",
            )


def _label(card: Card, fact: str) -> Any:
    return card.label.get(fact)


def _told(name: str, fact: str, made: Any, own: Any) -> str:
    """What a model was made for and what is asked for, where they differ."""
    if fact == "strategy":
        return f"{made}, not for {own}"
    if fact == "params" and isinstance(made, dict):
        key = next(key for key in [*own, *made] if own.get(key) != made.get(key))
        return f"{name} with {key}={made.get(key)!r}, not {own.get(key)!r}"
    if fact == "source":
        return f"another file of {name}"
    return f"{fact} {made} of {name}, not {own}"


def require_unseen(asked: AskedModel, bars: Bars) -> None:
    """Refuse bars from which the model learned, and withheld ones that were not opened for it.

    Raises:
        PolicyRefused: names both spans.
        DataError: the version does not say on which bars it was trained.
    """
    card, first, last = asked.version.card, int(bars.ts[0]), int(bars.ts_close[-1])
    traded = f"{iso(first)} to {iso(last)}"
    if first < card.span_last and last > card.span_first:
        raise PolicyRefused(
            f"model scored on data it saw: {asked.version.reference} learned from {iso(card.span_first)} "
            f"to {iso(card.span_last)}, and {traded} is traded",
            hint=f"Add --start {iso(card.span_last)}, or a later one.",
        )
    if card.lockbox_from is None:
        return
    end = trained(asked.version).last
    since, until = max(first, card.lockbox_from), min(last, end)
    opened = any(one <= since and until <= other for one, other in asked.looked)
    if since < until and not opened:
        raise PolicyRefused(
            f"the lockbox of {asked.version.reference} is closed: {iso(card.lockbox_from)} to {iso(end)} is "
            f"withheld, and {traded} is traded",
            hint=f"Add --start {iso(end)} or a later one; or open it, once, with the training's command "
            "line and --open-lockbox.",
        )


def trained(version: Version) -> Trained:
    """What a version's report says of its training.

    Raises:
        DataError: the report is damaged, or says nothing of it.
    """
    try:
        report = msgspec.json.decode(version.read(TRAINING_FILE))
        data = report["data"]
        first, last = (parse_instant(data[name], now=0) for name in ("first", "last"))
        return Trained(first, last, report["plan"])
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{TRAINING_FILE} of {version.reference} does not say what it was trained on",
            hint="Train it again.",
        ) from error


def ready(version: Version) -> Predictor:
    """A version whose files are whole and whose golden rows come out as they did.

    Raises:
        DataError: they do not.
        ConfigError: a member needs a package that is not installed.
    """
    version.verify()
    predictor = load_predictor(version)
    worst = replay_golden(version, predictor)
    if not worst <= TOLERANCE:
        raise DataError(
            f"golden rows of {version.reference} come out {worst:.3g} apart", hint="Train it again."
        )
    return predictor


def describe(version: Version, series: Series, store: Store, config: Config) -> Described:
    """Features of the bars of a series and of those before them, as far back as the model's training went.

    Raises:
        DataError: they are not the features that the model was made for.
        UsageError: there is no such set of features, or it does not work on such bars.
    """
    card, settings = version.card, settings_of(series, config)
    features = served_set(card.feature_set)
    computed = identity_text(features, wire_features(features.features, settings).plan)
    if card.feature_identity != computed:
        raise DataError(
            f"wrong feature set: {version.reference} was made for other definitions of {card.feature_set} "
            "than are computed",
            hint="Train it again, or go back to the detector parameters it was trained with.",
        )
    bars, span = history(card, series, store)
    cache = FeatureCache(store.state_dir / _CACHE)
    return Described(bars, cache.matrix(features, series.content, span, bars, settings)[0])


def history(card: Card, series: Series, store: Store) -> tuple[Bars, tuple[int | None, int | None]]:
    """The bars of a series with those before them, and the span that was asked for."""
    first, end = int(series.bars.ts[0]), int(series.bars.ts_close[-1])
    hours = calendar(series.spec.calendar)
    whole = serve_bars(store, series.stored, series.key.timeframe, hours, start=None, end=end)
    since = int(np.searchsorted(whole.ts, card.span_first)) if first >= card.span_first else 0
    return whole.slice(since, len(whole)), (card.span_first if since else None, end)


def opinions_of(
    version: Version, predictor: Predictor, described: Described, bars: Bars, span: int
) -> Opinions:
    """What a model says of bars, for either side.

    Args:
        version: of the model.
        predictor: of it.
        described: features of the bars, and of some before them.
        bars: to be asked about.
        span: returns that deviations are measured over; 0 where none are needed.
    """
    rows = np.flatnonzero(described.bars.ts_close >= bars.ts_close[0])
    rows = rows[rows >= described.matrix.warmup]
    long = say(predictor, described.matrix, rows, 1.0, version.card)
    short = say(predictor, described.matrix, rows, -1.0, version.card) if version.card.extra else 1.0 - long
    low, high = version.card.thresholds["low"], version.card.thresholds["high"]
    closes = described.bars.ts_close[rows]
    deviation = deviations(described.bars.close, span)[rows] if span else np.zeros(0)
    return Opinions(version.reference, version.content, low, high, closes, long, short, deviation)


def say(predictor: Predictor, matrix: Matrix, rows: Int64, side: float, card: Card) -> Floats:
    """Calibrated probabilities at some bars, each with the same side where the model takes one."""
    if not len(rows):
        return np.zeros(0)
    return predictor.probabilities(matrix.values, rows, np.full((len(rows), len(card.extra)), side))


def exits_of(version: Version) -> ForecastParams:
    """Where the trades of a model of direction end, from the rule of its labels.

    Barriers are those of the label. Labels without barriers have no target, and a stop so wide that time
    ends most trades.

    Raises:
        DataError: the version does not say what it was trained on.
    """
    label, plan = version.card.label, trained(version).plan
    try:
        span = int(plan["volatility_bars"])
        if "stop" in label:
            return ForecastParams(float(label["target"]), float(label["stop"]), int(label["horizon"]), span)
        horizon = int(label["horizon"] if "horizon" in label else max(label["lengths"]))
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{version.reference} does not say how its labels end", hint="Train it again."
        ) from error
    return ForecastParams(0.0, WIDE * horizon**0.5, horizon, span)
