"""The tables of a ledger, one schema for SQLite and PostgreSQL.

Money and volumes are decimals in TEXT (SQLite's NUMERIC is a float), instants INTEGER ns UTC. SQLite gets
STRICT tables. What makes events append-only are triggers, which the migration creates.
"""

from decimal import Decimal
from types import NoneType
from typing import get_args

import msgspec
from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

from ictcli.ledger.rows import ROWS, Row

HEAD = "r0001"
"""Revision that this program reads and writes."""

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
WHOLE = BigInteger().with_variant(Integer(), "sqlite")

EVENTS = Table(
    "events",
    METADATA,
    Column("seq", WHOLE, primary_key=True, autoincrement=False),
    Column("ts", WHOLE, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("prev", Text, nullable=False),
    Column("hash", Text, nullable=False),
    sqlite_strict=True,
)
EPOCHS = Table(
    "epochs",
    METADATA,
    Column("epoch", WHOLE, primary_key=True, autoincrement=False),
    Column("ts", WHOLE, nullable=False),
    Column("holder", Text, nullable=False),
    sqlite_strict=True,
)


def _column(field: msgspec.structs.FieldInfo, keys: tuple[str, ...]) -> "Column[object]":
    kinds = set(get_args(field.type) or (field.type,))
    (kind,) = kinds - {NoneType}
    sql = Text() if kind in {str, Decimal} else WHOLE
    key = field.name in keys
    return Column(field.name, sql, primary_key=key, nullable=NoneType in kinds, autoincrement=False)


def _table(kind: type[Row]) -> Table:
    keys = ("account", kind.key)
    fields = sorted(msgspec.structs.fields(kind), key=lambda field: field.name not in Row.__struct_fields__)
    columns = [_column(field, keys) for field in fields]
    return Table(kind.table, METADATA, *columns, sqlite_strict=True)


PROJECTIONS: dict[type[Row], Table] = {kind: _table(kind) for kind in ROWS}
Index(None, METADATA.tables["fills"].c.account, METADATA.tables["fills"].c.position)
