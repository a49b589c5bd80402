"""What a series is worth, on tables whose faults are known."""

from dataclasses import asdict, replace
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY
from ictcli.errors import DataError
from ictcli.features.matrix import Matrix
from ictcli.features.quality import DataQuality, measure, require_usable
from ictcli.market.bars import Bars
from ictcli.market.calendars import calendar
from ictcli.market.timeframes import TIMEFRAMES
from tests.features.ict.listening import bars_of, wandering

ROWS = 200
NOISE = np.random.default_rng(3).normal(size=(ROWS, 2))


def table(**columns: Any) -> Matrix:
    """A matrix of two noise columns and the given ones, 50 rows of it to warm up."""
    named = {"one": NOISE[:, 0], "two": NOISE[:, 1], **columns}
    values = np.column_stack(list(named.values()))
    return Matrix(tuple(named), values, 50, np.arange(ROWS, dtype=np.int64))


def judged(bars: Bars | None = None, rows: NDArray[np.int64] | None = None, **columns: Any) -> DataQuality:
    chosen = np.arange(50, ROWS) if rows is None else rows
    return measure(wandering(ROWS, 1) if bars is None else bars, table(**columns), chosen)


def with_volume(bars: Bars) -> Bars:
    return replace(bars, tick_volume=np.full(len(bars), 9), spread=np.full(len(bars), 2, np.int32))


def test_sound_data_give_no_warning() -> None:
    quality = judged(with_volume(wandering(ROWS, 1)))
    assert (quality.bars, quality.rows, quality.warmup) == (ROWS, 150, 50)
    assert (quality.holes, quality.longest_hole_ns, quality.longest_hole_at) == (0, 0, None)
    assert (quality.constant, quality.twins, quality.outliers, quality.warnings) == ((), (), {}, ())
    require_usable(quality, 0)


def test_holes_are_counted_and_the_longest_is_told() -> None:
    minutes = [*range(10), *range(20, 30), *range(5000, 5005)]
    bars = bars_of([(10, 12, 9, 11)] * 25, minutes)
    quality = judged(bars)
    assert quality.holes == 2
    assert quality.longest_hole_ns == 4970 * 60 * 10**9
    assert quality.longest_hole_at == 30 * 60 * 10**9
    require_usable(quality, 4 * NS_PER_DAY)
    with pytest.raises(
        DataError, match=r"no bars for 3.5 days from 1970-01-01T00:30:00Z on, more than the 3.0"
    ):
        require_usable(quality, 3 * NS_PER_DAY)


def test_trading_hours_explain_weekends_but_not_a_missing_day() -> None:
    monday = 4 * 24 + 22  # 1970-01-05, 17:00 New York
    hours = [monday + at for at in range(24 * 11) if not 95 <= at < 143 and not 150 <= at < 174]
    bars = bars_of([(10, 12, 9, 11)] * len(hours), [60 * hour for hour in hours], 60)
    quality = measure(bars, table(), np.arange(50, ROWS), TIMEFRAMES["H1"], calendar("fx"))
    assert quality.holes == 2
    assert quality.unexplained == 1
    assert quality.completeness == len(hours) / (len(hours) + 24)
    assert "11.1 % of the bars are missing" in quality.warnings[0]
    assert judged(bars).unexplained is judged(bars).completeness is None


def test_a_constant_column_is_named() -> None:
    late = np.where(np.arange(ROWS) < 50, 1.0, 2.0)  # varies while warming up only
    quality = judged(late=late, steady=np.full(ROWS, 0.1))
    assert quality.constant == quality.useless == ("late", "steady")
    with pytest.raises(DataError, match="feature late is constant on all 150 rows"):
        require_usable(quality)


def test_the_regime_and_volume_that_is_nowhere_may_be_constant() -> None:
    flat: dict[str, Any] = {"volz": np.zeros(ROWS), "regime": np.zeros(ROWS)}
    quality = judged(**flat)
    assert quality.useless == ()
    assert "volume unknown on 100.0 % of the bars" in quality.warnings
    assert "constant: volz, regime" in quality.warnings
    require_usable(quality)
    bars = with_volume(wandering(ROWS, 1))
    require_usable(judged(replace(bars, tick_volume=np.zeros(ROWS, np.int64)), **flat))
    known = judged(bars, **flat)
    with pytest.raises(DataError, match="feature volz is constant"):
        require_usable(known)


def test_hours_of_the_day_may_be_constant_on_long_bars_only() -> None:
    flat: dict[str, Any] = {"kz_lunch": np.zeros(ROWS), "asia_size": np.zeros(ROWS)}
    rows = [(10, 12, 9, 11)] * ROWS
    require_usable(judged(bars_of(rows, length=240), **flat))
    with pytest.raises(DataError, match="feature kz_lunch is constant"):
        require_usable(judged(bars_of(rows, length=60), **flat))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_none_is_named_first(wrong: float) -> None:
    broken = NOISE[:, 0].copy()
    broken[[60, 70]] = wrong
    quality = judged(flat=np.zeros(ROWS), broken=broken)
    assert quality.not_finite == {"broken": 2}
    with pytest.raises(DataError, match="feature broken is not a number in 2 of 150 rows"):
        require_usable(quality)


def test_a_number_that_is_none_outside_the_rows_is_nobodys_business() -> None:
    broken = NOISE[:, 0] ** 2
    broken[10] = np.nan
    quality = judged(broken=broken)
    require_usable(quality)
    assert quality.not_finite == {}


def test_outliers_are_measured_by_the_median() -> None:
    """|x| of the median deviation is 1.5: 8 robust sigmas are 17.79 away from the median 0."""
    values = np.where(np.arange(ROWS) % 2 == 0, 1.5, -1.5)
    values[[60, 61, 62]] = (17.7, 17.8, -50.0)
    flag = np.zeros(ROWS)
    flag[100] = 1.0
    quality = judged(wild=values, flag=flag)
    assert quality.outliers == {"wild": 2 / 150}
    assert any("wild 1.3 %" in line for line in quality.warnings)


def test_columns_that_tell_the_same_are_paired() -> None:
    quality = judged(same=3.0 - 2.0 * NOISE[:, 0], close=NOISE[:, 1] + 1e-3 * NOISE[:, 0])
    assert quality.twins == (("one", "same"),)
    assert "one and same tell the same" in quality.warnings


def test_no_rows_are_refused() -> None:
    with pytest.raises(DataError, match="no rows are left"):
        require_usable(judged(rows=np.zeros(0, np.int64)))


def test_shares_of_bars_are_told() -> None:
    bars = bars_of([(10, 12, 9, 11)] * 3 + [(10, 10, 10, 10)])
    some = replace(
        bars, tick_volume=np.array([5, -1, -1, 0]), real_volume=np.array([-1, 7, -1, -1]),
        spread=np.array([-1, -1, 0, 3], np.int32),
    )  # fmt: skip
    quality = judged(some)
    assert (quality.without_range, quality.unknown_spread) == (0.25, 0.5)
    assert (quality.unknown_volume, quality.no_volume) == (0.25, 0.5)


def test_the_report_can_be_kept_as_text() -> None:
    quality = judged(with_volume(wandering(ROWS, 1)), flat=np.zeros(ROWS))
    assert msgspec.json.decode(msgspec.json.encode(asdict(quality)))["constant"] == ["flat"]
