"""Serving goes on with a version that works, or stops trading; it never goes on with one that does not."""

import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ictcli.errors import DataError, Interrupted
from ictcli.models.arrays import pack
from ictcli.models.failover import FLAT, Flat, Limits, open_for_serving
from ictcli.models.promotion import Gate, promote
from ictcli.models.store import ModelStore
from ictcli.models.version import Version
from tests.models.sample_models import (
    NOW,
    WEIGHTS_FILE,
    Floats,
    Logistic,
    card_of,
    files_of,
    load_logistic,
    store_in,
    stored,
)

PASSED = Gate(passed=True, reasons=(), golden=0.0)
LIMITS = Limits("feature-identity", None, time.perf_counter_ns)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """Three versions, each champion after the one before."""
    store = store_in(tmp_path)
    for seed in (1, 2, 3):
        promote(store, stored(store, seed), "champion", PASSED, now=NOW)
    return store


def damage(version: Version, file: str = WEIGHTS_FILE) -> None:
    path = version.folder / file
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1])


def failovers(store: ModelStore) -> list[tuple[str, str]]:
    return [(entry.before, entry.after) for entry in store.audit("gold") if entry.action == "failover"]


def test_a_sound_champion_serves_and_nothing_is_written(store: ModelStore) -> None:
    champion = store.load("gold")
    before = (store.folder / "gold" / "audit.jsonl").read_bytes()
    served = open_for_serving(store, "gold", "champion", load_logistic, LIMITS, now=NOW)
    assert served.version is not None
    assert served.version.id == champion.id
    assert not served.flat
    assert served.steps == ()
    assert (store.folder / "gold" / "audit.jsonl").read_bytes() == before
    row = np.array([0.1, 0.2, 0.3])
    served.predictor.push(row)
    expected = load_logistic(champion).probabilities(row.reshape(1, -1), np.array([0]), np.zeros((1, 0)))
    assert served.predictor.probability(np.zeros(0)) == expected[0]


def test_damaged_versions_are_passed_over_down_to_the_oldest(store: ModelStore) -> None:
    first, second, third = store.versions("gold")
    damage(third)
    damage(second, "card.json")
    served = open_for_serving(store, "gold", "champion", load_logistic, LIMITS, now=NOW)
    assert served.version is not None
    assert served.version.id == first.id
    assert [step.version for step in served.steps] == [third.id, second.id]
    assert WEIGHTS_FILE in served.steps[0].reason
    assert "card.json" in served.steps[1].reason
    assert failovers(store) == [(third.id, second.id), (second.id, first.id)]
    assert store.aliases("gold").champion == third.id


def test_when_nothing_is_left_nothing_is_traded(store: ModelStore) -> None:
    for version in store.versions("gold"):
        damage(version)
    served = open_for_serving(store, "gold", "champion", load_logistic, LIMITS, now=NOW)
    assert served.flat
    assert len(served.steps) == 3
    assert failovers(store)[-1][1] == FLAT
    assert math.isnan(served.predictor.probability(np.zeros(0)))
    served.predictor.push(np.zeros(3))
    given = served.predictor.probabilities(np.zeros((2, 3)), np.array([0, 1]), np.zeros((2, 0)))
    assert np.isnan(given).tolist() == [True, True]


def test_a_loader_that_fails_in_any_way_is_a_step_with_its_reason(store: ModelStore) -> None:
    champion = store.load("gold").id

    def load(version: Version) -> Logistic:
        if version.id == champion:
            raise ImportError("no module named onnxruntime")
        return load_logistic(version)

    served = open_for_serving(store, "gold", "champion", load, LIMITS, now=NOW)
    assert served.steps[0].reason == "ImportError: no module named onnxruntime"
    assert not served.flat


def test_an_interruption_is_not_a_reason_to_take_another_version(store: ModelStore) -> None:
    def load(version: Version) -> Logistic:
        raise Interrupted("stopped")

    with pytest.raises(Interrupted):
        open_for_serving(store, "gold", "champion", load, LIMITS, now=NOW)


