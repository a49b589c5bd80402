"""What a ledger and a backtest of its bars tell otherwise, row by row, in the columns of a finding."""

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from ictcli.clock import iso
from ictcli.reconcile.backtest_difference import BacktestDifference, DifferenceKind
from ictcli.reconcile.decisions_again import DecisionRow
from ictcli.reconcile.model_fills import FillRow

_SIDES = {1: "bought", -1: "sold"}


def differences(
    rows: Sequence[DecisionRow | FillRow], causes: tuple[str, ...] = ()
) -> tuple[BacktestDifference, ...]:
    """Rows that differ as they are told and kept.

    Args:
        rows: of ``against_backtest.Comparison.differing``.
        causes: names of the findings that explain all of them.
    """
    return tuple(
        _decision(row, causes) if isinstance(row, DecisionRow) else _fill(row, causes) for row in rows
    )


def _decision(row: DecisionRow, causes: tuple[str, ...]) -> BacktestDifference:
    return BacktestDifference(
        kind=DifferenceKind.DECISION_DIFF, key=f"bar:{iso(row.bar)}",
        field=" ".join(part for part in (row.symbol, row.timeframe, row.strategy) if part),
        symbol=row.symbol, ours=row.ledger or None, theirs=row.core or None, ts=row.bar, note="",
        evidence=_digest(row), caused_by=causes,
    )  # fmt: skip


def _fill(row: FillRow, causes: tuple[str, ...]) -> BacktestDifference:
    return BacktestDifference(
        kind=DifferenceKind.FILL_DIFF, key=f"intent:{row.intent}", field=row.part, symbol=row.symbol,
        ours=_filled(row.volume, row.price), theirs=_filled(row.model_volume, row.model_price),
        ts=row.ts or row.model_ts, evidence=_digest(row), caused_by=causes,
        note=f"{_SIDES.get(row.side, 'traded')} by {row.strategy}, decided at {iso(row.bar)}",
    )  # fmt: skip


def _filled(volume: Decimal, price: Decimal) -> str | None:
    return f"{volume.normalize():f} at {price.normalize():f}" if volume else None


def _digest(row: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(row, order="deterministic")).hexdigest()
