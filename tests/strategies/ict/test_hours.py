"""New York clock times as instants."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.errors import ConfigError
from ictcli.strategies.ict.hours import CLOCK, init_clock, instant_of, minute_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


DAYS = st.integers(13_600, 24_800)
"""2007 to 2037, in days since 1970."""


@given(day=DAYS, minute=st.integers(3 * 60, 24 * 60 - 1), before=DAYS)
def test_an_instant_is_what_the_time_zone_database_says(day: int, minute: int, before: int) -> None:
    """After 03:00, where no clock change makes a time ambiguous; whatever was asked before."""
    clock = np.zeros(1, CLOCK)
    init_clock(clock[0])
    instant_of(clock[0], before, 600)
    date = EPOCH.date() + timedelta(days=day)
    local = datetime.combine(date, time(minute // 60, minute % 60), ZoneInfo("America/New_York"))
    assert instant_of(clock[0], day, minute) == int(local.timestamp()) * 10**9


@pytest.mark.parametrize(("text", "minute"), [("", -1), ("00:00", 0), ("9:30", 570), ("16:00", 960)])
def test_times_of_day_are_read(text: str, minute: int) -> None:
    assert minute_of(text) == minute


@pytest.mark.parametrize("text", ["24:00", "1600", "16:60", " 16:00", "16:00 ", "x"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a New York time"):
        minute_of(text)
