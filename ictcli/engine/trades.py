"""Closed trades as a table: exact decimals, instants in UTC, one row per trade."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ictcli.engine.refusals import ExitReason
from ictcli.engine.simulate import Simulation
from ictcli.market.bars import Bars, Int64, SeriesKey
from ictcli.market.symbols import SymbolSpec
from ictcli.strategies.signals import NO_ZONE, Signals

PRICE = pa.decimal128(18, 8)
MONEY = pa.decimal128(18, 2)
VOLUME = pa.decimal128(18, 8)
INSTANT = pa.timestamp("us", tz="UTC")

TRADES = pa.schema(
    [
        ("source", pa.string()),
        ("symbol", pa.string()),
        ("timeframe", pa.string()),
        ("side", pa.string()),
        ("signal_at", INSTANT),
        ("opened_at", INSTANT),
        ("closed_at", INSTANT),
        ("entry", PRICE),
        ("stop", PRICE),
        ("target", PRICE),
        ("exit", PRICE),
        ("exit_reason", pa.string()),
        ("volume", VOLUME),
        ("gross", MONEY),
        ("commission", MONEY),
        ("net", MONEY),
        ("costs", MONEY),
        ("risk", MONEY),
        ("r_multiple", pa.float64()),
        ("mae_r", pa.float64()),
        ("mfe_r", pa.float64()),
        ("spread_points", pa.int32()),
        ("slippage_points", pa.int32()),
        ("ambiguous", pa.bool_()),
        ("bars_held", pa.int32()),
        ("zone", pa.int64()),
    ]
)
"""Columns of a trade table.

``signal_at`` is the close of the signal's bar, ``opened_at`` the open that filled it, ``closed_at`` the
close of the exit bar. ``commission`` and ``costs`` (commission, spread and slippage together) are paid
amounts, not negative; ``net = gross - commission``. ``risk`` is what the way from entry to stop is worth;
``r_multiple`` is net over it, null where it rounds to nothing. ``mae_r`` and ``mfe_r`` are the worst and
best open result in units of that way, not negative. ``target`` and ``zone`` are null where there is none.
"""


def trade_table(
    key: SeriesKey, bars: Bars, signals: Signals, spec: SymbolSpec, result: Simulation
) -> pa.Table:
    """The trades of one simulated series, in order of closing."""
    trades, money = result.trades, result.terms
    point_value = _minor_per_point(result)
    paid = (trades["spread"] + trades["slippage"]) * point_value
    way = np.abs(trades["entry"] - trades["stop"]).astype(np.float64)
    net = trades["gross"] - trades["commission"]
    risk = trades["risk"].astype(np.float64)
    zone = np.asarray(signals.zone, np.int64)[trades["signal"]]
    steps = int(spec.volume_step.scaleb(8))

    def price(values: Int64) -> pa.Array:
        return decimals(values * 10 ** (8 - bars.digits), PRICE)

    def cash(values: Int64) -> pa.Array:
        return decimals(values * 10 ** (2 - money.digits), MONEY)

    def text(value: str) -> pa.Array:
        return pa.repeat(pa.scalar(value), len(trades))

    columns = [
        text(key.source),
        text(key.symbol),
        text(key.timeframe.name),
        pa.array(np.where(trades["side"] > 0, "long", "short").tolist(), pa.string()),
        instants(bars.ts_close[np.asarray(signals.bar, np.int64)[trades["signal"]]]),
        instants(bars.ts[trades["opened"]]),
        instants(bars.ts_close[trades["closed"]]),
        price(trades["entry"]),
        price(trades["stop"]),
        _nullable(price(trades["target"]), trades["target"] == 0),
        price(trades["exit"]),
        pa.array([ExitReason(code).label for code in trades["reason"].tolist()], pa.string()),
        decimals(trades["steps"] * steps, VOLUME),
        cash(trades["gross"]),
        cash(trades["commission"]),
        cash(net),
        cash(np.rint(paid).astype(np.int64) + trades["commission"]),
        cash(trades["risk"]),
        pa.array(net / np.where(risk == 0, 1, risk), mask=risk == 0),
        pa.array(trades["adverse"] / way),
        pa.array(trades["favourable"] / way),
        pa.array(trades["spread"].astype(np.int32)),
        pa.array(trades["slippage"].astype(np.int32)),
        pa.array(trades["ambiguous"] == 1),
        pa.array((trades["closed"] - trades["opened"] + 1).astype(np.int32)),
        pa.array(zone, mask=zone == NO_ZONE),
    ]
    return pa.Table.from_arrays(columns, schema=TRADES)


def decimals(values: Int64, kind: pa.Decimal128Type) -> pa.Array:
    """Integers counted in the last place of ``kind``, as an exact decimal column."""
    words = np.empty((len(values), 2), np.int64)
    words[:, 0] = values
    words[:, 1] = values >> 63
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(words)])


def instants(ts: Int64) -> pa.Array:
    """Nanoseconds UTC as an instant column."""
    return pa.array(np.asarray(ts, np.int64) // 1000, pa.int64()).cast(INSTANT)


def _minor_per_point(result: Simulation) -> NDArray[np.float64]:
    """Minor units that one point is worth on each trade's volume."""
    trades, money = result.trades, result.terms
    worth: NDArray[np.float64] = trades["steps"].astype(np.float64) * money.point_value / money.denominator
    return worth / trades["exit"] if money.by_price else worth


def _nullable(column: pa.Array, missing: NDArray[np.bool_]) -> pa.Array:
    return pc.if_else(pa.array(~missing), column, pa.scalar(None, column.type))
