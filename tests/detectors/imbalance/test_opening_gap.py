"""Worked examples of opening gaps; instants are UTC, New York is 5 hours behind in January 2025."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE
from ictcli.detectors.base.events import KNOWN_ON_OPEN, SPANS_GAP
from ictcli.detectors.imbalance.opening_gap import NDOG, NWOG
from ictcli.detectors.plan import Plan
from ictcli.detectors.registry import DETECTORS

pytestmark = pytest.mark.jit_off

Told = Callable[..., list[dict[str, Any]]]
Bar = tuple[str, int, int, int, int]


def minute(text: str) -> int:
    return int(datetime.fromisoformat(f"2025-{text}").replace(tzinfo=UTC).timestamp()) // 60


def gaps(told: Told, bars: Sequence[Bar], params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return told("opening_gap", [bar[1:] for bar in bars], params, [minute(bar[0]) for bar in bars])


TUESDAY: Bar = ("01-07T21:59", 100, 102, 99, 101)  # 16:59 New York
EVENING: Bar = ("01-07T22:00", 109, 112, 104, 110)  # 17:00, the first bar of Wednesday's trading day


def test_the_zone_lies_between_the_last_close_and_the_open(told: Told) -> None:
    (gap,) = gaps(told, [TUESDAY, EVENING])
    assert (gap["direction"], gap["bottom"], gap["top"], gap["label"]) == (1, 101, 109, NDOG)
    assert (gap["prev_close"], gap["open"], gap["ce"]) == (101, 109, 210)
    assert (gap["near_quarter"], gap["far_quarter"]) == (214, 206)
    assert gap["trading_day"] == minute("01-08T00:00") * NS_PER_MINUTE


def test_it_is_known_when_its_bar_opens(told: Told) -> None:
    (gap,) = gaps(told, [TUESDAY, EVENING])
    opened = minute("01-07T22:00") * NS_PER_MINUTE
    assert (gap["formed_ts"], gap["confirmed_ts"], gap["at_ts"]) == (opened,) * 3
    assert gap["marks"] & KNOWN_ON_OPEN


def test_only_a_pause_before_the_opening_bar_marks_the_gap(told: Told) -> None:
    (gap,) = gaps(told, [TUESDAY, EVENING])
    assert gap["marks"] == KNOWN_ON_OPEN
    (gap,) = gaps(told, [TUESDAY, ("01-07T22:05", 109, 112, 104, 110)])
    assert gap["marks"] == KNOWN_ON_OPEN | SPANS_GAP
    (gap,) = gaps(told, [("01-07T21:00", 9, 9, 9, 9), TUESDAY, EVENING])
    assert gap["marks"] == KNOWN_ON_OPEN


@pytest.mark.parametrize(
    ("opened", "quarters"), [(105, (208, 204)), (104, (206, 204)), (103, (205, 203)), (102, (203, 203))]
)
def test_quarters_are_rounded_to_half_points_towards_the_middle(
    opened: int, quarters: tuple[int, int], told: Told
) -> None:
    """From 101 up: quarters of 4 points are 102 and 104, of 3 points 101.75 and 103.25, of 1 point
    101.25 and 101.75, both of which round to 101.5."""
    (gap,) = gaps(told, [TUESDAY, ("01-07T22:00", opened, opened, opened, opened)])
    assert (gap["near_quarter"], gap["far_quarter"]) == quarters


def test_the_day_rolls_at_five_in_new_york_and_not_at_midnight(told: Told) -> None:
    assert gaps(told, [("01-07T21:00", 9, 9, 9, 9), ("01-07T21:59", 5, 5, 5, 5)]) == []
    assert gaps(told, [("01-07T22:00", 9, 9, 9, 9), ("01-08T05:00", 5, 5, 5, 5)]) == []
    assert len(gaps(told, [("01-07T21:59", 9, 9, 9, 9), ("01-08T05:00", 5, 5, 5, 5)])) == 1


def test_an_open_at_the_last_close_is_no_gap_and_min_gap_is_the_least(told: Told) -> None:
    assert gaps(told, [TUESDAY, ("01-07T22:00", 101, 112, 101, 110)]) == []
    three = [TUESDAY, ("01-07T22:00", 104, 112, 104, 110)]
    assert len(gaps(told, three, {"min_gap": 3})) == 1
    assert gaps(told, three, {"min_gap": 4}) == []


def test_its_life_begins_with_the_next_bar(told: Told, story: Callable[..., Any]) -> None:
    """Bar 1 itself falls to 104, inside [101, 109], and does not count."""
    later: list[Bar] = [
        ("01-07T22:01", 110, 111, 109, 110),
        ("01-07T22:02", 110, 110, 105, 106),
        ("01-07T22:03", 106, 107, 101, 101),
        ("01-07T22:04", 101, 102, 100, 100),
    ]
    found = gaps(told, [TUESDAY, EVENING, *later])
    assert story(found) == [
        (0, "confirmed", 1),
        (0, "tapped", 2),
        (0, "ce", 3),
        (0, "filled", 4),
        (0, "invalidated", 5),
    ]
    assert found[1]["at_ts"] == (minute("01-07T22:01") + 1) * NS_PER_MINUTE
    wicked = gaps(told, [TUESDAY, EVENING, ("01-07T22:01", 110, 111, 100, 110)], {"invalidate": "wick"})
    assert wicked[-1]["record"] == "invalidated"


def test_a_gap_of_the_day_ends_with_its_trading_week(told: Told, story: Callable[..., Any]) -> None:
    """The bar of Friday 16:59 lies in the week, that of Sunday 17:00 opens the next one."""
    week: list[Bar] = [TUESDAY, EVENING, ("01-10T21:59", 112, 113, 111, 112)]
    found = gaps(told, [*week, ("01-12T22:00", 112, 112, 100, 100)])
    assert story(found, 0) == [(0, "confirmed", 1), (0, "expired", 3)]
    assert found[-1]["at_ts"] == minute("01-12T22:00") * NS_PER_MINUTE
    rest = gaps(told, [*week, ("01-10T22:30", 112, 112, 100, 100)])
    assert story(rest, 0)[-1] == (0, "invalidated", 3)


def test_bars_in_closed_hours_belong_to_the_day_that_ended(told: Told) -> None:
    """A bar of Friday 17:30 makes no day; Monday's gap starts from its close."""
    friday: Bar = ("01-10T21:59", 112, 113, 111, 112)
    late: Bar = ("01-10T22:30", 115, 115, 115, 115)
    sunday: Bar = ("01-12T22:00", 120, 120, 120, 120)
    (gap,) = gaps(told, [friday, late, sunday])
    assert (gap["label"], gap["bottom"], gap["top"], gap["at"]) == (NWOG, 115, 120, 2)
    assert gap["trading_day"] == minute("01-13T00:00") * NS_PER_MINUTE


