"""Closed trades as a table: exact decimals, instants in UTC, one row per position."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ictcli.engine.excursions import excursions
from ictcli.engine.portfolio import Asked, Books
from ictcli.engine.refusals import ExitReason
from ictcli.market.bars import Bars, Int64, SeriesKey
from ictcli.strategies.decisions import DECISION, MARKET

PRICE = pa.decimal128(18, 8)
MONEY = pa.decimal128(18, 2)
VOLUME = pa.decimal128(18, 8)
INSTANT = pa.timestamp("us", tz="UTC")

Records = NDArray[np.void]
Floats = NDArray[np.float64]

WHERE = [
    ("source", pa.string()),
    ("symbol", pa.string()),
    ("timeframe", pa.string()),
    ("strategy", pa.string()),
]

TRADES = pa.schema(
    [
        *WHERE,
        ("setup", pa.string()),
        ("setup_number", pa.int64()),
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
        ("fees", MONEY),
        ("swap", MONEY),
        ("net", MONEY),
        ("costs", MONEY),
        ("risk", MONEY),
        ("r_multiple", pa.float64()),
        ("mae_r", pa.float64()),
        ("mfe_r", pa.float64()),
        ("mae_at", INSTANT),
        ("spread_points", pa.int32()),
        ("slippage_points", pa.int32()),
        ("ambiguous", pa.bool_()),
        ("exits", pa.int32()),
        ("bars_held", pa.int32()),
        ("zone", pa.int64()),
    ]
)
"""Columns of a trade table: a position from its opening to its end.

