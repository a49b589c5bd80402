"""Opening prices: worked examples. Bars lie in January 1970: New York is five hours behind UTC."""

from collections.abc import Callable
from typing import Any

import pytest

from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE
from ictcli.detectors.base.events import KNOWN_ON_OPEN
from ictcli.detectors.liquidity.opening_price import DETECTOR, OpeningPriceParams, refuses
from ictcli.market.bars import Bars

Build = Callable[..., Bars]
Rows = list[dict[str, Any]]
Records = Callable[..., Rows]


def ny(day: int, hour: int, minute: int = 0) -> int:
    """Minutes from the start of 1970 UTC to a New York time of a day of January."""
    return ((day - 1) * 24 + hour + 5) * 60 + minute


def brief(rows: Rows, record: str = "confirmed") -> list[tuple[Any, ...]]:
    """Label, bar, price and lateness."""
    return [
        (DETECTOR.labels[(0, row["label"])], row["at"], row["bottom"], int(row["extra"][0]))
        for row in rows
        if row["record"] == record
    ]


def at(*minutes: int) -> tuple[list[tuple[int, int, int, int]], list[int]]:
    """Bars at these minutes that open at 100, 101, 102..."""
    return [(100 + i, 110 + i, 90 + i, 105 + i) for i in range(len(minutes))], list(minutes)


@pytest.mark.jit_off
def test_each_price_is_that_of_the_first_bar_at_its_time_and_ends_with_the_day(
    build: Build, records: Records
) -> None:
    """From Sunday 17:00 (4 January) to Tuesday's first bar, with a bar just before every time."""
    minutes = [
        *(ny(4, 17), ny(4, 17, 59), ny(4, 18), ny(4, 23, 59), ny(5, 0), ny(5, 8, 29), ny(5, 8, 30)),
        *(ny(5, 9, 29), ny(5, 9, 30), ny(5, 16, 59), ny(5, 17)),
    ]
    found = records("opening_price", build(*at(*minutes)))
    assert brief(found) == [
        ("week open", 0, 100, 0),
        ("18:00 open", 2, 102, 0),
        ("midnight open", 4, 104, 0),
        ("08:30 open", 6, 106, 0),
        ("09:30 open", 8, 108, 0),
    ]
    assert [one[0] for one in brief(found, "expired")] == [
        *("18:00 open", "midnight open", "08:30 open", "09:30 open")
    ]
    assert {row["at"] for row in found if row["record"] == "expired"} == {10}
    midnight = found[2]
    assert (
        midnight["confirmed_ts"] == midnight["at_ts"] == midnight["formed_ts"] == minutes[4] * NS_PER_MINUTE
    )
    assert midnight["marks"] & KNOWN_ON_OPEN
    assert (midnight["direction"], midnight["top"]) == (0, 104)


def test_a_late_first_bar_opens_all_that_is_due_and_says_how_late(build: Build, records: Records) -> None:
    """Monday's last bar, then nothing until Tuesday 00:20, and nothing from then until 10:00."""
    bars = build(*at(ny(5, 16, 59), ny(6, 0, 20), ny(6, 10)))
    found = records("opening_price", bars)
    assert brief(found) == [
        ("18:00 open", 1, 101, 380),
        ("midnight open", 1, 101, 20),
        ("08:30 open", 2, 102, 90),
        ("09:30 open", 2, 102, 30),
    ]
    assert [row["ordinal"] for row in found] == [0, 1, 0, 1]


def test_times_before_the_data_have_no_price(build: Build, records: Records) -> None:
    """The data begin on Tuesday at 08:30; Monday's open of the week is not known either."""
    bars = build(*at(ny(6, 8, 30), ny(6, 9, 31)))
    assert brief(records("opening_price", bars)) == [("08:30 open", 0, 100, 0), ("09:30 open", 1, 101, 1)]
    tuesday = build(*at(ny(5, 17)))
    assert records("opening_price", tuesday) == []


def test_a_bar_that_straddles_the_time_leaves_no_price(build: Build, records: Records) -> None:
    """Bars of one minute at 08:29:30 and 09:29: the first reaches beyond 08:30, the second ends at 09:30."""
    rows, minutes = at(ny(6, 8, 29), ny(6, 8, 30), ny(6, 9, 29), ny(6, 9, 30))
    bars = build(rows, [minutes[0] + 0.5, minutes[1] + 0.5, *minutes[2:]])
    assert brief(records("opening_price", bars)) == [("09:30 open", 3, 103, 0)]


def test_a_shut_market_opens_nothing_and_the_week_begins_on_sunday_evening(
    build: Build, records: Records
) -> None:
    """Friday 2 January, a stray bar on Saturday, Sunday 17:00, Tuesday; then Tuesday of the next week."""
    bars = build(*at(ny(2, 16, 59), ny(3, 12), ny(4, 17), ny(6, 12), ny(13, 17, 30)))
    found = records("opening_price", bars)
    assert brief(found)[:1] == [("week open", 2, 102, 0)]
    weeks = [(one[1], one[3]) for one in brief(found) if one[0] == "week open"]
    assert weeks == [(2, 0), (4, 2 * 1440 + 30)]
    assert ("week open", 4, 102, 0) in brief(found, "expired")


def test_a_day_that_lacks_a_time_has_no_price_of_it(build: Build, records: Records) -> None:
    found = records("opening_price", build(*at(ny(4, 17), ny(4, 18), ny(5, 17), ny(5, 18))))
    assert [one[:2] for one in brief(found)] == [("week open", 0), ("18:00 open", 1), ("18:00 open", 3)]


def test_bars_longer_than_a_day_are_refused() -> None:
    assert refuses(OpeningPriceParams(), NS_PER_DAY) == ""
    assert refuses(OpeningPriceParams(), NS_PER_DAY + 1) == "needs bars of at most one day"
