"""Which stored series serves, and the bars it gives."""

from pathlib import Path

import numpy as np
import pytest

from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE, NS_PER_SECOND
from ictcli.errors import DataError, UsageError
from ictcli.market.bars import ARRAY_FIELDS, Bars, SeriesKey
from ictcli.market.calendars import calendar
from ictcli.market.ticks import Ticks, ticks_to_bars
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.store.selection import Selection, choose, stored_symbols
from ictcli.store.serving import serve_bars
from tests.store.stored_bars import HOURLY, START, TICKS, hourly_bars, new_store, put

H1, H4, D1, M15 = (TIMEFRAMES[name] for name in ("H1", "H4", "D1", "M15"))
OTHER = SeriesKey("ftmo", "EURUSD", H1)
FX = calendar("fx")


def wish(
    source: str | None = None, primary: dict[str, str] | None = None, timeframe: str = "H4"
) -> Selection:
    return Selection(TIMEFRAMES[timeframe], source, None, None, primary or {})


def stream(hours: int) -> Ticks:
    """Several ticks a minute from Tuesday on, over more than one UTC day."""
    rng = np.random.default_rng(5)
    first = START + 24 * NS_PER_HOUR
    ts = first + np.sort(rng.integers(0, hours * 3600, hours * 200)) * NS_PER_SECOND
    bid = 110_000 + np.cumsum(rng.integers(-2, 3, len(ts)))
    return Ticks(5, ts, bid, bid + rng.integers(0, 9, len(ts)))


def same(left: Bars, right: Bars) -> bool:
    return all(np.array_equal(getattr(left, name), getattr(right, name)) for name in ARRAY_FIELDS)


def test_the_source_is_the_asked_the_primary_or_the_only_one(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, HOURLY, hourly_bars(10))
    assert choose(store, "EURUSD", wish()) == HOURLY
    put(store, OTHER, hourly_bars(10))
    assert choose(store, "EURUSD", wish(primary={"EURUSD": "ftmo"})) == OTHER
    assert choose(store, "EURUSD", wish("sim", {"EURUSD": "ftmo"})) == HOURLY
    with pytest.raises(UsageError, match="stored from ftmo, sim: which one"):
        choose(store, "EURUSD", wish())
    with pytest.raises(DataError, match="no bars of XAUUSD that give H4"):
        choose(store, "XAUUSD", wish())


@pytest.mark.parametrize("both", [False, True])
def test_a_primary_source_without_bars_is_named_with_those_that_have_them(tmp_path: Path, both: bool) -> None:
    store = new_store(tmp_path)
    put(store, HOURLY, hourly_bars(10))
    if both:
        put(store, OTHER, hourly_bars(10))
    stored = "ftmo, sim" if both else "sim"
    message = f"^primary source 'x' of EURUSD has no bars; stored: {stored}$"
    with pytest.raises(DataError, match=message) as caught:
        choose(store, "EURUSD", wish(primary={"EURUSD": "x"}))
    assert "--source" in caught.value.hint


def test_ticks_serve_where_the_source_has_no_bars_that_do(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, TICKS, stream(3))
    assert stored_symbols(store, None) == ("EURUSD",)
    assert choose(store, "EURUSD", wish(timeframe="M15")) == TICKS
    put(store, HOURLY, hourly_bars(10))
    assert choose(store, "EURUSD", wish(timeframe="M15")) == TICKS
    assert choose(store, "EURUSD", wish(timeframe="H4")) == HOURLY
    put(store, OTHER, hourly_bars(10))
    assert choose(store, "EURUSD", wish(primary={"EURUSD": "sim"}, timeframe="M15")) == TICKS


@pytest.mark.parametrize("name", ["M1", "M15", "H4", "D1"])
def test_bars_of_ticks_read_by_day_are_those_of_all_ticks_at_once(tmp_path: Path, name: str) -> None:
    store, ticks, frame = new_store(tmp_path), stream(60), TIMEFRAMES[name]
    put(store, TICKS, ticks)
    whole = ticks_to_bars(ticks, frame, FX)
    closed = int(np.searchsorted(whole.ts_close, ticks.ts[-1] + 1, side="right"))
    assert closed > 0
    assert same(serve_bars(store, TICKS, frame, FX), whole.slice(0, closed))


def test_bars_of_ticks_as_of_an_instant_are_those_closed_by_then(tmp_path: Path) -> None:
    store, ticks = new_store(tmp_path), stream(30)
    put(store, TICKS, ticks)
    whole = serve_bars(store, TICKS, M15, FX)
    for at in (40, 41, 77):
        for beyond in (0, 1, 7 * NS_PER_MINUTE):
            moment = int(whole.ts_close[at]) + beyond
            assert same(serve_bars(store, TICKS, M15, FX, as_of=moment), whole.slice(0, at + 1))
    span = serve_bars(store, TICKS, M15, FX, start=int(whole.ts[5]), end=int(whole.ts[9]))
    assert same(span, whole.slice(5, 9))
    assert len(serve_bars(store, TICKS, M15, FX, end=START)) == 0
