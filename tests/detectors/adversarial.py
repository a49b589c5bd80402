"""Adversarial bars, small parameters, and bars changed in ways whose consequences are known."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq
from hypothesis import strategies as st
from numpy.typing import NDArray

from ictcli.clock import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE
from ictcli.detectors.base.events import EVENT, NO_BAR
from ictcli.detectors.detector import Detector
from ictcli.detectors.drive import advance, start
from ictcli.detectors.plan import Node, Plan
from ictcli.detectors.registry import DETECTORS
from ictcli.market.bars import Bars, make_bars

Plans = Callable[..., Plan]

SMALL: dict[str, st.SearchStrategy[Any]] = {
    "left": st.integers(1, 3),
    "right": st.integers(1, 3),
    "max_active": st.integers(1, 4),
    "max_age": st.sampled_from([0, 1, 5]),
    "min_size_atr": st.sampled_from([0.0, 0.25]),
    "range_atr": st.sampled_from([0.5, 1.0, 1.5]),
    "body_share": st.sampled_from([0.3, 0.6]),
    "displacement_lookback": st.integers(1, 3),
    "form": st.sampled_from(["bar", "leg", "both"]),
    "leg_atr": st.sampled_from([0.5, 1.0, 2.0]),
    "break_by": st.sampled_from(["close", "wick"]),
    "reference": st.sampled_from(["last_swing", "protected"]),
    "threshold": st.just("atr"),
    "reversal_atr": st.sampled_from([0.5, 1.0, 2.0]),
    "reversal_percent": st.sampled_from([0.1, 0.5]),
    "require_fvg": st.booleans(),
    "require_sweep": st.booleans(),
    "sweep_lookback": st.integers(1, 5),
    "range_mode": st.sampled_from(["structure", "swings"]),
    "equilibrium_band": st.sampled_from([0.0, 0.1]),
    "shallow": st.sampled_from([0.3, 0.62]),
    "deep": st.sampled_from([0.7, 0.79]),
    "anchors": st.sampled_from(["wicks", "bodies"]),
    "invalidate": st.sampled_from(["close", "wick"]),
    "minutes": st.sampled_from([60, 240, 1440]),
    "range_days": st.integers(1, 2),
    "structure_weight": st.integers(0, 3),
    "day_weight": st.integers(0, 3),
    "range_weight": st.integers(0, 3),
    "open_weight": st.integers(0, 3),
    "room_atr": st.sampled_from([0.0, 1.0]),
    "least_score": st.sampled_from([0.1, 0.3, 0.6]),
    "mitigation": st.sampled_from(["touch", "ce", "full", "close"]),
    "reclaim": st.integers(1, 4),
    "min_wick_frac": st.sampled_from([0.0, 0.3]),
    "max_depth_atr": st.sampled_from([0.0, 1.0]),
    "tolerance_atr": st.sampled_from([0.0, 0.5, 2.0]),
    "tolerance_points": st.sampled_from([None, 0]),
    "min_members": st.integers(2, 3),
    "tolerance": st.integers(0, 3),
    "sweep_window": st.integers(0, 2),
    "min_correlation": st.sampled_from([-1.0, 0.0]),
    "correlation_length": st.integers(2, 4),
    "inverse": st.booleans(),
    "lookback": st.integers(2, 5),
    "min_age": st.integers(1, 3),
    "plus_one": st.booleans(),
    "days": st.integers(1, 3),
    "length": st.integers(2, 4),
    "min_body_atr": st.sampled_from([0.0, 0.5]),
    "require_trend": st.booleans(),
    "efficiency": st.sampled_from([0.0, 0.6]),
    "wick_body": st.sampled_from([1.0, 2.0]),
    "wick_share": st.sampled_from([0.51, 0.6]),
    "min_range_atr": st.sampled_from([0.0, 1.0]),
    "strict": st.booleans(),
    "threshold_sigma": st.sampled_from([0.5, 1.0, 2.0]),
    "scale": st.sampled_from(["deviation", "ewma", "mad"]),
    "cooldown": st.integers(0, 2),
    "rearm_sigma": st.sampled_from([0.0, 0.5, 1.0]),
    "method": st.sampled_from(["last_opposite", "extreme", "extreme_parsed"]),
    "zone": st.sampled_from(["range", "body", "body_to_low"]),
    "zone_of": st.sampled_from(["same", "failed_swing"]),
    "max_size_atr": st.sampled_from([0.0, 2.0]),
    "wick_atr": st.sampled_from([0.1, 0.25]),
    "wick_frac": st.sampled_from([0.0, 0.5]),
    "wait": st.integers(1, 5),
    "asia": st.sampled_from(["20:00-24:00", "18:00-03:00", ""]),
    "london_open": st.sampled_from(["02:00-05:00", "01:00-02:00"]),
    "new_york_am": st.sampled_from(["07:00-10:00", "20:00-22:00"]),
    "new_york_am_index": st.just("08:30-11:00"),
    "index": st.booleans(),
    "london_close": st.just("10:00-12:00"),
    "lunch": st.just("12:00-13:00"),
    "new_york_pm": st.sampled_from(["13:30-16:00", "17:00-18:00"]),
    "london": st.sampled_from(["03:00-04:00", "20:15-20:30"]),
    "morning": st.just("10:00-11:00"),
    "afternoon": st.sampled_from(["14:00-15:00", "16:00-18:00"]),
    "london_1": st.sampled_from(["02:33-03:00", "20:05-20:20"]),
    "london_2": st.just("04:03-04:30"),
    "morning_1": st.just("08:50-09:10"),
    "morning_2": st.just("09:50-10:10"),
    "morning_3": st.just("10:50-11:10"),
    "midday": st.just("11:50-12:10"),
    "afternoon_1": st.just("13:10-13:40"),
    "afternoon_2": st.sampled_from(["15:15-15:45", "14:00-15:00"]),
    "inversion": st.sampled_from(["close", "wick", "ce"]),
    "max_separation": st.integers(1, 8),
    "size_atr_long": st.sampled_from([0.25, 0.75]),
    "min_gap": st.just(1),
    "newer_weeks": st.integers(1, 3),
    "starts": st.sampled_from(["09:00", "03:00 09:00 20:00", "00:00 06:00 12:00 18:00"]),
    "window_minutes": st.sampled_from([60, 360]),
    "separation": st.integers(0, 3),
    "min_overlap": st.sampled_from([0.0, 0.5]),
    "entry_at": st.sampled_from(["ce", "edge"]),
    "stop": st.sampled_from(["sweep", "breaker"]),
    "buffer": st.integers(0, 2),
    "buffer_atr": st.sampled_from([0.0, 0.3]),
    "target_r": st.sampled_from([0.5, 1.0, 2.0]),
    "max_wait": st.integers(1, 6),
    "most_live": st.integers(1, 3),
    "exclude_spans_gap": st.booleans(),
    "spacing": st.sampled_from([1, 5, 20]),
    "each_side": st.integers(1, 3),
    "frame": st.integers(0, 6),
    "frame_adr": st.sampled_from([0.0, 0.0, 0.15]),
    "shift_minutes": st.sampled_from([0, 0, 30]),
    "hold_minutes": st.sampled_from([0, 5, 60]),
    "mss_within": st.integers(0, 10),
    "min_rr": st.sampled_from([0.0, 0.5, 1.0]),
    "hours": st.sampled_from(["killzones", "any", "any"]),
    "day_end": st.booleans(),
    "window": st.sampled_from(["20:00-24:00", "19:00-21:00", "20:00-20:15"]),
    "prices": st.sampled_from(["wicks", "bodies"]),
    "windows": st.sampled_from(["02:00-05:00,08:30-10:00", "00:00-24:00"]),
    "shift_within": st.sampled_from([0, 3, 12]),
}
"""Small parameters by name, so that few bars reach every rule."""

MOST_BARS = 60
"""Length of the longest case."""
_MOVES = np.array([0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6], np.int64)
"""From the last close to the open, and from open to close: ties, gaps, bodies without height."""
_WICKS = 5
"""Wicks have a length from zero to one less."""
_PAUSES = np.array([1, 1, 1, 1, 1, 2, 7, 60], np.int64)
"""Bars from one open to the next."""
STARTS = [
    np.datetime64(instant, "ns").astype(np.int64)
    for instant in ("2025-06-10T00:00", "2025-03-07T18:00", "2025-10-31T19:00", "2024-02-29T06:00")
]
"""A quiet day, the weekends on which New York changes its clocks, a leap day."""


@dataclass(frozen=True)
class Case:
    """Bars, a second symbol's bars, and a plan for one detector."""

    detector: Detector
    plan: Plan
    bars: Bars
    other: Bars | None

    def wanted(self) -> Iterator[tuple[int, Node]]:
        return ((at, node) for at, node in enumerate(self.plan.nodes) if node.wanted)

    def logs(self, bars: Bars | None = None, other: Bars | None = None) -> list[NDArray[np.void]]:
        """The records of every layer of the detector."""
        bars = self.bars if bars is None else bars
        found = advance(self.plan, start(self.plan), bars, other or self.other)
        return [found[at] for at, _ in self.wanted()]


