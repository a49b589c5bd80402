"""Running strategies written as polars expressions: frames in, decisions out.

``bars`` has a row per closed bar: ``ts``, ``ts_close``, ``open``, ``high``, ``low``, ``close``,
``tick_volume``, ``spread``. ``detections`` is the log of detector records: a row is known at its instant
``at`` and its columns are those of ``detection_events``. Prices are floats, instants UTC, unknown numbers
null.

The function returns signals: ``ts`` (open of the bar at whose close the signal is known), ``side`` (1 or -1)
and ``stop``, and if it likes ``target``, ``max_bars``, ``order`` ("market", "limit", "stop"), ``price`` of
that order and ``max_wait``, the bars it rests. Prices are rounded to the nearest point. Null means none.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from ictcli.detectors.plan import Settings
from ictcli.detectors.scan import plan_for, scan
from ictcli.detectors.schemas import event_schema
from ictcli.errors import ConfigError
from ictcli.market.bars import UNKNOWN, Bars, SeriesKey
from ictcli.strategies.decide import Decisions
from ictcli.strategies.decisions import DECISION, ORDER_NAMES, enter
from ictcli.strategies.expression import Expression
from ictcli.strategies.loading import call_afresh, failed

REQUIRED = ("ts", "side", "stop")
OPTIONAL = ("target", "max_bars", "order", "price", "max_wait")
INSTANT = pl.Datetime("ns", "UTC")
_PAGE = "See docs/write-a-strategy.md."
_MOST_POINTS = 2.0**61
_FEW = 500
"""Bars on which a function is tried out."""


def bar_frame(bars: Bars) -> pl.DataFrame:
    """Bars as expressions see them."""
    prices = {name: getattr(bars, name) / 10**bars.digits for name in ("open", "high", "low", "close")}
    frame = pl.DataFrame(
        {
            "ts": pl.Series(bars.ts).cast(INSTANT),
            "ts_close": pl.Series(bars.ts_close).cast(INSTANT),
            **prices,
            "tick_volume": bars.tick_volume,
            "spread": bars.spread,
        }
    )
    known = [
        pl.when(pl.col(name) != UNKNOWN).then(pl.col(name)).alias(name) for name in ("tick_volume", "spread")
    ]
    return frame.with_columns(known)


def detection_frame(expression: Expression, bars: Bars, settings: Settings, key: SeriesKey) -> pl.DataFrame:
    """The log of the detectors that an expression reads."""
    names = expression.detectors
    if names is not None and not names:
        names = ("swing",)  # for the columns alone
    plan = plan_for(names or (), settings)
    events = scan(bars if expression.detectors != () else bars.slice(0, 0), key, plan).events
    return _log_frame(events)


def _log_frame(events: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(events)
    if not isinstance(frame, pl.DataFrame):
        raise TypeError("a table of events is not a frame")
    decimals = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Decimal)]
    words = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Categorical)]
    return frame.with_columns(pl.col(decimals).cast(pl.Float64), pl.col(words).cast(pl.String))


def signals_of(expression: Expression, bars: pl.DataFrame, detections: pl.DataFrame) -> pl.DataFrame:
    """What an expression says, in order of time, with all optional columns.

    Raises:
        ConfigError: the function fails, or does not return signals.
    """
    return _checked(expression, _completed(expression, _collected(expression, bars, detections)))


def try_out(expression: Expression, bars: Bars) -> None:
    """Call an expression on a few bars without records, before long work is done for it.

    Raises:
        ConfigError: the function fails, or does not return columns of signals.
    """
    few = bars.slice(0, _FEW)
    none = _log_frame(event_schema(bars.digits).empty_table())
    _completed(expression, _collected(expression, bar_frame(few), none))


def _collected(expression: Expression, bars: pl.DataFrame, detections: pl.DataFrame) -> pl.DataFrame:
    found: Any = call_afresh(expression, bars.lazy(), detections.lazy())
    try:
        found = found.collect() if isinstance(found, pl.LazyFrame) else found
    except Exception as error:
        raise failed(expression, error) from error
    if not isinstance(found, pl.DataFrame):
        raise ConfigError(f"{_where(expression)} returns {type(found).__name__}, not a LazyFrame", hint=_PAGE)
    return found


def decide_signals(expression: Expression, found: pl.DataFrame, bars: Bars) -> Decisions:
    """Signals as decisions.

    Raises:
        ConfigError: a signal is not at a bar, or a number of it is none.
    """
    count = len(found)
    ts = found["ts"].to_physical().to_numpy()
    at = np.searchsorted(bars.ts, ts)
    strange = np.flatnonzero(
        (at == len(bars)) | (bars.ts[np.minimum(at, len(bars) - 1)] != ts) if len(bars) else ts
    )
    if len(strange):
        raise ConfigError(f"{_where(expression)}: {found['ts'][int(strange[0])]} is not the open of a bar")
    decisions = np.repeat(_blank(), count)
    decisions["bar"] = decisions["formed"] = at
    decisions["setup"] = np.arange(count)
    decisions["side"] = found["side"].to_numpy()
    for name in ("stop", "target", "price"):
        decisions[name] = _points(expression, found, name, bars.digits)
    for name in ("max_bars", "max_wait"):
        decisions[name] = found[name].to_numpy()
    decisions["order"] = [ORDER_NAMES.index(word) for word in found["order"]]
    return decisions


def decide_expression(expression: Expression, bars: Bars, settings: Settings, key: SeriesKey) -> Decisions:
    """The decisions of an expression over closed bars; whether it looks ahead is ``lookahead``'s to find.

    Raises:
        ConfigError: the function fails, or does not return signals.
        DataError: a bar is not sound.
    """
    try_out(expression, bars)
    frames = bar_frame(bars), detection_frame(expression, bars, settings, key)
    return decide_signals(expression, signals_of(expression, *frames), bars)


def _where(expression: Expression) -> str:
    return f"{expression.path}: {expression.name}"


def _completed(expression: Expression, found: pl.DataFrame) -> pl.DataFrame:
    """Signals with known columns of known types, in order of time."""
    for name in REQUIRED:
        if name not in found.columns:
            raise ConfigError(f"{_where(expression)} returns no column {name!r}", hint=_PAGE)
    known = (*REQUIRED, *OPTIONAL)
    for name in found.columns:
        if name not in known:
            raise ConfigError(
                f"{_where(expression)} returns a column {name!r} that means nothing",
                hint=f"Known: {', '.join(known)}.",
            )
    kind = found.schema["ts"]
    if not isinstance(kind, pl.Datetime):
        raise ConfigError(f"{_where(expression)}: ts is {kind}, not an instant")
    kinds: Mapping[str, Any] = {
        "side": pl.Int64, "stop": pl.Float64, "target": pl.Float64, "price": pl.Float64,
        "max_bars": pl.Int64, "max_wait": pl.Int64, "order": pl.String,
    }  # fmt: skip
    fill = {"max_bars": 0, "max_wait": 0, "order": "market"}
    missing = [pl.lit(None).alias(name) for name in OPTIONAL if name not in found.columns]
    try:
        whole = found.with_columns(missing).with_columns(
            *(pl.col(name).cast(kind).fill_null(fill.get(name)) if name in fill else pl.col(name).cast(kind)
              for name, kind in kinds.items()),
            _instant(kind),
        )  # fmt: skip
    except pl.exceptions.PolarsError as error:
        raise ConfigError(f"{_where(expression)}: {str(error).splitlines()[0]}") from error
    return whole.sort("ts", maintain_order=True).select(*known)


def _instant(kind: pl.Datetime) -> pl.Expr:
    """The column ``ts`` as an instant; one without a time zone is taken as UTC."""
    column = pl.col("ts")
    known = column.dt.convert_time_zone("UTC") if kind.time_zone else column.dt.replace_time_zone("UTC")
    return known.cast(INSTANT)


def _checked(expression: Expression, found: pl.DataFrame) -> pl.DataFrame:
    rules = {
        "side is not 1 or -1": ~pl.col("side").is_in([1, -1]).fill_null(value=False),
        "stop is not a number": ~pl.col("stop").is_finite().fill_null(value=False),
        "target is not a number": ~pl.col("target").is_finite().fill_null(value=True),
        "order is not market, limit or stop": ~pl.col("order").is_in(["market", "limit", "stop"]),
        "price is missing": (pl.col("order") != "market")
        & ~pl.col("price").is_finite().fill_null(value=False),
        "max_bars is negative": pl.col("max_bars") < 0,
        "max_wait is negative": pl.col("max_wait") < 0,
    }
    for words, rule in rules.items():
        wrong = found.filter(rule)
        if len(wrong):
            raise ConfigError(f"{_where(expression)}: {words} in the signal of {wrong['ts'][0]}", hint=_PAGE)
    twice = found.filter(found.is_duplicated())
    if len(twice):
        raise ConfigError(
            f"{_where(expression)} gives the same signal twice on the bar of {twice['ts'][0]}",
            hint="Leave one, for example with unique().",
        )
    return found


def _points(expression: Expression, found: pl.DataFrame, name: str, digits: int) -> NDArray[np.int64]:
    values = found[name].fill_null(0.0).to_numpy() * 10.0**digits
    if np.any(np.abs(values) > _MOST_POINTS):
        raise ConfigError(f"{_where(expression)}: {name} is beyond all prices")
    return np.rint(values).astype(np.int64)


def _blank() -> NDArray[np.void]:
    one = np.zeros(1, DECISION)
    enter(one, 0, 0, 0, 1, 0, 0)
    one["reason"] = 1
    return one
