"""Weights by regime: Hedge as published, floors, doubt, and one row as many."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import DataError
from ictcli.models.ensemble import REGIMES, Ensemble, RegimeWeights, combine, log_losses

PLAIN = Ensemble(members=("a", "b", "c"), rate=10.0, decay=1.0, floor=0.0, prior=0.0)


def test_weights_are_those_of_the_published_example() -> None:
    work = RegimeWeights(PLAIN)
    work.mature(2, np.array([0.6, 0.7, 0.65]))
    assert work.weights[2] == pytest.approx([0.50648, 0.18632, 0.30720], abs=5e-6)


def test_labels_of_one_regime_leave_the_others_alone() -> None:
    work = RegimeWeights(PLAIN)
    work.mature(2, np.array([0.6, 0.7, 0.65]))
    for regime in (0, 1, 3):
        assert work.weights[regime] == pytest.approx([1 / 3] * 3)


@pytest.mark.jit_off
def test_a_loss_is_forgotten_with_the_labels_that_mature_after_it() -> None:
    work = RegimeWeights(msgspec.structs.replace(PLAIN, decay=0.5))
    for losses in ([0.8, 0.4, 0.6], [0.2, 0.4, 0.6], [0.5, 0.5, 0.5]):
        work.mature(0, np.array(losses))
    assert work.snapshot().losses[0] == pytest.approx(
        [0.8 / 4 + 0.2 / 2 + 0.5, 0.4 / 4 + 0.4 / 2 + 0.5, 0.6 / 4 + 0.6 / 2 + 0.5]
    )
    assert work.snapshot().matured[0] == 1.75


def test_the_floor_comes_first_and_one_division_by_the_sum_after_it() -> None:
    work = RegimeWeights(msgspec.structs.replace(PLAIN, floor=0.05))
    work.mature(0, np.array([0.0, 50.0, 50.0]))
    assert work.weights[0] == pytest.approx([1 / 1.1, 0.05 / 1.1, 0.05 / 1.1], abs=1e-12)


def test_doubt_draws_weights_towards_equal_ones_until_labels_outweigh_it() -> None:
    work = RegimeWeights(msgspec.structs.replace(PLAIN, prior=3.0))
    assert work.weights[0] == pytest.approx([1 / 3] * 3)
    work.mature(0, np.array([0.6, 0.7, 0.65]))
    assert work.weights[0, 0] == pytest.approx(0.25 * 0.50648 + 0.75 / 3, abs=5e-6)
    for _ in range(500):
        work.mature(0, np.array([0.6, 0.7, 0.65]))
    assert work.weights[0, 0] > 0.99


def test_half_a_label_counts_half() -> None:
    halves, whole = RegimeWeights(PLAIN), RegimeWeights(PLAIN)
    for _ in range(2):
        halves.mature(1, np.array([0.6, 0.7, 0.65]), worth=0.5)
    whole.mature(1, np.array([0.6, 0.7, 0.65]))
    assert halves.weights[1] == pytest.approx(whole.weights[1], abs=1e-12)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.lists(st.floats(0, 14), min_size=3, max_size=3)), max_size=30),
    st.floats(0, 0.3),
    st.floats(0, 20),
)
def test_weights_are_positive_shares_whatever_matures(
    labels: list[tuple[int, list[float]]], floor: float, prior: float
) -> None:
    work = RegimeWeights(Ensemble(members=("a", "b", "c"), rate=2.0, floor=floor, prior=prior))
    for regime, losses in labels:
        work.mature(regime, np.array(losses))
    assert work.weights.sum(axis=1) == pytest.approx([1.0] * REGIMES)
    assert (work.weights >= floor / (1 + 3 * floor) - 1e-12).all()


@pytest.mark.jit_off
def test_one_row_is_bit_equal_to_a_table() -> None:
    generator = np.random.default_rng(1)
    work = RegimeWeights(PLAIN)
    for regime in range(REGIMES):
        work.mature(regime, generator.random(3))
    p = generator.random((40, 3))
    p[3, 1] = math.nan
    p[5] = math.nan
    regimes = generator.integers(0, 4, 40)
    table = work.combine_all(p, regimes)
    single = [work.combine(row, int(regime)) for row, regime in zip(p, regimes, strict=True)]
    assert table.tobytes() == np.array(single).tobytes()
    assert math.isnan(table[5])
    assert not math.isnan(table[3])


def test_members_without_a_number_are_left_out() -> None:
    weights = np.array([0.5, 0.3, 0.2])
    assert combine(np.array([0.6, math.nan, 0.4]), weights) == pytest.approx((0.3 + 0.08) / 0.7)


def test_a_member_without_a_number_is_taken_to_be_as_good_as_the_mean_of_the_others() -> None:
    work, other = RegimeWeights(PLAIN), RegimeWeights(PLAIN)
    work.mature(0, log_losses(np.array([0.6, math.nan, 0.4]), 1))
    losses = log_losses(np.array([0.6, 0.4]), 1)
    other.mature(0, np.array([losses[0], losses.mean(), losses[1]]))
    assert work.weights[0] == pytest.approx(other.weights[0])
    work.mature(0, np.full(3, math.nan))
    assert work.snapshot().matured[0] == 1.0


def test_log_losses_are_bounded_where_a_member_was_sure_and_wrong() -> None:
    assert log_losses(np.array([0.5, 0.0, 1.0]), 1) == pytest.approx([math.log(2), -math.log(1e-6), 0.0])
    assert log_losses(np.array([0.25]), 0) == pytest.approx([-math.log(0.75)])


def test_a_file_gives_the_same_weights_back() -> None:
    work = RegimeWeights(Ensemble(members=("a", "b"), rate=3.0))
    generator = np.random.default_rng(2)
    for _ in range(50):
        work.mature(int(generator.integers(0, 4)), generator.random(2), 0.3)
    again = RegimeWeights(Ensemble.decode(work.snapshot().encode()))
    assert again.weights.tobytes() == work.weights.tobytes()
    assert again.snapshot() == work.snapshot()


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        b'{"members":[]}',
        b'{"members":["a"],"decay":0.0}',
        b'{"members":["a"],"losses":[[0.1]]}',
        b'{"members":["a"],"matured":[0.1]}',
    ],
)
def test_a_damaged_file_is_refused(data: bytes) -> None:
    with pytest.raises(DataError, match=r"ensemble\.json"):
        Ensemble.decode(data)


def test_a_regime_that_does_not_exist_is_refused() -> None:
    work = RegimeWeights(PLAIN)
    with pytest.raises(DataError, match="4 is no market regime"):
        work.combine(np.full(3, 0.5), 4)
    with pytest.raises(DataError, match="-1 is no market regime"):
        work.mature(-1, np.full(3, 0.5))
    with pytest.raises(DataError, match="4 is no market regime"):
        work.combine_all(np.full((2, 3), 0.5), np.array([0, 4]))
