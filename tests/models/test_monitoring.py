"""Members that are well are left alone, and each way of being unwell is found."""

import math
from dataclasses import replace

import numpy as np
import pytest

from ictcli.errors import DataError
from ictcli.models.monitoring import (
    Health,
    Reference,
    State,
    Thresholds,
    calibration_slope,
    ensemble_state,
    member_health,
    stability_index,
)
from tests.models.sample_models import Floats, Int64


def world(n: int, seed: int, sureness: float = 1.0) -> tuple[Floats, Int64]:
    """Probabilities, ``sureness`` times as sure as they may be, and labels."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=n)
    labels = (rng.random(n) < 1 / (1 + np.exp(-logits))).astype(np.int64)
    return 1 / (1 + np.exp(-sureness * logits)), labels


def reference() -> Reference:
    p, y = world(20_000, 99)
    losses = -np.log(np.where(y == 1, p, 1 - p))
    return Reference("logistic", p, float(losses.mean()), float(((p - y) ** 2).mean()))


WELL = reference()


def test_a_member_as_it_was_is_well_on_nearly_every_stretch() -> None:
    states = [member_health(WELL, *world(500, seed)).state for seed in range(40)]
    assert states.count("ok") >= 36
    assert "bad" not in states


def test_a_member_that_knows_nothing_any_more_is_bad() -> None:
    p, y = world(1_000, 1)
    found = member_health(WELL, p, np.random.default_rng(1).permutation(y))
    assert found.state == "bad"
    assert any("log-loss" in text for text in found.findings)
    assert any("Brier" in text for text in found.findings)
    assert abs(found.slope) < 0.2


def test_a_member_that_is_wrong_way_round_has_a_bad_slope() -> None:
    p, y = world(1_000, 1)
    assert any(text.startswith("bad: calibration slope") for text in member_health(WELL, p, 1 - y).findings)


def test_probabilities_that_have_moved_are_found_by_psi_alone() -> None:
    p, y = world(2_000, 1)
    moved = 1 / (1 + np.exp(-(np.log(p / (1 - p)) * 0.5)))
    found = member_health(WELL, moved, y)
    assert found.psi > 0.1
    assert any("PSI" in text for text in found.findings)


def test_missing_numbers_and_slow_decisions_are_judged_however_few_events_there_are() -> None:
    p, y = world(10, 1)
    p[3] = math.nan
    found = member_health(WELL, p, y)
    assert (found.events, found.unknown, found.state) == (9, 1, "bad")
    times = np.full(100, 90.0)
    assert member_health(WELL, p[:3], y[:3], times_us=times, allowed_us=100.0).state == "warn"
    assert member_health(WELL, p[:3], y[:3], times_us=times, allowed_us=80.0).state == "bad"
    assert member_health(WELL, p[:3], y[:3], times_us=times, allowed_us=200.0).state == "ok"


def test_few_events_are_not_judged_by_their_labels() -> None:
    p, y = world(99, 1)
    assert member_health(WELL, p, 1 - y).state == "ok"
    assert member_health(WELL, p, 1 - y, thresholds=Thresholds(fewest=99)).state == "bad"


def test_no_event_at_all_gives_no_numbers_and_no_alarm() -> None:
    found = member_health(WELL, np.zeros(0), np.zeros(0, np.int64))
    assert (found.state, found.events, found.findings) == ("ok", 0, ())
    assert all(math.isnan(value) for value in (found.log_loss, found.brier, found.slope, found.psi))
    with pytest.raises(DataError, match="labels"):
        member_health(WELL, np.zeros(2), np.zeros(3, np.int64))


def test_the_worst_finding_stands_first_and_gives_the_state() -> None:
    p, y = world(1_000, 1)
    found = member_health(WELL, p, 1 - y, times_us=np.full(9, 90.0), allowed_us=100.0)
    ranks = [text.partition(":")[0] for text in found.findings]
    assert ranks == sorted(ranks)
    assert (ranks[0], ranks[-1], found.state) == ("bad", "warn", "bad")


def with_states(*states: State) -> list[Health]:
    found = member_health(WELL, *world(10, 1))
    return [replace(found, state=state) for state in states]


def test_an_ensemble_is_bad_when_half_of_it_is() -> None:
    assert ensemble_state(with_states("ok", "ok")) == "ok"
    assert ensemble_state(with_states("ok", "warn", "ok")) == "warn"
    assert ensemble_state(with_states("ok", "ok", "bad")) == "warn"
    assert ensemble_state(with_states("ok", "bad")) == "bad"
    assert ensemble_state([]) == "bad"


def test_psi_is_nothing_for_the_same_and_the_formula_for_two_bins() -> None:
    values = np.linspace(0.01, 0.99, 1_000)
    assert stability_index(values, values[::-1]) == 0.0
    before, now = np.array([0.0] * 50 + [1.0] * 50), np.array([0.0] * 20 + [1.0] * 80)
    expected = (0.2 - 0.5) * math.log(0.2 / 0.5) + (0.8 - 0.5) * math.log(0.8 / 0.5)
    assert stability_index(before, now) == pytest.approx(expected, rel=1e-12)
    assert math.isfinite(stability_index(values, np.full(10, 0.5)))
    assert math.isnan(stability_index(values, np.zeros(0)))


@pytest.mark.parametrize("sureness", [0.5, 1.0, 2.0])
def test_the_slope_says_how_much_too_sure_probabilities_are(sureness: float) -> None:
    slope, error = calibration_slope(*world(20_000, 3, sureness))
    assert abs(slope - 1 / sureness) < 4 * error
    assert 0 < error < 0.1 / sureness


def test_the_slope_is_undefined_for_one_label_equal_or_separating_probabilities() -> None:
    p, y = world(50, 1)
    for given, labels in ((p, np.ones(50, np.int64)), (np.full(50, 0.4), y), (np.where(y == 1, 0.9, 0.1), y)):
        assert math.isnan(calibration_slope(given, labels)[0])
