"""Trading days by symbol: as a run counts them, holidays and weekends included."""

import numpy as np
import pytest

from ictcli.clock import parse_instant
from ictcli.market.calendars import calendar
from ictcli.reports.period_days import closing_days, marked_days

CALENDARS = {"EURUSD": calendar("fx"), "BTCUSD": calendar("crypto")}


def instants(*texts: str) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.array([parse_instant(text, now=0) for text in texts], np.int64)


def dates(days: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> list[str]:
    return days.astype("datetime64[D]").astype(str).tolist()


@pytest.mark.parametrize(
    ("symbol", "close", "day"),
    [
        ("EURUSD", "2024-07-05T21:00:00", "2024-07-05"),  # the roll itself still ends Friday
        ("EURUSD", "2024-07-06T10:00:00", "2024-07-05"),  # a stray Saturday belongs to it, too
        ("BTCUSD", "2024-07-06T10:00:00", "2024-07-06"),
        ("UNKNOWN", "2024-07-06T10:00:00", "2024-07-05"),
        ("EURUSD", "2024-07-07T22:00:00", "2024-07-08"),
    ],
)
def test_a_close_belongs_to_the_trading_day_of_its_symbol(symbol: str, close: str, day: str) -> None:
    assert dates(closing_days(instants(close), [symbol], CALENDARS)) == [day]


def test_a_mark_on_a_holiday_is_no_trading_day_unless_something_trades() -> None:
    marks = instants("2024-12-24T22:00:00", "2024-12-25T22:00:00", "2024-12-26T22:00:00")
    assert dates(marked_days(marks, ["EURUSD"], CALENDARS)) == ["2024-12-24", "2024-12-26"]
    assert dates(marked_days(marks, ["EURUSD", "BTCUSD"], CALENDARS)) == [
        *("2024-12-24", "2024-12-25", "2024-12-26"),
    ]
    assert len(marked_days(marks[:0], ["EURUSD"], CALENDARS)) == 0
