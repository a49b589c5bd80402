"""What a training starts from: the workspace's rooms and the series that were asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import msgspec

from ictcli.config.records import Config
from ictcli.features.cache import FeatureCache, Warn, unheard
from ictcli.features.matrix import identity_text
from ictcli.features.served import served_set
from ictcli.features.wiring import wire_features
from ictcli.learning.labels.meta import meta_labels
from ictcli.learning.request import TrainRequest
from ictcli.learning.subject import Subject, attempt_of, describe, identity_of, label_series, make_subject
from ictcli.market.symbols import SymbolBook
from ictcli.models.store import ModelStore, models_of
from ictcli.research.accounts import Floor
from ictcli.research.backtest import Request, Workshop, load_floor
from ictcli.research.choices import Choice, choose_strategies
from ictcli.research.playing import settings_of
from ictcli.research.series import Series, load_series
from ictcli.store.selection import Selection, stored_symbols
from ictcli.store.store import Store
from ictcli.telemetry import Progress


@dataclass(frozen=True, slots=True)
class Bench:
    """What a training works with.

    Attributes:
        shop: stored bars, instruments, configuration, the workspace.
        models: the registry.
        state: folder for logs of attempts, openings of the lockbox and interrupted searches.
        cache: of features.
    """

    shop: Workshop
    models: ModelStore
    state: Path
    cache: FeatureCache

    @classmethod
    def of(
        cls, store: Store, book: SymbolBook, config: Config, workspace: Path, warn: Warn = unheard
    ) -> Self:
        """The bench of a workspace; ``warn`` hears of features that cannot be kept."""
        state = store.state_dir
        cache = FeatureCache(state / "features", warn=warn)
        return cls(Workshop(store, book, config, workspace), models_of(store), state, cache)


@dataclass(frozen=True, slots=True)
class Asked:
    """One series and the name of its model."""

    series: Series
    name: str
    floor: Floor | None
    choice: Choice | None


def asked_of(request: TrainRequest, bench: Bench, progress: Progress) -> list[Asked]:
    """The series to learn from.

    Raises:
        UsageError: a source is ambiguous, or the strategy unknown.
        DataError: bars are missing.
        ConfigError: a symbol has no specification.
    """
    shop = bench.shop
    if request.strategy:
        return _with_strategy(request, shop, progress)
    symbols = request.symbols or stored_symbols(shop.store, request.source)
    selection = Selection(request.timeframe, request.source, request.start, request.end, shop.config.primary)
    found = [load_series(shop.store, shop.book, symbol, selection) for symbol in symbols]
    return [Asked(one, _name(one, request, request.plan.label), None, None) for one in found]


def _with_strategy(request: TrainRequest, shop: Workshop, progress: Progress) -> list[Asked]:
    choice = choose_strategies((request.strategy,), shop.config.strategies, request.params)[0]
    wanted = Request(
        symbols=request.symbols,
        strategies=(request.strategy,),
        params=request.params,
        timeframe=request.timeframe,
        source=request.source,
        start=request.start,
        end=request.end,
        seed=None,
        gate=None,
    )
    floor, _ = load_floor(wanted, shop, progress)
    traded = floor.series[: floor.traded]
    return [
        Asked(one, _name(one, request, choice.strategy.name), Floor((one,), 1, (fine,)), choice)
        for one, fine in zip(traded, floor.fine, strict=False)
    ]


def _name(series: Series, request: TrainRequest, what: str) -> str:
    return request.name or f"{series.key.symbol}-{series.key.timeframe}-{what}"


def identity(one: Asked, request: TrainRequest, bench: Bench) -> str:
    """Hash of all that decides the model of a series.

    Raises:
        UsageError: there is no such set of features, or it does not work on such bars.
    """
    config = bench.shop.config
    return identity_of(one.series, request, config, _feature_identity(one, request, config), _strategy(one))


def attempt(one: Asked, request: TrainRequest, bench: Bench) -> str:
    """Hash of what is tried on a series, whatever its bars.

    Raises:
        UsageError: see ``identity``.
    """
    config = bench.shop.config
    return attempt_of(one.series, request, config, _feature_identity(one, request, config), _strategy(one))


def _feature_identity(one: Asked, request: TrainRequest, config: Config) -> str:
    features = served_set(request.plan.features)
    return identity_text(features, wire_features(features.features, settings_of(one.series, config)).plan)


def _strategy(one: Asked) -> dict[str, Any]:
    if one.choice is None:
        return {}
    return {
        "name": one.choice.strategy.name,
        "version": one.choice.version,
        "file": one.choice.source,
        "params": msgspec.to_builtins(one.choice.params),
    }


def ready(one: Asked, request: TrainRequest, bench: Bench, key: str) -> Subject:
    """Features and labels of a series.

    Raises:
        DataError: nothing can be learned from it.
        UsageError: features or labels do not fit such bars.
    """
    config = bench.shop.config
    matrix, cached = describe(one.series, request, config, bench.cache)
    if one.floor is None or one.choice is None:
        labelled = label_series(one.series, request.plan, config, matrix.warmup)
    else:
        labelled = meta_labels(one.floor, one.choice, config)[0]
    return make_subject(one.series, matrix, labelled, request, config, key, cached=cached)
