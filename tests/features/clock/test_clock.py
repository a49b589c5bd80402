"""Time features on instants whose New York clock is known, in winter and in summer."""

import math
from datetime import UTC, datetime

import pytest

from ictcli.features.clock import kill_zone, minute, weekday
from ictcli.features.feature import Feature
from tests.features.ict.listening import bars_of, listen

pytestmark = pytest.mark.jit_off


def at(feature: Feature, *times: str) -> list[list[float]]:
    """The rows of one-minute bars that open at UTC times."""
    stamps = [int(datetime.fromisoformat(time).replace(tzinfo=UTC).timestamp()) // 60 for time in times]
    rows: list[list[float]] = listen(feature, bars_of([(10, 12, 9, 11)] * len(stamps), stamps)).rows.tolist()
    return rows


def test_the_minute_is_a_point_on_a_circle() -> None:
    midnight, six, almost = at(minute.FEATURE, "2026-01-07 05:00", "2026-01-07 11:00", "2026-01-08 04:59")
    assert midnight == [0.0, 1.0]
    assert six == pytest.approx([1.0, 0.0], abs=1e-12)
    assert almost == pytest.approx([0.0, 1.0], abs=0.005)
    (summer,) = at(minute.FEATURE, "2026-07-07 10:00")
    assert summer == six


def test_the_day_begins_at_the_roll() -> None:
    """Monday is 0 from Sunday 17:00 New York on; Tuesday 1 from Monday 17:00 on."""
    sunday, monday, tuesday = at(weekday.FEATURE, "2026-01-04 22:00", "2026-01-05 21:59", "2026-01-05 22:00")
    assert sunday == monday == [0.0, 1.0]
    assert tuesday == [math.sin(2 * math.pi / 7), math.cos(2 * math.pi / 7)]


@pytest.mark.parametrize(
    ("time", "name", "hours"),
    [
        ("2026-01-07 00:59", None, 0.0),  # 19:59
        ("2026-01-07 01:00", "asia", 0.0),
        ("2026-01-07 04:59", "asia", 239 / 60),
        ("2026-01-07 05:00", None, 0.0),
        ("2026-01-07 07:30", "london", 0.5),
        ("2026-07-07 06:30", "london", 0.5),
        ("2026-07-07 09:00", None, 0.0),
        ("2026-07-07 13:59", "ny_am", 179 / 60),
        ("2026-07-07 14:00", "london_close", 0.0),
        ("2026-07-07 16:30", "lunch", 0.5),
        ("2026-07-07 17:15", None, 0.0),
        ("2026-07-07 17:30", "ny_pm", 0.0),
        ("2026-07-07 20:00", None, 0.0),
    ],
)
def test_a_kill_zone_is_told_with_its_hours(time: str, name: str | None, hours: float) -> None:
    (row,) = at(kill_zone.FEATURE, time)
    assert row == [*(1.0 if name == zone else 0.0 for zone in kill_zone.NAMES), hours]
