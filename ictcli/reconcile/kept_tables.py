"""What ``state/recon.db`` holds as tables for questions: instants UTC, balances and contracts exact."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from ictcli.reconcile.exact import DIGITS
from ictcli.reconcile.keeping import read_rows

INSTANT = pa.timestamp("us", "UTC")
EXACT = pa.decimal128(38, DIGITS)

_RUNS = {
    "run": pa.int64(), "started": INSTANT, "ended": INSTANT, "ledger": pa.string(), "against": pa.string(),
    "mode": pa.string(), "account": pa.string(), "since": INSTANT, "until": INSTANT, "result": pa.string(),
    "code": pa.int64(), "error": pa.string(), "roots": pa.int64(), "findings": pa.int64(),
    "applied": pa.int64(), "stated": EXACT, "computed": EXACT, "events": pa.int64(),
}  # fmt: skip
_FINDINGS = {
    "run": pa.int64(), "number": pa.int64(), "kind": pa.string(), "key": pa.string(), "field": pa.string(),
    "symbol": pa.string(), "severity": pa.string(), "policy": pa.string(), "ours": pa.string(),
    "theirs": pa.string(), "tolerance": pa.string(), "root": pa.bool_(), "known": pa.bool_(),
    "caused_by": pa.string(), "ts": INSTANT, "note": pa.string(), "evidence": pa.string(),
    "applied": pa.string(),
}  # fmt: skip
_INSTRUMENTS = {
    "account": pa.string(), "symbol": pa.string(), "run": pa.int64(), "digits": pa.int64(), "tick": EXACT,
    "step": EXACT, "contract": EXACT,
}  # fmt: skip
_TABLES: Mapping[str, Mapping[str, pa.DataType]] = {
    "runs": _RUNS, "findings": _FINDINGS, "instruments": _INSTRUMENTS,
}  # fmt: skip


def reconcile_tables(state: Path, *, full: bool) -> dict[str, pa.Table]:
    """``reconcile_runs``, ``reconcile_findings`` and ``reconcile_instruments``.

    Args:
        state: the workspace's state folder.
        full: with their rows; else only the columns, for who asks about something else.

    Raises:
        DataError: the database is damaged or of a later version.
    """
    tables = {}
    for name, columns in _TABLES.items():
        rows = read_rows(state, name, list(columns)) if full else []
        arrays = [
            pa.array([_value(row[at], kind) for row in rows], kind)
            for at, kind in enumerate(columns.values())
        ]
        tables[f"reconcile_{name}"] = pa.Table.from_arrays(arrays, schema=pa.schema(list(columns.items())))
    return tables


def _value(value: object, kind: pa.DataType) -> object:
    """A kept value as its column holds it: ns as µs, units of 10⁻⁸ and text as decimals."""
    if value is None:
        return None
    if kind == INSTANT:
        assert isinstance(value, int)
        return value // 1000
    if kind == EXACT:
        return Decimal(value) if isinstance(value, str) else Decimal(str(value)).scaleb(-DIGITS)
    return bool(value) if kind == pa.bool_() else value
