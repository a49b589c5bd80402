"""One side's story of an account: what the ledger, a broker or a statement says of one stretch of time.

Both sides have the same tables, so every rule compares like with like. Prices, volumes and money are units of
10⁻⁸ (``exact``), instants nanoseconds UTC, symbols ours where we have a name for them. A side leaves what it
cannot know at the default of its column: 0, an empty text, null.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

Schema = Mapping[str, Any]

FILLS: Schema = {
    "deal": pl.Int64, "order": pl.Int64, "position": pl.Int64, "magic": pl.Int64, "intent": pl.String,
    "symbol": pl.String, "side": pl.Int8, "entry": pl.String, "volume": pl.Int64, "price": pl.Int64,
    "profit": pl.Int64, "commission": pl.Int64, "swap": pl.Int64, "fee": pl.Int64, "currency": pl.String,
    "reason": pl.String, "ts": pl.Int64, "voided": pl.Boolean, "late": pl.Boolean, "over": pl.Boolean,
    "of_position": pl.Boolean,
}  # fmt: skip
"""Deals that bought or sold.

``magic``: of the order, as MetaTrader marks it. ``intent``: ours, empty where no intent explains the deal.
``side``: 1 bought, -1 sold. ``entry``: in, out, inout, out_by. ``volume``: above 0. ``profit``,
``commission``, ``swap``, ``fee``: signed as the balance moved. ``currency``: of the costs, empty for the
account's. ``reason``: client, expert, stop, target, stop_out, rollover, corporate, other. ``voided``: taken
back by the broker. ``late``, ``over``, ``of_position``: of the ledger (``ledger.bodies.Filled``).
"""

ORDERS: Schema = {
    "order": pl.Int64, "intent": pl.String, "action": pl.String, "magic": pl.Int64, "symbol": pl.String,
    "side": pl.Int8, "kind": pl.String, "status": pl.String, "volume": pl.Int64, "filled": pl.Int64,
    "price": pl.Int64, "limit": pl.Int64, "stop": pl.Int64, "target": pl.Int64, "position": pl.Int64,
    "reason": pl.String, "placed": pl.Int64, "touched": pl.Int64,
}  # fmt: skip
"""Orders, working and over.

``order``: the broker's ticket, 0 while the ledger knows none. ``intent`` and ``action`` (place, close): the
ledger's. ``status``: the ledger's words for its side (intent, sent, unknown, open, partial, filled,
cancelled, expired, rejected, absent, denied) and the broker's for the other (pending, open, partial, filled,
cancelled, rejected, expired). ``price``, ``limit``, ``stop``, ``target``: null where not set. ``reason``: the
broker's: expert, client, stop, target, stop_out. ``touched``: when it last changed.
"""

POSITIONS: Schema = {
    "position": pl.Int64, "ticket": pl.Int64, "magic": pl.Int64, "symbol": pl.String, "volume": pl.Int64,
    "price": pl.Int64, "stop": pl.Int64, "target": pl.Int64, "swap": pl.Int64, "profit": pl.Int64,
    "opened": pl.Int64, "touched": pl.Int64,
}  # fmt: skip
"""Positions that are open.

``volume``: signed, below 0 is short. ``stop``, ``target``: null for none. ``profit``: unrealised, the
broker's; null at the ledger. ``touched``: when volume, stop or swap last changed.
"""

CASH: Schema = {
    "key": pl.String, "deal": pl.Int64, "kind": pl.String, "amount": pl.Int64, "ts": pl.Int64,
    "operator": pl.Boolean, "comment": pl.String,
}  # fmt: skip
"""Movements of the balance without an order.

``deal``: the broker's number, 0 where it gave none. ``key``: the ledger's name for it. ``operator``: not on
the broker's books.
"""

INSTRUMENTS: Schema = {
    "symbol": pl.String, "digits": pl.Int32, "tick": pl.Int64, "step": pl.Int64, "contract": pl.Int64,
}  # fmt: skip
"""Contracts: smallest move of the price, smallest of the volume, size of one lot."""

_DEFAULTS: dict[Any, Any] = {pl.String: "", pl.Boolean: False}
_NULLABLE = {"limit", "stop", "target"}


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of time that a story covers, ns UTC.

    Attributes:
        since: deals and orders from this instant are told completely.
        until: the watermark: nothing behind it counts, on either side.
        complete: the source answered in full; without that nothing follows from what it lacks.
        why: what is missing, in words; empty when complete.
    """

    since: int
    until: int
    complete: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """An account as one side has it when it was read.

    Attributes:
        account: ``server/login``.
        currency: of the account.
        minor: digits of its money.
        netting: whether it keeps one position a symbol.
        balance: units; None where it is not told.
        equity: units; None where it is not told.
        clock_offset: the broker's clock, converted, less ours, ns; None where not measured.
        faults: what is wrong with the chain and anchors of a ledger, in words; empty for a good one.
    """

    account: str
    currency: str
    minor: int = 2
    netting: bool = False
    balance: int | None = None
    equity: int | None = None
    clock_offset: int | None = None
    faults: tuple[str, ...] = ()


def empty(schema: Schema) -> pl.DataFrame:
    """A table without rows."""
    return pl.DataFrame(schema=dict(schema))


def table(schema: Schema, rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """A table of rows; what a row leaves out gets the default of its column.

    Raises:
        ValueError: a row names a column that the table has not.
    """
    filled = []
    for row in rows:
        strange = row.keys() - schema.keys()
        if strange:
            raise ValueError(f"no column {min(strange)!r}")
        filled.append({name: row.get(name, _default(name, kind)) for name, kind in schema.items()})
    return pl.DataFrame(filled, schema=dict(schema), orient="row")


def _default(name: str, kind: Any) -> Any:
    return None if name in _NULLABLE else _DEFAULTS.get(kind, 0)


@dataclass(frozen=True, slots=True)
class Story:
    """Everything one side says.

    ``foreign``: what and ticket of everything that the ledger has flagged as not ours. ``strategies``:
    numbers of the strategies that have traded here (``trading.identity``), known to a ledger alone.
    """

    facts: Facts
    window: Window
    fills: pl.DataFrame = field(default_factory=lambda: empty(FILLS))
    orders: pl.DataFrame = field(default_factory=lambda: empty(ORDERS))
    positions: pl.DataFrame = field(default_factory=lambda: empty(POSITIONS))
    cash: pl.DataFrame = field(default_factory=lambda: empty(CASH))
    instruments: pl.DataFrame = field(default_factory=lambda: empty(INSTRUMENTS))
    foreign: frozenset[tuple[str, int]] = frozenset()
    strategies: frozenset[int] = frozenset()
