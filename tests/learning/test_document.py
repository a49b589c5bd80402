"""What the document says beside the scores themselves."""

from dataclasses import replace

import numpy as np
import pytest

from ictcli.learning.document import (
    few_events,
    meta_part,
    net_part,
    path_part,
    primary_part,
    score_part,
)
from ictcli.learning.evaluation import Acted
from ictcli.learning.events import Events
from ictcli.learning.folds import FoldScores, OutOfFold, gather
from ictcli.learning.splits.split import Split
from ictcli.learning.thresholds import results_of
from tests.learning.made import made_events


def learned_from(*spans: tuple[int, int], groups: tuple[tuple[int, ...], ...]) -> OutOfFold:
    """Splits of 900 events in three groups that learned from ranges of them."""
    folds = []
    for (first, after), tests in zip(spans, groups, strict=True):
        test = np.concatenate([np.arange(300 * at, 300 * at + 300) for at in tests])
        folds.append(
            FoldScores(Split(np.arange(first, after), test, tests), 0.5, np.full((len(test), 1), 0.5))
        )
    return gather(900, folds)


def test_a_fold_that_learned_from_few_independent_events_is_named() -> None:
    weight = np.full(900, 0.42)
    scores = learned_from((0, 300), (0, 600), groups=((1,), (2,)))
    assert few_events(weight, scores) == ["fold 1 learned from 126 independent events, fewer than 200"]
    assert few_events(np.ones(900), scores) == []


def test_of_several_splits_that_test_a_group_the_poorest_counts() -> None:
    scores = learned_from((0, 250), (0, 100), (0, 240), groups=((0, 1), (0, 2), (1, 2)))
    assert few_events(np.ones(900), scores) == [
        "fold 1 learned from 100 independent events, fewer than 200",
        "fold 3 learned from 100 independent events, fewer than 200",
    ]


def signals() -> tuple[Events, Acted]:
    """Ten signals: four earn 2 R, six lose 1 R; four are taken, three of the earning ones among them."""
    label = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    events = made_events(
        label=label, side=[1] * 10, long_net=[0.02 if one else -0.01 for one in label], short_net=[0.0] * 10
    )
    sides = np.array([1, 1, 1, 0, 1, 0, 0, 0, 0, 0])
    return events, Acted(np.linspace(0.9, 0.1, 10), sides, results_of(events, sides), np.arange(10))


def test_a_strategy_alone_stands_beside_what_the_model_takes_of_it() -> None:
    events, acted = signals()
    alone, filtered = primary_part(events, 1), meta_part(events, acted, 1)
    assert alone is not None
    assert filtered is not None
    assert (alone["count"], filtered["count"]) == (10, 4)
    assert (alone["precision"]["value"], alone["precision"]["n"]) == (0.4, 10)
    assert (filtered["precision"]["value"], filtered["precision"]["n"]) == (0.75, 4)
    assert (filtered["recall"]["value"], filtered["recall"]["n"]) == (0.75, 4)
    assert alone["net"]["value"] == pytest.approx((4 * 2 - 6) / 10)
    assert filtered["net"]["value"] == pytest.approx((3 * 2 - 1) / 4)
    assert (alone["net"]["unit"], alone["net"]["n"], filtered["net"]["n"]) == ("R", 10, 4)


def test_many_signals_get_intervals() -> None:
    rng = np.random.default_rng(3)
    events = made_events(label=rng.integers(0, 2, 3_000).tolist(), side=[1] * 3_000)
    sides = rng.integers(0, 2, 3_000)
    filtered = meta_part(events, Acted(np.full(3_000, 0.5), sides, results_of(events, sides), sides), 1)
    assert filtered is not None
    for part in ("precision", "recall", "net"):
        found = filtered[part]
        assert found["low"] < found["value"] < found["high"], part
    assert filtered["recall"]["low"] < 0.5 < filtered["recall"]["high"]


def test_no_signal_taken_leaves_the_strategy_alone() -> None:
    events, acted = signals()
    idle = replace(acted, sides=np.zeros(10, np.int64), net=np.zeros(10))
    filtered = meta_part(events, idle, 1)
    assert filtered is not None
    assert (filtered["count"], filtered["precision"]["value"], filtered["recall"]["value"]) == (0, None, 0.0)
    assert filtered["net"] == {"value": None, "low": None, "high": None, "n": 0, "unit": "R"}


def test_models_without_a_strategy_have_no_primary_rule() -> None:
    events = made_events(label=[0, 1] * 5)
    sides = np.ones(10, np.int64)
    acted = Acted(np.linspace(0.1, 0.9, 10), sides, results_of(events, sides), np.arange(10))
    found = score_part(events, acted, np.full(10, 0.5), 1)
    assert (found["primary"], found["meta"], found["net_all"]) == (None, None, None)


def test_results_without_a_stop_are_basis_points_of_the_price() -> None:
    events, sides = made_events(label=[1, 1, 0, 1]), np.array([1, 1, 1, 0])
    net = results_of(events, sides)
    in_r = net_part(events, net, sides, 1)
    in_bp = net_part(replace(events, risk=np.ones(4)), net, sides, 1)
    assert (in_r["unit"], in_r["value"]) == ("R", pytest.approx(1 / 3))
    assert (in_bp["unit"], in_bp["value"]) == ("bp", pytest.approx(100 / 3))
    mixed = replace(events, risk=np.array([0.01, 0.01, 1.0, 0.01]))
    assert net_part(mixed, net, sides, 1)["unit"] == "bp"


def test_paths_give_their_lowest_median_and_highest() -> None:
    events, acted = signals()
    paths = (acted, replace(acted, probability=acted.probability[::-1], sides=np.zeros(10, np.int64)))
    spread = path_part(events, np.zeros(10, np.int64), paths)
    assert spread is not None
    assert spread["count"] == 2
    assert spread["accuracy"] == {"low": 0.1, "median": 0.5, "high": 0.9}
    assert spread["auc"] == {"low": 0.0, "median": 0.5, "high": 1.0}
    assert spread["net"] == {"low": 1.25, "median": 1.25, "high": 1.25, "unit": "R"}
    assert path_part(events, np.zeros(10, np.int64), ()) is None
