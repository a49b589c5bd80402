"""Why a strategy traded at a moment, or why it did not: the records of a run around one bar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ictcli.errors import UsageError

Row = Mapping[str, Any]

_MOST_SETUPS = 12
"""Set-ups told in full, those nearest to the moment; the others are counted."""


@dataclass(frozen=True, slots=True)
class Story:
    """A set-up's records in time order: what the strategy decided and what became of the orders.

    Attributes:
        strategy, timeframe, number: of the set-up; ``number`` is None for records that belong to none.
        steps: rows with ``at``, ``who`` (strategy or account), ``what``, ``reason``, ``price``, ``formed_at``
            (open of the bar where the pattern sits) and the ``probability`` that a model gave.
    """

    strategy: str
    timeframe: str
    number: int | None
    steps: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """The answer.

    Attributes:
        symbol, at: what was asked.
        trades: those open at the moment.
        stories: set-ups with a record before or at the moment and one at or after it, oldest first.
        omitted: how many more there are.
        before, after: the nearest records of the symbol on either side, where nothing was alive.
    """

    symbol: str
    at: datetime
    trades: tuple[Row, ...]
    stories: tuple[Story, ...]
    omitted: int
    before: Row | None
    after: Row | None


def why(symbol: str, at: datetime, trades: pa.Table, orders: pa.Table, signals: pa.Table) -> Why:
    """Everything that a run knows about a symbol at an instant.

    Raises:
        UsageError: the run did not trade the symbol.
    """
    known = sorted(
        {*signals.column("symbol").unique().to_pylist(), *trades.column("symbol").unique().to_pylist()}
    )
    if symbol not in known:
        listed = ", ".join(known) or "none that decided anything"
        raise UsageError(f"the run has no decisions of {symbol}", hint=f"Its symbols: {listed}.")
    steps = _steps(symbol, orders, signals)
    stories = _alive(steps, at)
    nearest = sorted(stories, key=lambda story: min(abs(step["at"] - at) for step in story.steps))
    chosen = {id(story) for story in nearest[:_MOST_SETUPS]}
    own = trades.filter(pc.equal(trades.column("symbol"), symbol)).to_pylist()
    earlier = [step for step in steps if step["at"] <= at]
    later = [step for step in steps if step["at"] > at]
    return Why(
        symbol=symbol,
        at=at,
        trades=tuple(row for row in own if row["opened_at"] <= at < row["closed_at"]),
        stories=tuple(story for story in stories if id(story) in chosen),
        omitted=max(0, len(stories) - _MOST_SETUPS),
        before=earlier[-1] if earlier else None,
        after=later[0] if later else None,
    )


def _steps(symbol: str, orders: pa.Table, signals: pa.Table) -> list[Row]:
    """Decisions and order events of a symbol as rows of one shape, in time order."""
    decided = signals.filter(pc.equal(signals.column("symbol"), symbol)).to_pylist()
    happened = orders.filter(pc.equal(orders.column("symbol"), symbol)).to_pylist()
    rows = [*map(_decision, decided), *map(_event, happened)]
    return sorted(rows, key=lambda row: row["at"])  # stable: on one instant the strategy comes first


def _decision(row: Row) -> Row:
    return {
        "at": row["signal_at"],
        "strategy": row["strategy"],
        "timeframe": row.get("timeframe") or "",
        "setup": row["setup_number"],
        "who": "strategy",
        "what": row["stage"] if row["kind"] == "note" else row["kind"],
        **{name: row[name] for name in ("side", "reason", "price", "stop", "target")},
        "formed_at": row.get("formed_at"),  # a ledger does not tell
        "probability": row.get("probability"),  # runs of older versions know none
    }


def _event(row: Row) -> Row:
    return {
        "at": row["known_at"],
        "strategy": row["strategy"],
        "timeframe": row.get("timeframe") or "",
        "setup": row["setup_number"],
        "who": "account",
        "what": row["event"],
        "side": None,
        "reason": row["reason"],
        "price": row["price"],
        "stop": None,
        "target": None,
        "formed_at": None,
        "probability": None,
    }


def _alive(steps: Sequence[Row], at: datetime) -> list[Story]:
    """The set-ups whose records surround a moment, in the order of their first record."""
    groups: dict[tuple[str, str, int | None], list[Row]] = {}
    for step in steps:
        groups.setdefault((step["strategy"], step["timeframe"], step["setup"]), []).append(step)
    return [
        Story(strategy, timeframe, number, tuple(own))
        for (strategy, timeframe, number), own in groups.items()
        if number is not None and own[0]["at"] <= at <= own[-1]["at"]
    ]
