"""A real store with one series in a folder, and the driver of ``train`` on it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.config.records import BacktestConfig, Config, TrainConfig
from ictcli.detectors.plan import Settings
from ictcli.features.cache import FeatureCache, Span
from ictcli.features.matrix import Matrix
from ictcli.features.registry import FeatureSet
from ictcli.learning.bench import Bench, asked_of, identity, ready
from ictcli.learning.keeping import keep as keep_version
from ictcli.learning.request import TrainRequest
from ictcli.learning.testing import recipe_of, test
from ictcli.learning.training import train
from ictcli.learning.trust.verdict import judge_all
from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import Timeframe, parse_timeframe
from ictcli.models.ensemble import REGIMES, Ensemble
from ictcli.models.version import Version
from ictcli.store.store import Store
from tests.research.conftest import keep

Floats = NDArray[np.float64]
Plant = Callable[[Matrix, Bars], Floats]

M1, M15 = parse_timeframe("M1"), parse_timeframe("M15")
PROVENANCE: dict[str, Any] = {"argv": ["ictcli", "train"], "config": "0" * 64}
NOW = 1_760_000_000_000_000_000


@dataclass(frozen=True, slots=True)
class PlantedCache(FeatureCache):
    """A feature cache that gives planted columns to whoever trains.

    Attributes:
        plant: from the true matrix and the bars to the values that are given instead.
    """

    plant: Plant = lambda matrix, bars: matrix.values

    def matrix(
        self, features: FeatureSet, content: str, span: Span, bars: Bars, settings: Settings
    ) -> tuple[Matrix, bool]:
        true, cached = FeatureCache.matrix(self, features, content, span, bars, settings)
        return replace(true, values=self.plant(true, bars)), cached


def desk(
    folder: Path, bars: Bars, plant: Plant | None = None, symbol: str = "EURUSD", timeframe: Timeframe = M15
) -> Bench:
    """A workspace with bars of one symbol, and features as planted."""
    store = Store(folder / "data", folder / "state", 0)
    keep(store, SeriesKey("made", symbol, timeframe), bars)
    config = Config(backtest=BacktestConfig(slippage_points=0))
    bench = Bench.of(store, load_symbols(None), config, folder)
    return bench if plant is None else replace(bench, cache=PlantedCache(bench.cache.folder, plant=plant))


def trained(
    bench: Bench,
    symbol: str = "EURUSD",
    timeframe: Timeframe = M15,
    jobs: int = 1,
    believe: str = "",
    **plan: Any,
) -> dict[str, Any]:
    """What ``train`` finds on the series; the plan is the default one but for what is given."""
    request = replace(_request(symbol, timeframe, jobs, plan), believe=believe)
    found = train(request, bench, now=NOW, provenance=PROVENANCE, progress=_silent, tell=_tell_nobody)
    model: dict[str, Any] = found["models"][0]
    return model


def kept_whole(bench: Bench, symbol: str = "EURUSD", timeframe: Timeframe = M15, **plan: Any) -> Version:
    """A version of all models that the plan names, also those that selection would leave out.

    The steps of ``train``; but every model is a member, with weights that differ by regime.
    """
    request = _request(symbol, timeframe, 1, plan)
    (one,) = asked_of(request, bench, _silent)
    subject = ready(one, request, bench, identity(one, request, bench))
    done = test(one, subject, recipe_of(request), request, bench, NOW, _silent, _tell_nobody)
    names = request.plan.models
    losses = tuple(tuple(float(9 * at + 7 * regime) for at in range(len(names))) for regime in range(REGIMES))
    ensemble = Ensemble(members=names, losses=losses, matured=(50.0,) * REGIMES)
    trust = replace(done.found.trust, ensemble=ensemble)
    whole = replace(done, found=replace(done.found, trust=trust, kept=tuple(range(len(names)))))
    verdict = judge_all({one.name: done.evidence}, request.plan.seed)[one.name]
    keep_version(whole, verdict, request, bench, NOW, PROVENANCE, _tell_nobody)
    return only_version(bench)


def _request(symbol: str, timeframe: Timeframe, jobs: int, plan: dict[str, Any]) -> TrainRequest:
    return TrainRequest(
        symbols=(symbol,),
        strategy="",
        params={},
        timeframe=timeframe,
        source=None,
        start=None,
        end=None,
        plan=msgspec.convert(plan, TrainConfig),
        jobs=jobs,
    )


def registry(bench: Bench) -> list[str]:
    """Every file of the registry."""
    return sorted(path.as_posix() for path in bench.models.model_folder("any").parent.rglob("*"))


def only_version(bench: Bench) -> Version:
    """The one version of the one model that was kept."""
    (name,) = bench.models.names()
    (found,) = bench.models.ids(name)
    return bench.models.open(name, found)


def _silent(label: str, done: int, total: int | None) -> None:
    return None


def _tell_nobody(line: str) -> None:
    return None
