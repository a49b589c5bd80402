"""Two versions side by side: every metric of either, every input that differs, and whether it is fair."""

import pytest

from ictcli.models.card import Metric
from ictcli.models.comparison import compare_cards
from tests.models.sample_models import card_of


def test_a_version_compared_with_itself_differs_in_nothing() -> None:
    found = compare_cards(card_of(1), card_of(1))
    assert found.inputs == ()
    assert found.same_events
    assert [pair.name for pair in found.metrics] == ["accuracy", "sharpe"]
    assert found.metrics[0].difference == 0.0
    assert found.metrics[0].apart is False


def test_metrics_of_either_version_are_listed_with_their_difference() -> None:
    first = card_of(1, metrics={"auc": Metric(value=0.50, low=0.49, high=0.51), "old": Metric(value=1.0)})
    second = card_of(1, metrics={"auc": Metric(value=0.55, low=0.53, high=0.57), "new": Metric(value=2.0)})
    auc, new, old = compare_cards(first, second).metrics
    assert auc.difference == pytest.approx(0.05)
    assert auc.apart is True
    assert (new.first.value, new.second.value, new.difference, new.apart) == (None, 2.0, None, None)
    assert (old.first.value, old.second.value) == (1.0, None)


@pytest.mark.parametrize(
    ("low", "high", "apart"),
    [(0.40, 0.4899, True), (0.40, 0.49, False), (0.5101, 0.6, True), (0.5, 0.5, False)],
)
def test_intervals_that_touch_are_not_apart(low: float, high: float, *, apart: bool) -> None:
    first = card_of(1, metrics={"auc": Metric(value=0.50, low=0.49, high=0.51)})
    second = card_of(1, metrics={"auc": Metric(value=low, low=low, high=high)})
    assert compare_cards(first, second).metrics[0].apart is apart


def test_inputs_that_differ_are_named_down_to_the_entry() -> None:
    first = card_of(1, label={"rule": "triple_barrier", "bars": 20, "stop": 1.0}, packages={"numpy": "2.4.6"})
    second = card_of(1, label={"rule": "triple_barrier", "bars": 40}, packages={"numpy": "2.5.0"}, trials=40)
    found = compare_cards(first, second)
    assert {(pair.name, pair.first, pair.second) for pair in found.inputs} == {
        ("label.bars", 20, 40),
        ("label.stop", 1.0, None),
        ("packages.numpy", "2.4.6", "2.5.0"),
        ("trials", 12, 40),
    }
    assert not found.same_events


def test_what_came_out_of_training_is_no_input() -> None:
    other = card_of(1, verdict="no edge", reasons=("p",), members={"lightgbm": 1.0}, identity="x", created=5)
    found = compare_cards(card_of(1), other)
    assert found.inputs == ()
    assert found.same_events


def test_other_seeds_and_features_are_scored_on_the_same_events() -> None:
    assert compare_cards(card_of(1), card_of(2, features=("ret1",))).same_events
    assert not compare_cards(card_of(1), card_of(1, span_last=5)).same_events