def codes(draw: st.DrawFn, size: int) -> NDArray[np.uint8]:
    """Rows of five bytes in one draw: one for each number costs more than everything that is tested with it.

    As many are drawn for few bars as for many, so that hypothesis can try one draw in another's place.
    """
    drawn = draw(st.binary(min_size=5 * MOST_BARS, max_size=5 * MOST_BARS))
    return np.frombuffer(drawn, np.uint8).reshape(MOST_BARS, 5)[:size]


def prices(draw: st.DrawFn, size: int) -> NDArray[np.int64]:
    """Rows of open, high, low, close: two opens of three are the last close."""
    drawn = codes(draw, size)
    jump = np.where(drawn[:, 0] % 3 == 1, _MOVES[drawn[:, 1] % len(_MOVES)], 0)
    body = _MOVES[drawn[:, 2] % len(_MOVES)]
    above, below = ((drawn[:, at] % _WICKS).astype(np.int64) for at in (3, 4))
    closes = 1000 + np.cumsum(jump + body)
    opens = closes - body
    rows = (opens, np.maximum(opens, closes) + above, np.minimum(opens, closes) - below, closes)
    return np.column_stack(rows)


@cache
def tried_parameters(name: str) -> tuple[str, ...]:
    """The parameters that a detector or one of those it listens to has."""
    pending, needed = [name], set()
    while pending:
        needed.add(one := pending.pop())
        pending += [feed.detector for feed in DETECTORS[one].feeds if feed.detector not in needed]
    return tuple(
        sorted({field.name for one in needed for field in msgspec.structs.fields(DETECTORS[one].params)})
    )


