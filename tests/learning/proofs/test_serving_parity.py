"""What was trained says the same of a table of bars and of one bar after the other, bit for bit."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.detectors.plan import Settings
from ictcli.features.matrix import FeatureStream, build
from ictcli.features.served import served_set
from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.timeframes import Timeframe
from ictcli.models.predictor import Predictor, load_predictor
from ictcli.models.version import Version
from tests.features.worlds import read_bars
from tests.learning.proofs.desk import M1, M15, desk, kept_whole, only_version, trained
from tests.learning.proofs.null_worlds import garch
from tests.research.conftest import keep

Floats = NDArray[np.float64]

TREES = ("lightgbm", "xgboost", "forest")
MODELS = (*TREES, "logistic")
SMALL = {
    "lightgbm": {"num_iterations": 40},
    "xgboost": {"num_boost_round": 40},
    "forest": {"n_estimators": 20},
}
NOTHING = np.zeros(0)
REAL_FILE, REAL_BARS = "bars/XAUUSD_M1_ftmo.parquet", 100_000


def in_a_table(predictor: Predictor, matrix: Floats) -> tuple[Floats, Floats]:
    """Probabilities of every bar, and those of the members."""
    rows, extra = np.arange(len(matrix)), np.zeros((len(matrix), 0))
    return predictor.probabilities(matrix, rows, extra), predictor.member_probabilities(matrix, rows, extra)


def one_by_one(predictor: Predictor, features: str, bars: Bars, settings: Settings) -> tuple[Floats, Floats]:
    """The same, from bars that are pushed one at a time."""
    stream = FeatureStream(served_set(features), settings)
    told, members = np.empty(len(bars)), np.empty((len(bars), len(MODELS)))
    for at in range(len(bars)):
        predictor.push(stream.push(bars, at))
        opinion = predictor.opinion(NOTHING)
        told[at], members[at, : len(opinion.members)] = opinion.probability, opinion.members
        predictor.settle()
    return told, members[:, : len(opinion.members)]


def different(version: Version, features: str, bars: Bars, timeframe: Timeframe) -> tuple[int, int]:
    """Bars on which a bit of the probability or of a member's differs, and the number of members."""
    settings = Settings(bar_ns=timeframe.ns)
    matrix = build(served_set(features), bars, settings).values
    batch, batch_members = in_a_table(load_predictor(version), matrix)
    live, live_members = one_by_one(load_predictor(version), features, bars, settings)
    assert np.isfinite(batch).all()
    assert (batch_members.std(axis=0) > 0).all()
    unlike = (batch.view(np.int64) != live.view(np.int64)) | (
        np.ascontiguousarray(batch_members).view(np.int64)
        != np.ascontiguousarray(live_members).view(np.int64)
    ).any(axis=1)
    return int(unlike.sum()), batch_members.shape[1]


def test_an_ensemble_says_the_same_live_over_three_thousand_bars(tmp_path: Path) -> None:
    bars = garch(3, 3_000)
    bench = desk(tmp_path, bars)
    version = kept_whole(bench, models=MODELS, folds=2, every=2, params=SMALL, calibration="identity")
    assert different(version, "core26", bars, M15) == (0, len(MODELS))


def test_neither_threads_nor_the_order_of_storing_change_a_byte(tmp_path: Path) -> None:
    bars = garch(4, 2_500)
    late, early = bars.slice(1_200, 2_500), bars.slice(0, 1_200)
    files = []
    for jobs, parts in ((1, (bars,)), (2, (late, early))):
        bench = desk(tmp_path / f"{jobs}", parts[0])
        for part in parts[1:]:
            keep(bench.shop.store, SeriesKey("made", "EURUSD", M15), part)
        trained(bench, jobs=jobs, models=TREES, folds=2, every=4, params=SMALL, calibration="identity")
        version = only_version(bench)
        files.append({name: version.read(name) for name in version.files if name != "card.json"})
    assert files[0].keys() == files[1].keys()
    assert [name for name in files[0] if files[0][name] != files[1][name]] == []


@pytest.mark.proof
@pytest.mark.parametrize(
    ("features", "calibration", "taught", "every"),
    [("core26", "identity", 15_000, 2), ("all", "isotonic", REAL_BARS, 12)],
    ids=["core26-identity", "all-isotonic"],
)
def test_an_ensemble_says_the_same_live_over_a_hundred_thousand_real_bars(
    features: str,
    calibration: str,
    taught: int,
    every: int,
    real_data: Path,
    tmp_path: Path,
    proof_facts: dict[str, object],
) -> None:
    """All columns need a span of which some bars have sixty trading days before them."""
    bars = read_bars(real_data / REAL_FILE, 2, 1)
    bench = desk(tmp_path, bars.slice(0, taught), symbol="XAUUSD", timeframe=M1)
    plan = {"models": MODELS, "folds": 3, "every": every, "features": features, "calibration": calibration}
    version = kept_whole(bench, "XAUUSD", M1, **plan)
    count, members = different(version, features, bars, M1)
    columns = len(served_set(features).names)
    proof_facts |= {"bars": len(bars), "columns": columns, "members": members, "different": count}
    assert len(bars) == REAL_BARS
    assert (count, members) == (0, len(MODELS))
