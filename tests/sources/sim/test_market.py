import os
import subprocess
import sys
import zlib
from functools import lru_cache
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE, parse_instant
from ictcli.errors import ConfigError, UsageError
from ictcli.market.bars import ARRAY_FIELDS, UNKNOWN, Bars, concat
from ictcli.market.calendars import calendar
from ictcli.market.resample import resample
from ictcli.market.symbols import SymbolBook, load_symbols
from ictcli.market.ticks import ticks_to_bars
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.sources.sim.market import SimMarket

M1, M15 = TIMEFRAMES["M1"], TIMEFRAMES["M15"]
BOOK = load_symbols(None)


def at(text: str) -> int:
    return parse_instant(text, now=0)


START = at("2024-03-01")
PINNED_SHORT = (1368852164, 1105236567, 4181522487, 749017959)
PINNED = (4320, 2083128398)


def market(symbols: tuple[str, ...] = ("EURUSD", "XAUUSD"), *, seed: int = 7, edge: float = 0.0) -> SimMarket:
    return SimMarket(BOOK, symbols, seed, edge, START)


def whole(made: SimMarket, symbol: str, timeframe: str, start: int, end: int, rows: int = 50_000) -> Bars:
    return concat(list(made.bars(symbol, TIMEFRAMES[timeframe], start, end, rows)))


def checksum(bars: Bars) -> int:
    value = 0
    for name in ARRAY_FIELDS:
        value = zlib.crc32(getattr(bars, name).tobytes(), value)
    return value


def same(left: Bars, right: Bars) -> bool:
    return all(np.array_equal(getattr(left, name), getattr(right, name)) for name in ARRAY_FIELDS)


def test_the_same_seed_gives_the_same_bytes_everywhere() -> None:
    # pinned: a change here is a change of every simulated market and belongs in the changelog
    bars = whole(market(edge=1.0), "EURUSD", "M1", START, START + 5 * NS_PER_DAY)
    assert (len(bars), checksum(bars)) == PINNED


@pytest.mark.jit_off
def test_a_short_market_through_news_an_episode_and_the_daily_break_gives_known_bytes() -> None:
    begin, end = at("2024-02-29T11:50"), at("2024-02-29T13:50")
    made = SimMarket(BOOK, ("XAUUSD",), 7, 1.0, begin)
    bars = whole(made, "XAUUSD", "M1", begin, end)
    ticks = concat_asks(made, "XAUUSD", begin, begin + 5 * NS_PER_MINUTE)
    planted = made.episodes("XAUUSD", begin, end)
    late = SimMarket(BOOK, ("XAUUSD",), 7, 1.0, at("2024-02-29T21:50"))
    reopened = whole(late, "XAUUSD", "M1", late.start, at("2024-02-29T23:10"))
    assert len(planted) > 0
    assert len(reopened) == 20
    assert (
        checksum(bars),
        zlib.crc32(ticks),
        zlib.crc32(planted.tobytes()),
        checksum(reopened),
    ) == PINNED_SHORT


def concat_asks(made: SimMarket, symbol: str, start: int, end: int) -> bytes:
    return b"".join(part.ask.tobytes() for part in made.ticks(symbol, start, end))


def test_another_seed_gives_another_market() -> None:
    ends = {
        int(whole(market(seed=seed), "EURUSD", "M1", START, at("2024-03-02")).close[-1]) for seed in range(5)
    }
    assert len(ends) > 3


def test_symbols_do_not_depend_on_their_company_or_on_the_order_of_requests() -> None:
    alone = whole(market(("XAUUSD",)), "XAUUSD", "M1", START, at("2024-03-06"))
    crowd = market(("EURUSD", "US100", "XAUUSD"))
    whole(crowd, "US100", "M1", START, at("2024-03-20"))
    list(crowd.bars("XAUUSD", M1, at("2024-05-01"), at("2024-05-02")))
    assert same(alone, whole(crowd, "XAUUSD", "M1", START, at("2024-03-06")))


