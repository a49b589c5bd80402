"""Target moves: found by a rule that knows nothing of alerts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.research.alerts.moves import Moves, find_moves


def moves(closes: list[int], atr: float | list[float] = 2.0, horizon: int = 3) -> list[tuple[int, int, int]]:
    close = np.array(closes, np.int64)
    ranges = np.full(len(close), atr) if isinstance(atr, float) else np.array(atr)
    return rows(find_moves(close, ranges, 2.0, horizon))


def rows(found: Moves) -> list[tuple[int, int, int]]:
    return list(zip(found.start.tolist(), found.end.tolist(), found.direction.tolist(), strict=True))


@pytest.mark.jit_off
def test_a_move_ends_at_the_first_close_that_is_far_enough() -> None:
    # Needed: 2 x 2 = 4 points within 3 bars. From 100: 103 is too near, 104 at bar 3 is just far enough.
    assert moves([100, 101, 103, 104, 110, 110, 110, 110]) == [(0, 3, 1)]
    assert moves([100, 101, 103, 103, 103, 103, 103, 103]) == []


def test_a_fall_is_the_same_move_downward() -> None:
    assert moves([-100, -101, -103, -104, -110, -110, -110, -110]) == [(0, 3, -1)]


def test_the_horizon_counts_bars_after_the_start() -> None:
    # Bar 0 sees bars 1..3 only; 104 at bar 4 is seen from bar 1.
    assert moves([100, 100, 100, 100, 104, 104, 104, 104]) == [(1, 4, 1)]


def test_scanning_goes_on_after_the_end_so_moves_never_overlap() -> None:
    # 0..1 is the first move; from bar 2 (104), bar 3 is 4 away; bar 1 itself starts nothing.
    assert moves([100, 104, 104, 108, 108, 108, 108, 108]) == [(0, 1, 1), (2, 3, 1)]


def test_each_start_uses_its_own_average_and_none_without_one() -> None:
    closes = [100, 104, 104, 108, 108, 108, 108, 108]
    assert moves(closes, [0.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0]) == [(1, 3, 1)]
    assert moves(closes, [2.1, 2.1, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0]) == [(0, 3, 1)]


def test_a_bar_without_a_whole_horizon_after_it_starts_nothing() -> None:
    assert moves([100, 100, 100, 100, 104], horizon=3) == [(1, 4, 1)]
    assert moves([100, 100, 100, 104], horizon=4) == []
    assert moves([100, 104], horizon=1) == [(0, 1, 1)]
    assert moves([], horizon=1) == []


def slow(closes: list[int], atr: float, horizon: int) -> list[tuple[int, int, int]]:
    """The definition, word by word."""
    found, e = [], 0
    while e < len(closes):
        ahead = closes[e + 1 : e + 1 + horizon]
        hits = [k for k, close in enumerate(ahead) if abs(close - closes[e]) >= 2.0 * atr]
        if len(ahead) == horizon and hits:
            j = e + 1 + hits[0]
            found.append((e, j, 1 if closes[j] > closes[e] else -1))
            e = j
        e += 1
    return found


@given(st.lists(st.integers(-8, 8), max_size=60), st.integers(1, 6))
def test_every_series_agrees_with_the_definition(closes: list[int], horizon: int) -> None:
    found = moves(closes, horizon=horizon)
    assert found == slow(closes, 2.0, horizon)
    mirrored = moves([-close for close in closes], horizon=horizon)
    assert mirrored == [(start, end, -direction) for start, end, direction in found]
    assert moves([close + 1000 for close in closes], horizon=horizon) == found
