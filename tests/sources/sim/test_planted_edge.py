"""The planted edge is what an ICT continuation setup finds, and only where it is planted."""

from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.sim_edge import net_in_r


@lru_cache(maxsize=8)
def outcomes(edge: float, seed: int, *, free: bool = False) -> NDArray[np.float64]:
    """Net result of every trade of two years in R, after spread, commission and one point of slippage.

    ``free`` takes all three away.
    """
    return net_in_r(edge, seed, free=free)


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", [1, 7])
def test_without_an_edge_the_retest_loses_its_costs(seed: int) -> None:
    net = outcomes(0.0, seed)
    assert len(net) > 150
    assert net.mean() < 0


@pytest.mark.no_cover
def test_without_an_edge_and_without_costs_the_retest_neither_earns_nor_loses() -> None:
    net = np.concatenate([outcomes(0.0, seed, free=True) for seed in (1, 2, 3)])
    assert abs(net.mean()) < 4 * net.std() / np.sqrt(len(net))


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", [1, 7])
def test_at_full_edge_the_retest_is_clearly_profitable_after_costs(seed: int) -> None:
    net = outcomes(1.0, seed)
    assert len(net) > 150
    assert (net > 0).mean() >= 0.45
    assert net.mean() >= 0.25


@pytest.mark.no_cover
def test_the_profit_grows_with_the_edge() -> None:
    means = [outcomes(edge, 7).mean() for edge in (0.0, 0.5, 1.0)]
    assert means == sorted(means)


@pytest.mark.proof
def test_without_an_edge_many_seeds_never_profit_and_with_it_always(proof_facts: dict[str, object]) -> None:
    seeds = range(20, 32)
    without = [float(outcomes(0.0, seed).mean()) for seed in seeds]
    planted = [float(outcomes(1.0, seed).mean()) for seed in seeds]
    proof_facts["expectancy_r_edge_0"] = [round(value, 3) for value in without]
    proof_facts["expectancy_r_edge_1"] = [round(value, 3) for value in planted]
    assert max(without) < 0
    assert min(planted) >= 0.25
