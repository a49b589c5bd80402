"""Baselines: usual stays usual at the stated rate, a planted shift is found, a short history says so."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.clock import NS_PER_HOUR
from ictcli.operations.baselines import WINDOW, Baseline, Floats, Int64, learn, windows_needed

START = 1_773_705_600 * 10**9
"""2026-03-17 00:00 UTC."""


def starts(n: int, first: int = 0) -> Int64:
    """Starts of ``n`` quarter hours."""
    return START + np.arange(first, first + n, dtype=np.int64) * WINDOW


def latencies(rng: np.random.Generator, n: int) -> Floats:
    """Usual latencies: skewed, never below zero, sometimes large."""
    return rng.lognormal(-4.0, 0.5, n)


def learned(values: Floats, *, false_alarm: float = 0.001, upward: bool = True) -> Baseline:
    """The baseline of values."""
    found = learn(starts(len(values)), values, false_alarm=false_alarm, upward=upward)
    assert found is not None
    return found


@pytest.mark.parametrize(("false_alarm", "needed"), [(0.001, 999), (0.01, 99), (0.1, 9), (0.003, 333)])
def test_a_history_one_window_short_of_the_rate_teaches_nothing(false_alarm: float, needed: int) -> None:
    values = latencies(np.random.default_rng(1), needed)
    assert windows_needed(false_alarm) == needed
    assert learn(starts(needed), values, false_alarm=false_alarm, upward=True) is not None
    assert learn(starts(needed - 1), values[:-1], false_alarm=false_alarm, upward=True) is None


def test_a_planted_shift_is_found_and_the_usual_is_not() -> None:
    rng = np.random.default_rng(2)
    baseline = learned(latencies(rng, 2000))
    usual = latencies(rng, 200)
    when = starts(200, 2000)
    assert sum(baseline.is_unusual(int(at), x) for at, x in zip(when, usual, strict=True)) <= 2
    assert all(baseline.is_unusual(int(at), x + 0.5) for at, x in zip(when, usual, strict=True))
    assert not baseline.is_unusual(int(when[0]), 0.0)


def test_less_than_usual_counts_only_where_both_sides_do() -> None:
    values = np.random.default_rng(3).normal(0.0, 0.01, 2000)
    both = learned(values, upward=False)
    assert both.is_unusual(START, -1.0)
    assert both.is_unusual(START, 1.0)
    assert not learned(values).is_unusual(START, -1.0)


def test_what_is_usual_at_noon_is_not_usual_at_night() -> None:
    rng = np.random.default_rng(4)
    when = starts(96 * 20)
    hour = when // NS_PER_HOUR % 24
    values = rng.normal(1.0, 0.05, len(when)) + 4.0 * ((hour >= 8) & (hour < 17))
    baseline = learned(values)
    assert not baseline.is_unusual(START + 12 * NS_PER_HOUR, 5.0)
    assert baseline.is_unusual(START + 3 * NS_PER_HOUR, 5.0)
    assert baseline.expected(START + 12 * NS_PER_HOUR) == pytest.approx(5.0, abs=0.05)


def test_what_never_moved_may_move_a_little() -> None:
    baseline = learned(np.full(1500, 100.0))
    assert not baseline.is_unusual(START, 100.0)
    assert baseline.is_unusual(START, 102.0)
    assert baseline.spread == 1.0


def test_a_few_wild_windows_do_not_move_what_is_usual() -> None:
    rng = np.random.default_rng(5)
    calm = latencies(rng, 2000)
    wild = calm.copy()
    wild[rng.choice(2000, 100, replace=False)] = 1e6
    assert learned(wild, false_alarm=0.06).centre == pytest.approx(learned(calm).centre, rel=0.1)
    assert learned(wild, false_alarm=0.06).limit < 1e3


def false_alarms(seed: int, histories: int, false_alarm: float) -> tuple[int, int]:
    """Alarms in windows that are like their history, and how many were looked at."""
    rng, alarms, looked = np.random.default_rng(seed), 0, 0
    for _ in range(histories):
        n = math.ceil(rng.uniform(1.0, 3.0) / false_alarm)
        baseline = learned(latencies(rng, n), false_alarm=false_alarm)
        fresh = latencies(rng, 500)
        alarms += sum(baseline.is_unusual(int(at), x) for at, x in zip(starts(500, n), fresh, strict=True))
        looked += 500
    return alarms, looked


def test_the_rate_of_false_alarms_is_the_stated_one() -> None:
    alarms, looked = false_alarms(6, 40, 0.02)
    assert 0.01 <= alarms / looked <= 0.03


@pytest.mark.proof
def test_the_rate_of_false_alarms_holds_over_many_histories(proof_facts: dict[str, object]) -> None:
    alarms, looked = false_alarms(7, 600, 0.001)
    proof_facts |= {"windows": looked, "false_alarms": alarms, "rate": alarms / looked, "stated": 0.001}
    assert alarms / looked <= 0.0013


@given(st.lists(st.floats(-1e9, 1e9), min_size=99, max_size=150), st.booleans())
def test_no_more_of_the_history_than_stated_is_beyond_its_own_limit(
    values: list[float], upward: bool
) -> None:
    found = learn(starts(len(values)), np.array(values), false_alarm=0.01, upward=upward)
    assert found is not None
    beyond = [found.is_unusual(int(at), x) for at, x in zip(starts(len(values)), values, strict=True)]
    assert sum(beyond) <= 1