``setup`` is what the trade is counted under, ``setup_number`` the strategy's number of it.
``signal_at`` is the close of the bar that decided it,
``opened_at`` the open of the bar (or piece of one) that filled it, ``closed_at`` the close of the exit bar.
``entry``, ``exit``, ``spread_points`` and ``slippage_points`` are averages over the volume of all fills.
``commission``, ``fees`` and ``costs`` (commission, fees, spread and slippage together) are paid amounts;
``swap`` is negative when paid; ``net = gross - commission - fees + swap``. ``risk`` is what the way from
entry to first stop is worth; ``r_multiple`` is net over it, null where there is no stop. ``mae_r`` and
``mfe_r`` are the worst and best open result in units of that way, not negative (``excursions``);
``mae_at`` is the close of the bar, or piece of one, in which the worst was met.
"""


@dataclass(frozen=True, slots=True)
class Traded:
    """One series of an account, as tables need it.

    Attributes:
        key: source, symbol, timeframe.
        bars: all of its bars, from the first.
        volume_step: lots of one volume step, in 10**-8 lots.
        point_worth: minor units that one point on one step is worth, for reports only.
        typical: spread in points where a bar has none.
        fine: shorter bars or ticks that resolved them, None without.
    """

    key: SeriesKey
    bars: Bars
    volume_step: int
    point_worth: float
    typical: int
    fine: Bars | None = None


def trade_table(
    books: Books, asked: Asked, traded: Sequence[Traded], strategies: Sequence[str], money_digits: int
) -> pa.Table:
    """The trades of an account, in the order of their closing."""
    parts, trades, exits = [], books.trades, last_exits(books)
    for s, own in enumerate(traded):
        mine = trades["series"] == s
        made = decided(asked, s)
        if mine.any():
            parts.append(
                (
                    np.flatnonzero(mine),
                    _trades(trades[mine], exits[mine], made, own, strategies, money_digits),
                )
            )
    if not parts:
        return TRADES.empty_table()
    order = np.argsort(np.concatenate([rows for rows, _ in parts]), kind="stable")
    return pa.concat_tables([table for _, table in parts]).take(pa.array(order)).combine_chunks()


def decided(asked: Asked, s: int) -> Records:
    """The decisions of one series."""
    first, last = asked.spans[s]
    return asked.decisions[first:last]


def last_exits(books: Books) -> Int64:
    """The price in points of the last exit of every trade."""
    out = books.deals[books.deals["entry"] == 0]
    price = np.zeros(1 + int(out["position"].max(initial=0)), np.int64)
    price[out["position"]] = out["price"]
    last: Int64 = price[books.trades["position"]]
    return last


def _trades(
    trades: Records,
    exits: Int64,
    decided: Records,
    own: Traded,
    strategies: Sequence[str],
    money_digits: int,
) -> pa.Table:
    bars, steps, side = own.bars, trades["steps"], trades["side"]
    decision = decided[trades["row"]] if len(decided) else np.zeros(len(trades), DECISION)
    entry, exit_ = _average(trades["entry_value"], steps, bars), _average(trades["exit_value"], steps, bars)
    at_open = (decision["order"] == MARKET).astype(np.int64)
    ran = excursions(trades, bars, own.fine, own.typical, at_open, exits)
    way = np.abs(trades["entry"] - trades["stop"]).astype(np.float64)
    no_stop = trades["stop"] == 0
    way[no_stop | (way == 0)] = np.nan
    net = trades["gross"] - trades["commission"] - trades["fees"] + trades["swap"]
    charged = trades["commission"] + trades["fees"]
    lost = (trades["spread"] + trades["slippage"]) * own.point_worth
    risk = trades["risk"].astype(np.float64)
    price_scale = 10 ** (8 - bars.digits)

    def cash(values: Int64) -> pa.Array:
        return decimals(values * 10 ** (2 - money_digits), MONEY)

    columns = [
        *where(own.key, trades["owner"], strategies),
        labels(trades["owner"], dict(enumerate(strategies))),
        setups(trades["setup"]),
        pa.array(np.where(side > 0, "long", "short").tolist(), pa.string()),
        instants(bars.ts_close[decision["bar"]]),
        instants(trades["opened_ts"]),
        instants(bars.ts_close[trades["closed"]]),
        decimals(entry, PRICE),
        nullable(decimals(trades["stop"] * price_scale, PRICE), no_stop),
        nullable(decimals(trades["target"] * price_scale, PRICE), trades["target"] == 0),
        decimals(exit_, PRICE),
        labels(trades["reason"], {int(code): code.label for code in ExitReason}),
        decimals(steps * own.volume_step, VOLUME),
        cash(trades["gross"]),
        cash(trades["commission"]),
        cash(trades["fees"]),
        cash(trades["swap"]),
        cash(net),
        cash(np.rint(lost).astype(np.int64) + charged),
        cash(trades["risk"]),
        pa.array(net / np.where(risk == 0, 1, risk), mask=risk == 0),
        pa.array(ran.adverse / way, mask=np.isnan(way)),
        pa.array(ran.favourable / way, mask=np.isnan(way)),
        instants(ran.worst_at),
        pa.array(_per_step(trades["spread"], steps)),
        pa.array(_per_step(trades["slippage"], steps)),
        pa.array(trades["ambiguous"] == 1),
        pa.array(trades["exits"].astype(np.int32)),
        pa.array((trades["closed"] - trades["opened"] + 1).astype(np.int32)),
        pa.array(decision["zone"].copy(), mask=decision["zone"] < 0),
    ]
    return pa.Table.from_arrays(columns, schema=TRADES)


def where(key: SeriesKey, owners: Int64, strategies: Sequence[str]) -> list[pa.Array]:
    """The columns that say which series and strategy each row is about."""
    texts = [pa.repeat(pa.scalar(text), len(owners)) for text in (key.source, key.symbol, key.timeframe.name)]
    return [*texts, labels(owners, dict(enumerate(strategies)))]


def labels(codes: Int64, words: dict[int, str]) -> pa.Array:
    """Numbers as words."""
    return pa.array([words[code] for code in codes.tolist()], pa.string())


def decimals(values: Int64, kind: pa.Decimal128Type) -> pa.Array:
    """Integers counted in the last place of ``kind``, as an exact decimal column."""
    words = np.empty((len(values), 2), np.int64)
    words[:, 0] = values
    words[:, 1] = values >> 63
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(words)])


def instants(ts: Int64) -> pa.Array:
    """Nanoseconds UTC as an instant column."""
    return pa.array(np.asarray(ts, np.int64) // 1000, pa.int64()).cast(INSTANT)


def _per_step(values: Int64, steps: Int64) -> NDArray[np.int32]:
    """Points a step, rounded to the nearest."""
    points: NDArray[np.int32] = ((2 * values + steps) // (2 * steps)).astype(np.int32)
    return points


def _average(values: Int64, steps: Int64, bars: Bars) -> Int64:
    """Average prices in 10**-8, rounded to the nearest."""
    scale = 10 ** (8 - bars.digits)
    whole, rest = values // steps, values % steps
    average: Int64 = whole * scale + (2 * rest * scale + steps) // (2 * steps)
    return average


def setups(numbers: Int64) -> pa.Array:
    """Numbers of set-ups; negative ones are null."""
    return pa.array(np.ascontiguousarray(numbers), mask=np.asarray(numbers) < 0)


def nullable(column: pa.Array, missing: NDArray[np.bool_]) -> pa.Array:
    """A column with nulls where ``missing``."""
    return pc.if_else(pa.array(~missing), column, pa.scalar(None, column.type))
