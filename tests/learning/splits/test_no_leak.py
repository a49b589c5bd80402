"""What purging is for: on a random walk, folds that leak score far above chance and purged ones do not."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.learning.splits.combinatorial import combinatorial_purged
from ictcli.learning.splits.kfold import purged_kfold
from ictcli.learning.splits.split import Int64, Split
from ictcli.learning.splits.walk_forward import walk_forward
from tests.learning.splits.lives import overlaps, random_lives, under_embargo

HORIZON, PAST = 20, (10, 20, 50, 100, 200, 300)
Floats = NDArray[np.float64]


def random_walk(seed: int, n: int) -> tuple[Floats, Int64, Int64]:
    """Past returns over several spans, and the direction of the next 20 bars, of a walk with fat tails."""
    steps = np.random.default_rng(seed).standard_t(4, n + HORIZON + max(PAST))
    price = np.cumsum(steps)
    start = np.arange(max(PAST), max(PAST) + n)
    features = np.stack([price[start] - price[start - back] for back in PAST], axis=1)
    return features, start, (price[start + HORIZON] > price[start]).astype(np.int64)


def accuracy(features: Floats, labels: Int64, splits: tuple[Split, ...]) -> float:
    """Share of right answers of a forest over all folds."""
    from sklearn.ensemble import RandomForestClassifier

    right = 0
    for split in splits:
        forest = RandomForestClassifier(40, min_samples_leaf=2, random_state=1, n_jobs=1)
        forest.fit(features[split.train], labels[split.train])
        right += int((forest.predict(features[split.test]) == labels[split.test]).sum())
    return right / sum(len(split.test) for split in splits)


def shuffled(n: int, folds: int) -> tuple[Split, ...]:
    parts = np.array_split(np.random.default_rng(3).permutation(n), folds)
    return tuple(
        Split(np.setdiff1d(np.arange(n), part), np.sort(part), (at,)) for at, part in enumerate(parts)
    )


def test_shuffled_folds_find_skill_in_a_random_walk_and_purged_ones_do_not() -> None:
    """ML.md §1.4: 85.5 % against 52.1 % and 49.5 % there."""
    features, start, labels = random_walk(0, 2_000)
    end = start + HORIZON
    assert accuracy(features, labels, shuffled(len(start), 4)) > 0.75
    assert 0.4 < accuracy(features, labels, purged_kfold(start, end, 4, 0)) < 0.6
    assert 0.4 < accuracy(features, labels, walk_forward(start, end, 4, 0)) < 0.6


def every_split(start: Int64, end: Int64, parts: int, embargo: int, window: int) -> list[Split]:
    """Of all splitters; none where one of them has nothing to learn from."""
    try:
        return [
            *purged_kfold(start, end, parts, embargo),
            *combinatorial_purged(start, end, parts, 2, embargo),
            *walk_forward(start, end, parts, embargo, window),
        ]
    except DataError:
        return []


@pytest.mark.proof
def test_no_learned_label_touches_a_tested_one_over_twenty_thousand_label_sets(
    proof_facts: dict[str, object],
) -> None:
    rng = np.random.default_rng(20)
    splits = pairs = 0
    for _ in range(20_000):
        pause, longest, parts, embargo = (
            int(rng.integers(*span)) for span in ((2, 9), (2, 30), (3, 7), (0, 15))
        )
        start, end = random_lives(rng, int(rng.integers(40, 120)), pause, longest)
        for split in every_split(start, end, parts, embargo, 400):
            assert overlaps(start, end, split) == 0
            runs = np.split(split.test, np.flatnonzero(np.diff(split.test) > 1) + 1)
            for run in runs:
                assert under_embargo(start, end, run, split.train, embargo) == 0
            splits, pairs = splits + 1, pairs + len(split.train) * len(split.test)
    proof_facts.update(label_sets=20_000, splits=splits, pairs=pairs)
    assert splits > 100_000


@pytest.mark.proof
def test_a_million_events_are_split_in_a_second(proof_facts: dict[str, object]) -> None:
    start, end = random_lives(np.random.default_rng(2), 1_000_000, 3, 200)
    began = time.perf_counter()
    purged_kfold(start, end, 5, 1_000)
    combinatorial_purged(start, end, 10, 2, 1_000)
    walk_forward(start, end, 5, 1_000)
    seconds = time.perf_counter() - began
    proof_facts.update(events=len(start), splits=55, seconds=seconds)
    assert seconds < 3
