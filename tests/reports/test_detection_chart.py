"""What a chart shows, and when."""

from dataclasses import replace
from typing import Any

import pytest

from ictcli.detectors.registry import DETECTORS
from ictcli.reports.detection_chart import BREAK_BARS, MOST_BARS, Drawing, Shape, build_chart
from tests.reports.charts import KEY, LENGTH, MONDAY, found_on, story, walk

KINDS = ("swing", "structure", "displacement", "fvg", "order_block", "sweep", "prev_levels")


def facts(shape: Shape) -> tuple[Any, ...]:
    return shape.state, shape.left, shape.right, shape.bottom, shape.top, shape.live


def test_a_gap_is_drawn_from_its_confirmation_to_its_end() -> None:
    # confirmed at the close of bar 2 (2.5 on the axis), invalidated at the close of bar 7 (7.5)
    chart = story()
    drawn = [[facts(shape) for shape in chart.at(position)] for position in range(9)]
    assert drawn == [
        [],
        [],
        [("active", 2.5, 2.5, 1.02, 1.06, True)],
        [("active", 2.5, 3.5, 1.02, 1.06, True)],
        [("tapped", 2.5, 4.5, 1.02, 1.06, True)],
        [("ce", 2.5, 5.5, 1.02, 1.06, True)],
        [("filled", 2.5, 6.5, 1.02, 1.06, True)],
        [("invalidated", 2.5, 7.5, 1.02, 1.06, False)],
        [("invalidated", 2.5, 7.5, 1.02, 1.06, False)],
    ]


def test_a_drawing_carries_what_people_want_to_know_of_it() -> None:
    (gap,) = story().drawings
    assert (gap.kind, gap.direction, gap.layer, gap.label, gap.form) == ("fvg", "bull", "", "", "zone")
    assert gap.formed == MONDAY + LENGTH
    assert [change.record for change in gap.changes] == ["confirmed", "tapped", "ce", "filled", "invalidated"]
    assert [change.at for change in gap.changes] == [MONDAY + LENGTH * bar for bar in (3, 5, 6, 7, 8)]


def test_what_began_before_the_chart_is_cut_at_its_edge_and_what_ended_before_is_left_out() -> None:
    bars = story().bars
    found = found_on(bars, "fvg")
    (shape,) = build_chart(KEY, bars, found, 5).at(0)
    assert facts(shape) == ("ce", -0.5, 0.5, 1.02, 1.06, True)
    assert build_chart(KEY, bars, found, 8).drawings == ()


def test_what_becomes_known_after_the_chart_ends_is_not_on_it() -> None:
    bars = story().bars
    chart = build_chart(KEY, bars, found_on(bars, "fvg"), 0, 5)
    assert [change.record for change in chart.drawings[0].changes] == ["confirmed", "tapped"]
    assert build_chart(KEY, bars, found_on(bars, "fvg"), 0, 2).drawings == ()


@pytest.mark.parametrize(("first", "stop"), [(4, 4), (0, MOST_BARS + 1)])
def test_a_chart_has_a_reasonable_number_of_bars(first: int, stop: int) -> None:
    bars = walk(MOST_BARS + 1)
    with pytest.raises(ValueError, match="bars on a chart"):
        build_chart(KEY, bars, found_on(bars.slice(0, 10), "fvg"), first, stop)


def test_nothing_is_drawn_before_it_was_confirmed() -> None:
    bars = walk(600)
    found = found_on(bars, *KINDS)
    births = {row["id"]: row["confirmed_at"].timestamp() * 1e9 for row in found.zones.to_pylist()}
    chart = build_chart(KEY, bars, found)
    assert {drawing.kind for drawing in chart.drawings} == set(KINDS)
    for position in (50, 299, 300, 599):
        for shape in chart.at(position):
            confirmed = births[shape.drawing.id]
            assert confirmed <= bars.ts_close[position]
            edge = int((bars.ts_close <= confirmed).sum()) - 0.5
            assert edge - 1 < shape.left <= shape.right <= position + 0.5
            assert shape.left >= edge or shape.drawing.form == "point"


