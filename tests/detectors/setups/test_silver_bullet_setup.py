"""Worked examples of Silver Bullet setups.

Bar 0 is the day before, with a high of 120 and a low of 80. Bars 1 to 3 leave the gap [101, 103]; its
middle bar, bar 2, opens at 03:00 New York, where the window opens. Entry 103, low of bar 1 99, stop 98.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ictcli.detectors.setups.orders import BY_STOP, BY_TIME, CLOSED_AT, ENTRY, STOP, TARGET
from ictcli.detectors.setups.silver_bullet_setup import DRAW_PRICE
from ictcli.market.bars import Bars

Build = Callable[..., Bars]
Rows = list[dict[str, Any]]
Records = Callable[..., Rows]
THREE = 1440 + 8 * 60
"""Minute of 03:00 New York on the second day."""
BEFORE = (100, 120, 80, 100)
GAP = [(100, 101, 99, 100), (100, 104, 100, 104), (104, 106, 103, 105)]
STAY = (105, 106, 104, 105)
"""One point above the entry."""
PLAIN: dict[str, Any] = {"frame_adr": 0.0, "buffer": 1, "buffer_atr": 0.0, "atr_length": 2}


def mirrored(rows: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    return [(200 - o, 200 - low, 200 - high, 200 - c) for o, high, low, c in rows]


@pytest.fixture
def seek(build: Build, records: Records) -> Callable[..., Rows]:
    """The log over bar 0, bars from a minute before the window on (or at given minutes)."""

    def run(
        rows: Sequence[Sequence[int]],
        minutes: Sequence[int] | None = None,
        *,
        shift: int = 0,
        spread: int = -1,
        before: Sequence[int] = BEFORE,
        **params: Any,
    ) -> Rows:
        opens = [THREE - 1 + at for at in range(len(rows))] if minutes is None else list(minutes)
        bars = build([before, *rows], [600, *(at + shift for at in opens)])
        bars = replace(bars, spread=np.full(len(bars), spread, np.int32))
        return records("silver_bullet_setup", bars, {**PLAIN, **params})

    return run


def prices(row: dict[str, Any]) -> list[int]:
    return [row["extra"][at] for at in (ENTRY, STOP, TARGET, DRAW_PRICE)]


def story(rows: Rows) -> list[tuple[str, int]]:
    return [(row["record"], row["at"]) for row in rows]


@pytest.mark.jit_off
def test_the_first_gap_of_a_window_makes_a_plan_toward_the_draw(seek: Callable[..., Rows]) -> None:
    """Risk 5: 2R is 113, nearer than the high of the day before."""
    (row,) = seek(GAP)
    assert (row["direction"], row["formed"], row["confirmed"]) == (1, 2, 3)
    assert (row["bottom"], row["top"]) == (101, 103)
    assert prices(row) == [206, 98, 226, 120]
    assert [parent["feed"] for parent in row["parent"]] == [1, 2]
    (bear,) = seek(mirrored(GAP))
    assert (bear["direction"], bear["bottom"], bear["top"]) == (-1, 97, 99)
    assert prices(bear) == [194, 102, 174, 80]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"target_r": 3.4}, [206, 98, 240, 120]),
        ({"target_r": 3.3}, [206, 98, 239, 120]),
        ({"target_r": 5.0}, [206, 98, 240, 120]),
        ({"target_r": 1.55}, [206, 98, 222, 120]),  # 15.5 half points are rounded away
        ({"entry_at": "ce"}, [204, 98, 220, 120]),
        ({"buffer": 3}, [206, 96, 234, 120]),
        ({"buffer_atr": 0.08}, [206, 98, 226, 120]),
        ({"buffer_atr": 0.1}, [206, 97, 230, 120]),  # 1.25 points are rounded away
        ({"spread": 2}, [206, 97, 230, 120]),
    ],
)
def test_the_plan_follows_its_parameters(
    params: dict[str, Any], expected: list[int], seek: Callable[..., Rows]
) -> None:
    """True ranges of bars 0, 1, 2 are 40, 2, 4: averages 21, then 12.5; bar 3 sees 12.5."""
    (row,) = seek(GAP, **params)
    assert prices(row) == expected


@pytest.mark.parametrize(("shift", "count"), [(-1, 0), (0, 1), (58, 1), (59, 0)])
def test_the_middle_and_the_last_bar_must_lie_in_the_window(
    shift: int, count: int, seek: Callable[..., Rows]
) -> None:
    assert len(seek(GAP, shift=shift)) == count


@pytest.mark.parametrize(("hour", "count"), [(3, 1), (4, 0), (10, 1), (14, 1), (15, 0)])
def test_only_the_hours_of_the_windows_count(hour: int, count: int, seek: Callable[..., Rows]) -> None:
    assert len(seek(GAP, shift=60 * (hour - 3))) == count


@pytest.mark.parametrize(("frame", "count"), [(15, 1), (16, 0)])
def test_the_draw_must_be_far_enough_from_the_close(
    frame: int, count: int, seek: Callable[..., Rows]
) -> None:
    """The close of bar 3 is 105, the high of the day before 120."""
    assert len(seek(GAP, frame=frame)) == count
    assert len(seek(mirrored(GAP), frame=frame)) == count


def test_a_level_beyond_which_price_has_traded_draws_no_more(seek: Callable[..., Rows]) -> None:
    touched = [(100, 120, 99, 100), *GAP[1:]]
    assert seek(touched) == []  # bar 1 reaches as high as the middle: there is no gap
    for high, count in ((120, 1), (121, 0)):
        rows = [(100, high, 99, 100), *GAP]
        assert len(seek(rows)) == count
        assert len(seek(mirrored(rows))) == count


def test_without_a_daily_average_there_is_no_setup_unless_none_is_asked_for(
    seek: Callable[..., Rows],
) -> None:
    assert seek(GAP, frame_adr=0.01) == []


def test_the_daily_average_sets_the_least_distance(build: Build, records: Records) -> None:
    """Monday to Thursday have a range of 40 each: the draw 15 points away is 0.375 of the average."""
    opens = [600 + 1440 * day for day in range(4, 8)]
    bars = build([BEFORE] * 4 + GAP, [*opens, *(8 * 1440 + 480 - 1 + at for at in range(3))])
    for share, count in ((0.375, 1), (0.38, 0)):
        params = {**PLAIN, "frame_adr": share, "days": 2}
        assert len(records("silver_bullet_setup", bars, params)) == count


def test_an_order_rests_until_the_window_ends(seek: Callable[..., Rows]) -> None:
    fill = (105, 106, 103, 104)
    for minute, record in ((59, "entered"), (60, "expired"), (61, "expired")):
        minutes = [THREE - 1, THREE, THREE + 1, THREE + minute]
        assert story(seek([*GAP, fill], minutes)) == [("confirmed", 3), (record, 4)]
    assert story(seek([*GAP, STAY])) == [("confirmed", 3)]


def test_a_position_is_closed_an_hour_after_the_window(seek: Callable[..., Rows]) -> None:
    fill, calm = (105, 106, 103, 104), (104, 105, 103, 104)
    for minute, params, ended in ((119, {}, 0), (120, {}, 1), (90, {"hold_minutes": 30}, 1)):
        minutes = [THREE - 1, THREE, THREE + 1, THREE + 2, THREE + minute]
        rows = seek([*GAP, fill, calm], minutes, **params)
        assert story(rows)[1:] == [("entered", 4), ("closed", 5)][: 1 + ended]
        if ended:
            assert (rows[-1]["label"], rows[-1]["extra"][CLOSED_AT]) == (BY_TIME, 208)


def test_a_window_has_one_setup_and_the_next_window_another(seek: Callable[..., Rows]) -> None:
    """The position is stopped at once; the same bars again find the window used."""
    stopped = (104, 104, 97, 100)
    rows = seek([*GAP, stopped, *GAP])
    assert story(rows) == [("confirmed", 3), ("entered", 4), ("closed", 4)]
    assert rows[-1]["label"] == BY_STOP
    late = [THREE - 1, THREE, THREE + 1, THREE + 2, *(THREE + 7 * 60 - 1 + at for at in range(3))]
    rows = seek([*GAP, stopped, *GAP], late)
    assert [row["at"] for row in rows if row["record"] == "confirmed"] == [3, 7]


def test_further_gaps_are_passed_over_while_a_position_is_alive(seek: Callable[..., Rows]) -> None:
    """The London position is held for eight hours, into the morning window."""
    fill = (105, 106, 103, 104)
    late = [THREE - 1, THREE, THREE + 1, THREE + 2, *(THREE + 7 * 60 - 1 + at for at in range(3))]
    for most_live, found in ((1, [3]), (2, [3, 7])):
        rows = seek([*GAP, fill, *GAP], late, hold_minutes=480, most_live=most_live)
        assert [row["at"] for row in rows if row["record"] == "confirmed"] == found


def test_a_pause_inside_the_gap_leaves_it_out(seek: Callable[..., Rows]) -> None:
    minutes = [THREE - 1, THREE, THREE + 5]
    assert seek(GAP, minutes) == []
    assert len(seek(GAP, minutes, exclude_spans_gap=False)) == 1


def test_a_shift_can_be_asked_for(seek: Callable[..., Rows]) -> None:
    assert seek(GAP, shift_minutes=30) == []


def test_edges_of_a_new_week_gap_draw_until_price_traded_beyond(build: Build, records: Records) -> None:
    """Friday closes at 100 (its high 120 is taken on Sunday); Sunday opens at 130, falls, and rises again.

    At the gap of Monday 03:00 the edge at 130 is 25 above the close of 105, the high of 140 is above it.
    """
    friday, sunday = 2 * 24 * 60 - 6 * 60, 4 * 1440 - 60
    rows = [BEFORE, (130, 130, 100, 100), *GAP]
    opens = [friday, sunday, *(4 * 1440 + 480 - 1 + at for at in range(3))]
    for high, draw in ((130, [130]), (131, [])):
        rows[1] = (130, high, 100, 100)
        found = records("silver_bullet_setup", build(rows, opens), PLAIN)
        assert [row["extra"][DRAW_PRICE] for row in found] == draw
