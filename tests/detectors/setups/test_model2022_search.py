"""Why a hunt for a 2022 model came to nothing: vector V8 with one thing changed each."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE
from ictcli.detectors.setups.model2022_search import DETECTOR, LABEL_WORDS
from ictcli.market.bars import Bars

Build = Callable[..., Bars]
Rows = list[dict[str, Any]]
Records = Callable[..., Rows]
V8 = [
    *[(56, 57, 54, 55), (55, 56, 52, 53), (53, 60, 53, 58), (58, 58, 54, 55), (55, 55, 49, 50)],
    *[(50, 53, 50, 52), (52, 54, 51, 53), (53, 53, 50, 50), (50, 50, 46, 50), (50, 58, 50, 57)],
    (57, 59, 54, 55),
]
"""Sweep of 49 at bar 8 (low 46), shift at 9, gap [50, 54] at 10; range 46-59, swing high 60 unswept."""
PLAIN: dict[str, Any] = {
    "left": 1,
    "right": 1,
    "atr_length": 3,
    "reclaim": 1,
    "buffer": 1,
    "buffer_atr": 0.0,
    "hours": "any",
}


def story(rows: Rows) -> list[tuple[str, str, int]]:
    """Record, label and bar of the first hunt."""
    return [(row["record"], LABEL_WORDS[row["label"] - 1], row["at"]) for row in rows if row["serial"] == 0]


@pytest.fixture
def hunt(build: Build, records: Records) -> Callable[..., list[tuple[str, str, int]]]:
    def run(
        rows: list[tuple[int, int, int, int]], minutes: list[float] | None = None, **params: Any
    ) -> list[tuple[str, str, int]]:
        return story(records("model2022_search", build(rows, minutes), {**PLAIN, **params}))

    return run


Hunt = Callable[..., list[tuple[str, str, int]]]
TAKEN = ("taken", "armed", 10)


@pytest.mark.jit_off
def test_a_sweep_a_shift_and_a_gap_in_discount_are_taken(hunt: Hunt) -> None:
    assert hunt(V8) == [("confirmed", "swept", 8), ("parent_added", "shifted", 9), TAKEN]


def test_the_shift_must_come_in_time(hunt: Hunt) -> None:
    assert hunt(V8, mss_within=1)[-1] == TAKEN
    assert hunt(V8, mss_within=0) == [("confirmed", "swept", 8), ("expired", "no_shift", 9)]


def test_the_gap_must_be_known_one_bar_after_the_shift(hunt: Hunt) -> None:
    assert hunt([*V8[:10], (57, 59, 50, 55)])[-1] == ("expired", "no_gap", 10)
    assert hunt([*V8[:10], (57, 59, 51, 55)])[-1][0] in ("taken", "void")


def test_the_entry_must_lie_below_the_middle_of_the_range(hunt: Hunt) -> None:
    """The near edge 54 is above 52.5; with a high of 58 the middle is exactly the entry 52."""
    assert hunt(V8, entry_at="edge")[-1] == ("void", "premium", 10)
    assert hunt([*V8[:10], (57, 58, 54, 55)])[-1] == ("void", "premium", 10)


def test_the_target_must_lie_strictly_above_the_range(hunt: Hunt) -> None:
    assert hunt([*V8[:10], (57, 60, 54, 55)])[-1] == ("void", "no_target", 10)


def test_the_reward_must_be_worth_the_risk(hunt: Hunt) -> None:
    """Reward 8. Risk 8 with a buffer of 2, 9 with one of 3."""
    assert hunt(V8, buffer=2)[-1] == TAKEN
    assert hunt(V8, buffer=3)[-1] == ("void", "low_rr", 10)
    assert hunt(V8, buffer=3, min_rr=0.8)[-1] == TAKEN


def test_the_stop_is_rounded_away_from_the_entry(build: Build, records: Records) -> None:
    """The true range of bar 9 is 8: a quarter is 2 points, 0.3 of it is 2.4 and counts as 3."""
    for share, stop in ((0.25, 44), (0.3, 43)):
        params = {**PLAIN, "atr_length": 1, "buffer_atr": share, "min_rr": 0.0, "range_atr": 0.5}
        (taken,) = (
            row
            for row in records("model2022_search", build(V8), params)
            if row["record"] == "taken" and row["direction"] > 0
        )
        assert taken["extra"][1] == stop


@pytest.mark.parametrize(
    ("minute", "open_"),
    [
        (419, False),
        (420, True),
        (599, True),
        (600, False),
        (719, False),
        (720, True),
        (899, True),
        (900, False),
    ],
)
def test_the_setup_bar_must_open_in_a_kill_zone(minute: int, *, open_: bool, hunt: Hunt) -> None:
    """02:00-05:00 and 07:00-10:00 in New York, five hours behind."""
    minutes: list[float] = [minute - 10 + at for at in range(11)]
    expected = TAKEN if open_ else ("void", "hours", 10)
    assert hunt(V8, minutes, hours="killzones")[-1] == expected


def test_a_pause_inside_the_pattern_voids_it(hunt: Hunt) -> None:
    for pause, expected in ((8, TAKEN), (9, ("void", "gap", 10)), (10, ("void", "gap", 10))):
        minutes: list[float] = [at + (9 if at >= pause else 0) for at in range(11)]
        assert hunt(V8, minutes)[-1] == expected, pause
        assert hunt(V8, minutes, exclude_spans_gap=False)[-1] == TAKEN


def test_a_newer_sweep_takes_the_place_of_one_that_waits(build: Build, records: Records) -> None:
    """Bar 8's low 46 is a swing low at bar 9; bar 10 trades 45 and closes back at 47."""
    rows = [*V8[:9], (50, 52, 47, 51), (51, 52, 45, 47)]
    found = records("model2022_search", build(rows), PLAIN)
    assert [(row["serial"], row["record"], row["at"], row["bottom"]) for row in found] == [
        (0, "confirmed", 8, 49),
        (0, "superseded", 10, 49),
        (1, "confirmed", 10, 46),
    ]


