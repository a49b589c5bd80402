"""One series made ready to learn from: bars, features, labelled events, what is withheld."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli import __version__
from ictcli.clock import parse_duration
from ictcli.config.records import Config, TrainConfig
from ictcli.detectors.plan import Settings
from ictcli.errors import DataError
from ictcli.features.cache import FeatureCache
from ictcli.features.matrix import Matrix
from ictcli.features.quality import DataQuality, measure, require_usable
from ictcli.features.registry import FeatureSet
from ictcli.features.served import served_set
from ictcli.learning.events import Events, Labelled
from ictcli.learning.labels.costs import trade_costs
from ictcli.learning.labels.fixed_horizon import fixed_horizon
from ictcli.learning.labels.overnight import overnight
from ictcli.learning.labels.trend_scan import trend_scan
from ictcli.learning.labels.triple_barrier import TripleBarrier, triple_barrier, volatility
from ictcli.learning.lockbox import lockbox_of
from ictcli.learning.request import TrainRequest
from ictcli.market.calendars import calendar
from ictcli.research.playing import settings_of
from ictcli.research.series import Series

Floats = NDArray[np.float64]

MOST_LENGTHS = 4
"""Trend lengths that are compared, from the horizon down by halves."""
SHORTEST_TREND = 5
_MOTIONLESS = ("unchanged at the horizon", "volatility not known or 0", "no trend")
"""Reasons for which labels drop candidates where prices do not move."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One series, ready.

    Attributes:
        series: the bars.
        features: the set with the regime behind it.
        settings: what detectors share.
        matrix: features and regime of every bar.
        labelled: events of all bars and the rule behind them.
        usable: those whose labels end before the lockbox.
        locked: those that begin in it.
        first_locked: bar from which on everything is withheld; the number of bars where nothing is.
        quality: of bars and features.
        identity: hash of all that decides the model.
        cached: whether the features came from disk.
    """

    series: Series
    features: FeatureSet
    settings: Settings
    matrix: Matrix
    labelled: Labelled
    usable: Events
    locked: Events
    first_locked: int
    quality: DataQuality
    identity: str
    cached: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Columns that models see."""
        return self.matrix.names[:-1]

    @property
    def columns(self) -> Floats:
        """Features of every bar, without the regime."""
        return np.ascontiguousarray(self.matrix.values[:, :-1])

    def regimes(self, events: Events) -> NDArray[np.int64]:
        """The regime at the decision of each event."""
        return np.asarray(self.matrix.values[events.start, -1], np.int64)


def describe(
    series: Series, request: TrainRequest, config: Config, cache: FeatureCache
) -> tuple[Matrix, bool]:
    """Features and regime of every bar, and whether they came from disk.

    Raises:
        UsageError: there is no such set, or a detector does not work on such bars.
    """
    settings = settings_of(series, config)
    span = (request.start, request.end)
    return cache.matrix(served_set(request.plan.features), series.content, span, series.bars, settings)


def make_subject(
    series: Series,
    matrix: Matrix,
    labelled: Labelled,
    request: TrainRequest,
    config: Config,
    identity: str,
    *,
    cached: bool,
) -> Subject:
    """Put together what belongs to one series, and refuse what nothing can be learned from.

    Raises:
        DataError: no event is left, or the bars or features are not usable.
    """
    bars, plan = len(series.bars), request.plan
    lockbox = lockbox_of(plan.lockbox, bars)
    events = labelled.events
    warm = events.take(events.start >= matrix.warmup)
    usable = lockbox.training(warm)
    if not len(usable):
        raise nothing_left(bars, labelled, request)
    hours = calendar(series.spec.calendar)
    quality = measure(series.bars, matrix, usable.start, series.key.timeframe, hours)
    require_usable(quality, parse_duration(plan.most_gap))
    return Subject(
        series=series,
        features=served_set(plan.features),
        settings=settings_of(series, config),
        matrix=matrix,
        labelled=labelled,
        usable=usable,
        locked=lockbox.withheld(warm),
        first_locked=lockbox.first,
        quality=quality,
        identity=identity,
        cached=cached,
    )


