"""What a strategy written as a polars expression is to the rest of the program."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    Signals = Callable[[pl.LazyFrame, pl.LazyFrame], pl.LazyFrame]

EXPRESSION_REASONS = ("", "signal of the expression")
"""Texts of the reasons of its decisions."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A set-up as a function of all bars and records at once: for research, never for live trading.

    Attributes:
        name: what the run is called.
        summary: one line for people.
        path: the file it came from.
        signals: ``(bars, detections)`` to signals, all lazy frames (see ``expressions``).
        detectors: whose records it reads; None for all.
        function: its name in the file, from which every call imports it anew; empty for ``signals`` as given.
    """

    name: str
    summary: str
    path: Path
    signals: "Signals"
    detectors: tuple[str, ...] | None
    function: str = ""
