"""What knows of any bar to come, or of the next few, is found on walks, in storms and on real bars."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.plan import Settings
from ictcli.features.matrix import Matrix, build
from ictcli.features.registry import find_set
from ictcli.learning.trust.foresight import FURTHEST, foresee, turned_auc
from ictcli.learning.trust.tripwire import Suspect, rank_suspects
from ictcli.market.bars import Bars
from tests.learning.proofs.null_worlds import garch, real, walk

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

COUNT = 4_000
LIFE = 24
"""Bars that a label lives."""
SETTINGS = Settings(15 * NS_PER_MINUTE)
NAMES = find_set("core26").names
Market = Callable[[Path, int], Bars]
MARKETS: dict[str, Market] = {
    "walk": lambda data, seed: walk(seed, COUNT),
    "garch": lambda data, seed: garch(seed, COUNT),
    "real": lambda data, seed: real(data, seed, COUNT),
}


def features(bars: Bars) -> Matrix:
    return build(find_set("core26"), bars, SETTINGS)


def moves_of(bars: Bars) -> Floats:
    close = bars.close.astype(np.float64)
    return np.diff(close, prepend=close[:1])


def ahead(values: Floats, by: int) -> Floats:
    return np.append(values[by:], np.zeros(by))


def mean_of_next(moves: Floats, count: int) -> Floats:
    return np.asarray(sum(ahead(moves, by) for by in range(1, count + 1)) / count)


def noisy(values: Floats, seed: int) -> Floats:
    return values + np.random.default_rng([seed, 5]).normal(0, values.std(), len(values))


def centred(moves: Floats, reach: int) -> Floats:
    price = np.cumsum(moves)
    padded = np.pad(price, reach, mode="edge")
    return price - np.convolve(padded, np.ones(2 * reach + 1) / (2 * reach + 1), "valid")


def leaks(moves: Floats, seed: int) -> dict[str, Floats]:
    """Columns that know the future."""
    found = {f"bar {by}": ahead(moves, by) for by in range(1, 21)}
    found |= {f"noisy bar {by}": noisy(ahead(moves, by), seed + by) for by in range(1, 21)}
    for count in (3, 5):
        found[f"mean of next {count}"] = mean_of_next(moves, count)
        found[f"noisy mean of next {count}"] = noisy(mean_of_next(moves, count), seed + 100 + count)
    return found | {f"centred {2 * reach + 1}": centred(moves, reach) for reach in (1, 2, 5, 10)}


def suspected(matrix: Floats, names: tuple[str, ...], moves: Floats, warmup: int) -> list[Suspect]:
    start = np.arange(warmup, len(moves) - LIFE - 1)
    level = np.cumsum(moves)
    y = (level[start + LIFE] > level[start]).astype(np.int64)
    return rank_suspects(y, start, start + LIFE, matrix, names, moves=moves)


def guilty(matrix: Floats, names: tuple[str, ...], moves: Floats, warmup: int) -> set[str]:
    return {one.name for one in suspected(matrix, names, moves, warmup) if one.why}


def missed(bars: Bars, seed: int) -> set[str]:
    """Leaks that are not found, and honest columns that are blamed."""
    honest, moves = features(bars), moves_of(bars)
    planted = leaks(moves, seed)
    table = np.column_stack([honest.values, *planted.values()])
    return set(planted) ^ guilty(table, (*honest.names, *planted), moves, honest.warmup)


def slipped(bars: Bars) -> bool:
    """Whether each block of features that slipped by one bar is found."""
    honest, moves = features(bars), moves_of(bars)
    for block in (slice(0, 4), slice(4, 8), slice(0, len(honest.names))):
        values = honest.values.copy()
        values[:-1, block] = values[1:, block]
        found = guilty(values, honest.names, moves, honest.warmup)
        if not found or not found <= set(honest.names[block]):
            return False
    return True


@pytest.mark.no_cover
@pytest.mark.parametrize("market", ["walk", "garch"])
def test_whatever_knows_a_bar_to_come_is_found_and_nothing_else(market: str, tmp_path: Path) -> None:
    bars = MARKETS[market](tmp_path, 3)
    assert missed(bars, 3) == set()
    assert slipped(bars)


@pytest.mark.no_cover
def test_on_real_bars_too(real_data: Path) -> None:
    bars = MARKETS["real"](real_data, 3)
    assert missed(bars, 3) == set()
    assert slipped(bars)


@pytest.mark.proof
@pytest.mark.parametrize("market", MARKETS)
def test_of_twenty_markets_none_hides_a_leak(
    market: str, real_data: Path, proof_facts: dict[str, object]
) -> None:
    found = {seed: missed(MARKETS[market](real_data, seed), seed) for seed in range(20)}
    wrong = {seed: sorted(names) for seed, names in found.items() if names}
    proof_facts |= {"markets": 20, "leaks_each": len(leaks(np.ones(100), 0)), "wrong": wrong}
    assert not wrong
    assert all(slipped(MARKETS[market](real_data, seed)) for seed in range(20))


def test_the_bar_and_the_number_of_bars_are_said() -> None:
    moves = np.random.default_rng(1).standard_t(4, 5 * COUNT)
    table = np.column_stack([ahead(moves, 7), noisy(mean_of_next(moves, 16), 1)])
    why = {one.name: one.why for one in suspected(table, ("seventh", "sixteen"), moves, 60)}
    assert why["seventh"] == "ranks the direction of the bar 7 bars ahead with AUC 1.000"
    assert why["sixteen"].startswith("ranks the direction of the next ")
    assert " bars earlier" in why["sixteen"]


def test_a_slow_edge_of_many_bars_is_believed() -> None:
    draw = np.random.default_rng(4)
    drift = np.repeat(draw.choice([-1.0, 1.0], 40), 500)
    moves = draw.normal(size=20_000) + 0.12 * np.append(0.0, drift[:-1])
    (one,) = suspected(drift[:, None], ("regime",), moves, 60)
    assert one.foresight.together[-1].auc > 0.6
    assert one.why == ""


def test_ranks_by_product_find_the_bar_that_exact_ones_find() -> None:
    draw = np.random.default_rng(2)
    moves = np.round(draw.normal(size=600), 1)  # ties and flat bars
    column = np.round(draw.normal(size=600) + 0.8 * ahead(moves, 5), 1)
    (found,) = foresee(column[:, None], moves, 20, 500, 560, 8)
    bars = np.arange(20, 501)
    bars = bars[moves[bars + 5] != 0]
    assert found.later_bar.bars == 5
    assert found.later_bar.auc == turned_auc(column[bars], moves[bars + 5] > 0)


def test_bars_behind_the_last_label_are_not_looked_at() -> None:
    moves = np.random.default_rng(3).normal(size=400)
    column = ahead(moves, 3)[:, None]
    seen = foresee(column, moves, 20, 200, 230, 10)
    assert seen == foresee(column, np.append(moves[:231], 9.0 * moves[231:]), 20, 200, 230, 10)
    assert foresee(column, moves, 20, 20, 230, 10)[0].best == 0.5  # a single bar has no ranks


def test_ninety_columns_and_fifty_bars_take_no_time() -> None:
    draw = np.random.default_rng(6)
    moves, columns = draw.normal(size=20_200), draw.normal(size=(20_200, 90))
    began = perf_counter()
    foresee(columns, moves, 100, 20_099, 20_199, FURTHEST)
    assert perf_counter() - began < 6.0  # about one second on an idle core
