"""Bars as arrays, and the names of series."""

from decimal import Decimal

import numpy as np
import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.errors import UsageError
from ictcli.market.bars import UNKNOWN, Bars, SeriesKey, concat, make_bars
from ictcli.market.timeframes import TIMEFRAMES


def bars(n: int, digits: int = 5, start: int = 0) -> Bars:
    ts = (start + np.arange(n, dtype=np.int64)) * NS_PER_MINUTE
    prices = 100_000 + np.arange(n, dtype=np.int64)
    spread = np.full(n, 7, np.int32)
    spread[:1] = UNKNOWN
    return make_bars(
        digits, ts, ts + NS_PER_MINUTE, (prices, prices + 3, prices - 2, prices + 1), spread=spread
    )


def test_what_is_not_given_is_unknown() -> None:
    made = bars(3)
    assert made.tick_volume.tolist() == [UNKNOWN] * 3
    assert made.real_volume.tolist() == [UNKNOWN] * 3
    assert (len(made), made.point) == (3, Decimal("0.00001"))


def test_given_volumes_are_kept() -> None:
    ts = np.array([0], np.int64)
    one = np.array([5], np.int64)
    made = make_bars(2, ts, ts + 1, (one, one, one, one), tick_volume=one, real_volume=one)
    assert (made.tick_volume.tolist(), made.real_volume.tolist(), made.spread.tolist()) == ([5], [5], [-1])


def test_a_slice_shares_memory() -> None:
    whole = bars(10)
    part = whole.slice(2, 5)
    assert len(part) == 3
    assert np.shares_memory(part.high, whole.high)


def test_rescaling_multiplies_prices_and_known_spreads() -> None:
    fine = bars(2).rescaled(7)
    assert (fine.digits, fine.close.tolist(), fine.spread.tolist()) == (
        7,
        [10_000_100, 10_000_200],
        [-1, 700],
    )
    assert bars(2).rescaled(5).digits == 5


def test_digits_are_never_dropped() -> None:
    with pytest.raises(ValueError, match="5 -> 4"):
        bars(2).rescaled(4)


def test_concatenation_takes_the_finest_digits() -> None:
    joined = concat([bars(2, digits=3), bars(2, digits=5, start=2)])
    assert joined.digits == 5
    assert joined.open.tolist() == [10_000_000, 10_000_100, 100_000, 100_001]


def test_nothing_cannot_be_concatenated() -> None:
    with pytest.raises(ValueError, match="nothing"):
        concat([])


def test_a_series_key_reads_as_a_path() -> None:
    assert str(SeriesKey("ftmo", "US100.cash", TIMEFRAMES["M5"])) == "ftmo/US100.cash/M5"


@pytest.mark.parametrize("name", ["", "..", "a/b", "EUR USD", "x" * 33, "con.", ".hidden", "a\n"])
def test_names_that_could_not_be_folders_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="folder name"):
        SeriesKey("ftmo", name, TIMEFRAMES["M1"])
