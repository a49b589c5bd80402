"""Resting orders that may still be withdrawn."""

from typing import Any

import numpy as np
import pytest

from ictcli.detectors.base.context import BAR
from ictcli.strategies.decisions import CANCEL, DECISION, LIMIT, enter, rest
from ictcli.strategies.ict.pending import MOST_PENDING, PENDING, remember, watch, withdraw_side

CROWDED, BROKEN, SIDE = 7, 8, 9


class Desk:
    """Pending orders and the decisions they lead to."""

    def __init__(self) -> None:
        self.pending = np.zeros(1, PENDING)[0]
        self.decisions = np.zeros(200, DECISION)
        self.count = 0

    def place(self, setup: int, side: int, bottom: int, bar: int = 0, wait: int = 5) -> None:
        at = self.count
        self.count = enter(self.decisions, self.count, bar, setup, side, 1, 2)
        rest(self.decisions, at, LIMIT, 3, wait)
        self.count = remember(
            self.pending, self.decisions, self.count, self.decisions[at], side * bottom, CROWDED
        )

    def close_at(self, price: int, bar: int) -> list[tuple[int, int]]:
        before = self.count
        self.count = watch(self.pending, self.decisions, self.count, bar_at(bar, price), BROKEN)
        return self.since(before)

    def since(self, before: int) -> list[tuple[int, int]]:
        found = self.decisions[before : self.count]
        return [(int(own["setup"]), int(own["reason"])) for own in found if own["kind"] == CANCEL]


def bar_at(index: int, close: int) -> Any:
    bar = np.zeros(1, BAR)[0]
    bar["bar"], bar["close"], bar["ts"] = index, close, index
    return bar


@pytest.mark.jit_off
def test_a_close_beyond_the_far_edge_withdraws_on_either_side() -> None:
    desk = Desk()
    desk.place(1, 1, 100)
    desk.place(2, -1, 120)
    assert desk.close_at(100, 1) == []
    assert desk.close_at(120, 2) == []
    assert desk.close_at(99, 3) == [(1, BROKEN)]
    assert desk.close_at(121, 4) == [(2, BROKEN)]
    assert desk.close_at(500, 5) == []


@pytest.mark.jit_off
def test_what_has_lapsed_is_forgotten() -> None:
    desk = Desk()
    desk.place(1, 1, 100, wait=5)
    desk.place(2, 1, 100, wait=6)
    desk.place(3, 1, 100, wait=0)
    assert desk.close_at(150, 6) == []
    assert desk.close_at(99, 6) == [(2, BROKEN), (3, BROKEN)]


def test_the_orders_of_one_direction_are_withdrawn_together() -> None:
    desk = Desk()
    for setup, side in ((1, 1), (2, -1), (3, 1)):
        desk.place(setup, side, 100)
    before = desk.count
    desk.count = withdraw_side(desk.pending, desk.decisions, desk.count, bar_at(1, 100), 1, SIDE)
    assert desk.since(before) == [(1, SIDE), (3, SIDE)]
    assert desk.pending["count"] == 1


def test_when_there_is_no_place_the_oldest_is_withdrawn() -> None:
    desk = Desk()
    for setup in range(MOST_PENDING):
        desk.place(setup, 1, 100)
    before = desk.count
    desk.place(99, 1, 100)
    assert desk.since(before) == [(0, CROWDED)]
    assert desk.close_at(99, 1) == [(setup, BROKEN) for setup in (*range(1, MOST_PENDING), 99)]
