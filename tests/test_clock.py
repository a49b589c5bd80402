"""Instants, durations and their text."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli import clock

NOW = 1_767_225_600_000_000_000
"""2026-01-01T00:00Z."""


def test_now_is_later_than_the_year_2025() -> None:
    assert clock.now_ns() > NOW - 365 * clock.NS_PER_DAY


def test_monotonic_never_goes_back() -> None:
    assert clock.monotonic() <= clock.monotonic()


@given(st.integers(0, 7_000_000_000_000_000).map(lambda us: us * 1000))
def test_a_datetime_and_back_is_the_same_instant(ns: int) -> None:
    assert clock.from_datetime(clock.to_datetime(ns)) == ns


def test_a_datetime_of_another_zone_is_the_same_instant() -> None:
    moment = datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    assert clock.from_datetime(moment) == NOW


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        clock.from_datetime(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (NOW, "2026-01-01T00:00:00Z"),
        (NOW + 1_500_000, "2026-01-01T00:00:00.001500Z"),
        (NOW + 1, "2026-01-01T00:00:00Z"),
    ],
)
def test_iso_shows_fractions_only_where_there_are_any(ns: int, text: str) -> None:
    assert clock.iso(ns) == text


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("36h", 129_600), ("7d", 604_800), ("2w", 1_209_600)]
)
def test_durations_have_one_unit(text: str, seconds: int) -> None:
    assert clock.parse_duration(text) == seconds * clock.NS_PER_SECOND


@pytest.mark.parametrize("text", ["", "7", "d", "1.5h", "-3d", "1h30m", "3y"])
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        clock.parse_duration(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T09:30Z", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
        ("2026-01-31T09:30+02:00", datetime(2026, 1, 31, 7, 30, tzinfo=UTC)),
        ("7d", datetime(2025, 12, 25, tzinfo=UTC)),
    ],
)
def test_instants_are_utc_unless_they_say_otherwise(text: str, moment: datetime) -> None:
    assert clock.parse_instant(text, now=NOW) == clock.from_datetime(moment)


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "1969-12-31", "2201-01-01"])
def test_other_instants_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="instant"):
        clock.parse_instant(text, now=NOW)
