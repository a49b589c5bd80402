"""Longer bars from shorter ones."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE
from ictcli.errors import UsageError
from ictcli.market.bars import ARRAY_FIELDS, UNKNOWN, Bars, make_bars
from ictcli.market.calendars import calendar
from ictcli.market.resample import resample, resample_many
from ictcli.market.timeframes import TIMEFRAMES
from tests.market.market_vectors import array, ny, open_minutes, utc, walk

pytestmark = pytest.mark.jit_off

FX, METAL, CRYPTO = calendar("fx"), calendar("metal"), calendar("crypto")
TF = TIMEFRAMES


def same(left: Bars, right: Bars) -> bool:
    return left.digits == right.digits and all(
        np.array_equal(getattr(left, name), getattr(right, name)) for name in ARRAY_FIELDS
    )


def test_a_worked_example_with_unknown_volumes_and_spreads() -> None:
    start = utc("2025-09-09T10:00")
    ts = start + np.arange(7, dtype=np.int64) * NS_PER_MINUTE
    ts = ts[[0, 1, 4, 5, 6]]
    bars = make_bars(
        2,
        ts,
        ts + NS_PER_MINUTE,
        (
            array(10, 11, 12, 20, 21),
            array(15, 19, 13, 22, 29),
            array(9, 5, 11, 19, 20),
            array(11, 12, 13, 21, 22),
        ),
        tick_volume=array(UNKNOWN, 4, 5, UNKNOWN, UNKNOWN),
        spread=np.array([UNKNOWN, 3, 9, 2, 8], np.int32),
    )
    made = resample(bars, TF["M5"], FX, complete_only=False)
    assert made.ts.tolist() == [start, start + 5 * NS_PER_MINUTE]
    assert made.ts_close.tolist() == [start + 5 * NS_PER_MINUTE, start + 10 * NS_PER_MINUTE]
    assert (made.open.tolist(), made.high.tolist()) == ([10, 20], [19, 29])
    assert (made.low.tolist(), made.close.tolist()) == ([5, 19], [13, 22])
    assert made.tick_volume.tolist() == [9, UNKNOWN]
    assert made.real_volume.tolist() == [UNKNOWN, UNKNOWN]
    assert made.spread.tolist() == [3, 2]


def test_the_last_bar_is_left_out_until_its_end_is_known() -> None:
    bars = walk(utc("2025-09-09T10:00") + np.arange(13, dtype=np.int64) * NS_PER_MINUTE)
    assert len(resample(bars, TF["M5"], FX)) == 2
    assert len(resample(bars, TF["M5"], FX, complete_only=False)) == 3
    assert len(resample(bars, TF["M5"], FX, until=utc("2025-09-09T10:15"))) == 3
    assert len(resample(bars.slice(0, 10), TF["M5"], FX)) == 2


@pytest.mark.parametrize(("name", "every"), [("M5", "5m"), ("M15", "15m"), ("M30", "30m"), ("H1", "1h")])
def test_bars_up_to_an_hour_equal_polars_with_holes_and_clock_changes(name: str, every: str) -> None:
    ts = open_minutes(utc("2025-02-25T00:00"), utc("2025-04-02T00:00"), METAL)
    keep = np.random.default_rng(3).random(len(ts)) > 0.4
    bars = walk(ts[keep])
    made = resample(bars, TF[name], METAL, complete_only=False)
    frame = pl.DataFrame({name: getattr(bars, name) for name in ("ts", "open", "high", "low", "close")})
    theirs = (
        frame.with_columns(pl.col("ts").cast(pl.Datetime("ns")))
        .group_by_dynamic("ts", every=every)
        .agg(pl.col("open").first(), pl.col("high").max(), pl.col("low").min(), pl.col("close").last())
    )
    assert made.ts.tolist() == theirs["ts"].to_physical().to_list()
    for column in ("open", "high", "low", "close"):
        assert getattr(made, column).tolist() == theirs[column].to_list()


@pytest.mark.parametrize("week", ["2025-03-08T12:00", "2025-11-01T12:00", "2025-07-05T12:00"])
def test_days_roll_at_seventeen_new_york_through_clock_changes(week: str) -> None:
    start = ny(week)
    bars = walk(open_minutes(start, start + 7 * 24 * NS_PER_HOUR, FX))
    daily = resample(bars, TF["D1"], FX)
    assert len(daily) == 5
    assert (daily.ts_close[:-1] == daily.ts[1:]).all()
    assert (daily.ts_close - daily.ts == 24 * NS_PER_HOUR).all()
    assert daily.open[0] == bars.open[0]
    assert daily.close[-1] == bars.close[-1]
    weekly = resample(bars, TF["W1"], FX)
    assert (weekly.high.tolist(), weekly.low.tolist()) == ([bars.high.max()], [bars.low.min()])


def test_a_market_without_weekends_has_days_of_23_and_25_hours() -> None:
    for change, hours in (("2025-03-08T17:00", 23), ("2025-11-01T17:00", 25)):
        ts = np.arange(ny(change), ny(change) + hours * NS_PER_HOUR, NS_PER_MINUTE, dtype=np.int64)
        daily = resample(walk(ts), TF["D1"], CRYPTO)
        assert (daily.ts_close - daily.ts).tolist() == [hours * NS_PER_HOUR]
        four = resample(walk(ts), TF["H4"], CRYPTO)
        assert four.ts_close[-1] == daily.ts_close[-1]
        assert (four.ts_close[:-1] == four.ts[1:]).all()


def test_a_stray_bar_after_fridays_close_joins_friday() -> None:
    ts = np.append(
        open_minutes(ny("2026-03-12T17:00"), ny("2026-03-13T17:00"), FX), array(ny("2026-03-13T17:00"))
    )
    bars = walk(np.append(ts, open_minutes(ny("2026-03-15T17:00"), ny("2026-03-16T17:00"), FX)))
    for path in (bars, resample(bars, TF["H1"], FX), resample(bars, TF["H4"], FX)):
        daily = resample(path, TF["D1"], FX)
        assert len(daily) == 2
        assert daily.close[0] == bars.close[1440]
        assert daily.ts_close[0] == ny("2026-03-14T17:00")


@given(
    st.integers(0, 600_000),
    st.integers(1, 4000),
    st.sampled_from(["fx", "metal", "crypto"]),
    st.sampled_from(
        [("M5", "M15"), ("M5", "H1"), ("M15", "H4"), ("H1", "D1"), ("H4", "D1"), ("D1", "W1"), ("H4", "MN1")]
    ),
)
def test_two_steps_make_the_same_bars_as_one(offset: int, n: int, name: str, path: tuple[str, str]) -> None:
    cal = calendar(name)
    start = utc("2025-02-01T00:00") + offset * NS_PER_MINUTE
    minutes = np.arange(start, start + 3 * n * NS_PER_MINUTE, NS_PER_MINUTE, dtype=np.int64)
    keep = np.random.default_rng(n).random(len(minutes)) > 0.3
    bars = walk(minutes[keep & cal.is_open(minutes)])
    first, second = (TF[step] for step in path)
    direct = resample(bars, second, cal, complete_only=False)
    stepwise = resample(resample(bars, first, cal, complete_only=False), second, cal, complete_only=False)
    assert same(direct, stepwise)
    assert same(direct, resample_many(bars, [second, first], cal, complete_only=False)[second])
    assert (direct.ts < direct.ts_close).all()
    assert (direct.ts_close[:-1] <= direct.ts[1:]).all()
    assert (direct.high >= np.maximum(direct.open, direct.close)).all()


def test_the_same_timeframe_is_the_same_bars() -> None:
    bars = walk(utc("2025-09-09T10:00") + np.arange(10, dtype=np.int64) * NS_PER_MINUTE)
    assert same(resample(bars, TF["M1"], FX), bars)


def test_no_bars_make_no_bars() -> None:
    none = walk(np.zeros(0, np.int64))
    made = resample_many(none, [TF["M5"], TF["D1"]], FX)
    assert [len(bars) for bars in made.values()] == [0, 0]


@pytest.mark.parametrize(("source", "target"), [("H1", "M15"), ("M15", "M20"), ("M30", "M5"), ("W1", "MN1")])
def test_bars_that_do_not_nest_are_refused(source: str, target: str) -> None:
    bars = resample(walk(open_minutes(utc("2025-05-01T00:00"), utc("2025-05-20T00:00"), FX)), TF[source], FX)
    with pytest.raises(UsageError, match="fit"):
        resample(bars, TF[target], FX)


def test_four_hour_bars_of_another_grid_are_refused() -> None:
    ts = utc("2025-09-09T00:00") + np.arange(12, dtype=np.int64) * 4 * NS_PER_HOUR
    bars = replace(walk(ts), ts_close=ts + 4 * NS_PER_HOUR)
    with pytest.raises(UsageError, match="straddle"):
        resample(bars, TF["D1"], FX)
