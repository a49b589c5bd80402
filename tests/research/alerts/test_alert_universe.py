"""The world of alerts: which bars move, which alerts count, whose trades are theirs."""

import numpy as np
import pytest

from ictcli.market.bars import Bars, make_bars
from ictcli.research.alerts.kinds import Alerts
from ictcli.research.alerts.moves import Moves
from ictcli.research.alerts.trades import STOP, TARGET, TIME, UNRESOLVED, Costs, Trades
from ictcli.research.alerts.universe import TALLY, Rules, Universe, judge_alerts, tally, universe

RULES = Rules(horizon=4)


def flat_but(closes: dict[int, int], size: int = 40) -> Bars:
    """Bars at 100, but for the closes given."""
    close = np.full(size, 100)
    for bar, price in closes.items():
        close[bar] = price
    opened = np.concatenate(([100], close[:-1]))
    stamps = np.arange(size, dtype=np.int64)
    extremes = (np.maximum(opened, close), np.minimum(opened, close))
    return make_bars(2, stamps, stamps + 1, (opened, *extremes, close))


def world(bars: Bars, rules: Rules = RULES, undefined: int = 10) -> Universe:
    """A universe whose average range is 2 from bar ``undefined`` on."""
    atr = np.where(np.arange(len(bars)) < undefined, 0.0, 2.0)
    return universe(bars, atr, np.zeros(len(bars), np.int64), np.arange(len(bars)) * 15, rules, Costs())


def said(*bars: int, direction: int = 1) -> Alerts:
    return Alerts(np.array(bars, np.int64), np.full(len(bars), direction))


def test_a_bar_moves_from_the_first_to_the_last_bar_an_alert_may_come_or_the_move_ends() -> None:
    # 4 points are needed: bar 21 closes 4 higher, seen from bar 17, back at 100 on bar 22.
    found = world(flat_but({21: 104}))
    starts = list(zip(found.moves.start.tolist(), found.moves.end.tolist(), strict=True))
    assert starts == [(17, 21)]
    assert np.flatnonzero(found.moving).tolist() == list(range(14, 22))  # the end is the later one
    quick = world(flat_but(dict.fromkeys(range(11, 40), 104)), undefined=10)
    assert quick.moves.end.tolist() == [11]
    assert np.flatnonzero(quick.moving).tolist() == list(range(7, 13))  # the grace is the later one
    early = world(flat_but(dict.fromkeys(range(2, 40), 104)), undefined=1)
    assert np.flatnonzero(early.moving).tolist() == list(range(4))


def test_alerts_count_where_a_move_could_start_in_time() -> None:
    # Moves can start on bars 10..35: on 7..32 an alert can have 3 bars to go.
    found = world(flat_but({}))
    assert (found.first, found.last) == (7, 32)
    judged = judge_alerts(found, said(6, 7, 32, 33)).judged
    assert judged.tolist() == [False, True, True, False]
    counts = dict(zip(TALLY, tally(found, said(6, 7, 32, 33)).tolist(), strict=True))
    assert (counts["judged"], counts["false"]) == (2, 2)


def test_without_any_average_nothing_is_judged() -> None:
    found = world(flat_but({}), undefined=40)
    assert not judge_alerts(found, said(*range(40))).judged.any()


def test_the_hour_is_that_of_the_open() -> None:
    assert world(flat_but({})).hour[:9].tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 2]


def test_every_alert_gets_the_trade_of_its_bar_and_side() -> None:
    bars = flat_but({})
    multiple = np.array([[0.0, 1.0, -1.0, np.nan], [2.0, -2.0, -0.5, np.nan]])
    ending = np.array([[TIME, TARGET, STOP, UNRESOLVED], [TARGET, STOP, TIME, UNRESOLVED]])
    nowhere = np.empty(0, np.int64)
    flags = np.zeros(4, np.bool_)
    days = np.zeros(4, np.int64)
    found = Universe(
        RULES,
        Moves(nowhere, nowhere, nowhere),
        Trades(multiple, ending),
        days,
        days,
        bars.ts[:4],
        flags,
        0,
        3,
    )
    longs, shorts, mute = (judge_alerts(found, said(0, 1, 2, 3, direction=side)) for side in (1, -1, 0))
    assert longs.ending.tolist() == [TIME, TARGET, STOP, UNRESOLVED]
    assert shorts.multiple[:3].tolist() == [2.0, -2.0, -0.5]
    assert mute.ending.tolist() == [UNRESOLVED] * 4
    assert np.isnan(mute.multiple).all()
    counts = dict(zip(TALLY, tally(found, said(0, 1, 2, 3)).tolist(), strict=True))
    # Exactly nothing is no win.
    assert (counts["wins"], counts["resolved"], counts["targets"], counts["stops"]) == (1, 3, 1, 1)
    assert counts["multiples"] == pytest.approx(0.0)
    assert tally(found, said(0, 1, direction=0))[TALLY.index("resolved")] == 0