def nothing_left(bars: int, labelled: Labelled, request: TrainRequest) -> DataError:
    """Why no event is left: too few bars, prices that do not move, or nothing that asks for a trade."""
    plan = request.plan
    warmup = served_set(plan.features).warmup
    horizon = 1 if request.strategy else plan.horizon
    needed = math.ceil((warmup + horizon + 2) / (1.0 - plan.lockbox))
    if bars < needed:
        return DataError(
            f"too few bars to learn from: {bars:,}, but a first event needs {needed:,}: {warmup:,} to warm "
            f"up, those of its label, and a lockbox of {plan.lockbox:g} of all",
            hint="Bring in a longer span; a verdict takes thousands of bars.",
        )
    reasons = {why: count for why, count in labelled.dropped.items() if count}
    told = ", ".join(f"{count:,} {why}" for why, count in reasons.items())
    still = sum(reasons.get(why, 0) for why in _MOTIONLESS)
    if 2 * still > sum(reasons.values()):
        hint = "The price hardly moves: look at the bars with `ictcli query`."
    elif request.strategy:
        hint = "Bring in a longer span, or a strategy with more signals."
    else:
        hint = "Bring in a longer span, or choose a shorter horizon."
    what = f"candidates dropped: {told}" if told else "no candidate before the lockbox"
    return DataError(f"no event is left to learn from {bars:,} bars; {what}", hint=hint)


def label_series(series: Series, plan: TrainConfig, config: Config, warmup: int) -> Labelled:
    """Decisions at every bar, or every few bars, labelled without a rule that chooses the side.

    Raises:
        UsageError: horizon or barriers are not possible.
    """
    bars = series.bars
    starts = np.arange(min(warmup, len(bars)), len(bars), plan.every)
    costs = trade_costs(bars, series.spec, config.backtest.slippage_points)
    swap = overnight(bars, series.spec)
    if plan.label == "horizon":
        return fixed_horizon(bars, starts, plan.horizon, costs, swap)
    if plan.label == "trend":
        return trend_scan(bars, starts, trend_lengths(plan.horizon), costs, swap)
    scale = volatility(bars, plan.volatility_bars)[starts]
    rule = TripleBarrier(plan.target, plan.stop, plan.horizon)
    return triple_barrier(bars, starts, scale, rule, costs, swap=swap)


def trend_lengths(horizon: int) -> tuple[int, ...]:
    """Lengths of the trends that are compared: the horizon, and halves of it down to 5 bars."""
    lengths = {max(horizon >> halved, SHORTEST_TREND) for halved in range(MOST_LENGTHS)}
    return tuple(sorted(lengths | {horizon}))


def identity_of(
    series: Series, request: TrainRequest, config: Config, feature_identity: str, strategy: Mapping[str, Any]
) -> str:
    """SHA-256 of all that decides a model: bars, features, labels, plan, costs, strategy, version.

    Args:
        series: the bars.
        request: what was asked for.
        config: costs, and for a strategy account and fills.
        feature_identity: of the definitions of features and detectors.
        strategy: name, version, file hash and parameters; empty without one.
    """
    facts = [
        __version__,
        [str(series.stored), series.content, request.start, request.end],
        _recipe(series, request, config, feature_identity, strategy),
    ]
    return hashlib.sha256(msgspec.json.encode(facts, order="deterministic")).hexdigest()


def attempt_of(
    series: Series, request: TrainRequest, config: Config, feature_identity: str, strategy: Mapping[str, Any]
) -> str:
    """SHA-256 of what is tried, whatever the bars, their span and the version of the program.

    Args:
        series: whose bars it is tried on.
        request: what was asked for.
        config: costs, and for a strategy account and fills.
        feature_identity: of the definitions of features and detectors.
        strategy: name, version, file hash and parameters; empty without one.
    """
    facts = _recipe(series, request, config, feature_identity, strategy)
    return hashlib.sha256(msgspec.json.encode(facts, order="deterministic")).hexdigest()


def _recipe(
    series: Series, request: TrainRequest, config: Config, feature_identity: str, strategy: Mapping[str, Any]
) -> list[Any]:
    return [
        str(series.key),
        msgspec.to_builtins(series.spec),
        msgspec.to_builtins(request.plan),
        request.tune,
        feature_identity,
        dict(strategy),
        config.backtest.slippage_points,
        [msgspec.to_builtins(config.backtest), msgspec.to_builtins(config.account)] if strategy else [],
    ]
