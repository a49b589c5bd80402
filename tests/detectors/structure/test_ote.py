"""Optimal trade entry (ICT.md §8.2, C47)."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import msgspec
import pytest

from ictcli.detectors.structure.ote import OteParams
from ictcli.market.bars import Bars
from tests.detectors.structure.readings import Rows, random_rows, signed, structure

Told = Callable[..., list[dict[str, Any]]]
Story = Callable[..., list[tuple[int, str, int]]]
ONE = {"left": 1, "right": 1}


def leg(*later: tuple[int, int, int, int]) -> Rows:
    """Bar 4 closes at 500 above the swing high 450 of bar 1; the leg runs from 400 (bar 3) to 500."""
    start: Rows = [(430, 440, 425, 430), (430, 450, 425, 430), (430, 440, 425, 430), (430, 440, 400, 430)]
    return [*start, (430, 500, 430, 500), *later]


def edges(rows: list[dict[str, Any]]) -> list[tuple[int, int]]:
    return [(row["bottom"], row["top"]) for row in rows]


@pytest.mark.jit_off
def test_the_zone_is_entered_at_exactly_the_shallow_retracement(told: Told, story: Story) -> None:
    # 62 of 100 points below 500 is 438; 439 is not enough. The high 500 is that through the bar before.
    found = told("ote.internal", leg((500, 500, 439, 450), (450, 500, 438, 450)), ONE)
    assert story(found) == [(0, "confirmed", 4), (0, "entered", 6)]
    first = found[0]
    assert (first["direction"], first["formed"], first["origin_level"]) == (1, 3, 400)
    assert edges(found) == [(421, 438)] * 2
    assert [abs(value) for value in first["extra"][:2]] == [500, 859]  # the middle of 0.62 and 0.79: 429.5


@pytest.mark.jit_off
def test_the_zone_is_broken_strictly_below_the_deep_retracement_and_dead_below_the_origin(
    told: Told, story: Story
) -> None:
    rows = leg((500, 500, 421, 450), (450, 500, 420, 450), (450, 500, 400, 450), (450, 500, 399, 450))
    assert story(told("ote.internal", rows, ONE), 0) == [
        (0, "confirmed", 4),
        (0, "entered", 5),
        (0, "broken", 6),
        (0, "invalidated", 8),
    ]


@pytest.mark.jit_off
def test_one_bar_can_enter_break_and_invalidate(told: Told, story: Story) -> None:
    rows = leg((500, 500, 399, 450), (450, 600, 440, 450))
    assert story(told("ote.internal", rows, ONE), 0) == [
        (0, "confirmed", 4),
        (0, "entered", 5),
        (0, "broken", 5),
        (0, "invalidated", 5),
    ]


@pytest.mark.jit_off
def test_a_new_high_moves_a_zone_that_was_not_entered(told: Told, story: Story) -> None:
    found = told("ote.internal", leg((500, 520, 480, 500), (500, 510, 446, 450), (450, 510, 445, 450)), ONE)
    # 62 of 120 points below 520 is 445.6: 446 is not enough.
    assert story(found) == [(0, "confirmed", 4), (0, "extended", 5), (0, "entered", 7)]
    assert edges(found) == [(421, 438), (425, 446), (425, 446)]
    assert [abs(row["extra"][0]) for row in found] == [500, 520, 520]


@pytest.mark.jit_off
def test_a_new_high_after_the_entry_ends_the_zone_and_starts_another_of_the_same_leg(
    told: Told, story: Story
) -> None:
    # Bar 5 enters with the old high 500 and makes the new high 600, which counts from bar 6 on.
    found = told("ote.internal", leg((500, 600, 438, 500), (500, 599, 477, 500), (500, 599, 476, 500)), ONE)
    assert story(found) == [
        (0, "confirmed", 4),
        (0, "entered", 5),
        (0, "superseded", 5),
        (1, "confirmed", 5),
        (1, "entered", 7),
    ]
    assert edges(found)[-1] == (442, 476)
    assert [[parent[-1] for parent in row["parent"]] for row in (found[0], found[3])] == [[0, -1], [0, 1]]
    assert found[3]["formed"] == 3


@pytest.mark.jit_off
def test_a_new_break_supersedes_the_zone_even_on_a_bar_with_a_new_high(told: Told, story: Story) -> None:
    # The swing high 500 of bar 4 is known at 5; bar 6 closes above it. The leg origin now is bar 5.
    found = told("ote.internal", leg((480, 490, 430, 440), (440, 560, 440, 550)), ONE)
    assert story(found) == [
        (0, "confirmed", 4),
        (0, "entered", 5),
        (0, "superseded", 6),
        (1, "confirmed", 6),
    ]
    assert (found[-1]["formed"], found[-1]["origin_level"], abs(found[-1]["extra"][0])) == (5, 430, 560)
    assert found[-1]["parent"][1][-1] == -1


@pytest.mark.jit_off
def test_the_size_is_that_of_the_leg(told: Told) -> None:
    # True ranges 15, 25, 15, 40: the average of length 2 is 20, 17.5, then 28.75 through bar 3.
    (row,) = told("ote.internal", leg(), {**ONE, "atr_length": 2})
    assert row["size_atr"] == pytest.approx(100 / 28.75)
    (row,) = told("dealing_range.internal", leg(), {**ONE, "atr_length": 2})
    assert row["size_atr"] == pytest.approx(100 / 28.75)


@pytest.mark.jit_off
def test_the_retracements_are_parameters(told: Told, story: Story) -> None:
    rows = leg((500, 500, 470, 480), (480, 500, 459, 480))
    found = told("ote.internal", rows, {**ONE, "shallow": 0.3, "deep": 0.4})
    assert story(found, 0) == [(0, "confirmed", 4), (0, "entered", 5), (0, "broken", 6)]
    assert edges(found)[0] == (460, 470)


def test_a_deep_retracement_that_is_not_deeper_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="deep must be above shallow"):
        msgspec.convert({"shallow": 0.7, "deep": 0.7}, OteParams)


@pytest.mark.jit_off
def test_a_leg_of_bodies_runs_between_the_ends_of_bodies(told: Told, story: Story) -> None:
    """The leg runs from 430, the body of bar 3, to 490, the close of bar 4: 62 of 60 points are 37.2.

    The body of bar 5 moves the end to 495, its wick does not count: 40.3 points below are 454.7.
    """
    rows = leg((490, 530, 454, 495), (495, 500, 455, 480), (480, 490, 454, 470), (470, 475, 430, 440))
    rows[4] = (430, 500, 430, 490)
    rows[5] = (490, 530, 453, 495)
    found = told("ote.internal", rows, {**ONE, "anchors": "bodies"})
    assert story(found) == [
        (0, "confirmed", 4),
        (0, "extended", 5),
        (0, "entered", 7),
        (0, "broken", 8),
    ]
    assert found[0]["origin_level"] == 430
    assert [abs(row["extra"][0]) for row in found] == [490, 495, 495, 495]
    assert edges(found)[:2] == [(443, 453), (444, 455)]
    (*_, last) = told("ote.internal", [*rows, (440, 450, 429, 440)], {**ONE, "anchors": "bodies"})
    assert last["record"] == "invalidated"


def body_ends(rows: Rows, start: Any) -> tuple[int, int]:
    """Signed lower end of the body of the origin's bar, and the highest end of a body from there on."""
    bodies = [(min(bar[0], bar[3]), max(bar[0], bar[3])) for bar in signed(rows, start.direction)]
    return bodies[start.m][0], max(top for _, top in bodies[start.m : start.i + 1])


