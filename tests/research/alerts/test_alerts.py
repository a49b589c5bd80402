"""Alerts: the cooldown, and matching one to one with moves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.market.bars import make_bars
from ictcli.research.alerts.kinds import Alerts, cooled, match_alerts, range_alerts
from ictcli.research.alerts.moves import Moves

Pair = tuple[int, int]


def alerts(*pairs: Pair) -> Alerts:
    """Alerts from (bar, direction)."""
    table = np.array(pairs, np.int64).reshape(-1, 2)
    return Alerts(np.ascontiguousarray(table[:, 0]), np.ascontiguousarray(table[:, 1]))


def targets(*pairs: Pair) -> Moves:
    """Moves from (start, direction)."""
    table = np.array(pairs, np.int64).reshape(-1, 2)
    start = np.ascontiguousarray(table[:, 0])
    return Moves(start, start + 1, np.ascontiguousarray(table[:, 1]))


def move_of(given_alerts: Alerts, moves: Moves) -> list[int]:
    return [int(move) for move in match_alerts(given_alerts, moves, 3, 2)[0]]


@pytest.mark.jit_off
@pytest.mark.parametrize(("bar", "move"), [(6, -1), (7, 0), (10, 0), (12, 0), (13, -1)])
def test_the_window_reaches_from_three_bars_before_to_two_after(bar: int, move: int) -> None:
    assert move_of(alerts((bar, 1)), targets((10, 1))) == [move]


def test_directions_must_agree_unless_the_alert_has_none() -> None:
    assert move_of(alerts((10, -1)), targets((10, 1))) == [-1]
    assert move_of(alerts((10, 0)), targets((10, 1))) == [0]
    assert move_of(alerts((10, 0)), targets((10, -1))) == [0]


def test_one_alert_serves_one_move_and_one_move_takes_one_alert() -> None:
    move, alert = match_alerts(alerts((9, 1), (10, 1)), targets((10, 1)), 3, 2)
    assert (move.tolist(), alert.tolist()) == ([0, -1], [0])
    move, alert = match_alerts(alerts((10, 1)), targets((9, 1), (11, 1)), 3, 2)
    assert (move.tolist(), alert.tolist()) == ([0], [0, -1])


def test_an_alert_takes_the_free_window_that_ends_first() -> None:
    # Windows 7..12 and 9..14. Alert 9 takes the first although both fit, so that 13 finds the second.
    assert move_of(alerts((9, 1), (13, 1)), targets((10, 1), (12, 1))) == [0, 1]
    # The first window of the alert's own direction, past one of the other.
    assert move_of(alerts((9, -1), (10, 1)), targets((10, 1), (11, -1))) == [1, 0]


def test_the_cooldown_counts_from_the_last_kept_alert_of_the_same_direction() -> None:
    said = alerts((0, 1), (3, 1), (4, 1), (5, -1), (7, 1), (8, -1), (8, 1), (9, -1), (9, 0))
    kept = cooled(said, 3)
    assert list(zip(kept.bar.tolist(), kept.direction.tolist(), strict=True)) == [
        (0, 1), (4, 1), (5, -1), (8, 1), (9, -1), (9, 0),
    ]  # fmt: skip
    assert len(cooled(alerts((2, 1), (2, 1)), 0)) == 1
    assert len(cooled(alerts((2, 1), (2, 1)), -1)) == 2


def test_large_bars_alert_in_their_colour() -> None:
    opens = np.array([100, 100, 100, 100, 100])
    closes = np.array([104, 104, 97, 100, 103])
    highs = np.array([104, 104, 100, 102, 103])
    lows = np.array([100, 100, 97, 99, 100])
    stamps = np.arange(5)
    bars = make_bars(2, stamps, stamps + 1, (opens, highs, lows, closes))
    found = range_alerts(bars, np.array([0.0, 2.0, 2.0, 2.0, 2.1]), 1.5)
    assert found.bar.tolist() == [1, 2, 3]
    assert found.direction.tolist() == [1, -1, 0]


def test_a_span_counts_from_its_first_bar() -> None:
    part = alerts((1, 1), (2, -1), (4, 0), (5, 1)).within(2, 5)
    assert (part.bar.tolist(), part.direction.tolist()) == ([0, 2], [-1, 0])


def most_pairs(said: Alerts, moves: Moves) -> int:
    """The size of a largest matching, by augmenting paths."""
    taken: dict[int, int] = {}

    def place(alert: int, tried: set[int]) -> bool:
        for move in range(len(moves)):
            near = moves.start[move] - 3 <= said.bar[alert] <= moves.start[move] + 2
            if not near or said.direction[alert] != moves.direction[move] or move in tried:
                continue
            tried.add(move)
            if move not in taken or place(taken[move], tried):
                taken[move] = alert
                return True
        return False

    return sum(place(alert, set()) for alert in range(len(said)))


DIRECTED = st.lists(st.tuples(st.integers(0, 40), st.sampled_from([-1, 1])), max_size=25).map(sorted)


@given(DIRECTED, DIRECTED)
def test_no_matching_pairs_more(said: list[Pair], starts: list[Pair]) -> None:
    given_alerts = alerts(*said)
    moves = targets(*{start: (start, direction) for start, direction in starts}.values())
    move, alert = match_alerts(given_alerts, moves, 3, 2)
    assert np.count_nonzero(move >= 0) == most_pairs(given_alerts, moves)
    assert [alert[m] for m in move if m >= 0] == [a for a, m in enumerate(move) if m >= 0]
    assert np.count_nonzero(alert >= 0) == np.count_nonzero(move >= 0)
