"""Timeframes by name."""

import pytest

from ictcli.clock import NS_PER_DAY, NS_PER_MINUTE
from ictcli.errors import UsageError
from ictcli.market.timeframes import TICK, TIMEFRAMES, parse_timeframe


def test_all_of_metatraders_timeframes_are_known() -> None:
    assert len(TIMEFRAMES) == 21
    assert list(TIMEFRAMES)[:3] == ["M1", "M2", "M3"]
    assert parse_timeframe("h4").ns == 240 * NS_PER_MINUTE


def test_timeframes_sort_by_length() -> None:
    assert [str(item) for item in sorted(TIMEFRAMES.values())][-3:] == ["D1", "W1", "MN1"]


@pytest.mark.parametrize(("name", "intraday"), [("M1", True), ("H12", True), ("D1", False), ("MN1", False)])
def test_only_bars_shorter_than_a_day_have_a_fixed_length(name: str, intraday: bool) -> None:
    assert TIMEFRAMES[name].intraday is intraday
    assert (TIMEFRAMES[name].ns < NS_PER_DAY) is intraday


@pytest.mark.parametrize("name", ["M7", "TICK", "", "1h"])
def test_an_unknown_timeframe_is_refused_with_the_list(name: str) -> None:
    with pytest.raises(UsageError, match="unknown timeframe") as caught:
        parse_timeframe(name)
    assert "M15" in caught.value.hint


def test_ticks_are_no_bar_length() -> None:
    assert TICK.ns == 0
    assert TICK.name not in TIMEFRAMES
