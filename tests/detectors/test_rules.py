"""Worked examples of the rules that the vectors leave open."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.config.records import DetectConfig
from ictcli.detectors.base.events import EVICTED, MOST_PER_BAR, RECORD_NAMES, SPANS_GAP
from ictcli.detectors.imbalance.fvg import FvgParams, init_state
from ictcli.detectors.plan import make_plan
from ictcli.detectors.registry import DETECTORS, choose, configured
from ictcli.errors import UsageError
from ictcli.market.bars import Bars

pytestmark = pytest.mark.jit_off

Build = Callable[..., Bars]
Records = Callable[..., list[dict[str, Any]]]
RISING = [(10 * i, 10 * i + 4, 10 * i, 10 * i + 4) for i in range(6)]
"""Every third bar opens above the high of the first: a new bullish gap per bar from bar 2 on."""
AT_ONCE = {"round_number"}
"""Detectors that know something once the first bar has opened."""
HIGHS = [3, 9, 5, 9, 4, 4, 4]


def brief(rows: list[dict[str, Any]]) -> list[tuple[int, str, int]]:
    return [(row["serial"], row["record"], row["at"]) for row in rows]


def test_a_full_side_evicts_its_oldest_gap_when_a_new_one_is_born(build: Build, records: Records) -> None:
    found = brief(records("fvg", build(RISING), {"max_active": 2}))
    assert found == [
        (0, "confirmed", 2),
        (1, "confirmed", 3),
        (0, "evicted", 4),
        (2, "confirmed", 4),
        (1, "evicted", 5),
        (3, "confirmed", 5),
    ]


def test_a_gap_expires_on_the_first_bar_beyond_its_age_and_records_nothing_else(
    build: Build, records: Records
) -> None:
    still = [(24, 24, 21, 22)] * 2
    rows = [*RISING[:3], *still, (22, 22, 0, 1)]
    aged = brief(records("fvg", build(rows), {"max_age": 2}))
    assert [item for item in aged if item[0] == 0] == [(0, "confirmed", 2), (0, "expired", 5)]
    young = brief(records("fvg", build(rows), {"max_age": 3}))
    assert (0, "invalidated", 5) in young


def test_a_gap_that_is_left_and_touched_again_counts_two_touches(build: Build, records: Records) -> None:
    touch, away = (22, 22, 19, 21), (25, 26, 25, 26)
    found = records("fvg", build([*RISING[:3], touch, touch, away, touch, (20, 20, 1, 1)]))
    ended = next(row for row in found if (row["serial"], row["record"]) == (0, "invalidated"))
    assert ended["touches"] == 2


def test_a_pause_inside_the_three_bars_marks_the_gap_but_one_before_them_does_not(
    build: Build, records: Records
) -> None:
    bars = RISING[:4]
    marks = [row["marks"] & SPANS_GAP for row in records("fvg", build(bars, [0, 5, 6, 7]))]
    assert marks == [SPANS_GAP, 0]


def test_a_bar_is_late_only_beyond_one_and_a_half_bar_lengths(build: Build, records: Records) -> None:
    on_time = records("fvg", build(RISING[:3], [0, 1.5, 3]))
    late = records("fvg", build(RISING[:3], [0, 1.5, 3.25]))
    assert [on_time[0]["marks"] & SPANS_GAP, late[0]["marks"] & SPANS_GAP] == [0, SPANS_GAP]


def test_a_pause_anywhere_in_the_window_marks_the_swing(build: Build, records: Records) -> None:
    rows = [
        (9, 10, 8, 9),
        (9, 11, 9, 11),
        (11, 14, 10, 12),
        (12, 13, 11, 12),
        (12, 12, 10, 11),
        (11, 12, 9, 10),
    ]
    params = {"left": 2, "right": 1}
    for pause, marks in ((0, 0), (1, SPANS_GAP), (2, SPANS_GAP), (3, SPANS_GAP), (4, 0)):
        minutes = [at + (9 if at >= pause else 0) for at in range(len(rows))]
        (high,) = (row for row in records("swing", build(rows, minutes), params) if row["direction"] < 0)
        assert (high["formed"], high["marks"]) == (2, marks), pause


def test_a_gap_of_exactly_the_least_size_counts(build: Build, records: Records) -> None:
    bars = build([*[(10, 12, 8, 11)] * 4, (11, 12, 8, 12), (12, 18, 14, 18)])  # ATR 4, height 2
    exact = records("fvg", bars, {"atr_length": 4, "min_size_atr": 0.5})
    assert [(row["bottom"], row["top"]) for row in exact] == [(12, 14)]
    assert records("fvg", bars, {"atr_length": 4, "min_size_atr": 0.501}) == []


def test_small_gaps_are_left_out_and_none_counts_before_the_average_range_exists(
    build: Build, records: Records
) -> None:
    params = {"atr_length": 4, "min_size_atr": 0.1}
    assert brief(records("fvg", build(RISING), params)) == [(0, "confirmed", 4), (1, "confirmed", 5)]
    assert records("fvg", build(RISING), {**params, "min_size_atr": 5.0}) == []


def test_of_equal_highs_the_second_is_a_swing_once_it_is_more_than_left_bars_away(
    build: Build, records: Records
) -> None:
    rows = [(high - 1, high, high - 1, high - 1) for high in HIGHS]
    found = records("swing", build(rows), {"left": 1, "right": 3})
    assert [row["formed"] for row in found if row["direction"] < 0 and row["record"] == "confirmed"] == [1, 3]


def test_prominence_is_the_smaller_drop_in_average_ranges(build: Build, records: Records) -> None:
    rows = [(92, 94, 90, 93), (95, 100, 95, 96), (96, 98, 95, 97)]
    found = records("swing", build(rows), {"left": 1, "right": 1, "atr_length": 2})
    high = next(row for row in found if row["direction"] < 0)
    true_ranges = (4, 7)
    assert high["size_atr"] == 5 / (sum(true_ranges) / 2)


def test_a_swing_is_watched_from_the_bar_after_its_confirmation(build: Build, records: Records) -> None:
    rows = [(9, 10, 8, 9), (9, 12, 9, 11), (11, 11, 9, 10), (10, 13, 10, 12), (12, 14, 11, 12)]
    found = records("swing", build(rows), {"left": 1, "right": 1})
    own = [(row["record"], row["at"]) for row in found if row["serial"] == 0]
    assert own == [("confirmed", 2), ("swept", 3)]


def test_a_break_fails_at_the_first_close_beyond_the_origin_of_its_leg(
    build: Build, records: Records
) -> None:
    rows = [(9, 10, 8, 9), (9, 12, 9, 11), (11, 11, 5, 10), (10, 15, 7, 14), (14, 14, 5, 5), (5, 6, 3, 4)]
    found = records("structure", build(rows), {"left": 1, "right": 1})
    up = [row for row in found if row["direction"] > 0]
    assert [(row["record"], row["at"], row["origin"], row["origin_level"]) for row in up] == [
        ("confirmed", 3, 2, 5),
        ("failed", 5, 2, 5),
    ]


def test_after_flat_bars_no_displacement_is_seen(build: Build, records: Records) -> None:
    rows = [(10, 10, 10, 10)] * 5 + [(10, 13, 10, 13)]
    assert records("displacement", build(rows), {"atr_length": 3}) == []


def test_a_range_of_exactly_the_multiple_is_enough(build: Build, records: Records) -> None:
    quiet = [(10, 12, 8, 11)] * 4
    assert len(records("displacement", build([*quiet, (10, 16, 10, 16)]), {"atr_length": 3})) == 1
    assert records("displacement", build([*quiet, (10, 15, 10, 15)]), {"atr_length": 3}) == []


def test_a_body_of_exactly_the_share_is_enough(build: Build, records: Records) -> None:
    quiet = [(10, 12, 8, 11)] * 4
    assert len(records("displacement", build([*quiet, (10, 19, 9, 16)]), {"atr_length": 3})) == 1
    assert records("displacement", build([*quiet, (10, 19, 9, 15)]), {"atr_length": 3}) == []


@pytest.mark.parametrize("name", list(DETECTORS))
@pytest.mark.parametrize("rows", [[], [(5, 6, 4, 5)], [(5, 6, 4, 5), (5, 8, 5, 8)]])
def test_too_few_bars_give_nothing(
    name: str, rows: list[tuple[int, int, int, int]], build: Build, records: Records
) -> None:
    assert records(name, build(rows)) == [] or name in AT_ONCE


def test_a_bar_can_write_fewer_records_than_the_buffer_bound() -> None:
    both_sides, most_records_of_one_object, born_and_evicted = 2 * 128, 4, 2 * 2 * len(DETECTORS)
    assert both_sides * most_records_of_one_object + born_and_evicted <= MOST_PER_BAR
    assert RECORD_NAMES[EVICTED] == RECORD_NAMES[-1] == "evicted"


def test_more_live_objects_than_the_state_holds_are_refused() -> None:
    with pytest.raises(ValueError, match=r"max_active must be within 1\.\.128, not 129"):
        init_state(FvgParams(max_active=129), 1)


def test_detectors_are_chosen_in_registry_order_and_typos_get_a_suggestion() -> None:
    assert choose(["fvg", "swing"]) == ("swing", "fvg")
    assert choose([]) == tuple(DETECTORS)
    with pytest.raises(UsageError) as refused:
        choose(["structur"])
    assert "Did you mean structure?" in refused.value.hint


def test_the_config_sets_every_parameter_it_knows() -> None:
    config = DetectConfig(swing_left=7, swing_right=2, atr_length=9, max_active=11)
    settings = configured(config, NS_PER_MINUTE, always_open=False)
    nodes = make_plan(DETECTORS.values(), DETECTORS, settings).nodes
    params = {node.title: msgspec.structs.asdict(node.params) for node in nodes}
    assert (params["swing.internal"]["left"], params["swing.internal"]["right"]) == (7, 2)
    assert (params["swing.swing"]["left"], params["swing.short"]["left"]) == (50, 1)
    assert settings.atr_length == 9
    assert {own["max_active"] for own in params.values() if "max_active" in own} == {11}
