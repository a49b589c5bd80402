"""Orders of resamples: what is drawn, how often, and that seeds decide alone."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import UsageError
from ictcli.stats.resampling import (
    Int64,
    circular_block_orders,
    shuffled_orders,
    stationary_orders,
)

Orders = Callable[[int, int], Iterator[Int64]]

ALL: list[Orders] = [
    partial(shuffled_orders, 30),
    partial(circular_block_orders, 30, 40, 4),
    partial(stationary_orders, 30, 40, 4.0),
]


def rows(orders: Iterator[Int64]) -> Int64:
    return np.concatenate(list(orders))


@pytest.mark.parametrize("orders", ALL)
def test_seeds_decide_and_more_resamples_begin_with_the_same_ones(orders: Orders) -> None:
    first = rows(orders(100, 1))
    assert len(first) == 100
    assert first.tolist() == rows(orders(100, 1)).tolist()
    assert first[:64].tolist() == rows(orders(64, 1)).tolist()
    assert first.tolist() != rows(orders(100, 2)).tolist()


@given(st.integers(0, 50), st.integers(0, 70))
def test_a_shuffle_holds_everything_once(n: int, resamples: int) -> None:
    for chunk in shuffled_orders(n, resamples, 3):
        assert (np.sort(chunk, axis=1) == np.arange(n)).all()


@given(st.integers(1, 20), st.integers(1, 50), st.integers(1, 60))
def test_circular_blocks_are_consecutive(n: int, length: int, block: int) -> None:
    drawn = rows(circular_block_orders(n, length, block, 5, 1))
    assert drawn.shape == (5, length)
    steps = (drawn[:, 1:] - drawn[:, :-1]) % n
    inside = np.arange(1, length) % block != 0
    assert (steps[:, inside] == 1 % n).all()


@pytest.mark.jit_off
def test_stationary_blocks_wrap_round_the_end() -> None:
    drawn = rows(stationary_orders(3, 50, 1e12, 2, 1))
    assert ((drawn[:, 1:] - drawn[:, :-1]) % 3 == 1).all()


def test_stationary_blocks_have_the_mean_length() -> None:
    drawn = rows(stationary_orders(1000, 1000, 8.0, 200, 1))
    breaks = ((drawn[:, 1:] - drawn[:, :-1]) % 1000 != 1).mean()
    assert 1 / breaks == pytest.approx(8.0, rel=0.03)


def test_every_position_is_drawn_equally_often() -> None:
    for orders in ALL:
        counts = np.bincount(rows(orders(6000, 5)).ravel(), minlength=30)
        assert counts / counts.mean() == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize(("n", "block"), [(0, 1), (5, 0)])
def test_nothing_to_draw_from_is_refused(n: int, block: int) -> None:
    with pytest.raises(UsageError, match="cannot draw"):
        list(circular_block_orders(n, 5, block, 1, 1))
    with pytest.raises(UsageError, match="cannot draw"):
        list(stationary_orders(n, 5, float(block), 1, 1))