def test_other_features_than_the_model_was_made_for_are_refused(store: ModelStore) -> None:
    other = replace(LIMITS, features="something else")
    served = open_for_serving(store, "gold", "champion", load_logistic, other, now=NOW)
    assert served.flat
    assert all("other features" in step.reason for step in served.steps)


def test_golden_rows_that_come_out_otherwise_are_refused(store: ModelStore) -> None:
    champion = store.load("gold").id

    def load(version: Version) -> Logistic:
        found = load_logistic(version)
        return Logistic(found.weights + 1e-4) if version.id == champion else found

    served = open_for_serving(store, "gold", "champion", load, LIMITS, now=NOW)
    assert "golden rows" in served.steps[0].reason
    assert not served.flat


class Slow(Logistic):
    """Takes 2 ms of a clock that only it moves."""

    clock = 0

    def probability(self, extra: Floats) -> float:
        Slow.clock += 2_000_000
        return super().probability(extra)


def test_a_version_that_takes_too_long_is_passed_over(store: ModelStore) -> None:
    champion = store.load("gold").id

    def load(version: Version) -> Logistic:
        found = load_logistic(version)
        return Slow(found.weights) if version.id == champion else found

    limits = Limits("feature-identity", 1000.0, lambda: Slow.clock)
    served = open_for_serving(store, "gold", "champion", load, limits, now=NOW)
    assert served.steps[0].reason.endswith("takes 2000.0 us for a decision, 1000 are allowed")
    assert served.p99_us == 0.0
    slower = replace(limits, p99_us=2000.0)
    assert open_for_serving(store, "gold", "champion", load, slower, now=NOW).p99_us == 2000.0


def test_what_serves_has_not_seen_the_golden_bars(store: ModelStore) -> None:
    timed = Limits("feature-identity", 1e9, time.perf_counter_ns)
    served = open_for_serving(store, "gold", "champion", load_logistic, timed, now=NOW)
    assert served.p99_us is not None
    assert served.p99_us > 0
    assert math.isnan(served.predictor.probability(np.zeros(0)))


def test_a_damaged_challenger_falls_back_to_the_champion(store: ModelStore) -> None:
    challenger = stored(store, 4)
    promote(store, challenger, "challenger", PASSED, now=NOW)
    damage(challenger)
    served = open_for_serving(store, "gold", "challenger", load_logistic, LIMITS, now=NOW)
    assert served.version is not None
    assert served.version.id == store.aliases("gold").champion


def test_an_alias_that_points_nowhere_is_a_step_and_an_unknown_model_an_error(store: ModelStore) -> None:
    served = open_for_serving(store, "gold", "shadow", load_logistic, LIMITS, now=NOW)
    assert served.steps[0].version == "shadow"
    assert served.version is not None
    with pytest.raises(DataError, match="no model 'golt'"):
        open_for_serving(store, "golt", "champion", load_logistic, LIMITS, now=NOW)


def test_damaged_aliases_stop_trading_unless_a_version_is_named(store: ModelStore) -> None:
    second = store.ids("gold")[1]
    (store.folder / "gold" / "aliases.json").write_text("{")
    served = open_for_serving(store, "gold", "champion", load_logistic, LIMITS, now=NOW)
    assert served.flat
    assert "aliases.json" in served.steps[0].reason
    assert failovers(store)[-1][1] == FLAT
    named = open_for_serving(store, "gold", second, load_logistic, LIMITS, now=NOW)
    assert named.version is not None
    assert named.version.id == second


def test_golden_rows_of_nonsense_are_refused(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    files = {**files_of(1), "golden.npz": pack({"matrix": np.zeros(3)})}
    made = store.create(card_of(1), files, NOW)
    served = open_for_serving(store, "gold", made.id, load_logistic, LIMITS, now=NOW)
    assert isinstance(served.predictor, Flat)
    assert "golden" in served.steps[0].reason
