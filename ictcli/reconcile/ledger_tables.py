"""The ledger's projections as tables of a story, read in bulk: a million deals in seconds."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from sqlalchemy import Table, and_, not_, select

from ictcli.ledger.database import Database
from ictcli.ledger.rows import CashRow, FillRow, OrderRow, PositionRow, Row
from ictcli.ledger.schema import PROJECTIONS
from ictcli.reconcile.decimal_texts import rounded_units_of_texts, units_of_texts
from ictcli.reconcile.exact import total
from ictcli.reconcile.story import CASH, FILLS, ORDERS, POSITIONS, Schema

_PAGE = 20_000
_FILLS = {
    "deal": "deal", "order": "ticket", "position": "position", "magic": "magic", "intent": "id",
    "symbol": "symbol", "side": "side", "entry": "entry", "volume": "volume", "price": "price",
    "profit": "profit", "commission": "commission", "swap": "swap", "fee": "fee", "reason": "reason",
    "ts": "ts", "voided": "voided", "late": "late", "over": "over", "of_position": "of_position",
}  # fmt: skip
_ORDERS = {
    "order": "ticket", "intent": "id", "action": "action", "magic": "magic", "symbol": "symbol",
    "side": "side", "kind": "kind", "status": "status", "volume": "volume", "filled": "filled",
    "price": "price", "limit": "limit_price", "stop": "stop", "target": "target", "position": "position",
    "placed": "ts", "touched": "updated",
}  # fmt: skip
_POSITIONS = {
    "position": "position", "magic": "magic", "symbol": "symbol", "volume": "volume", "price": "price",
    "stop": "stop", "target": "target", "opened": "opened",
}  # fmt: skip
_CASH = {
    "key": "name", "kind": "what", "amount": "amount", "ts": "ts", "operator": "operator",
}  # fmt: skip
_MAKE_ORDERS = ("place", "close")
_OF_DEALS = ("deal.", "void.", "corrected.")
_OPENING = "opening"
"""The account as it stood when the journal began: no movement of money."""
_ROUNDED = frozenset({"positions.price"})
_READ = {"exact": units_of_texts, "rounded": rounded_units_of_texts}


def read_fills(database: Database, account: str) -> pl.DataFrame:
    """All deals of an account (``story.FILLS``)."""
    return _fitted(_rows(database, FillRow, _FILLS, account), FILLS)


def read_orders(database: Database, account: str) -> pl.DataFrame:
    """All orders of an account (``story.ORDERS``), those that were never sent included."""
    table = PROJECTIONS[OrderRow]
    rows = _rows(database, OrderRow, _ORDERS, account, table.c.action.in_(_MAKE_ORDERS))
    return _fitted(rows, ORDERS)


def read_positions(database: Database, account: str) -> pl.DataFrame:
    """Open positions (``story.POSITIONS``)."""
    table = PROJECTIONS[PositionRow]
    rows = _rows(database, PositionRow, _POSITIONS, account, table.c.volume != "0")
    held = rows.filter(pl.col("volume") != 0)
    return _fitted(held.with_columns(ticket=pl.col("position"), profit=None), POSITIONS)


def read_protections(database: Database, account: str) -> dict[int, int]:
    """When stop or target of a position was last asked for or changed by us, ns UTC."""
    table = PROJECTIONS[OrderRow]
    named = {"position": "position", "touched": "updated"}
    rows = _rows(database, OrderRow, named, account, table.c.action == "protect")
    return dict(rows.drop_nulls().group_by("position").agg(pl.col("touched").max()).iter_rows())


def read_cash(database: Database, account: str) -> pl.DataFrame:
    """Movements without an order (``story.CASH``)."""
    table = PROJECTIONS[CashRow]
    of_deals = [not_(table.c.name.startswith(prefix, autoescape=True)) for prefix in _OF_DEALS]
    rows = _rows(database, CashRow, _CASH, account, and_(table.c.name != _OPENING, *of_deals))
    deal = pl.col("key").str.extract(r"^cash\.([0-9]+)$").cast(pl.Int64).fill_null(0)
    return _fitted(rows.with_columns(deal=deal), CASH)


def read_balance(database: Database, account: str) -> int:
    """What the broker's books must show, units."""
    table = PROJECTIONS[CashRow]
    rows = _rows(database, CashRow, {"amount": "amount"}, account, table.c.operator == 0)
    return int(rows.select(total("amount")).item() or 0)


def _rows(
    database: Database, kind: type[Row], named: Mapping[str, str], account: str, *conditions: Any
) -> pl.DataFrame:
    """Rows of a projection, in no order; decimals are units."""
    table = PROJECTIONS[kind]
    chosen = select(*[table.c[name] for name in named.values()])
    chosen = chosen.where(table.c.account == account, *conditions)
    compiled = chosen.compile(dialect=database.dialect, compile_kwargs={"render_postcompile": True})
    fields = [_field(name, kind, table, column) for name, column in named.items()]
    pages = [_converted(page, fields) for page in database.pages(str(compiled), dict(compiled.params), _PAGE)]
    return pl.concat(pages) if pages else _converted([], fields)


def _field(name: str, kind: type[Row], table: Table, column: str) -> tuple[str, Any, str]:
    """Name and type of a column, and how it is read."""
    if "Decimal" in str(kind.__annotations__[column]):
        return name, pl.String, "rounded" if f"{kind.table}.{column}" in _ROUNDED else "exact"
    return name, pl.String if table.c[column].type.python_type is str else pl.Int64, "plain"


def _converted(page: Sequence[tuple[Any, ...]], fields: Sequence[tuple[str, Any, str]]) -> pl.DataFrame:
    values = zip(*page, strict=True) if page else [()] * len(fields)
    columns = []
    for (name, dtype, how), own in zip(fields, values, strict=True):
        column = pl.Series(name, own, dtype)
        columns.append(_READ[how](column) if how in _READ else column)
    return pl.DataFrame(columns)


def _fitted(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """The columns of a table of a story; what the ledger has no word for is at its default."""
    empty = {pl.String: pl.lit(""), pl.Boolean: pl.lit(value=False)}
    nullable = {"price", "limit", "stop", "target", "profit"} if "touched" in schema else set()
    return frame.select(
        _told(name, kind, optional=name in nullable)
        if name in frame.columns
        else empty.get(kind, pl.lit(0)).cast(kind).alias(name)
        for name, kind in schema.items()
    )


def _told(name: str, kind: Any, *, optional: bool) -> pl.Expr:
    told = pl.col(name).cast(kind)
    return told if optional or kind == pl.String else told.fill_null(value=False if kind == pl.Boolean else 0)
