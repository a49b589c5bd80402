"""Rules about time stamps."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE, NS_PER_SECOND
from ictcli.market.bars import Int64
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.market.validation.stamps import StampStatistics, duplicates, mixed_timeframe, sub_second


def every(step: int, n: int, start: int = 0) -> Int64:
    return start + step * np.arange(n, dtype=np.int64)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.sampled_from(["M1", "M3", "H4", "D1"]))
def test_the_timeframe_is_the_usual_distance_however_the_file_is_cut(cuts: list[int], name: str) -> None:
    stamps = every(TIMEFRAMES[name].ns, 100)
    stamps[60:] += 3 * TIMEFRAMES[name].ns
    statistics = StampStatistics()
    for part in np.split(stamps, sorted(set(cuts))):
        statistics.add(part)

    assert statistics.rows == 100
    assert statistics.timeframe() == TIMEFRAMES[name]


def test_months_are_told_although_their_lengths_differ() -> None:
    starts = np.arange("2020-01", "2023-01", dtype="datetime64[M]").astype("datetime64[ns]").astype(np.int64)
    statistics = StampStatistics()
    statistics.add(starts)

    assert statistics.timeframe() == TIMEFRAMES["MN1"]


def test_distances_of_no_timeframe_are_not_forced_into_one() -> None:
    statistics = StampStatistics()
    statistics.add(every(7 * NS_PER_MINUTE, 50))

    assert statistics.timeframe() is None


def test_a_file_that_runs_backward_is_newest_first_and_one_with_a_repeat_is_not() -> None:
    backward, repeated = StampStatistics(), StampStatistics()
    backward.add(every(NS_PER_MINUTE, 50)[::-1])
    repeated.add(np.concatenate([every(NS_PER_MINUTE, 50), every(NS_PER_MINUTE, 50, 30 * NS_PER_MINUTE)]))

    assert backward.newest_first
    assert not repeated.newest_first
    assert repeated.backward == 1


def test_daily_rows_before_half_hours_are_mixed_and_the_half_hours_are_not() -> None:
    m30 = 30 * NS_PER_MINUTE
    days = every(NS_PER_DAY, 60)
    halves = every(m30, 200, int(days[-1]) + NS_PER_DAY)
    mixed = mixed_timeframe(np.concatenate([days, halves]), m30)

    assert mixed[:60].all()
    assert not mixed[60:].any()


def test_days_then_hours_then_half_hours_all_longer_rows_are_mixed() -> None:
    m30 = 30 * NS_PER_MINUTE
    days = every(NS_PER_DAY, 40)
    hours = every(NS_PER_HOUR, 90, int(days[-1]) + 15 * NS_PER_HOUR)
    halves = every(m30, 500, int(hours[-1]) + NS_PER_HOUR)
    mixed = mixed_timeframe(np.concatenate([days, hours, halves]), m30)

    assert mixed[:130].all()
    assert not mixed[130:].any()


@given(st.integers(0, 10_000), st.floats(0.2, 0.9))
def test_minutes_without_trades_are_no_other_timeframe(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    stamps = every(NS_PER_MINUTE, 3000)[rng.random(3000) < share]

    assert not mixed_timeframe(stamps, NS_PER_MINUTE).any()


def test_weekends_are_no_other_timeframe() -> None:
    days = every(NS_PER_DAY, 300, 4 * NS_PER_DAY)
    weekdays = days[(days // NS_PER_DAY + 3) % 7 < 5]

    assert not mixed_timeframe(weekdays, NS_PER_DAY).any()


def test_a_stamp_within_a_second_is_found() -> None:
    stamps = every(NS_PER_MINUTE, 3)
    stamps[1] += NS_PER_SECOND // 2

    assert sub_second(stamps).tolist() == [False, True, False]


def test_repeats_stay_once_and_contradictions_not_at_all() -> None:
    ts = np.array([0, 1, 1, 1, 2, 2, 3], np.int64)
    close = np.array([5.0, 6.0, 6.0, 6.0, 7.0, 8.0, 9.0])
    same, conflict = duplicates(ts, (close,))

    assert np.flatnonzero(same).tolist() == [2, 3]
    assert np.flatnonzero(conflict).tolist() == [4, 5]


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 2)), max_size=60))
def test_what_survives_is_unique_and_undisputed(rows: list[tuple[int, int]]) -> None:
    rows.sort(key=lambda row: row[0])
    ts = np.array([row[0] for row in rows], np.int64)
    close = np.array([float(row[1]) for row in rows])
    same, conflict = duplicates(ts, (close,))
    kept = ~(same | conflict)

    told: dict[int, set[float]] = {}
    for instant, price in zip(ts.tolist(), close.tolist(), strict=True):
        told.setdefault(instant, set()).add(price)
    undisputed = sorted(instant for instant, prices in told.items() if len(prices) == 1)
    assert ts[kept].tolist() == undisputed
