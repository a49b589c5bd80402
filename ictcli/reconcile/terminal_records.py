"""A terminal's raw records as tables of a story: another way than the one by which the trader reads them.

Both ways must agree, so neither may use the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np
import polars as pl

from ictcli.reconcile.exact import DIGITS
from ictcli.reconcile.float_units import readable, units_of_floats
from ictcli.reconcile.story import CASH, FILLS, ORDERS, POSITIONS, Schema, empty
from ictcli.terminals.constants import DealEntry, DealReason, DealType, OrderState, OrderType
from ictcli.terminals.times import NS_PER_MS, ServerClock

_DEAL = (
    "ticket", "order", "time", "time_msc", "type", "entry", "magic", "position_id", "reason", "volume",
    "price", "commission", "swap", "profit", "fee", "symbol", "comment",
)  # fmt: skip
_ORDER = (
    "ticket", "time_setup", "time_setup_msc", "time_done", "time_done_msc", "type", "state", "magic",
    "position_id", "reason", "volume_initial", "volume_current", "price_open", "price_stoplimit", "sl", "tp",
    "symbol",
)  # fmt: skip
_POSITION = (
    "ticket", "time", "time_msc", "time_update", "time_update_msc", "type", "magic", "identifier", "volume",
    "price_open", "sl", "tp", "swap", "profit", "symbol",
)  # fmt: skip
_FLOATS = frozenset(
    {
        "volume", "price", "commission", "swap", "profit", "fee", "volume_initial", "volume_current",
        "price_open", "price_stoplimit", "sl", "tp",
    }
)  # fmt: skip
_TEXTS = frozenset({"symbol", "comment"})
_MONEY = ("profit", "commission", "swap", "fee")

_SIDES = {DealType.BUY: 1, DealType.SELL: -1, DealType.BUY_CANCELED: 1, DealType.SELL_CANCELED: -1}
_VOIDED = (DealType.BUY_CANCELED, DealType.SELL_CANCELED)
_ENTRIES = {DealEntry.IN: "in", DealEntry.OUT: "out", DealEntry.INOUT: "inout", DealEntry.OUT_BY: "out_by"}
_REASONS = {
    DealReason.CLIENT: "client", DealReason.MOBILE: "client", DealReason.WEB: "client",
    DealReason.EXPERT: "expert", DealReason.SL: "stop", DealReason.TP: "target", DealReason.SO: "stop_out",
    DealReason.ROLLOVER: "rollover", DealReason.SPLIT: "corporate",
}  # fmt: skip
_STATES = {
    OrderState.STARTED: "pending", OrderState.PLACED: "open", OrderState.CANCELED: "cancelled",
    OrderState.PARTIAL: "partial", OrderState.FILLED: "filled", OrderState.REJECTED: "rejected",
    OrderState.EXPIRED: "expired", OrderState.REQUEST_ADD: "pending", OrderState.REQUEST_MODIFY: "pending",
    OrderState.REQUEST_CANCEL: "pending",
}  # fmt: skip
_KINDS = {
    OrderType.BUY: "market", OrderType.SELL: "market", OrderType.BUY_LIMIT: "limit",
    OrderType.SELL_LIMIT: "limit", OrderType.BUY_STOP: "stop", OrderType.SELL_STOP: "stop",
    OrderType.BUY_STOP_LIMIT: "stop_limit", OrderType.SELL_STOP_LIMIT: "stop_limit",
    OrderType.CLOSE_BY: "market",
}  # fmt: skip
_SELLS = (OrderType.SELL, OrderType.SELL_LIMIT, OrderType.SELL_STOP, OrderType.SELL_STOP_LIMIT)
_DONE_ALREADY = {"open": "cancelled", "partial": "cancelled", "pending": "cancelled"}
"""In history nothing waits any more: what was not filled never will be."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How records are to be read.

    Attributes:
        clock: the server's wall clock.
        names: the broker's name of a symbol = ours.
        digits: the broker's name of a symbol = decimals of its prices.
        minor: decimals of the account's money.
    """

    clock: ServerClock
    names: Mapping[str, str]
    digits: Mapping[str, int]
    minor: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """A table, and how many records were left out of it because their numbers are none."""

    rows: pl.DataFrame
    unreadable: int


def deals_of(records: Sequence[Any], how: Reading) -> tuple[Parsed, pl.DataFrame]:
    """Records of deals: those that bought or sold, and those that moved money.

    Args:
        records: ``TradeDeal``; a repeated one counts once.
        how: see ``Reading``.

    Returns:
        ``story.FILLS`` and ``story.CASH``.
    """
    raw, unreadable = _raw(records, _DEAL)
    if not raw.height:
        return Parsed(empty(FILLS), unreadable), empty(CASH)
    raw = raw.unique(maintain_order=True).sort("ticket")
    money = [units_of_floats(raw.get_column(name), how.minor) for name in _MONEY]
    whole = raw.with_columns(*money, _instants(raw, "time_msc", "time", how.clock).alias("ts"))
    trades = pl.col("type").is_in(list(_SIDES))
    return Parsed(_fills(whole.filter(trades), how), unreadable), _cash(whole.filter(~trades))


def orders_of(records: Sequence[Any], how: Reading, *, over: bool) -> Parsed:
    """Records of orders (``TradeOrder``) as ``story.ORDERS``; ``over``: they are of the history."""
    raw, unreadable = _raw(records, _ORDER)
    if not raw.height:
        return Parsed(empty(ORDERS), unreadable)
    raw = raw.unique(maintain_order=True).sort("ticket")
    placed = _instants(raw, "time_setup_msc", "time_setup", how.clock)
    done = _instants(raw, "time_done_msc", "time_done", how.clock)
    status = _word("state", _STATES, "pending")
    kind = _word("type", _KINDS, "market")
    asked = _volumes(raw.get_column("volume_initial"))
    left = _volumes(raw.get_column("volume_current"))
    rows = raw.with_columns(
        order=pl.col("ticket"), position=pl.col("position_id"), kind=kind,
        side=pl.when(pl.col("type").is_in(list(_SELLS))).then(-1).otherwise(1),
        status=status.replace(_DONE_ALREADY) if over else status, volume=asked, filled=asked - left,
        price=_level(raw, "price_open", how), stop=_level(raw, "sl", how), target=_level(raw, "tp", how),
        limit=pl.when(kind == "stop_limit").then(_level(raw, "price_stoplimit", how)),
        reason=_word("reason", _REASONS, "other"), placed=placed, touched=pl.max_horizontal(placed, done),
        symbol=_ours(how),
    )  # fmt: skip
    return Parsed(_fitted(rows, ORDERS), unreadable)


def positions_of(records: Sequence[Any], how: Reading) -> Parsed:
    """Records of positions (``TradePosition``) as ``story.POSITIONS``."""
    raw, unreadable = _raw(records, _POSITION)
    if not raw.height:
        return Parsed(empty(POSITIONS), unreadable)
    raw = raw.unique(maintain_order=True).sort("ticket")
    opened = _instants(raw, "time_msc", "time", how.clock)
    changed = _instants(raw, "time_update_msc", "time_update", how.clock)
    side = pl.when(pl.col("type") == 0).then(1).otherwise(-1)
    rows = raw.with_columns(
        position=pl.when(pl.col("identifier") == 0).then(pl.col("ticket")).otherwise(pl.col("identifier")),
        volume=side * _volumes(raw.get_column("volume")), price=_mean(raw.get_column("price_open")),
        stop=_level(raw, "sl", how), target=_level(raw, "tp", how),
        swap=units_of_floats(raw.get_column("swap"), how.minor),
        profit=units_of_floats(raw.get_column("profit"), how.minor),
        opened=opened, touched=pl.max_horizontal(opened, changed), symbol=_ours(how),
    )  # fmt: skip
    return Parsed(_fitted(rows, POSITIONS), unreadable)


def _raw(records: Iterable[Any], names: tuple[str, ...]) -> tuple[pl.DataFrame, int]:
    """Fields of records as columns; without those whose numbers are none."""
    values = list(zip(*map(attrgetter(*names), records), strict=True)) or [()] * len(names)
    columns = [_column(name, own) for name, own in zip(names, values, strict=True)]
    frame = pl.DataFrame(columns)
    good = [readable(column) for column in columns if column.name in _FLOATS]
    kept = frame.filter(pl.all_horizontal(good))
    return kept, frame.height - kept.height


def _column(name: str, values: Sequence[Any]) -> pl.Series:
    if name in _TEXTS:
        return pl.Series(name, values, pl.String)
    if name in _FLOATS:
        return pl.Series(name, values, pl.Float64, strict=False)
    return pl.Series(name, np.asarray(values, np.uint64).astype(np.int64))


def _fills(raw: pl.DataFrame, how: Reading) -> pl.DataFrame:
    rows = raw.with_columns(
        deal=pl.col("ticket"), position=pl.col("position_id"), symbol=_ours(how),
        side=_number("type", _SIDES), entry=_word("entry", _ENTRIES, "out"),
        volume=_volumes(raw.get_column("volume")),
        price=units_of_floats(raw.get_column("price"), _digits(raw, how)),
        reason=_word("reason", _REASONS, "other"), voided=pl.col("type").is_in(list(_VOIDED)),
    )  # fmt: skip
    return _fitted(rows, FILLS)


def _cash(raw: pl.DataFrame) -> pl.DataFrame:
    """A credit is equity: it does not move the balance."""
    kinds = {int(one): one.name.lower() for one in DealType}
    moved = pl.sum_horizontal(_MONEY)
    rows = raw.with_columns(
        deal=pl.col("ticket"),
        key="cash." + pl.col("ticket").cast(pl.String),
        kind=pl.col("type").replace_strict(kinds, default="type_" + pl.col("type").cast(pl.String)),
        amount=pl.when(pl.col("type") == int(DealType.CREDIT)).then(0).otherwise(moved),
    )
    return _fitted(rows, CASH)


def _instants(raw: pl.DataFrame, milliseconds: str, seconds: str, clock: ServerClock) -> pl.Series:
    """Instants, ns UTC, of readings of the server's clock; 0 where there is none."""
    told = raw.select(pl.when(pl.col(milliseconds) != 0).then(milliseconds).otherwise(pl.col(seconds) * 1000))
    walls = told.to_series().to_numpy()
    found = np.zeros(len(walls), np.int64)
    real = walls != 0
    found[real] = clock.instants(walls[real] * NS_PER_MS)
    return pl.Series(found)


