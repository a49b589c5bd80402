"""A signal of known strength: how much of what can be known do models learn through the folds?

``y = 1[rho·s(X) + sqrt(1 - rho²)·noise > 0]`` with ``s`` standard normal, so p(x) is known and a forecast is
scored with it instead of with labels (ML.md 4.3): 1 for the best that anyone can do, 0 for a coin.
"""

import math
from dataclasses import dataclass

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.config.records import TrainConfig
from ictcli.learning.cross_validation import validate
from ictcli.learning.estimators.known import find
from ictcli.learning.events import Events
from ictcli.learning.folds import Recipe
from tests.learning.made import made_events

Floats = NDArray[np.float64]

COLUMNS = 26
FEW = 3
"""Columns that matter, unless a test says otherwise."""
RHO = 0.2
NAMES = tuple(f"x{at}" for at in range(COLUMNS))


@dataclass(frozen=True)
class World:
    """Rows, their labels, and the true probability of label 1."""

    matrix: Floats
    events: Events
    true: Floats

    @property
    def best(self) -> float:
        """Accuracy of whoever knows p(x)."""
        return float(np.maximum(self.true, 1 - self.true).mean())

    def reached(self, told: Floats, which: NDArray[np.int64]) -> float:
        """Share of the best accuracy above one half that a forecast of some events reaches."""
        true = self.true[which]
        hit = float(np.where(told > 0.5, true, 1 - true).mean())
        return (hit - 0.5) / (float(np.maximum(true, 1 - true).mean()) - 0.5)


def planted(rows: int, seed: int, rho: float, *, of: int = FEW, interaction: bool = False) -> World:
    """A linear signal of the first ``of`` columns; with ``interaction`` half its variance is x0·x1."""
    draw = np.random.default_rng([seed, 6])
    matrix = draw.normal(size=(rows + 1, COLUMNS))
    linear = matrix[:, :of] @ (draw.choice([-1.0, 1.0], of) / math.sqrt(of))
    product = matrix[:, 0] * matrix[:, 1]
    signal = ((linear + product) / math.sqrt(2) if interaction else linear)[:rows]
    noise = math.sqrt(1 - rho * rho)
    label = (rho * signal + noise * draw.normal(size=rows) > 0).astype(np.int64)
    return World(matrix, made_events(label=label.tolist()), _normal(rho * signal / noise))


def _normal(values: Floats) -> Floats:
    """The standard normal distribution function."""
    return np.array([0.5 * math.erfc(-one / math.sqrt(2)) for one in values.tolist()])


def share_of_best(world: World, model: str) -> float:
    """What a model with its default parameters reaches, half of the rows teaching the other half."""
    plan = msgspec.convert({"cv": "purged", "folds": 2, "models": (model,)}, TrainConfig)
    recipe = Recipe((find(model),), {}, "all", 1, 1)
    found = validate(
        world.matrix,
        NAMES,
        world.events,
        plan,
        recipe,
        tune_count=1,
        kept=None,
        progress=lambda label, done, total: None,
    )
    scores = found.scores
    assert len(scores.which) == len(world.true)
    return world.reached(scores.probabilities[:, 0], scores.which)


def test_the_best_accuracy_is_the_known_one() -> None:
    world = planted(200_000, 1, 0.2)
    assert world.best == pytest.approx(0.5 + math.asin(0.2) / math.pi, abs=0.001)
    everything = np.arange(len(world.true))
    assert world.reached(world.true, everything) == 1.0
    assert world.reached(1 - world.true, everything) == pytest.approx(-1.0)


@pytest.mark.parametrize("model", ["lightgbm", "logistic"])
def test_a_linear_signal_is_learned_from_20_thousand_rows(model: str) -> None:
    assert share_of_best(planted(20_000, 1, RHO), model) >= 0.85


def test_nothing_is_learned_where_nothing_is_planted() -> None:
    """The rows of one world and the truth of another: the score is not won by construction."""
    world, other = planted(10_000, 1, 0.0), planted(10_000, 2, 0.2)
    assert abs(share_of_best(World(world.matrix, world.events, other.true), "lightgbm")) < 0.2


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("model", ["lightgbm", "xgboost", "logistic"])
def test_a_linear_signal_is_learned_from_80_thousand_rows(
    model: str, seed: int, proof_facts: dict[str, object]
) -> None:
    share = measured(planted(80_000, seed, RHO), model, proof_facts)
    assert share >= (0.95 if model != "xgboost" else 0.9)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(3))
def test_a_linear_signal_of_all_columns_is_harder_for_trees(
    seed: int, proof_facts: dict[str, object]
) -> None:
    """Every column has a 26th of the signal, and a tree of five leaves looks at four of them at a time."""
    assert measured(planted(80_000, seed, RHO, of=COLUMNS), "lightgbm", proof_facts) >= 0.9


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(3))
def test_a_signal_with_an_interaction_is_learned_from_80_thousand_rows(
    seed: int, proof_facts: dict[str, object]
) -> None:
    assert measured(planted(80_000, seed, RHO, interaction=True), "lightgbm", proof_facts) >= 0.75


def measured(world: World, model: str, proof_facts: dict[str, object]) -> float:
    """What a model reaches, noted."""
    share = share_of_best(world, model)
    proof_facts |= {
        "rows": len(world.true),
        "rho": RHO,
        "best_accuracy": world.best,
        "share_of_best": share,
    }
    return share
