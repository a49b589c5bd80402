"""What became of a damaged statement file, and what a file says only once."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from ictcli.errors import DataError
from ictcli.reconcile.statements.reading import read_statement
from ictcli.reconcile.statements.record import Statement
from ictcli.reconcile.worth import verify

TOLD_ONCE = frozenset(
    {
        "server", "company", "written",
        "deals.deal", "deals.comment", "cash.deal", "cash.comment", "cash.time",
        "orders.price", "orders.stop", "orders.target", "orders.placed", "orders.done", "orders.comment",
        "positions.stop", "positions.target", "positions.comment",
        "open_positions.stop", "open_positions.target", "open_positions.market", "open_positions.comment",
        "stated.sharpe_ratio",
    }
)  # fmt: skip
"""Fields of MetaTrader 5's report that nothing else in it depends on: a wrong one cannot be seen in it."""
UNCHECKED_RESULTS = frozenset(
    f"stated.{name}"
    for name in (
        "gross_profit", "gross_loss", "largest_win", "largest_loss", "average_win", "average_loss",
        "average_wins", "average_losses", "drawdown_absolute", "drawdown_maximal", "drawdown_relative",
        *(f"{one}{part}" for one in ("most_wins", "most_losses", "maximal_win", "maximal_loss")
          for part in ("", ".other")),
        *(f"{one}.share" for one in ("drawdown_maximal", "drawdown_relative")),
        "short_trades.share", "long_trades.share",
    )
)  # fmt: skip
"""Statistics of which nobody documents how they are counted when costs are charged on entry or a position is
closed in parts; the verification says that it did not compare them."""
MT4_TOLD_ONCE = frozenset(
    {"company", "written", "stated.balance"}
    | {f"{table}.{name}" for table in ("deals", "cash") for name in ("deal", "time", "comment")}
    | {
        f"{table}.{name}"
        for table in ("positions", "open_positions")
        for name in ("position", "symbol", "side", "volume", "opened", "open_price", "price", "closed",
                     "close_price", "market", "stop", "target", "comment")
    }
)  # fmt: skip
"""A statement of MetaTrader 4 has every trade in one row, so only its money is told twice."""


def outcome(path: Path, original: Statement, once: frozenset[str]) -> str:
    """refused, reported, same, or told once; the names of fields that differ in silence otherwise."""
    try:
        statement = read_statement(path)
    except DataError as error:
        assert "\n" not in error.message, error.message
        assert error.message.startswith(path.name), error.message
        return "refused"
    worth = verify(statement)
    if worth.mismatches:
        return "reported"
    changed = differences(original, statement)
    if any(text.startswith("results") for text in worth.unchecked):
        once |= UNCHECKED_RESULTS
    if not changed:
        return "same"
    return "told once" if changed <= once else f"silent: {', '.join(sorted(changed))}"


def differences(one: Statement, two: Statement) -> set[str]:
    """Fields of two statements that differ; how many rows a table has is ``table.rows``."""
    found = set()
    for field in fields(one):
        first, second = getattr(one, field.name), getattr(two, field.name)
        if first == second:
            continue
        if field.name == "stated":
            found |= {f"stated.{name}" for name in first if first[name] != second.get(name)}
        elif isinstance(first, tuple):
            found |= _rows(field.name, first, second, {id(row) for row in one.cash})
        else:
            found.add(field.name)
    return found


def _rows(name: str, one: tuple[Any, ...], two: tuple[Any, ...], cash: set[int]) -> set[str]:
    """Deals that are movements of money are ``cash``: no order and no position tells when they were."""
    if len(one) != len(two):
        return {f"{name}.rows"}
    return {
        f"{'cash' if id(first) in cash else name}.{field.name}"
        for first, second in zip(one, two, strict=True)
        for field in fields(first)
        if getattr(first, field.name) != getattr(second, field.name)
    }