@st.composite
def cases(draw: st.DrawFn, plan_for: Plans, name: str) -> Case:
    detector = DETECTORS[name]
    length = draw(st.sampled_from([1, 15, 60])) * NS_PER_MINUTE
    size = MOST_BARS - draw(st.integers(0, MOST_BARS))  # hypothesis prefers low numbers, rules need bars
    steps = _PAUSES[codes(draw, size)[:, 0] % len(_PAUSES)]
    ts = draw(st.sampled_from(STARTS)) + np.cumsum(steps) * length
    series = [ohlc_bars(ts, length, prices(draw, size)) for _ in range(1 + detector.pair)]
    params = {key: draw(SMALL[key]) for key in tried_parameters(name)}
    plan = plan_for(detector, {**params, "atr_length": draw(st.integers(2, 4))}, length)
    other = None
    if detector.pair:
        other = pick(series[1], np.flatnonzero(codes(draw, size)[:, 0] % 2))
    return Case(detector, plan, series[0], other)


def ohlc_bars(ts: NDArray[np.int64], length: int, rows: NDArray[np.int64]) -> Bars:
    opens, highs, lows, closes = (np.ascontiguousarray(rows[:, at]) for at in range(4))
    return make_bars(2, ts, ts + length, (opens, highs, lows, closes))


