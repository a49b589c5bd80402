"""Ledgers as tables for questions: copied out at once, so that nobody who asks holds a trader up."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import NoneType
from typing import Any, get_args

import msgspec
import pyarrow as pa

from ictcli.ledger.address import Place
from ictcli.ledger.opening import copied
from ictcli.ledger.rows import ROWS, Row

INSTANT = pa.timestamp("us", "UTC")
_INSTANTS = frozenset({"ts", "updated", "bar", "expires", "opened", "closed"})
"""Columns that hold an instant, ns UTC."""
_EVENTS = pa.schema(
    [
        ("ledger", pa.string()), ("seq", pa.int64()), ("ts", INSTANT), ("kind", pa.string()),
        ("body", pa.string()), ("hash", pa.string()),
    ]
)  # fmt: skip
_DIGITS, _MOST_PLACES = 38, 30


def ledger_tables(places: Mapping[str, Place], *, full: bool) -> dict[str, pa.Table]:
    """Events and projections of ledgers, one table each with the ledger's name in front.

    Instants are UTC. Prices, volumes and money are exact: decimals with as many places as the column needs,
    or text where no decimal type is wide enough.

    Args:
        places: ledgers that exist, by name.
        full: with their rows; else only the columns, for who asks about something else.

    Returns:
        ``ledger_events``, ``ledger_orders``, ``ledger_fills``, ``ledger_positions``, ``ledger_cash`` and
        ``ledger_alerts``.

    Raises:
        DataError: a ledger is damaged or of another schema.
    """
    events: list[dict[str, Any]] = []
    rows: dict[type[Row], list[dict[str, Any]]] = {kind: [] for kind in ROWS}
    for name, place in places.items() if full else ():
        with copied(place) as stored:
            events += [
                {"ledger": name, "seq": one.seq, "ts": one.ts // 1000, "kind": one.kind, "body": one.body,
                 "hash": one.hash}
                for one in stored.events()
            ]  # fmt: skip
            for kind, found in rows.items():
                found += [{"ledger": name, **_plain(row)} for row in stored.rows.every(kind)]
    tables = {"ledger_events": pa.Table.from_pylist(events, schema=_EVENTS)}
    return tables | {f"ledger_{kind.table}": _table(kind, found) for kind, found in rows.items()}


def _plain(row: Row) -> dict[str, Any]:
    return {
        name: value // 1000 if name in _INSTANTS and value is not None else value
        for name, value in msgspec.structs.asdict(row).items()
    }


def _table(kind: type[Row], rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    fields, columns = (
        [pa.field("ledger", pa.string())],
        [pa.array([row["ledger"] for row in rows], pa.string())],
    )
    for field in msgspec.structs.fields(kind):
        values = [row[field.name] for row in rows]
        column = _column(field, values)
        fields.append(pa.field(field.name, column.type))
        columns.append(column)
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _column(field: msgspec.structs.FieldInfo, values: Sequence[Any]) -> pa.Array:
    (kind,) = set(get_args(field.type) or (field.type,)) - {NoneType}
    if kind is Decimal:
        return _decimals(values)
    if kind is str:
        return pa.array(values, pa.string())
    return pa.array(values, INSTANT if field.name in _INSTANTS else pa.int64())


def _decimals(values: Iterable[Decimal | None]) -> pa.Array:
    """Decimals with the places of the finest; text where they do not fit."""
    known = [value for value in values if value is not None]
    places = max((-int(value.as_tuple().exponent) for value in known), default=2)
    whole = max((value.adjusted() + 1 for value in known if value), default=1)
    if places > _MOST_PLACES or places + whole > _DIGITS:
        return pa.array([None if value is None else f"{value:f}" for value in values], pa.string())
    return pa.array(values, pa.decimal128(_DIGITS, max(places, 2)))
