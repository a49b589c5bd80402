"""An edge stands among all that was tried since, or its version is no champion."""

from pathlib import Path

import msgspec
import pytest

from ictcli.learning.rejudging import objections, with_later_attempts
from ictcli.learning.trial_log import Attempt, add_attempts, log_of
from ictcli.models.promotion import Gate
from ictcli.models.store import ModelStore
from ictcli.models.version import Version
from tests.learning.logged import OWN, SERIES, good_attempts, lucky_attempts, training_of
from tests.models.sample_models import NOW, card_of, files_of, store_in

PASSED = Gate(passed=True, reasons=(), golden=0.0)


def version_in(store: ModelStore, training: bytes, trials: int = 12) -> Version:
    return store.create(card_of(1, trials=trials), {**files_of(1), "training.json": training}, NOW)


def logged(tmp_path: Path, attempts: list[Attempt]) -> Path:
    log = log_of(tmp_path / "state", SERIES)
    add_attempts(log, attempts, now=NOW)
    return log


def test_an_edge_stands_where_nothing_was_tried_since(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    version = version_in(store, training_of(12))
    logged(tmp_path, good_attempts(12))
    assert objections(version, store, tmp_path / "state") == ()
    assert with_later_attempts(PASSED, version, store, tmp_path / "state") == PASSED


def test_the_same_again_does_not_unseat_it(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    version = version_in(store, training_of(12))
    logged(tmp_path, good_attempts(40))
    assert objections(version, store, tmp_path / "state") == ()


def test_lucky_attempts_unseat_it_and_are_counted(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    version = version_in(store, training_of(12))
    logged(tmp_path, [*good_attempts(12), *lucky_attempts(20)])
    said, *failing = objections(version, store, tmp_path / "state")
    assert said.startswith("after 20 attempts since it was trained its edge no longer stands: ")
    assert any("is not 0.95 or more" in one for one in failing)
    gate = with_later_attempts(PASSED, version, store, tmp_path / "state")
    assert (gate.passed, gate.reasons[0]) == (False, said)


def test_a_verdict_of_no_edge_is_not_asked_again(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    version = version_in(store, training_of(12))
    closed = Gate(passed=False, reasons=("its verdict is no edge",), golden=0.0)
    assert with_later_attempts(closed, version, store, tmp_path / "state") is closed


@pytest.mark.parametrize("training", [training_of(12, "another"), b'{"folds": []}', b'{"evidence": []}'])
def test_an_attempt_that_is_not_in_the_log_cannot_be_judged(tmp_path: Path, training: bytes) -> None:
    store = store_in(tmp_path)
    version = version_in(store, training)
    logged(tmp_path, good_attempts(12))
    (said,) = objections(version, store, tmp_path / "state")
    assert said.startswith("its edge cannot be judged again: ")


def test_a_log_that_is_gone_or_damaged_judges_nothing(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    version = version_in(store, training_of(12))
    (said,) = objections(version, store, tmp_path / "state")
    assert "is lost with ftmo-XAUUSD-M15.jsonl" in said
    log = logged(tmp_path, good_attempts(12))
    log.write_bytes(log.read_bytes()[:-40])
    (said,) = objections(version, store, tmp_path / "state")
    assert "is damaged" in said


def test_a_log_begun_anew_does_not_forget_what_versions_counted(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    version = version_in(store, training_of(12))
    logged(tmp_path, good_attempts(1))
    said, *_ = objections(version, store, tmp_path / "state")
    assert "12 trials" in said


def test_an_attempt_that_turned_out_beyond_belief_supports_nothing(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    version = version_in(store, training_of(12))
    good = good_attempts(12)
    assert good[0].key == OWN
    logged(tmp_path, [msgspec.structs.replace(good[0], stopped=True), *good[1:]])
    assert len(objections(version, store, tmp_path / "state")) == 1