def pick(bars: Bars, rows: NDArray[np.int64]) -> Bars:
    columns = (bars.open[rows], bars.high[rows], bars.low[rows], bars.close[rows])
    return make_bars(bars.digits, bars.ts[rows], bars.ts_close[rows], columns)


def with_prices(bars: Bars, change: Callable[[Any], Any], *, swap: bool = False) -> Bars:
    high, low = (bars.low, bars.high) if swap else (bars.high, bars.low)
    return replace(bars, open=change(bars.open), high=change(high), low=change(low), close=change(bars.close))


def changed_prices(
    detector: Detector, events: NDArray[np.void], change: Callable[[Any], Any], *, distance: int
) -> NDArray[np.void]:
    """Records as ``change`` of all prices must make them; distances are multiplied by ``distance``."""
    found = events.copy()
    for column in ("bottom", "top"):
        found[column] = change(found[column])
    known = found["origin"] != NO_BAR
    found["origin_level"][known] = change(found["origin_level"][known])
    found["fill"] *= distance
    for extra in detector.extras:
        if extra.kind in ("price", "twice", "points"):
            values = found["extra"][:, extra.slot]
            there = values != extra.none if extra.none is not None else np.ones(len(values), np.bool_)
            if extra.kind == "points":
                values[there] *= distance
            elif extra.kind == "price":
                values[there] = change(values[there])
            else:
                values[there] = change(values[there] - change(0)) + 2 * change(0)
    return found


def without(events: NDArray[np.void], *names: str) -> list[str]:
    """Records without some columns and without what numbers objects, in an order of their own."""
    left = [name for name in EVENT.names or () if name not in ("serial", "parent", "ordinal", *names)]
    return sorted(repr(row) for row in events[left].tolist())


def shifted_in_time(bars: Bars, shift: int | NDArray[np.int64]) -> Bars:
    """Bars moved by nanoseconds, one number or one per bar."""
    return replace(bars, ts=bars.ts + shift, ts_close=bars.ts_close + shift)


def lagging(bars: Bars) -> Bars:
    """A second symbol that follows the first one with a lag and without every seventh bar."""
    lagged = with_prices(bars, lambda column: np.concatenate((column[:3], column[:-3])) + 7)
    return pick(lagged, np.flatnonzero(np.arange(len(bars)) % 7 != 3))


def walk(size: int, seed: int, length: int = 15 * NS_PER_MINUTE) -> Bars:
    """A random walk with wicks and rare jumps between bars, open from Sunday to Friday evening."""
    draw = np.random.default_rng(seed)
    opening = np.datetime64("2025-05-04T22:00", "ns").astype(np.int64)
    ts = opening + np.arange(2 * size, dtype=np.int64) * length
    ts = ts[(ts - opening) % (7 * NS_PER_DAY) < 5 * NS_PER_DAY - NS_PER_HOUR][:size]
    body = np.rint(draw.normal(0, 30, size) * np.exp(draw.normal(0, 0.5, size))).astype(np.int64)
    jump = np.where(draw.random(size) < 0.1, draw.integers(-20, 21, size), 0)
    closes = 1_000_000 + np.cumsum(body + jump)
    opens = closes - body
    above, below = (np.rint(draw.exponential(10, size)).astype(np.int64) for _ in range(2))
    rows = (opens, np.maximum(opens, closes) + above, np.minimum(opens, closes) - below, closes)
    return ohlc_bars(ts, length, np.column_stack(rows))


def read_bars(path: Path, digits: int, length: int = NS_PER_MINUTE) -> Bars:
    """Bars of a market data file."""
    table = pq.read_table(path)
    ts = table["ts"].to_numpy().astype("datetime64[ns]").astype(np.int64)
    columns = [table[name].to_numpy() * 10.0**digits for name in ("open", "high", "low", "close")]
    return ohlc_bars(ts, length, np.rint(np.column_stack(columns)).astype(np.int64))
