"""Asian range, dealers range and flout: prices that count, projections, what is known when."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE
from ictcli.detectors.base.events import KNOWN_ON_OPEN
from ictcli.detectors.registry import DETECTORS
from ictcli.detectors.sessions import asian_range, flout
from ictcli.detectors.sessions.windows import COMPLETE
from ictcli.market.bars import Bars

Found = Callable[..., list[dict[str, Any]]]
BarsAt = Callable[..., Bars]
ROWS = [(50, 57, 48, 52), (52, 60, 41, 45)]
"""Wicks from 41 to 60, bodies from 45 to 52."""
NEXT = (45, 99, 1, 45)


def short(row: dict[str, Any]) -> tuple[int, int, int, int, int]:
    return (row["at"], row["formed"], row["direction"], row["bottom"], row["top"])


@pytest.mark.jit_off
def test_each_edge_is_known_at_the_open_of_the_first_bar_after_the_window(
    bars_from: BarsAt, found: Found, at: Callable[[str], int]
) -> None:
    """Range 19: the low 41 projects 31.5, 22, 3, -16, -35; the high 60 projects 69.5, 79, 98, 117, 136."""
    params = {"asian_range": {"window": "20:00-22:00"}}
    low, high = found("asian_range", bars_from("2025-06-10T20:00", [*ROWS, NEXT]), params)
    assert short(low) == (2, 0, 1, 41, 60)
    assert short(high) == (2, 0, -1, 41, 60)
    assert low["extra"] == [19, 63, 44, 6, -32, -70]
    assert high["extra"] == [19, 139, 158, 196, 234, 272]
    assert low["confirmed_ts"] == at("2025-06-10T22:00")
    assert low["marks"] == KNOWN_ON_OPEN | COMPLETE


def test_the_dealers_range_is_that_of_the_bodies(bars_from: BarsAt, found: Found) -> None:
    """Bodies 50-52 and 45-52: 45 to 52."""
    bars = bars_from("2025-06-10T14:00", [*ROWS, *[ROWS[0]] * 4, NEXT])
    low, high = found("cbdr", bars)
    assert short(low) == (6, 0, 1, 45, 52)
    assert high["extra"] == [7, 111, 118, 132, 146, 160]
    wicks = found("cbdr", bars, {"cbdr": {"prices": "wicks"}})
    assert short(wicks[0]) == (6, 0, 1, 41, 60)


def test_half_of_the_flout_is_one_unit(bars_from: BarsAt, found: Found) -> None:
    """Bodies 45 to 52: a unit of 3.5; 45 - 3.5 = 41.5, in half points 83, 76, 69, 62."""
    low, high = found("flout", bars_from("2025-06-10T14:00", [*ROWS, *[ROWS[0]] * 8, NEXT]))
    assert short(low) == (10, 0, 1, 45, 52)
    assert low["extra"] == [7, 0, 83, 76, 69, 62]
    assert high["extra"] == [7, 0, 111, 118, 125, 132]
    assert "sd_half" not in {extra.name for extra in flout.DETECTOR.extras}


def test_the_range_needs_a_height(bars_from: BarsAt, found: Found) -> None:
    params = {"asian_range": {"window": "20:00-22:00"}}
    assert found("asian_range", bars_from("2025-06-10T20:00", [(5, 5, 5, 5)] * 3), params) == []
    one = found("asian_range", bars_from("2025-06-10T20:00", [(5, 6, 5, 5), (5, 5, 5, 5), NEXT]), params)
    assert [row["extra"][0] for row in one] == [1, 1]


def test_an_incomplete_range_is_marked(bars_from: BarsAt, found: Found) -> None:
    """Three hours from 23:00 on: one of four bars of the default window."""
    rows = found("asian_range", bars_from("2025-06-10T23:00", [*ROWS, NEXT]))
    assert [row["marks"] for row in rows] == [KNOWN_ON_OPEN] * 2
    assert [(row["bottom"], row["top"]) for row in rows] == [(48, 57)] * 2


def test_a_range_is_told_in_average_ranges_and_every_day_anew(bars_from: BarsAt, found: Found) -> None:
    """Bars of 10 points: their average range is 10 once fourteen are known, the range of a window is 10."""
    rows = found("asian_range", bars_from("2025-06-10T20:00", [(50, 55, 45, 50)] * 30))
    assert [(row["at"], row["size_atr"]) for row in rows] == [(4, 0.0), (4, 0.0), (28, 1.0), (28, 1.0)]


@pytest.mark.parametrize("name", ["asian_range", "cbdr", "flout"])
def test_bars_that_straddle_the_window_are_refused(name: str) -> None:
    detector = DETECTORS[name]
    assert detector.refuses is not None
    assert detector.refuses(detector.params(), NS_PER_HOUR) == ""
    assert detector.refuses(detector.params(), NS_PER_DAY) != ""
    odd = asian_range.AsianRangeParams(window="20:30-24:00")
    assert asian_range.refuses(odd, NS_PER_HOUR) != ""
    assert asian_range.refuses(odd, 30 * NS_PER_MINUTE) == ""