MONDAYS = ["01-06", "01-13", "01-20", "01-27", "02-03", "02-10", "02-17", "02-24", "03-03"]


def weeks(prices: Sequence[int]) -> list[Bar]:
    days = zip(MONDAYS, prices, strict=False)
    return [(f"{day}T12:00", price, price, price, price) for day, price in days]


def test_a_gap_of_the_week_ends_when_the_sixth_newer_one_appears(
    told: Told, story: Callable[..., Any]
) -> None:
    found = gaps(told, weeks(range(10, 19)))
    assert {row["label"] for row in found} == {NWOG}
    ends = [(row["serial"], row["at"], row["at_ts"]) for row in found if row["record"] == "expired"]
    assert ends == [
        (0, 7, minute("02-24T12:00") * NS_PER_MINUTE),
        (1, 8, minute("03-03T12:00") * NS_PER_MINUTE),
    ]
    assert [item for item in story(found) if item[2] == 7] == [(0, "expired", 7), (6, "confirmed", 7)]


def test_weeks_without_a_gap_do_not_age_the_others(told: Told) -> None:
    found = gaps(told, weeks([10, 11, 12, 12, 13]), {"newer_weeks": 2})
    assert [(row["serial"], row["at"]) for row in found if row["record"] == "expired"] == [(0, 4)]
    one = gaps(told, weeks([10, 11, 12, 12, 13]), {"newer_weeks": 1})
    assert [(row["serial"], row["at"]) for row in one if row["record"] == "expired"] == [(0, 2), (1, 4)]


def test_gaps_of_both_directions_and_ended_ones_count_as_newer(told: Told) -> None:
    """Up at weeks 1 and 3, down at week 2; the one of week 2 is filled by week 3's bar."""
    bars = weeks([10, 20, 15])
    bars.append(("01-27T12:00", 30, 30, 30, 30))
    found = gaps(told, bars, {"newer_weeks": 2})
    assert [(row["serial"], row["at"]) for row in found if row["record"] == "expired"] == [(0, 3)]
    assert [row["serial"] for row in found if row["record"] == "invalidated"] == [1]


@pytest.mark.parametrize(("length", "refused"), [(NS_PER_DAY, True), (NS_PER_DAY - NS_PER_HOUR, False)])
def test_days_and_longer_bars_are_refused(
    length: int, *, refused: bool, plan_for: Callable[..., Plan]
) -> None:
    plan = plan_for(DETECTORS["opening_gap"], {}, length)
    assert plan.refused == ({"opening_gap": "needs bars shorter than a day"} if refused else {})
