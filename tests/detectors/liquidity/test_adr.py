"""Average daily range: worked examples. Bars lie in January 1970; the day rolls at 22:00 UTC."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE
from ictcli.detectors.base.events import KNOWN_ON_OPEN
from ictcli.detectors.liquidity.adr import AdrParams, refuses
from ictcli.market.bars import Bars

Build = Callable[..., Bars]
Rows = list[dict[str, Any]]
Records = Callable[..., Rows]

EVENINGS = [((day - 1) * 24 + 22) * 60 for day in range(4, 400) if (day + 2) % 7 not in (4, 5)]


def brief(rows: Rows) -> list[tuple[int, ...]]:
    """The bar, the sum of the ranges and the days of every average."""
    return [(row["at"], *row["extra"][:2].tolist()) for row in rows]


def days(*spans: int) -> tuple[list[tuple[int, int, int, int]], list[int]]:
    """One bar a day with this range."""
    return [(100 + at, 100 + at + span, 100 + at, 100 + at) for at, span in enumerate(spans)], EVENINGS[
        : len(spans)
    ]


@pytest.mark.jit_off
def test_the_last_days_are_averaged_at_the_roll_without_the_first_of_the_data(
    build: Build, records: Records
) -> None:
    """Ranges 99, 4, 6, 9, 1: two days give 4 + 6 at bar 3, 6 + 9 at bar 4; the first day never counts.

    Bar i opens, lows and closes at 100 + i, so a true range is at least its own plus 1.
    Through bar 2 the average true range of two bars is ((99 + 5) / 2 + 7) / 2.
    """
    found = records("adr.5", build(*days(99, 4, 6, 9, 1)), {"days": 2, "atr_length": 2})
    assert brief(found) == [(3, 10, 2), (4, 15, 2)]
    assert [row["direction"] for row in found] == [0, 0]
    assert found[0]["size_atr"] == pytest.approx(5 / ((104 / 2 + 7) / 2))
    assert found[0]["at_ts"] == found[0]["confirmed_ts"] == EVENINGS[3] * NS_PER_MINUTE
    assert [(row["bottom"], row["top"]) for row in found] == [(103, 103), (104, 104)]
    assert found[0]["marks"] & KNOWN_ON_OPEN


def test_a_day_without_half_of_its_bars_is_left_out(build: Build, records: Records) -> None:
    """Days of 4 bars, the sixth of one, the seventh of four: the sixth adds nothing and writes nothing."""
    sizes = [4, 4, 4, 4, 4, 1, 4, 1]
    minutes = [EVENINGS[day] + at for day, size in enumerate(sizes) for at in range(size)]
    spans = [day + 1 for day, size in enumerate(sizes) for _ in range(size)]
    rows = [(100, 100 + span, 100, 100) for span in spans]
    found = records("adr.5", build(rows, minutes), {"days": 2})
    assert brief(found) == [(12, 5, 2), (16, 7, 2), (20, 9, 2), (25, 12, 2)]


def test_the_average_is_in_ranges_only_where_these_are_defined(build: Build, records: Records) -> None:
    (row,) = records("adr.5", build(*days(5, 5, 5)), {"days": 1})[:1]
    assert row["size_atr"] == 0.0


def test_the_layers_have_their_own_days(build: Build, records: Records) -> None:
    bars = build(*days(*[5] * 30))
    assert brief(records("adr.5", bars))[0] == (6, 25, 5)
    assert brief(records("adr.20", bars))[0] == (21, 100, 20)


def test_bars_longer_than_a_day_are_refused() -> None:
    assert refuses(AdrParams(), NS_PER_DAY) == ""
    assert refuses(AdrParams(), NS_PER_DAY + 1) == "needs bars of at most one day"
