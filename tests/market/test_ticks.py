"""Ticks and the bars they make."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.clock import NS_PER_MINUTE, NS_PER_SECOND
from ictcli.errors import UsageError
from ictcli.market.bars import ARRAY_FIELDS
from ictcli.market.calendars import calendar
from ictcli.market.resample import resample
from ictcli.market.ticks import Ticks, ticks_to_bars
from ictcli.market.timeframes import TICK, TIMEFRAMES
from tests.market.market_vectors import array, utc

FX = calendar("fx")
START = utc("2025-09-09T10:00")


def ticks(*rows: tuple[float, int, int]) -> Ticks:
    seconds, bid, ask = (list(column) for column in zip(*rows, strict=True))
    ts = array(*(START + round(second * NS_PER_SECOND) for second in seconds))
    return Ticks(5, ts, array(*bid), array(*ask))


def test_bid_bars_with_the_spread_at_their_open() -> None:
    bars = ticks_to_bars(
        ticks((0, 100, 103), (0, 110, 111), (59.9, 90, 99), (60, 95, 93), (185, 97, 98)), TIMEFRAMES["M1"], FX
    )
    assert ((bars.ts - START) // NS_PER_MINUTE).tolist() == [0, 1, 3]
    assert (bars.open.tolist(), bars.high.tolist()) == ([100, 95, 97], [110, 95, 97])
    assert (bars.low.tolist(), bars.close.tolist()) == ([90, 95, 97], [90, 95, 97])
    assert bars.spread.tolist() == [3, 0, 1]
    assert bars.tick_volume.tolist() == [3, 1, 1]
    assert (bars.ts_close - bars.ts == NS_PER_MINUTE).all()


def test_ticks_cut_and_rescale_like_bars() -> None:
    some = ticks((0, 100, 103), (1, 101, 104))
    assert (len(some), some.point, some.slice(1, 2).bid.tolist()) == (2, Decimal("0.00001"), [101])
    assert some.rescaled(6).ask.tolist() == [1030, 1040]
    assert some.rescaled(5) is some
    with pytest.raises(ValueError, match="5 -> 3"):
        some.rescaled(3)


def test_no_ticks_make_no_bars() -> None:
    none = np.zeros(0, np.int64)
    assert len(ticks_to_bars(Ticks(5, none, none, none), TIMEFRAMES["M1"], FX)) == 0


def test_ticks_are_not_resampled_to_ticks() -> None:
    with pytest.raises(UsageError, match="TICK"):
        ticks_to_bars(ticks((0, 100, 103)), TICK, FX)


@given(st.lists(st.tuples(st.integers(0, 400_000), st.integers(90, 110)), min_size=1, max_size=200))
def test_long_bars_from_ticks_equal_long_bars_from_minutes(rows: list[tuple[int, int]]) -> None:
    some = ticks(*((second, bid, bid + 1 + bid % 3) for second, bid in sorted(rows)))
    for name in ("M15", "H4", "D1"):
        direct = ticks_to_bars(some, TIMEFRAMES[name], calendar("crypto"))
        minutes = ticks_to_bars(some, TIMEFRAMES["M1"], calendar("crypto"))
        stepwise = resample(minutes, TIMEFRAMES[name], calendar("crypto"), complete_only=False)
        for column in ARRAY_FIELDS:
            assert getattr(direct, column).tolist() == getattr(stepwise, column).tolist()