def test_a_gap_around_the_penetrating_bar_does_not_count(hunt: Hunt) -> None:
    """Bar 8 is the middle of the gap [53, 54] that bar 9 completes."""
    rows = [*V8[:9], (54, 58, 54, 57), (57, 59, 50, 55)]
    assert hunt(rows, range_atr=0.5)[1:] == [("parent_added", "shifted", 9), ("expired", "no_gap", 10)]


def test_a_gap_that_price_closed_through_does_not_count(hunt: Hunt) -> None:
    """The gap [50, 52] of bar 10 ends at bar 11; the shift at 12 brings no other."""
    rows = [*V8[:9], (50, 53, 50, 53), (53, 54, 52, 53), (53, 53, 48, 48), (48, 58, 48, 57), (57, 59, 53, 55)]
    assert hunt(rows)[1:] == [("parent_added", "shifted", 12), ("expired", "no_gap", 13)]


def test_of_two_levels_swept_at_once_the_lower_counts(build: Build, records: Records) -> None:
    """Bar 8 trades below the lows 49 and 50 of bars 4 and 6 and closes at 50."""
    rows = [*V8[:5], (50, 53, 51, 52), (52, 54, 50, 53), (53, 53, 51, 52), (52, 52, 46, 50)]
    (born,) = records("model2022_search", build(rows), PLAIN)
    assert (born["at"], born["bottom"]) == (8, 49)


def test_bars_that_do_not_fit_the_kill_zones_are_refused() -> None:
    refuses = DETECTOR.refuses
    assert refuses is not None
    assert refuses(DETECTOR.params(), NS_PER_HOUR) == ""
    assert refuses(DETECTOR.params(), 7 * NS_PER_MINUTE) != ""
    assert refuses(DETECTOR.params(), NS_PER_DAY) != ""
    assert refuses(DETECTOR.params(hours="any"), NS_PER_DAY) == ""