def slow(rows: Rows, *, bodies: bool) -> list[tuple[Any, ...]]:
    shallow, deep = Fraction(62, 100), Fraction(79, 100)
    starts: dict[int, Any] = {one.i: one for one in structure(rows, 2, 2)[0]}
    found: list[tuple[Any, ...]] = []
    serial, alive, reached = -1, False, {""}
    origin = high = direction = 0
    for i in range(len(rows)):
        bar = signed(rows, direction)[i]
        if alive:
            depth = Fraction(high - bar[2], high - origin)
            for name, true in (("entered", depth >= shallow), ("broken", depth > deep)):
                if true and name not in reached:
                    found.append((serial, name, i, direction, direction * high))
                    reached.add(name)
            if bar[2] < origin:
                found.append((serial, "invalidated", i, direction, direction * high))
                alive = False
        top = max(bar[0], bar[3]) if bodies else bar[1]
        again = alive and top > high
        if i in starts or (again and "entered" in reached):
            if alive:
                found.append((serial, "superseded", i, direction, direction * high))
            if i in starts:
                direction = starts[i].direction
                origin, high = direction * starts[i].origin, direction * starts[i].weak
                if bodies:
                    origin, high = body_ends(rows, starts[i])
                    alive = high > origin
                    if not alive:
                        continue
            else:
                high = top
            serial, alive, reached = serial + 1, True, {""}
            found.append((serial, "confirmed", i, direction, direction * high))
        elif again:
            high = top
            found.append((serial, "extended", i, direction, direction * high))
    return found


@pytest.mark.parametrize("anchors", ["wicks", "bodies"])
@pytest.mark.parametrize("seed", range(4))
def test_entries_equal_the_slow_reading(
    seed: int, anchors: str, build: Callable[..., Bars], records: Told
) -> None:
    rows = random_rows(seed, 500)
    found = records("ote.internal", build(rows), {"left": 2, "right": 2, "anchors": anchors})
    fast = [
        (row["serial"], row["record"], row["at"], row["direction"], int(row["extra"][0])) for row in found
    ]
    expected = slow(rows, bodies=anchors == "bodies")
    assert fast == expected
    assert {row[1] for row in expected} == {
        *("confirmed", "entered", "broken", "extended", "superseded", "invalidated")
    }
