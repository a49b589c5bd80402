"""A challenger is promoted when it is better, and seldom when it is not, however often one looks."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import UsageError
from ictcli.models.evidence import (
    BETS,
    ENOUGH,
    apart,
    brier_gain,
    compare_on_events,
    new_stake,
    settled,
    stake_after,
)


def test_the_stake_is_the_mean_of_the_products() -> None:
    differences = np.array([0.5, -0.25, 1.0])
    single = stake_after(differences, bets=(0.2,))
    assert single.value == pytest.approx(1.1 * 0.95 * 1.2, rel=1e-12)
    spread = stake_after(differences)
    products = [math.prod(1 + bet * d for d in differences.tolist()) for bet in BETS]
    assert spread.value == pytest.approx(sum(products) / len(BETS), rel=1e-12)
    assert spread.events == 3


@given(st.lists(st.floats(-1, 1), max_size=40))
def test_one_by_one_and_all_at_once_are_the_same_and_the_highest_is_kept(differences: list[float]) -> None:
    stake, values = new_stake(), [1.0]
    for difference in differences:
        stake = settled(stake, difference)
        values.append(stake.value)
    assert stake == stake_after(np.array(differences))
    assert stake.highest == max(values)
    assert stake.value > 0


def test_it_takes_so_many_wins_to_be_enough() -> None:
    needed = math.ceil(math.log(ENOUGH) / math.log(1.5))
    assert not stake_after(np.ones(needed - 1), bets=(0.5,)).enough
    assert stake_after(np.ones(needed), bets=(0.5,)).enough


def test_having_been_enough_is_enough() -> None:
    stake = stake_after(np.array([1.0] * 12 + [-1.0] * 30), bets=(0.5,))
    assert stake.value < 1
    assert stake.enough


def test_an_event_without_a_number_changes_nothing_and_one_beyond_the_bounds_is_refused() -> None:
    stake = new_stake()
    assert settled(stake, math.nan) == stake
    with pytest.raises(UsageError, match="-1 to 1"):
        settled(stake, 1.5)
    for bad in ((), (0.0,), (1.0,), (0.5, -0.1)):
        with pytest.raises(UsageError, match="bets"):
            new_stake(bad)


def chance_of_promotion(lift: float, seeds: int, events: int = 400) -> float:
    """Share of challengers that were promoted at any moment; ``lift`` is how much they know."""
    promoted = 0
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        signal = rng.normal(size=events)
        truth = 1 / (1 + np.exp(-lift * signal))
        labels = (rng.random(events) < truth).astype(np.int64)
        noise = 1 / (1 + np.exp(-0.3 * rng.normal(size=events)))
        promoted += stake_after(brier_gain(labels, noise, truth if lift else noise[::-1])).enough
    return promoted / seeds


def test_a_challenger_that_is_no_better_is_promoted_in_at_most_one_of_twenty() -> None:
    assert chance_of_promotion(0.0, 60) <= 0.05


def test_a_challenger_that_is_much_better_is_promoted() -> None:
    assert chance_of_promotion(2.0, 10) == 1.0


@pytest.mark.proof
def test_over_a_thousand_null_challengers_the_promise_holds(proof_facts: dict[str, object]) -> None:
    share = chance_of_promotion(0.0, 1_000, 1_000)
    proof_facts["promoted_under_null"] = share
    assert share <= 0.05


def test_events_apart_are_those_decided_when_the_one_before_is_settled() -> None:
    start, end = np.array([0, 1, 5, 9, 10]), np.array([5, 3, 9, 12, 11])
    assert apart(start, end).tolist() == [True, False, True, True, False]
    assert apart(start[:0], end[:0]).tolist() == []


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)), max_size=30))
def test_no_two_chosen_events_overlap_and_none_could_be_added(lives: list[tuple[int, int]]) -> None:
    lives = sorted(lives)
    start = np.array([first for first, _ in lives], np.int64)
    end = np.array([first + length for first, length in lives], np.int64)
    chosen = apart(start, end)
    last = -1
    for at in range(len(lives)):
        assert chosen[at] == (start[at] >= last)
        last = int(end[at]) if chosen[at] else last


def events(n: int, seed: int = 1) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=n)
    truth = 1 / (1 + np.exp(-2 * signal))
    labels = (rng.random(n) < truth).astype(np.int64)
    start = np.arange(n, dtype=np.int64) * 2
    return {"labels": labels, "truth": truth, "flat": np.full(n, 0.5), "start": start, "end": start + 2}


def test_a_better_challenger_is_found_better_on_every_count() -> None:
    e = events(400)
    nets = (np.zeros(400), np.where((e["truth"] > 0.5) == (e["labels"] == 1), 1.0, -1.0))
    found = compare_on_events(e["labels"], e["flat"], e["truth"], e["start"], e["end"], seed=1, nets=nets)
    assert found.better
    assert found.events == found.independent == 400
    assert found.net is not None
    for difference in (found.log_loss, found.brier, found.net):
        assert difference.interval.low is not None
        assert 0 < difference.interval.low < difference.mean
    swapped = compare_on_events(e["labels"], e["truth"], e["flat"], e["start"], e["end"], seed=1)
    assert not swapped.better
    assert swapped.brier.mean == -found.brier.mean


def test_better_probabilities_that_lose_money_are_not_better() -> None:
    e = events(400)
    loses = (np.zeros(400), -np.ones(400))
    found = compare_on_events(e["labels"], e["flat"], e["truth"], e["start"], e["end"], seed=1, nets=loses)
    assert found.stake.enough
    assert not found.better


def test_overlapping_events_count_once_and_unknown_ones_not_at_all() -> None:
    e = events(40)
    e["truth"][:10] = math.nan
    found = compare_on_events(e["labels"], e["flat"], e["truth"], e["start"], e["start"] + 4, seed=1)
    assert (found.events, found.independent, found.stake.events) == (30, 15, 15)
    assert found.brier.interval.low is None
