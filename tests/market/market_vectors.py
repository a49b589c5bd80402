"""Worked examples in New York time that several tests share."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from ictcli.clock import NS_PER_MINUTE, from_datetime
from ictcli.market.bars import Bars, Int64, make_bars
from ictcli.market.calendars import Calendar

NEW_YORK = ZoneInfo("America/New_York")


def utc(text: str) -> int:
    """Nanoseconds of an ISO stamp in UTC."""
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=UTC))


def ny(text: str) -> int:
    """Nanoseconds of an ISO stamp in New York local time."""
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=NEW_YORK))


def array(*values: int) -> Int64:
    """An int64 array."""
    return np.array(values, np.int64)


def open_minutes(start: int, end: int, cal: Calendar) -> Int64:
    """All minutes of a span at which the market is open."""
    minutes = np.arange(start, end, NS_PER_MINUTE, dtype=np.int64)
    return minutes[cal.is_open(minutes)]


def walk(ts: Int64, seed: int = 1) -> Bars:
    """M1 bars of a random walk at the given opens, with some volumes and spreads unknown."""
    generator = np.random.default_rng(seed)
    close: Int64 = 100_000 + np.cumsum(generator.integers(-9, 10, len(ts)))
    open_ = close + generator.integers(-9, 10, len(ts))
    high = np.maximum(open_, close) + generator.integers(0, 5, len(ts))
    low = np.minimum(open_, close) - generator.integers(0, 5, len(ts))
    return make_bars(
        5,
        ts,
        ts + NS_PER_MINUTE,
        (open_, high, low, close),
        tick_volume=generator.integers(-1, 50, len(ts)),
        spread=generator.integers(-1, 9, len(ts)).astype(np.int32),
    )
