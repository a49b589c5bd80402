"""When markets close for holidays, computed by rule in New York dates and wall-clock minutes.

Exchange closures follow CME Globex's published rules (equity index and metals trade a short session
on most US holidays); spot FX closes only for Christmas and New Year.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Group = Literal["fx", "exchange"]

MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6
NOON = 12 * 60
ROLL = 17 * 60
REOPEN = 18 * 60
SHORT = 13 * 60
"""The earliest usual close of a short session; some products run to 14:30."""
MOURNING = (date(2018, 12, 5), date(2025, 1, 9))
"""National days of mourning: equity index trading ended at 09:30."""


@dataclass(frozen=True, slots=True)
class Closure:
    """A market is shut from ``start`` (minute of ``start_day``) until ``end`` (minute of ``end_day``)."""

    name: str
    start_day: date
    start: int
    end_day: date
    end: int


def closures(group: Group, year: int) -> list[Closure]:
    """The closures of holidays that fall into ``year``, oldest first."""
    if group == "fx":
        found = [
            _full_day("New Year", date(year, 1, 1), ROLL, REOPEN),
            _full_day("Christmas", date(year, 12, 25), ROLL, REOPEN),
        ]
    else:
        found = [*_short_sessions(year), *_exchange_full_days(year)]
    return sorted(found, key=lambda closure: (closure.start_day, closure.start))


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    century, in_century = divmod(year, 100)
    golden = year % 19
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (in_century // 4) - epact - in_century % 4) % 7
    correction = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * correction + 114, 31)
    return date(year, month, day + 1)


def nth_weekday(year: int, month: int, weekday: int, n: int) -> date:
    """The ``n``-th ``weekday`` (Monday is 0) of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def observed(day: date) -> date:
    """The weekday on which US markets keep a fixed-date holiday."""
    shift = {SATURDAY: -1, SUNDAY: 1}.get(day.weekday(), 0)
    return day + timedelta(days=shift)


def _exchange_full_days(year: int) -> list[Closure]:
    new_year, christmas = date(year, 1, 1), date(year, 12, 25)
    # A New Year's Day on Saturday is not made up for; Christmas is, on the Friday.
    kept = new_year if new_year.weekday() == SATURDAY else observed(new_year)
    return [
        _full_day("New Year", kept, ROLL, REOPEN),
        _full_day("Good Friday", easter(year) - timedelta(days=2), ROLL, REOPEN),
        _full_day("Christmas", observed(christmas), SHORT, REOPEN),
    ]


def _short_sessions(year: int) -> list[Closure]:
    thanksgiving = nth_weekday(year, 11, THURSDAY, 4)
    independence = observed(date(year, 7, 4))
    memorial = date(year, 5, 31) - timedelta(days=date(year, 5, 31).weekday())
    days = [
        ("Martin Luther King Day", nth_weekday(year, 1, MONDAY, 3)),
        ("Presidents' Day", nth_weekday(year, 2, MONDAY, 3)),
        ("Memorial Day", memorial),
        ("Independence Day eve", independence - timedelta(days=1)),
        ("Independence Day", independence),
        ("Labor Day", nth_weekday(year, 9, MONDAY, 1)),
        ("Thanksgiving", thanksgiving),
        ("day after Thanksgiving", thanksgiving + timedelta(days=1)),
    ]
    if year >= 2022:
        days.append(("Juneteenth", observed(date(year, 6, 19))))
    found = [Closure(name, day, SHORT, day, REOPEN) for name, day in days if day.weekday() < SATURDAY]
    mourning = [day for day in MOURNING if day.year == year]
    return found + [Closure("National Day of Mourning", day, 9 * 60 + 30, day, REOPEN) for day in mourning]


def _full_day(name: str, day: date, start: int, end: int) -> Closure:
    return Closure(name, day - timedelta(days=1), start, day, end)