def test_every_position_shows_exactly_what_a_scan_of_the_bars_so_far_finds() -> None:
    bars = walk(700)
    chart = build_chart(KEY, bars, found_on(bars))
    for position in (0, 60, 349, 350, 520, 699):
        rows = found_on(bars.slice(0, position + 1)).zones.to_pylist()
        shown = {shape.drawing.id: shape for shape in chart.at(position)}
        assert set(shown) == {row["id"] for row in rows}
        for row in rows:
            shape = shown[row["id"]]
            if row["state"] not in {"active", "point"}:
                assert shape.state == row["state"], row
            edges = [row["level"] if row[name] is None else row[name] for name in ("bottom", "top")]
            if edges[0] is not None:
                assert (shape.bottom, shape.top) == tuple(map(float, edges)), row
            if row["state"] in DETECTORS[row["kind"]].ends and row["state"] != "rearmed":
                assert not shape.live or shape.drawing.form in {"point", "break"}, row


def by_form(kind: str) -> list[Drawing]:
    bars = walk(700)
    return list(build_chart(KEY, bars, found_on(bars, kind)).drawings)


def test_levels_end_when_they_are_swept() -> None:
    swept = [drawing for drawing in by_form("swing") if any(one.record == "swept" for one in drawing.changes)]
    assert swept
    for drawing in swept:
        assert drawing.form == "level"
        bar = next(change.bar for change in drawing.changes if change.record in {"swept", "broken"})
        shape = drawing.at(699)
        assert shape is not None
        assert (shape.right, shape.live) == (bar + 0.5, False)


def test_breaks_are_short_lines_with_their_label() -> None:
    breaks = by_form("structure")
    assert {drawing.label for drawing in breaks} >= {"BOS", "CHoCH"}
    for drawing in breaks:
        shape = drawing.at(699)
        assert shape is not None
        assert shape.right - shape.left <= BREAK_BARS


def test_points_stand_at_the_bar_that_confirmed_them() -> None:
    points = by_form("displacement")
    assert points
    for drawing in points:
        assert (drawing.form, drawing.left) == ("point", drawing.changes[0].bar)


def test_a_point_without_a_price_stands_at_the_edge_of_its_bar() -> None:
    bars = walk(700)
    chart = build_chart(KEY, bars, found_on(bars, "volatility_spike"))
    assert chart.drawings
    for drawing in chart.drawings:
        birth = drawing.changes[0]
        side = bars.high if drawing.direction == "bear" else bars.low
        assert birth.bottom == birth.top == side[birth.bar] / 100


def test_a_setup_carries_its_plan_and_tells_its_end_only_once_it_is_known() -> None:
    bars = walk(3000)
    chart = build_chart(KEY, bars, found_on(bars, "unicorn"))
    setups = [one for one in chart.drawings if one.label in {"stop", "target"}]
    assert setups
    for setup in setups:
        entry, stop, target = setup.plan or (0.0, 0.0, 0.0)
        assert setup.form == "setup"
        assert (stop < entry < target) if setup.direction == "bull" else (target < entry < stop)
        first, last = setup.changes[0].bar, setup.changes[-1].bar
        words = [shape.words if (shape := setup.at(bar)) else "" for bar in (first, last - 1, last)]
        assert words[0] in {"unicorn", f"unicorn · {setup.label}" if first == last else "unicorn"}
        assert words[2] == f"unicorn · {setup.label}"
        assert last == first or words[1] == "unicorn"


def test_what_was_asked_for_by_name_is_shown() -> None:
    bars = walk(3000)
    chart = build_chart(KEY, bars, found_on(bars, "unicorn"))
    assert not [one for one in chart.drawings if chart.shows(one)]
    asked = replace(chart, asked=frozenset({"unicorn"}))
    assert all(asked.shows(one) for one in asked.drawings)