def _volumes(values: pl.Series) -> pl.Series:
    return units_of_floats(values, DIGITS)


def _mean(values: pl.Series) -> pl.Series:
    """The price of a position is a mean of several and has more decimals than its symbol."""
    return units_of_floats(values, DIGITS)


def _level(raw: pl.DataFrame, name: str, how: Reading) -> pl.Series:
    """A price that may not be set, which a terminal tells as 0."""
    found = units_of_floats(raw.get_column(name), _digits(raw, how))
    return found.set(found == 0, None)


def _digits(raw: pl.DataFrame, how: Reading) -> pl.Series:
    symbols = raw.get_column("symbol")
    return symbols.replace_strict(dict(how.digits), default=DIGITS, return_dtype=pl.Int64)


def _ours(how: Reading) -> pl.Expr:
    return pl.col("symbol").replace(dict(how.names))


def _word(column: str, words: Mapping[Any, str], otherwise: str) -> pl.Expr:
    plain = {int(number): word for number, word in words.items()}
    return pl.col(column).replace_strict(plain, default=otherwise, return_dtype=pl.String)


def _number(column: str, numbers: Mapping[Any, int]) -> pl.Expr:
    plain = {int(number): value for number, value in numbers.items()}
    return pl.col(column).replace_strict(plain, return_dtype=pl.Int64)


def _fitted(rows: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """The columns of a table of a story; what a terminal does not tell is at its default."""
    blank = {pl.String: pl.lit(""), pl.Boolean: pl.lit(value=False)}
    return rows.select(
        (pl.col(name) if name in rows.columns else blank.get(kind, pl.lit(0))).cast(kind).alias(name)
        for name, kind in schema.items()
    )
