"""A run's parts as tables of text: all with the same columns, so that they can be compared."""

from collections.abc import Mapping, Sequence
from typing import Any

from ictcli.reports.layout import BLANK, aligned_together, number

_SHOWN = ("symbol", "strategy", "setup", "side", "session", "weekday", "hour", "exit")
"""Dimensions with a table; months have a grid of their own."""
_ONE_IS_ENOUGH = frozenset({"strategy", "setup"})
"""Dimensions that tell nothing while they have a single part."""
TITLES = {"setup": "Set-up", "weekday": "Day", "hour": "Hour (NY)"}
"""Dimensions that people call otherwise."""


def part_tables(parts: Mapping[str, Sequence[Mapping[str, Any]]], confidence: float) -> list[list[str]]:
    """The lines of each table.

    Args:
        parts: as ``breakdown.breakdowns`` makes them.
        confidence: of the intervals.
    """
    tables = [
        (
            (TITLES.get(name, name.capitalize()), *headers(confidence)),
            [part_cells(row, name) for row in parts[name]],
        )
        for name in _SHOWN
        if len(parts[name]) > (name in _ONE_IS_ENOUGH) and not repeats(parts, name)
    ]
    return aligned_together(tables, "<>>>>>>>")


def headers(confidence: float) -> tuple[str, ...]:
    """Titles of all columns but the first."""
    interval = f"{100 * confidence:g} % interval"
    return ("Trades", "Net", "Expectancy", interval, "Wins", interval, "Factor")


def repeats(parts: Mapping[str, Sequence[Mapping[str, Any]]], dimension: str) -> bool:
    """Whether every strategy has one set-up of its own name, so that the set-ups tell nothing new."""
    if dimension != "setup":
        return False
    setups, strategies = ({row[name]: row["trades"] for row in parts[name]} for name in ("setup", "strategy"))
    return setups == strategies


def part_cells(row: Mapping[str, Any], dimension: str) -> list[str]:
    """A part's label and what its trades came to."""
    # by exit a profit factor says nothing
    factor = "" if dimension == "exit" else number(row["profit_factor"], "ratio")
    return [
        row[dimension],
        f"{row['trades']:,}",
        f"{row['net']:,.2f}",
        number(row["expectancy_r"], "r"),
        _interval(row, "expectancy_r", 1, ".3f"),
        number(row["win_rate"], "share"),
        _interval(row, "win_rate", 100, ".1f"),
        factor,
    ]


def _interval(row: Mapping[str, Any], name: str, times: float, form: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if low is None and high is None:
        return BLANK
    return " to ".join(BLANK if bound is None else f"{times * bound:{form}}" for bound in (low, high))
