"""How trades fall into parts: by symbol, strategy, set-up, session, weekday, hour, month, side and exit."""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ictcli.clock import NS_PER_HOUR
from ictcli.market.bars import Int64
from ictcli.market.calendars import day_minute
from ictcli.market.trading_day import roll_day, weekday
from ictcli.market.zones import NEW_YORK, to_local

Labels = NDArray[np.object_]

SESSIONS = ("asia", "london", "new_york", "off")
"""Sessions in the order of the trading day."""
_SESSION_ENDS = np.array([2, 7, 16, 19, 24]) * 60
_SESSION_OF = np.array(["asia", "london", "new_york", "off", "asia"], dtype=object)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def session_of(ts: Int64) -> Labels:
    """Session of each instant by the New York clock.

    ``asia`` from 19:00 to 02:00, ``london`` to 07:00, ``new_york`` to 16:00, ``off`` to 19:00.
    """
    minute = day_minute(to_local(NEW_YORK, ts))
    return _SESSION_OF[np.searchsorted(_SESSION_ENDS, minute, side="right")]


def weekday_of(ts: Int64) -> Labels:
    """Weekday of the trading day, which begins at 17:00 New York the evening before."""
    return np.array(WEEKDAYS, dtype=object)[weekday(roll_day(ts))]


def hour_of(ts: Int64) -> Labels:
    """Hour of the New York clock, 00 to 23."""
    hours = to_local(NEW_YORK, ts) // NS_PER_HOUR % 24
    return np.array([f"{hour:02}" for hour in range(24)], dtype=object)[hours]


def month_of(ts: Int64) -> Labels:
    """UTC month, ``2024-01``."""
    return np.datetime_as_string(ts.astype("datetime64[ns]"), unit="M").astype(object)


def opened(trades: pa.Table) -> Int64:
    """When each trade was opened, nanoseconds UTC."""
    return _instants(trades, "opened_at")


def _instants(trades: pa.Table, column: str) -> Int64:
    values: Int64 = trades.column(column).cast(pa.int64()).to_numpy() * 1000
    return values


def _texts(trades: pa.Table, column: str) -> Labels:
    if column not in trades.column_names:
        return np.full(len(trades), "", dtype=object)
    return np.array([value or "" for value in trades.column(column).to_pylist()], dtype=object)


def _session(trades: pa.Table) -> Labels:
    kept = _texts(trades, "session")
    return np.where(kept == "", session_of(opened(trades)), kept)


DIMENSIONS: dict[str, Callable[[pa.Table], Labels]] = {
    "symbol": lambda trades: _texts(trades, "symbol"),
    "strategy": lambda trades: _texts(trades, "strategy"),
    "setup": lambda trades: _texts(trades, "setup"),
    "session": _session,
    "weekday": lambda trades: weekday_of(opened(trades)),
    "hour": lambda trades: hour_of(opened(trades)),
    "month": lambda trades: month_of(_instants(trades, "closed_at")),
    "side": lambda trades: _texts(trades, "side"),
    "exit": lambda trades: _texts(trades, "exit_reason"),
}
"""Name = the label of each trade: by its opening, but months by its closing."""

FIXED: dict[str, tuple[str, ...]] = {
    "session": SESSIONS,
    "weekday": WEEKDAYS,
    "hour": tuple(f"{hour:02}" for hour in range(24)),
    "side": ("long", "short"),
}
"""Dimensions whose labels are known before any trade, in their order."""


MEANINGS: dict[str, str] = {
    "symbol": "symbol",
    "strategy": "strategy that opened the trade",
    "setup": "what the strategy calls its set-up",
    "session": "`asia` 19:00-02:00, `london` to 07:00, `new_york` to 16:00, `off` to 19:00, New York",
    "weekday": "`Mon` to `Sun`: the trading day, which begins at 17:00 New York the evening before",
    "hour": "`00` to `23`: the hour of the New York clock",
    "month": "`2024-01`: UTC month of the closing",
    "side": "`long` or `short`",
    "exit": "`stop`, `target`, `time` or another reason of `exit_reason`",
}


def part_table() -> str:
    """Markdown table of the dimensions, as docs/gates.md prints it."""
    rows = [f"| `{name}` | {MEANINGS[name]} |" for name in DIMENSIONS]
    return "\n".join(["| key of `where` | labels |", "|---|---|", *rows])


def labels(trades: pa.Table, dimension: str) -> Labels:
    """The label of each trade; empty where the trades do not say."""
    return DIMENSIONS[dimension](trades)


def ordered(found: Labels, dimension: str) -> Sequence[str]:
    """The labels that occur, in their own order: months by time, set-ups and exits most frequent first."""
    names, counts = np.unique(found.astype(str), return_counts=True)
    if dimension in FIXED:
        return [name for name in FIXED[dimension] if name in names]
    if dimension in {"symbol", "strategy", "month"}:
        return [str(name) for name in names]
    order = sorted(zip(-counts, names, strict=True))
    return [str(name) for _, name in order]


def selection(trades: pa.Table, where: Sequence[tuple[str, str]]) -> NDArray[np.bool_]:
    """Which trades carry all of these labels.

    Args:
        trades: ``engine.trades.TRADES`` rows.
        where: dimensions with the label that each must have.
    """
    chosen = np.ones(len(trades), np.bool_)
    for dimension, label in where:
        chosen &= labels(trades, dimension) == label
    return chosen
