"""What `train` adds to bare `lightgbm.train` on the same folds.

    python benchmarks/train_overhead.py [--rows 1000000] [--folds 5] [--jobs 1]

Ours is cross-validation as `train` runs it: folds made, limits and scales fitted, rows prepared, the model
trained and flattened, the tested rows scored, the folds put together. Bare is `lightgbm.train` with the same
parameters on the unprepared rows of the same folds, nothing else. The two alternate fold by fold. Measured is
processor time, which other programs on the machine do not lengthen, and wall time beside it. Exits 1 when the
limit is missed.
"""

import argparse
import sys
import time

import lightgbm
import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.config.records import TrainConfig
from ictcli.learning.cross_validation import splits_of, validate
from ictcli.learning.estimators.known import find
from ictcli.learning.estimators.lightgbm import LightGBMParams
from ictcli.learning.events import VERTICAL, Events
from ictcli.learning.folds import Recipe
from ictcli.telemetry import silent

Floats = NDArray[np.float64]

COLUMNS = 26
HORIZON = 20
SEED = 7
LIMIT = 1.2


def market(rows: int) -> tuple[Floats, Events]:
    """Features with a weak signal, and one event per bar with labels of twenty bars."""
    random = np.random.default_rng(1)
    matrix = random.standard_t(4, size=(rows, COLUMNS))
    start = np.arange(rows - HORIZON)
    label = (0.1 * matrix[start, 0] + random.normal(size=len(start)) > 0).astype(np.int64)
    nothing = np.zeros(len(start))
    return matrix, Events(
        start=start,
        end=start + HORIZON,
        side=np.zeros(len(start), np.int64),
        label=label,
        outcome=np.full(len(start), VERTICAL),
        long_net=nothing,
        short_net=nothing,
        cost=nothing,
        risk=np.ones(len(start)),
        weight=np.full(len(start), 1 / HORIZON),
        ambiguous=np.zeros(len(start), np.bool_),
    )


def clocks() -> Floats:
    """Processor and wall seconds so far."""
    return np.array([time.process_time(), time.perf_counter()])


def bare(matrix: Floats, events: Events, train: NDArray[np.int64], jobs: int) -> object:
    """LightGBM alone, with the parameters that ictcli gives it."""
    settings = msgspec.structs.asdict(LightGBMParams()) | {
        "objective": "binary",
        "seed": SEED,
        "num_threads": jobs,
        "deterministic": True,
        "force_row_wise": True,
        "feature_pre_filter": False,
        "verbosity": -1,
    }
    rounds = settings.pop("num_iterations")
    data = lightgbm.Dataset(matrix[train], events.label[train], weight=events.weight[train], params=settings)
    return lightgbm.train(settings, data, rounds)


def main() -> int:
    """Print both times and their ratio; exit 1 when the ratio exceeds the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    names = [f"column {at}" for at in range(COLUMNS)]
    recipe = Recipe((find("lightgbm"),), {}, "all", SEED, options.jobs)
    small, few = market(5_000)
    brief = TrainConfig(cv="purged", folds=2, embargo=0.0)
    validate(small, names, few, brief, recipe, tune_count=1, kept=None, progress=silent)
    matrix, events = market(options.rows)
    plan = TrainConfig(cv="purged", folds=options.folds)
    theirs = np.zeros(2)

    def then_bare(label: str, done: int, total: int | None) -> None:
        nonlocal theirs
        begun = clocks()
        bare(matrix, events, splits[done - 1].train, options.jobs)
        theirs += clocks() - begun

    splits = splits_of(plan, events, len(matrix))
    begun = clocks()
    validate(matrix, names, events, plan, recipe, tune_count=1, kept=None, progress=then_bare)
    ours = clocks() - begun - theirs
    ratio = ours[0] / theirs[0]
    print(f"{options.rows:,} rows x {COLUMNS} columns, {options.folds} folds, jobs {options.jobs}")
    print(f"lightgbm.train   {theirs[0]:7.1f} s of the processor, {theirs[1]:7.1f} s in all")
    print(f"ictcli's folds   {ours[0]:7.1f} s of the processor, {ours[1]:7.1f} s in all")
    print(f"ratio            {ratio:7.2f} of the processor, {ours[1] / theirs[1]:.2f} in all (limit {LIMIT})")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