@given(
    first=st.integers(0, 120 * 1440),
    length=st.integers(0, 3 * 1440),
    rows=st.integers(1, 5000),
    name=st.sampled_from(["M1", "M5", "M15", "H1", "H4", "D1"]),
)
def test_any_range_in_any_chunks_is_the_slice_of_one_long_run(
    first: int, length: int, rows: int, name: str
) -> None:
    start = START + first * NS_PER_MINUTE
    end = start + length * NS_PER_MINUTE
    made, runs = long_market()
    everything = runs[name]
    low, high = np.searchsorted(everything.ts, start), np.searchsorted(everything.ts_close, end, side="right")
    parts = list(made.bars("EURUSD", TIMEFRAMES[name], start, end, max(rows, length // 40 + 1)))
    if high <= low:
        assert parts == []
    else:
        assert same(concat(parts), everything.slice(int(low), int(high)))


@lru_cache(maxsize=1)
def long_market() -> tuple[SimMarket, dict[str, Bars]]:
    made = market(edge=1.0)
    end = START + 124 * NS_PER_DAY
    return made, {
        name: whole(made, "EURUSD", name, START, end) for name in ("M1", "M5", "M15", "H1", "H4", "D1")
    }


def test_no_chunk_is_longer_than_asked() -> None:
    parts = list(market().bars("EURUSD", M1, START, at("2024-03-08"), 1000))
    assert max(len(part) for part in parts) <= 1000


@pytest.mark.parametrize("name", ["M1", "M15", "H4", "D1", "W1", "MN1"])
def test_live_bars_equal_batch_bars_bit_for_bit(name: str) -> None:
    n = {"M1": 5000, "M15": 500, "H4": 60, "D1": 20, "W1": 5, "MN1": 2}[name]
    begin = at("2024-03-13T07:05")
    live = list(islice(market(edge=0.5).live("XAUUSD", TIMEFRAMES[name], begin), n))
    assert all(len(bar) == 1 for bar in live)
    joined = concat(live)
    batch = whole(market(edge=0.5), "XAUUSD", name, begin, int(joined.ts_close[-1]))
    assert same(joined, batch)


@pytest.mark.parametrize("name", sorted(set(TIMEFRAMES) - {"M1"}))
def test_longer_bars_are_the_minutes_resampled(name: str) -> None:
    made = market(("US100",))
    end = at("2024-05-04")
    minutes = whole(made, "US100", "M1", START, end)
    expected = resample(minutes, TIMEFRAMES[name], calendar("index"), until=end)
    low = int(np.searchsorted(expected.ts, START))
    got = whole(made, "US100", name, START, end, 3000)
    assert same(got, expected.slice(low, len(expected)))


@pytest.mark.parametrize("symbol", ["EURUSD", "XAUUSD", "BTCUSD", "ES"])
def test_ticks_make_exactly_the_minute_bars(symbol: str) -> None:
    made = SimMarket(BOOK, (symbol,), 3, 1.0, START)
    start, end = at("2024-03-04T11:00"), at("2024-03-04T16:00")
    bars = whole(made, symbol, "M1", start, end)
    parts = list(made.ticks(symbol, start, end))
    ts = np.concatenate([part.ts for part in parts])
    assert (np.diff(ts) >= 0).all()
    assert all((part.ask >= part.bid).all() for part in parts)
    cal = calendar(BOOK.require(symbol).calendar)
    rebuilt = concat([ticks_to_bars(part, M1, cal) for part in parts])
    for name in ("ts", "open", "high", "low", "close", "tick_volume", "spread"):
        assert np.array_equal(getattr(rebuilt, name), getattr(bars, name)), name


@pytest.mark.parametrize("symbol", BOOK.names)
def test_bars_of_every_symbol_are_sound(symbol: str) -> None:
    spec = BOOK.require(symbol)
    made = SimMarket(BOOK, (symbol,), 11, 1.0, START)
    bars = whole(made, symbol, "M1", START, at("2024-03-12"))
    tick = int(spec.tick_size / spec.point)
    assert bars.digits == spec.digits
    assert (bars.low >= 1).all()
    assert (bars.low <= np.minimum(bars.open, bars.close)).all()
    assert (bars.high >= np.maximum(bars.open, bars.close)).all()
    for prices in (bars.open, bars.high, bars.low, bars.close, bars.spread):
        assert (prices % tick == 0).all()
    assert (bars.spread >= 0).all()
    assert (bars.tick_volume >= 12).all()
    assert (bars.real_volume == UNKNOWN).all()
    assert (np.diff(bars.ts) >= NS_PER_MINUTE).all()
    assert calendar(spec.calendar).is_open(bars.ts).all()


def test_there_is_a_bar_for_every_open_minute_across_both_clock_changes_and_holidays() -> None:
    made = SimMarket(BOOK, ("XAUUSD", "EURUSD", "BTCUSD"), 1, 0.0, at("2023-10-20"))
    for symbol in made.symbols:
        minutes = np.arange(at("2023-10-20"), at("2024-03-20"), NS_PER_MINUTE)
        expected = minutes[calendar(BOOK.require(symbol).calendar).is_open(minutes)]
        got = np.concatenate([part.ts for part in made.bars(symbol, M1, int(minutes[0]), at("2024-03-20"))])
        assert np.array_equal(got, expected)


def test_any_start_in_two_centuries_works() -> None:
    for year in (1971, 1999, 2150):
        made = SimMarket(BOOK, ("EURUSD",), 1, 1.0, at(f"{year}-01-04"))
        assert len(whole(made, "EURUSD", "M15", at(f"{year}-01-04"), at(f"{year}-01-12"))) > 400


def test_a_start_between_minutes_is_rounded_down() -> None:
    made = SimMarket(BOOK, ("BTCUSD",), 1, 0.0, START + 17)
    assert made.start == START
    assert int(whole(made, "BTCUSD", "M1", START + 17, START + NS_PER_HOUR).ts[0]) == START + NS_PER_MINUTE


def test_nothing_is_simulated_before_the_market_began() -> None:
    assert int(whole(market(), "EURUSD", "M1", at("2020-01-01"), START + NS_PER_HOUR).ts[0]) == START
    assert list(market().bars("EURUSD", M1, at("2020-01-01"), START)) == []


def test_impossible_requests_are_refused_with_a_way_out(book: SymbolBook) -> None:
    with pytest.raises(UsageError) as refused:
        market().bars("GBPUSD", M1, START, START + NS_PER_DAY)
    assert "EURUSD" in refused.value.hint
    with pytest.raises(UsageError):
        market().bars("EURUSD", M1, START, START + NS_PER_DAY, 0)
    for edge in (-0.1, float("nan"), float("inf")):
        with pytest.raises(UsageError):
            SimMarket(book, ("EURUSD",), 1, edge, START)
    with pytest.raises(ConfigError):
        SimMarket(book, ("NOSUCH",), 1, 0.0, START)


_CHECKSUMS = """
import zlib
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.sources.sim.market import SimMarket

start, end = {start}, {end}
made = SimMarket(load_symbols(None), ("EURUSD",), 7, 1.0, start)
for part in made.bars("EURUSD", TIMEFRAMES["M1"], start, end):
    print(zlib.crc32(part.close.tobytes()), zlib.crc32(part.spread.tobytes()))
for part in made.ticks("EURUSD", start, start + (end - start) // 4):
    print(zlib.crc32(part.ask.tobytes()))
print(zlib.crc32(made.episodes("EURUSD", start, end).tobytes()))
"""


def test_the_uncompiled_kernels_give_the_same_bytes() -> None:
    code = _CHECKSUMS.format(start=at("2024-03-04T12:00"), end=at("2024-03-04T16:00"))
    outcomes = [
        subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            env={**os.environ, "NUMBA_DISABLE_JIT": switch},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for switch in ("0", "1")
    ]
    assert outcomes[0] == outcomes[1]
    assert len(outcomes[0].splitlines()) >= 3
