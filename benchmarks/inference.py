"""One row to a probability: LightGBM, XGBoost, Random Forest and the three together, one row at a time.

    python benchmarks/inference.py [--rows 4000] [--runs 7]

Every row is another one, taken and scored as the live loop does it: `push`, then `probability`. Quantiles are
those of the best of several runs (by p99): noise on a shared machine only ever adds time.
`Booster.predict` of LightGBM scores the same rows between them. Exits 1 when a limit is missed. Needs the
extra xgboost.
"""

import argparse
import gc
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from ictcli.learning.estimators.known import find
from ictcli.learning.samples import Samples
from ictcli.models.member import Member
from ictcli.models.members import load_member

Floats = NDArray[np.float64]
Quantiles = tuple[float, float]

COLUMNS = 26
TRAINED = 20_000
TREES = 200
WARM = 500
RATIO = 5.0
"""Least that LightGBM's own prediction of one row must take of ours."""

MODELS: dict[str, dict[str, Any]] = {
    "lightgbm": {"num_iterations": TREES, "num_leaves": 31, "min_data_in_leaf": 20, "learning_rate": 0.1},
    "xgboost": {"num_boost_round": TREES, "max_depth": 6, "min_child_weight": 1, "learning_rate": 0.1},
    "forest": {"n_estimators": TREES, "max_depth": 10, "min_samples_leaf": 1},
}
SHAPES = {"lightgbm": "LightGBM 200 x 31 leaves", "xgboost": "XGBoost 200 x depth 6"}
SHAPES |= {"forest": "Random Forest 200 x depth 10", "together": "the three together"}
LIMITS: dict[str, Quantiles] = {
    "lightgbm": (4.0, 6.0),
    "xgboost": (8.0, 12.0),
    "forest": (8.0, 12.0),
    "together": (20.0, 30.0),
}


def processor() -> str:
    """Model of the processor, as the system names it."""
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def market(rows: int, seed: int) -> Samples:
    """Rows with a weak, partly crossed signal."""
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(rows, COLUMNS))
    signal = 0.3 * matrix[:, 0] + 0.3 * matrix[:, 1] * matrix[:, 2]
    labels = (signal + random.normal(size=rows) > 0).astype(np.int64)
    return Samples(matrix, np.arange(rows), np.zeros((rows, 0)), labels, np.ones(rows))


def quantiles(score: Callable[[Floats], object], matrix: Floats) -> Quantiles:
    """p50 and p99 of scoring every row of a table, in microseconds."""
    for row in matrix[:WARM]:
        score(row)
    taken = []
    for row in matrix:
        begun = time.perf_counter_ns()
        score(row)
        taken.append(time.perf_counter_ns() - begun)
    p50, p99 = (np.percentile(taken, [50, 99]) / 1000).tolist()
    return p50, p99


def scorers(members: dict[str, Member]) -> dict[str, Callable[[Floats], object]]:
    """What takes a row and gives a probability, by name; ``together`` is the mean of all."""
    nothing = np.zeros(0)

    def alone(member: Member) -> Callable[[Floats], float]:
        def score(row: Floats) -> float:
            member.push(row)
            return member.probability(nothing)

        return score

    singles = {name: alone(member) for name, member in members.items()}
    every = tuple(singles.values())

    def together(row: Floats) -> float:
        return sum(score(row) for score in every) / len(every)

    return {**singles, "together": together}


def main() -> int:
    """Print the table; exit 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{processor()}{load}; {options.rows:,} different rows of {COLUMNS} columns, one at a time")
    files = {
        name: find(name).fit(market(TRAINED, 1), params, 1, 1).files() for name, params in MODELS.items()
    }
    booster = lightgbm.Booster(model_str=files["lightgbm"]["lightgbm.txt"].decode())
    ways = scorers({name: load_member(name, one, COLUMNS) for name, one in files.items()})
    ways["native"] = lambda row: booster.predict(row.reshape(1, -1), num_threads=1)
    matrix = market(options.rows, 2).matrix
    gc.disable()
    runs = [{name: quantiles(score, matrix) for name, score in ways.items()} for _ in range(options.runs)]
    best = {name: min((run[name] for run in runs), key=lambda found: found[1]) for name in ways}
    kept = True
    for name, (most50, most99) in LIMITS.items():
        p50, p99 = best[name]
        kept &= p50 <= most50 and p99 <= most99
        print(f"{SHAPES[name]:30} p50 {p50:6.2f} us   p99 {p99:6.2f} us   (limits {most50:g} and {most99:g})")
    p50, p99 = best["native"]
    ratio = p50 / best["lightgbm"][0]
    print(f"{'the first by Booster.predict':30} p50 {p50:6.2f} us   p99 {p99:6.2f} us")
    print(f"ratio of the two at p50        {ratio:6.1f} x (at least {RATIO:g})")
    return 0 if kept and ratio >= RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
