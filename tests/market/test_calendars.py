"""Regular hours and holidays."""

from datetime import date

import numpy as np
import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.errors import UsageError
from ictcli.market.calendars import calendar
from ictcli.market.holidays import closures, easter, nth_weekday, observed
from tests.market.market_vectors import array, ny, open_minutes

EXCHANGE = ("metal", "index", "cme")


@pytest.mark.parametrize(
    ("name", "moment", "is_open"),
    [
        ("fx", "2025-03-07T16:59", True),
        ("fx", "2025-03-07T17:00", False),
        ("fx", "2025-03-09T16:59", False),
        ("fx", "2025-03-09T17:00", True),
        ("fx", "2025-03-10T17:30", True),
        ("metal", "2025-03-09T17:30", False),
        ("metal", "2025-03-09T18:00", True),
        ("metal", "2025-03-10T16:59", True),
        ("metal", "2025-03-10T17:00", False),
        ("metal", "2025-03-10T18:00", True),
        ("index", "2025-11-02T18:00", True),
        ("cme", "2025-11-03T17:59", False),
        ("crypto", "2025-12-25T12:00", True),
        ("crypto", "2025-03-08T12:00", True),
        ("fx", "2025-12-25T12:00", False),
        ("fx", "2025-12-25T18:00", True),
        ("fx", "2025-11-27T14:00", True),
        ("index", "2025-11-27T12:59", True),
        ("index", "2025-11-27T14:00", False),
        ("metal", "2025-04-18T12:00", False),
        ("cme", "2025-01-09T10:00", False),
    ],
)
def test_hours_hold_in_new_york_time(name: str, moment: str, is_open: bool) -> None:
    assert calendar(name).is_open(array(ny(moment))).tolist() == [is_open]


@pytest.mark.parametrize(("name", "minutes"), [("fx", 7200), ("metal", 6900), ("crypto", 10080)])
def test_an_ordinary_week_has_its_regular_length(name: str, minutes: int) -> None:
    week = open_minutes(ny("2025-09-07T12:00"), ny("2025-09-14T12:00"), calendar(name))
    assert len(week) == minutes


def test_the_week_is_as_long_when_the_clocks_change() -> None:
    spring = open_minutes(ny("2025-03-08T12:00"), ny("2025-03-15T12:00"), calendar("fx"))
    assert len(spring) == 7200


def test_no_instants_are_no_answers() -> None:
    assert len(calendar("index").is_open(np.zeros(0, np.int64))) == 0


def test_an_unknown_calendar_is_refused() -> None:
    with pytest.raises(UsageError, match="lunar") as caught:
        calendar("lunar")
    assert "crypto" in caught.value.hint


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [(1961, 4, 2), (2000, 4, 23), (2008, 3, 23), (2011, 4, 24), (2024, 3, 31), (2025, 4, 20), (2026, 4, 5)],
)
def test_easter_falls_where_the_almanac_says(year: int, month: int, day: int) -> None:
    assert easter(year) == date(year, month, day)


def test_weekdays_are_counted_within_the_month() -> None:
    assert nth_weekday(2025, 11, 3, 4) == date(2025, 11, 27)
    assert nth_weekday(2025, 9, 0, 1) == date(2025, 9, 1)


def test_holidays_on_a_weekend_are_kept_on_the_nearest_weekday() -> None:
    assert observed(date(2026, 7, 4)) == date(2026, 7, 3)
    assert observed(date(2027, 7, 4)) == date(2027, 7, 5)
    assert observed(date(2025, 7, 4)) == date(2025, 7, 4)


def test_a_year_of_exchange_holidays() -> None:
    found = {closure.name: closure.end_day for closure in closures("exchange", 2025)}
    assert found["Memorial Day"] == date(2025, 5, 26)
    assert found["Presidents' Day"] == date(2025, 2, 17)
    assert found["Good Friday"] == date(2025, 4, 18)
    assert found["Juneteenth"] == date(2025, 6, 19)
    assert found["National Day of Mourning"] == date(2025, 1, 9)
    assert "Juneteenth" not in {closure.name for closure in closures("exchange", 2021)}
    assert [closure.name for closure in closures("fx", 2025)] == ["New Year", "Christmas"]


@pytest.mark.parametrize("name", EXCHANGE)
def test_new_year_on_a_saturday_is_not_made_up_for(name: str) -> None:
    assert calendar(name).is_open(array(ny("2021-12-31T12:00"))).tolist() == [True]


def test_closures_are_minutes_wide_at_most_three_days() -> None:
    for year in range(1990, 2060):
        for closure in closures("exchange", year):
            days = (closure.end_day - closure.start_day).days
            length = days * 1440 + closure.end - closure.start
            assert 0 < length * NS_PER_MINUTE <= 3 * 1440 * NS_PER_MINUTE
