"""A model made ready to be asked bar by bar: whole, true to its golden rows, and warmed up on the past."""

from collections.abc import Callable, Sequence

from ictcli.clock import monotonic
from ictcli.config.records import Config
from ictcli.errors import IctError
from ictcli.features.matrix import identity_text
from ictcli.features.served import served_set
from ictcli.features.wiring import wire_features
from ictcli.models.failover import Flat, Limits, Servable, open_for_serving
from ictcli.models.predictor import load_predictor
from ictcli.models.store import models_of
from ictcli.models.version import Version
from ictcli.research.choices import Choice
from ictcli.research.modelled import AskedModel, exits_of, history, ready, require_match
from ictcli.research.playing import settings_of
from ictcli.research.series import Series
from ictcli.store.store import Store
from ictcli.strategies.forecast import Forecast
from ictcli.trading.minds import ModelStream

_SLOWEST_US = 5_000.0
"""99th percentile of one decision above which a version does not serve, microseconds."""


def streams(
    asked: AskedModel | None, choices: Sequence[Choice], series: Series, store: Store, config: Config
) -> list[ModelStream | None]:
    """The model behind each choice, fed with every bar that its training counts from and ``series`` has not.

    Args:
        asked: the model; None without one.
        choices: what is traded; with a model there is one.
        series: whose bars come next.
        store: of the bars before them.
        config: detector parameters.

    Raises:
        DataError: a file of the version is damaged, or its golden rows come out differently.
        ConfigError: a member needs a package that is not installed.
    """
    if asked is None:
        return [None] * len(choices)
    return [_warmed(asked.version, ready(asked.version), series, store, config)]


def serving_streams(
    asked: AskedModel | None,
    choices: Sequence[Choice],
    series: Series,
    store: Store,
    config: Config,
    now: int,
    tell: Callable[[str], None],
) -> list[ModelStream | None]:
    """As ``streams``, for a session that must go on: a version that fails gives way to one that worked.

    Where none can be trusted the model has no opinion, and nothing is opened by it.

    Args:
        asked: the model; None without one.
        choices: what is traded; with a model there is one.
        series: whose bars come next.
        store: of the bars before them.
        config: detector parameters.
        now: ns UTC, for the models' audit.
        tell: takes a line for every version that was left.
    """
    if asked is None:
        return [None] * len(choices)
    version, predictor = _served(asked, choices[0], series, store, config, now, tell)
    return [_warmed(version, predictor, series, store, config)]


def _served(
    asked: AskedModel, choice: Choice, series: Series, store: Store, config: Config, now: int,
    tell: Callable[[str], None],
) -> tuple[Version, Servable]:  # fmt: skip
    first = asked.version
    features = served_set(first.card.feature_set)
    computed = identity_text(features, wire_features(features.features, settings_of(series, config)).plan)
    limits = Limits(computed, _SLOWEST_US, lambda: int(monotonic() * 1e9))
    served = open_for_serving(models_of(store), first.name, first.id, load_predictor, limits, now=now)
    for step in served.steps:
        tell(f"warning: model {first.name}@{step.version} does not serve: {step.reason}")
    if served.version is None:
        tell(f"critical: no version of {first.name} can be trusted: it opens nothing")
        return first, Flat()
    if served.version.id != first.id and (why := _unlike(served.version, choice, series)):
        tell(f"critical: {served.version.reference} cannot stand in, it opens nothing: {why}")
        return first, Flat()
    return served.version, served.predictor


def _unlike(version: Version, choice: Choice, series: Series) -> str:
    """Why a version cannot stand in for the one that was asked for; empty when it can."""
    try:
        if isinstance(choice.strategy, Forecast):
            require_match(version, [], [series])
            return "" if exits_of(version) == choice.params else "its trades end otherwise"
        require_match(version, [choice], [series])
    except IctError as error:
        return error.message
    return ""


def _warmed(
    version: Version, predictor: Servable, series: Series, store: Store, config: Config
) -> ModelStream:
    stream = ModelStream(version, predictor, settings_of(series, config))
    bars, _ = history(version.card, series, store)
    before = int(bars.ts.searchsorted(series.bars.ts[0]))
    if before:
        stream.learn(bars.slice(0, before))
    return stream
