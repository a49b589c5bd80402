"""Markets without direction through the whole driver of ``train``: it must say so."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ictcli.features.matrix import Matrix
from ictcli.market.bars import Bars
from tests.learning.proofs.desk import Plant, desk, trained
from tests.learning.proofs.null_worlds import flipped, garch, real, rolled, walk

Family = Callable[[Path, int, int], tuple[Bars, Plant | None]]

LEVEL = 0.05
SEEDS = 20
MOST_EDGES, MOST_REJECTED = 1, 4
"""Of 20: five rejections at 5 % have a chance of 0.0026 (ML.md 4.3)."""
BARS, FEW_BARS = 6_000, 4_000


def _walk(data: Path, seed: int, count: int) -> tuple[Bars, Plant | None]:
    return walk(seed, count), None


def _garch(data: Path, seed: int, count: int) -> tuple[Bars, Plant | None]:
    return garch(seed, count), None


def _flipped(data: Path, seed: int, count: int) -> tuple[Bars, Plant | None]:
    return flipped(data, seed, count), None


def _shifted(data: Path, seed: int, count: int) -> tuple[Bars, Plant | None]:
    by = int(np.random.default_rng([seed, 5]).integers(count // 4, count // 2))

    def plant(matrix: Matrix, bars: Bars) -> Any:
        return rolled(matrix, by)

    return real(data, seed, count), plant


FAMILIES: dict[str, Family] = {
    "random_walk": _walk,
    "garch": _garch,
    "flipped_real_returns": _flipped,
    "shifted_labels": _shifted,
}
"""Family = ``(real data, seed, bars)`` to the bars and what is planted among their features."""


OF_REAL_BARS = ("flipped_real_returns", "shifted_labels")


@pytest.fixture
def data(family: str, request: pytest.FixtureRequest) -> Path:
    """The folder of real data for the families that need it; the others run without."""
    found: Path = request.getfixturevalue("real_data") if family in OF_REAL_BARS else Path()
    return found


def found_on(
    family: str, data: Path, seeds: range, folder: Path, count: int, **plan: Any
) -> tuple[list[float | None], int]:
    """p-values of the skill before any adjustment, and how many verdicts are ``edge``."""
    p_values, edges = [], 0
    for seed in seeds:
        bars, plant = FAMILIES[family](data, seed, count)
        model = trained(desk(folder / f"{seed}", bars, plant), **plan)
        p_values.append(model["evidence"]["p_value"])
        edges += model["verdict"] == "edge"
    return p_values, edges


@pytest.mark.no_cover
@pytest.mark.parametrize("family", FAMILIES)
def test_no_edge_is_found_where_there_is_none(family: str, data: Path, tmp_path: Path) -> None:
    quick = {"models": ("logistic",), "folds": 3, "calibration": "identity"}
    p_values, edges = found_on(family, data, range(3), tmp_path, FEW_BARS, **quick)
    assert edges == 0
    assert all(p is not None for p in p_values)
    assert sum(p < LEVEL for p in p_values if p is not None) <= 1


@pytest.mark.proof
@pytest.mark.parametrize("calibration", ["auto", "identity"])
@pytest.mark.parametrize("family", FAMILIES)
def test_twenty_seeds_of_a_null_family(
    family: str, calibration: str, data: Path, tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    """Defaults of ``train``; once more without calibration, which else may flatten a forecast to nothing."""
    p_values, edges = found_on(family, data, range(SEEDS), tmp_path, BARS, calibration=calibration)
    rejected = sum(p < LEVEL for p in p_values if p is not None)
    proof_facts |= {
        "seeds": SEEDS,
        "bars": BARS,
        "edges": edges,
        "p_below_0.05": rejected,
        "undefined": p_values.count(None),
        "p_values": p_values,
    }
    assert edges <= MOST_EDGES
    assert rejected <= MOST_REJECTED
