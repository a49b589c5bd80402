"""Session levels: birth on open, sweep and break, two days of life, which sessions count, a slow reading."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from ictcli.clock import NS_PER_DAY
from ictcli.detectors.base.events import KNOWN_ON_OPEN
from ictcli.detectors.sessions.windows import COMPLETE
from ictcli.market.bars import Bars, make_bars

Found = Callable[..., list[dict[str, Any]]]
BarsAt = Callable[..., Bars]
OFF = {"asia": "", "london_open": "", "new_york_am": "", "london_close": "", "lunch": "", "new_york_pm": ""}
ASIA = {"kill_zone": {**OFF, "asia": "20:00-22:00"}}
IN = [(50, 60, 45, 50), (50, 55, 40, 50)]
"""The bars of a session from 40 to 60."""


def brief(rows: list[dict[str, Any]]) -> list[tuple[str, int, str, int]]:
    return [(row["record"], row["at"], row["label"], row["bottom"]) for row in rows]


@pytest.mark.jit_off
def test_levels_are_known_at_the_open_of_the_bar_on_which_they_can_be_swept(
    bars_from: BarsAt, found: Found, at: Callable[[str], int]
) -> None:
    """Bar 2 opens at 22:00, trades 61 and closes on 60: a sweep of the high, no break; bar 3 closes at 39."""
    rows = found(
        "session_level", bars_from("2025-06-10T20:00", [*IN, (50, 61, 40, 60), (60, 60, 39, 39)]), ASIA
    )
    assert brief(rows) == [
        ("confirmed", 2, "ASIA_LOW", 40),
        ("confirmed", 2, "ASIA_HIGH", 60),
        ("swept", 2, "ASIA_HIGH", 60),
        ("swept", 3, "ASIA_LOW", 40),
        ("broken", 3, "ASIA_LOW", 40),
    ]
    low, high = rows[:2]
    assert (low["direction"], high["direction"]) == (1, -1)
    assert (low["formed"], low["confirmed_ts"]) == (0, at("2025-06-10T22:00"))
    assert low["marks"] == KNOWN_ON_OPEN | COMPLETE
    assert low["extra"][0] == np.datetime64("2025-06-11", "ns").astype(np.int64)


def test_a_touch_is_no_sweep_and_a_close_on_the_level_no_break(bars_from: BarsAt, found: Found) -> None:
    rows = found(
        "session_level", bars_from("2025-06-10T20:00", [*IN, (50, 60, 40, 40), (50, 62, 38, 60)]), ASIA
    )
    assert [(row["record"], row["at"]) for row in rows[2:]] == [("swept", 3), ("swept", 3)]


def test_a_broken_level_says_nothing_more(bars_from: BarsAt, found: Found) -> None:
    up = (61, 62, 61, 61)
    rows = found("session_level", bars_from("2025-06-10T20:00", [*IN, up, IN[0], up]), ASIA)
    assert [(row["record"], row["at"]) for row in rows[2:]] == [("swept", 2), ("broken", 2)]


@pytest.mark.parametrize(
    ("later", "expired"),
    [
        # the session of the trading day 11 June lives through 12 June and ends with the roll into the 13th
        (["2025-06-11T17:00", "2025-06-12T16:00", "2025-06-12T17:00"], 5),
        # 12 June has no bars: the 13th is the next trading day, the 16th the one after
        (["2025-06-12T17:00", "2025-06-13T16:00", "2025-06-15T17:00"], 5),
        (["2025-06-11T16:00", "2025-06-11T17:00", "2025-06-12T16:00"], None),
    ],
)
def test_levels_live_through_the_next_trading_day(
    bars_at: BarsAt, found: Found, later: list[str], expired: int | None
) -> None:
    calm = (50, 50, 50, 50)
    hours = ["2025-06-10T20:00", "2025-06-10T21:00", "2025-06-10T22:00", *later]
    rows = found(
        "session_level",
        bars_at([(hour, row) for hour, row in zip(hours, [*IN, *[calm] * 4], strict=True)]),
        ASIA,
    )
    ends = [
        (row["record"], row["at"])
        for row in rows
        if row["label"].startswith("ASIA") and row["record"] != "confirmed"
    ]
    assert ends == ([("expired", expired)] * 2 if expired else [])


def test_a_session_that_closes_late_counts_from_its_own_trading_day(bars_at: BarsAt, found: Found) -> None:
    """Known with the first bar of 12 June only, the levels of 11 June still end with the 13th."""
    calm = (50, 50, 50, 50)
    hours = [
        "2025-06-10T20:00",
        "2025-06-10T21:00",
        "2025-06-11T18:00",
        "2025-06-12T16:00",
        "2025-06-12T17:00",
    ]
    rows = found("session_level", bars_at(list(zip(hours, [*IN, calm, calm, calm], strict=True))), ASIA)
    assert [(row["record"], row["at"]) for row in rows] == [("confirmed", 2)] * 2 + [("expired", 4)] * 2


def test_the_london_close_leaves_no_levels_and_an_incomplete_session_marked_ones(
    bars_from: BarsAt, found: Found
) -> None:
    params = {"kill_zone": {**OFF, "london_close": "10:00-12:00", "new_york_am": "06:00-10:00"}}
    rows = found("session_level", bars_from("2025-06-10T09:00", [IN[0]] * 4), params)
    assert [row["label"] for row in rows] == ["NEW_YORK_AM_LOW", "NEW_YORK_AM_HIGH"]
    assert [row["marks"] for row in rows] == [KNOWN_ON_OPEN] * 2


def test_a_full_side_evicts_its_oldest_level(bars_from: BarsAt, found: Found) -> None:
    params = {
        "kill_zone": {**OFF, "asia": "20:00-21:00", "lunch": "21:00-22:00"},
        "session_level": {"max_active": 1},
    }
    rows = found("session_level", bars_from("2025-06-10T20:00", [IN[0]] * 3), params)
    assert [(row["record"], row["label"]) for row in rows[2:]] == [
        ("evicted", "ASIA_LOW"),
        ("confirmed", "LUNCH_LOW"),
        ("evicted", "ASIA_HIGH"),
        ("confirmed", "LUNCH_HIGH"),
    ]


def slow(zones: list[dict[str, Any]], bars: Bars, days: list[int]) -> set[tuple[Any, ...]]:
    """The life of both levels of every closed session, by looking forward from its close."""
    result = set()
    for zone in (row for row in zones if row["record"] == "closed" and row["label"] != "LONDON_CLOSE"):
        own = zone["extra"][2] // NS_PER_DAY
        later = sorted({day for day in days if day > own})
        last = later[0] if later else own
        for side, level in ((1, zone["bottom"]), (-1, zone["top"])):
            swept = broken = expired = None
            for j in range(zone["at"], len(days)):
                if days[j] > last:
                    expired = j
                    break
                extreme = bars.low[j] if side > 0 else -bars.high[j]
                if swept is None and extreme < side * level:
                    swept = j
                if side * bars.close[j] < side * level:
                    broken = j
                    break
            result.add((zone["label"], side, level, zone["at"], swept, broken, expired))
    return result


@pytest.fixture(scope="module")
def gold(real_data: Path) -> Bars:
    """Some weeks of gold in quarters of an hour."""
    table = pq.read_table(real_data / "bars" / "XAUUSD_M15_brokerB.parquet").slice(2000, 1500)
    ts = table["ts"].to_numpy().astype("datetime64[ns]").astype(np.int64)
    prices = [
        np.rint(table[name].to_numpy() * 100).astype(np.int64) for name in ("open", "high", "low", "close")
    ]
    return make_bars(2, ts, ts + 15 * 60 * 10**9, (prices[0], prices[1], prices[2], prices[3]))


def test_levels_of_real_sessions_equal_the_slow_reading(gold: Bars, found: Found) -> None:
    zones = found("kill_zone", gold, minutes=15)
    rows = found("session_level", gold, minutes=15)
    local = gold.ts.astype("datetime64[ns]")
    import zoneinfo
    from datetime import UTC, datetime

    zone = zoneinfo.ZoneInfo("America/New_York")
    days = []
    for stamp in local:
        there = datetime.fromtimestamp(int(stamp.astype(np.int64)) // 10**9, UTC).astimezone(zone)
        day = there.date().toordinal() + (there.hour >= 17)
        days.append(day - max(day % 7 - 5, 0) if day % 7 else day - 2)
    epoch = datetime(1970, 1, 1, tzinfo=UTC).date().toordinal()
    expected = slow(zones, gold, [day - epoch for day in days])
    when = {(row["serial"], row["record"]): row["at"] for row in rows}
    fast = {
        (
            *(row["label"].rpartition("_")[0], row["direction"], row["bottom"], row["at"]),
            *(when.get((row["serial"], name)) for name in ("swept", "broken", "expired")),
        )
        for row in rows
        if row["record"] == "confirmed"
    }
    assert fast == expected
    assert len(fast) > 50
