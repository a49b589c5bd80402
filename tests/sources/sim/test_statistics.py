"""What the simulated prices do: no edge without planting, and the shape of real markets."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE, parse_instant
from ictcli.market.bars import Bars, Int64, concat
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.market.zones import NEW_YORK, to_local
from ictcli.sources.sim import planting
from ictcli.sources.sim.market import SimMarket

Float64 = NDArray[np.float64]
BOOK = load_symbols(None)


def at(text: str) -> int:
    return parse_instant(text, now=0)


START, END = at("2022-01-01"), at("2025-01-01")
QUARTER = 15 * NS_PER_MINUTE


@lru_cache(maxsize=16)
def series(symbol: str, *, seed: int = 7, edge: float = 0.0, timeframe: str = "M15", end: int = END) -> Bars:
    made = SimMarket(BOOK, (symbol,), seed, edge, START)
    return concat(list(made.bars(symbol, TIMEFRAMES[timeframe], START, end)))


@pytest.fixture(scope="module")
def euro() -> Bars:
    return series("EURUSD")


def returns(ts: Int64, close: Int64) -> tuple[Float64, Int64]:
    """Close-to-close log returns within sessions, and the opens of their bars."""
    moves = np.diff(np.log(close.astype(np.float64)))
    steady = np.diff(ts) == QUARTER
    return moves[steady], ts[1:][steady]


def correlation(left: Float64, right: Float64) -> float:
    return float(np.corrcoef(left, right)[0, 1])


def kurtosis(values: Float64) -> float:
    centred = values - values.mean()
    return float((centred**4).mean() / (centred**2).mean() ** 2)


def hourly_profile(values: Float64, ts: Int64) -> Float64:
    hour = to_local(NEW_YORK, ts) // NS_PER_HOUR % 24
    sizes = np.abs(values)
    return np.array([sizes[hour == k].mean() if (hour == k).any() else 0.0 for k in range(24)])


def momentum(close: Float64, span: int) -> Float64:
    rule = np.zeros(len(close))
    rule[span:] = np.sign(close[span:] - close[:-span])
    return rule


def breakout(close: Float64, span: int) -> Float64:
    window = np.lib.stride_tricks.sliding_window_view(close[:-1], span)
    rule = np.zeros(len(close))
    rule[span:] = (close[span:] > window.max(1)).astype(float) - (close[span:] < window.min(1))
    return rule


def calm_then_fade(close: Float64, span: int) -> Float64:
    size = np.abs(np.diff(close, prepend=close[0]))
    mean = np.convolve(size, np.ones(span) / span)[: len(close)]
    return np.where(size > 1.5 * mean, -momentum(close, 1), 0.0)


@pytest.mark.no_cover
@pytest.mark.parametrize("rule", [momentum, breakout, calm_then_fade])
@pytest.mark.parametrize("span", [2, 16, 96])
def test_without_an_edge_no_past_measurable_rule_earns_anything_before_costs(
    rule: Callable[[Float64, int], Float64], span: int
) -> None:
    scores = []
    for symbol in ("EURUSD", "XAUUSD", "US100"):
        for seed in (1, 2):
            bars = series(symbol, seed=seed)
            close = bars.close.astype(np.float64)
            # weighted by today's volatility, which is known, so that no quiet year is drowned
            scale = np.maximum(
                np.convolve(np.abs(np.diff(close, prepend=close[0])), np.ones(96))[: len(close)], 1
            )
            scores.append((rule(close, span)[:-1] * np.diff(close) / scale[:-1])[96:])
    earned = np.concatenate(scores)
    error = earned.std() / np.sqrt(len(earned))
    assert abs(earned.mean()) < 4 * error


@pytest.mark.no_cover
def test_without_an_edge_variance_grows_with_time_and_not_faster_or_slower() -> None:
    ratios: dict[int, list[float]] = {16: [], 96: []}
    for symbol in ("EURUSD", "XAUUSD"):
        for seed in (1, 2, 3):
            logs = np.log(series(symbol, seed=seed).close.astype(np.float64))
            moves = np.diff(logs)
            sizes = np.sqrt(np.convolve(moves**2, np.ones(96) / 96)[: len(moves)])
            scaled = np.clip(moves[96:] / sizes[95:-1], -5, 5)
            path = np.cumsum(scaled)
            for span, found in ratios.items():
                found.append(float((path[span:] - path[:-span]).var() / span / scaled.var()))
    assert np.mean(ratios[16]) == pytest.approx(1, abs=0.03)
    assert np.mean(ratios[96]) == pytest.approx(1, abs=0.06)


@pytest.mark.no_cover
def test_without_an_edge_nothing_is_planted() -> None:
    made = SimMarket(BOOK, ("EURUSD",), 7, 0.0, START)
    assert len(made.episodes("EURUSD", START, END)) == 0


@pytest.mark.no_cover
@pytest.mark.parametrize("edge", [0.25, 1.0])
@pytest.mark.parametrize("symbol", ["EURUSD", "XAUUSD"])
def test_the_planted_drifts_are_recovered_at_the_planted_times(symbol: str, edge: float) -> None:
    made = SimMarket(BOOK, (symbol,), 7, edge, START)
    planted = made.episodes(symbol, START, at("2024-12-20"))
    minutes = concat(list(made.bars(symbol, TIMEFRAMES["M1"], START, END)))
    price = minutes.open.astype(np.float64)
    begin = np.searchsorted(minutes.ts, planted["start"])
    turn = begin + planted["impulse"]
    resume = turn + planted["retrace"]
    stop = resume + planted["drift"]
    bars = planted["impulse"] / 15
    for first, last, expected in (
        (begin, turn, planting.IMPULSE_PER_BAR * bars),
        (turn, resume, -planting.RETRACE_SHARE * planting.IMPULSE_PER_BAR * bars),
        (resume, stop, planting.CONTINUATION_PER_BAR * planted["drift"] / 15),
    ):
        moved = (price[last] / price[first] - 1) * planted["side"] / planted["unit"]
        surplus = moved - edge * expected
        assert abs(surplus.mean()) < 4 * surplus.std() / np.sqrt(len(surplus)) + 0.02 * edge * expected.mean()
        assert abs(moved.mean()) > 4 * moved.std() / np.sqrt(len(moved))
    assert len(planted) > 1000
    assert abs(planted["side"].mean()) < 4 / np.sqrt(len(planted))


@pytest.mark.no_cover
def test_symbols_move_together_as_their_factors_say() -> None:
    names = ("EURUSD", "GBPUSD", "USDCHF", "XAUUSD", "US500", "US100", "BTCUSD", "ES")
    table = {name: series(name, timeframe="H1", end=at("2023-01-01")) for name in names}
    shared = np.unique(table["ES"].ts)
    for name in names:
        shared = np.intersect1d(shared, table[name].ts)
    moves = {
        name: np.diff(np.log(table[name].close[np.searchsorted(table[name].ts, shared)].astype(np.float64)))
        for name in names
    }
    found = {(a, b): correlation(moves[a], moves[b]) for a in names for b in names}
    assert 0.35 < found["EURUSD", "GBPUSD"] < 0.8
    assert -0.8 < found["EURUSD", "USDCHF"] < -0.3
    assert 0.1 < found["EURUSD", "XAUUSD"] < 0.6
    assert 0.6 < found["US500", "US100"] < 0.98
    assert found["US500", "ES"] > 0.99
    assert 0.05 < found["BTCUSD", "US500"] < 0.5


@pytest.mark.no_cover
def test_volatility_clusters_and_tails_are_fat(euro: Bars) -> None:
    moves, _ = returns(euro.ts, euro.close)
    sizes = np.abs(moves)
    assert 8 < kurtosis(moves) < 80
    assert abs(correlation(moves[:-1], moves[1:])) < 0.05
    for lag, least in ((1, 0.12), (10, 0.05), (96, 0.06)):
        assert least < correlation(sizes[:-lag], sizes[lag:]) < 0.45


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("symbol", "low", "high"),
    [("EURUSD", 0.05, 0.12), ("XAUUSD", 0.12, 0.28), ("US100", 0.14, 0.32), ("BTCUSD", 0.3, 0.8)],
)
def test_annual_volatility_fits_the_asset_class(symbol: str, low: float, high: float) -> None:
    moves = np.diff(np.log(series(symbol).close.astype(np.float64)))
    assert low < np.sqrt((moves**2).sum() / 3) < high


@pytest.mark.no_cover
def test_spreads_are_typical_by_day_and_widen_at_the_roll_and_at_news(euro: Bars) -> None:
    minute = to_local(NEW_YORK, euro.ts) // NS_PER_MINUTE % 1440
    typical = np.median(euro.spread)
    assert BOOK.require("EURUSD").spread * 0.8 <= typical <= BOOK.require("EURUSD").spread * 1.4
    assert np.median(euro.spread[minute == 17 * 60]) > 2.5 * typical
    one_minute = series("EURUSD", timeframe="M1", end=at("2023-01-01"))
    minute = to_local(NEW_YORK, one_minute.ts) // NS_PER_MINUTE % 1440
    assert one_minute.spread[minute == 510].mean() > 1.15 * one_minute.spread[minute == 509].mean()


@pytest.mark.no_cover
def test_news_jumps_are_large_and_leave_an_after_shock() -> None:
    bars = series("EURUSD", timeframe="M1")
    minute = to_local(NEW_YORK, bars.ts) // NS_PER_MINUTE % 1440
    size = (bars.high - bars.low).astype(np.float64)
    before, news, after = (size[minute == clock].mean() for clock in (505, 510, 515))
    assert news > 2 * before
    assert 1.2 * before < after < news


@pytest.mark.no_cover
def test_ticks_are_more_when_volatility_is_higher() -> None:
    bars = series("XAUUSD", timeframe="M1", end=at("2022-04-01"))
    size = np.log1p((bars.high - bars.low).astype(np.float64))
    assert correlation(size, np.log(bars.tick_volume.astype(np.float64))) > 0.4


@pytest.mark.no_cover
def test_markets_reopen_with_gaps(euro: Bars) -> None:
    minutes = series("EURUSD", timeframe="M1", end=at("2023-01-01"))
    weekend = np.flatnonzero(np.diff(minutes.ts) > 40 * NS_PER_HOUR)
    gaps = np.abs(minutes.open[weekend + 1] - minutes.close[weekend])
    usual = np.abs(np.diff(euro.close)).mean()
    assert len(weekend) > 50
    assert 0.5 * usual < gaps.mean() < 6 * usual


@pytest.mark.no_cover
def test_the_hourly_profile_follows_new_york_through_clock_changes(euro: Bars) -> None:
    moves, ts = returns(euro.ts, euro.close)
    winter = np.isin(ts.astype("datetime64[ns]").astype("datetime64[M]").astype(int) % 12, (11, 0, 1))
    profiles = hourly_profile(moves[winter], ts[winter]), hourly_profile(moves[~winter], ts[~winter])
    assert correlation(*profiles) > 0.9


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("symbol", "name"), [("EURUSD", "EURUSD_M15_brokerJ"), ("XAUUSD", "XAUUSD_M15_ftmo")]
)
def test_the_shape_of_returns_matches_real_bars(symbol: str, name: str, real_data: Path) -> None:
    table = pl.read_parquet(real_data / "bars" / f"{name}.parquet")
    stamps = table["ts"].cast(pl.Datetime("ns")).to_physical().to_numpy().astype(np.int64)
    real, real_ts = returns(stamps, (table["close"].to_numpy() * 1e5).round().astype(np.int64))
    bars = series(symbol)
    made, made_ts = returns(bars.ts, bars.close)
    assert correlation(hourly_profile(real, real_ts), hourly_profile(made, made_ts)) >= 0.8
    assert 1 / 3 < kurtosis(made) / kurtosis(real) < 3
    assert 1 / 1.5 < made.std() / real.std() < 1.5
    for lag in (1, 10, 96):
        likeness = [correlation(size[:-lag], size[lag:]) for size in (np.abs(real), np.abs(made))]
        assert abs(likeness[0] - likeness[1]) < 0.17, lag
