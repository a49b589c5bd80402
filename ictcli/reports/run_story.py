"""What a run's page and picture show, as one record that is built once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from ictcli.market.bars import Bars
from ictcli.reports.breakdown import Row
from ictcli.reports.detection_chart import Shape
from ictcli.reports.run_curve import Curve

Pairs = Sequence[tuple[str, str]]
Tone = Literal["good", "bad", "open"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the numbers allow one to say.

    Attributes:
        tone: ``good`` for an edge that is shown, ``bad`` for a loss that is, else ``open``.
        word: in two or three words.
        sentence: with its interval.
        gate: what the gate said; empty where none was asked.
        checks: of the gate: verdict, condition, found, reason.
    """

    tone: Tone
    word: str
    sentence: str
    gate: str = ""
    checks: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class WindowShape:
    """What was known of one detected object when the trade was decided.

    Attributes:
        shape: on the window's axis, where bar i spans i - 0.5 to i + 0.5.
        role: ``cause`` of the trade, ``part`` of that cause, or ``other``, known at the time.
    """

    shape: Shape
    role: Literal["cause", "part", "other"]


@dataclass(frozen=True, slots=True)
class TradeWindow:
    """The bars around one trade.

    Attributes:
        trade: row in the run's trades.
        bars: those shown.
        decided: bar at whose close the trade was decided; None where that is not known.
        opened, closed: bars of its entry and its exit.
        shapes: known at ``decided``, never later.
    """

    trade: int
    bars: Bars
    decided: int | None
    opened: int
    closed: int
    shapes: tuple[WindowShape, ...] = ()


@dataclass(frozen=True, slots=True)
class Windows:
    """The trades that are shown on their bars.

    Attributes:
        shown: in the order of the trades.
        chosen: how they were chosen; empty where all are there.
        doubts: what the reader must know: bars gone, configuration changed, zones that cannot be told.
    """

    shown: tuple[TradeWindow, ...] = ()
    chosen: str = ""
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Execution:
    """How orders were executed.

    Attributes:
        modelled: whether fills were simulated; then nothing here was measured at a broker.
        facts: counts and statistics with their intervals.
        latencies: stage, n, p50, p95, p99 in milliseconds; empty where none was measured.
    """

    modelled: bool
    facts: Pairs
    latencies: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class RunStory:
    """A run, or an account by its ledger.

    Attributes:
        name: id of the run, or word of the ledger.
        kind: what made it, for people: ``Backtest``, ``Replay``, ``Paper account``.
        subject: strategies, symbols, timeframe, source.
        facts: span, account and the like.
        verdict: what the numbers allow one to say.
        metrics: name = value, low, high, n and, where undefined, why.
        confidence: of the intervals.
        currency: of all amounts; empty where unknown.
        trades: ``engine.trades.TRADES`` rows in order of closing, perhaps with more columns.
        digits: symbol = decimals of its prices.
        curve: the account through time.
        parts: trades summed up, ``breakdown.breakdowns``.
        refusals: signals that were not traded, by reason, with a sentence.
        windows: trades on their bars.
        execution: how orders were executed.
        studies: what was studied besides, blocks of lines.
        assumptions: behind simulated fills; empty for an account at a broker.
        provenance: where all of it comes from.
    """

    name: str
    kind: str
    subject: str
    facts: Pairs
    verdict: Verdict
    metrics: Mapping[str, Mapping[str, Any]]
    confidence: float
    currency: str
    trades: pa.Table
    digits: Mapping[str, int]
    curve: Curve
    parts: Mapping[str, Sequence[Row]]
    refusals: Sequence[tuple[str, int, str]]
    windows: Windows
    execution: Execution
    studies: Sequence[Sequence[str]] = ()
    assumptions: Pairs = ()
    provenance: Pairs = ()

    @property
    def title(self) -> str:
        """Of the page, for people."""
        return f"{self.kind} {self.name}"
