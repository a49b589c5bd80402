"""Which trades two programs share, and which rule of filling explains each difference.

A rule explains a difference only where the bars prove that it applies: every rule is a condition on prices,
levels and averages at the bars of the two trades. What no rule explains is counted, too.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.peer_backtest.answer import Asked, Columns
from benchmarks.peer_backtest.harness import Answer

UNEXPLAINED = "unexplained"
_HALF_POINT = 0.5e-5


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade: bars, prices, and whether it was open at the end of the data."""

    opened: int
    closed: int
    entry: float
    exit: float
    ended: bool


@dataclass(frozen=True, slots=True)
class Both:
    """A signal that both programs traded: the bar whose close decided it, and the trades."""

    signal: int
    ours: Trade
    theirs: Trade


@dataclass(frozen=True, slots=True)
class Lone:
    """A signal that one program traded.

    Attributes:
        signal: bar whose close decided it.
        is_ours: whether ours is the one.
        holding: whether the other one held an earlier trade at that bar.
    """

    signal: int
    is_ours: bool
    holding: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """The market behind the trades: prices, levels by signal, ``lead`` of the averages in exact integers."""

    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    stop: NDArray[np.float64]
    target: NDArray[np.float64]
    lead: NDArray[np.int64]
    asked: Asked

    def tied(self, bar: int) -> bool:
        """Whether the averages are exactly equal at a bar or at the one before."""
        return bool(np.any(self.lead[max(bar - 1, 0) : bar + 1] == 0))

    def touches(self, bar: int, level: float, side: int) -> bool:
        """Whether a bar reaches a level from below (+1) or above (-1)."""
        best = self.high[bar] if side > 0 else -self.low[bar]
        return bool(best >= side * level - _HALF_POINT)


@dataclass(frozen=True, slots=True)
class Rule:
    """A way in which programs fill differently: its name, what it says, and the proof that it applies."""

    name: str
    says: str
    applies: Callable[[Facts, Both], bool]


@dataclass(frozen=True, slots=True)
class LoneRule:
    """A way in which a signal is traded by one program alone, as above."""

    name: str
    says: str
    applies: Callable[[Facts, Lone], bool]


def facts_of(market: Columns, asked: Asked) -> Facts:
    """The facts of a market file."""
    points = np.rint(market["close"] * 1e5).astype(np.int64)
    sums = np.concatenate([[0], np.cumsum(points)])
    lead = np.ones(len(points), np.int64)
    slow, fast = asked.slow, asked.fast
    ends = np.arange(slow, len(points) + 1)
    lead[slow - 1 :] = (sums[ends] - sums[ends - fast]) * slow - (sums[ends] - sums[ends - slow]) * fast
    columns = {name: market[name] for name in ("open", "high", "low", "close", "stop", "target")}
    return Facts(**columns, lead=lead, asked=asked)


def near(a: float, b: float) -> bool:
    """Whether two prices are the same point."""
    return abs(a - b) < _HALF_POINT


def differ_at_entry(pair: Both) -> bool:
    """Whether the prices of entry differ."""
    return not near(pair.ours.entry, pair.theirs.entry)


def differ_at_exit(pair: Both) -> bool:
    """Whether bar or price of the exit differ; what both held to the end of the data does not."""
    ours, theirs = pair.ours, pair.theirs
    if ours.ended and theirs.ended:
        return False
    return ours.closed != theirs.closed or not near(ours.exit, theirs.exit)


def _entry_at_close(facts: Facts, pair: Both) -> bool:
    ours, theirs = pair.ours, pair.theirs
    return near(theirs.entry, facts.close[pair.signal]) and near(ours.entry, facts.open[pair.signal + 1])


def _exit_at_close(facts: Facts, pair: Both) -> bool:
    ours, theirs = pair.ours, pair.theirs
    crossed = facts.lead[theirs.closed] < 0 and theirs.closed == ours.closed - 1
    return bool(crossed and near(theirs.exit, facts.close[theirs.closed]) and _at_open(facts, ours))


def _at_open(facts: Facts, trade: Trade) -> bool:
    return near(trade.exit, facts.open[trade.closed])


def _entry_bar(facts: Facts, pair: Both) -> bool:
    ours, theirs = pair.ours, pair.theirs
    inside = near(ours.exit, facts.stop[pair.signal]) or near(ours.exit, facts.target[pair.signal])
    return ours.closed == ours.opened and inside and theirs.closed > ours.closed


def _level_before_open(facts: Facts, pair: Both) -> bool:
    ours, theirs = pair.ours, pair.theirs
    level = near(theirs.exit, facts.stop[pair.signal]) or near(theirs.exit, facts.target[pair.signal])
    return (
        ours.closed == theirs.closed and _at_open(facts, ours) and level and facts.lead[ours.closed - 1] < 0
    )


def _both_touched(facts: Facts, pair: Both) -> bool:
    ours, theirs = pair.ours, pair.theirs
    stop, target = facts.stop[pair.signal], facts.target[pair.signal]
    both = facts.touches(ours.closed, stop, -1) and facts.touches(ours.closed, target, 1)
    return ours.closed == theirs.closed and both and near(ours.exit, stop) and near(theirs.exit, target)


def _gap(facts: Facts, pair: Both) -> bool:
    ours, theirs = pair.ours, pair.theirs
    stop, target = facts.stop[pair.signal], facts.target[pair.signal]
    opened = facts.open[ours.closed]
    beyond = opened <= stop + _HALF_POINT or opened >= target - _HALF_POINT
    level = near(theirs.exit, stop) or near(theirs.exit, target)
    return bool(ours.closed == theirs.closed and beyond and _at_open(facts, ours) and level)


def _grazed(facts: Facts, pair: Both) -> bool:
    ours, theirs = pair.ours, pair.theirs
    stop, target = facts.stop[pair.signal], facts.target[pair.signal]
    stopped = near(facts.low[ours.closed], stop) and near(ours.exit, stop)
    reached = near(facts.high[ours.closed], target) and near(ours.exit, target)
    return (stopped or reached) and (theirs.ended or theirs.closed > ours.closed)


def _end(facts: Facts, pair: Both) -> bool:
    return pair.ours.ended and pair.theirs.closed == len(facts.open) - 1


def _tied_exit(facts: Facts, pair: Both) -> bool:
    ours, theirs = pair.ours, pair.theirs
    first = min(ours.closed, theirs.closed)
    crossed = ours.closed != theirs.closed or _at_open(facts, ours) or _at_open(facts, theirs)
    return crossed and (facts.tied(first - 1) or facts.tied(first))


def _tied_entry(facts: Facts, lone: Lone) -> bool:
    return facts.tied(lone.signal)


def _warm_up(facts: Facts, lone: Lone) -> bool:
    return lone.is_ours and lone.signal <= facts.asked.slow


def _holding(_facts: Facts, lone: Lone) -> bool:
    return lone.holding


ENTRY_RULES = (
    Rule(
        "close",
        "a market order is filled at the close that decides it, not at the next open",
        _entry_at_close,
    ),
)
EXIT_RULES = (
    Rule(
        "close",
        "a closing order is filled at the close that decides it, not at the next open",
        _exit_at_close,
    ),
    Rule("entry bar", "stop and target are not looked at in the bar of the entry", _entry_bar),
    Rule(
        "order", "stop and target of a bar come before the order that waits for its open", _level_before_open
    ),
    Rule("both", "in a bar that touches both the target is taken, not the stop", _both_touched),
    Rule("gap", "a level that the open is beyond is filled at the level, not at the open", _gap),
    Rule("graze", "a level kept as a share of the entry price misses a bar that ends exactly at it", _grazed),
    Rule("end", "what is open at the end is closed at the open of the last bar, not at its close", _end),
    Rule("tie", "a cross by way of exactly equal averages is not a cross, or one bar later", _tied_exit),
)
LONE_RULES = (
    LoneRule("warm-up", "nothing is decided on the first bar that has both averages", _warm_up),
    LoneRule("holding", "an earlier trade, explained by its own rule, is still open", _holding),
    LoneRule("tie", "a cross by way of exactly equal averages is not a cross, or one bar later", _tied_entry),
)


def trades_of(answer: Answer) -> list[Trade]:
    """The rows of an answer."""
    rows = zip(answer.opened, answer.closed, answer.entry, answer.exit, strict=True)
    return [Trade(int(o), int(c), float(e), float(x), int(c) < 0) for o, c, e, x in rows]


def pairs_of(facts: Facts, ours: list[Trade], theirs: list[Trade]) -> tuple[list[Both], list[Lone]]:
    """Trades of two programs by the bar that decided them."""
    own = {trade.opened - 1: trade for trade in ours}
    other = {signal_of(facts, trade): trade for trade in theirs}
    both = [Both(signal, own[signal], other[signal]) for signal in sorted(own.keys() & other.keys())]
    lone = [
        Lone(signal, is_ours=True, holding=holds(theirs, signal))
        for signal in sorted(own.keys() - other.keys())
    ]
    lone += [
        Lone(signal, is_ours=False, holding=holds(ours, signal))
        for signal in sorted(other.keys() - own.keys())
    ]
    return both, lone


def signal_of(facts: Facts, trade: Trade) -> int:
    """The bar whose close decided a trade: that of the fill where it was filled at a close after a cross."""
    at_open = near(trade.entry, facts.open[trade.opened]) and facts.lead[trade.opened - 1] >= 0
    if at_open and facts.lead[max(trade.opened - 2, 0)] <= 0:
        return trade.opened - 1
    return trade.opened if near(trade.entry, facts.close[trade.opened]) else trade.opened - 1


def holds(trades: list[Trade], signal: int) -> bool:
    """Whether a trade opened before a bar was open when an entry decided there would have been filled."""
    return any(t.opened <= signal and (t.ended or t.closed > signal) for t in trades)


def compare(facts: Facts, ours: list[Trade], theirs: list[Trade]) -> Counter[str]:
    """How many signals both traded alike (``same``), and how many differences each rule explains."""
    found: Counter[str] = Counter()
    both, lone = pairs_of(facts, ours, theirs)
    for one in lone:
        found[f"trade: {lone_rule(facts, one)}"] += 1
    for pair in both:
        if differ_at_entry(pair):
            found[f"entry: {rule(ENTRY_RULES, facts, pair)}"] += 1
        if differ_at_exit(pair):
            found[f"exit: {rule(EXIT_RULES, facts, pair)}"] += 1
        elif not differ_at_entry(pair):
            found["same"] += 1
    return found


def rule(rules: tuple[Rule, ...], facts: Facts, pair: Both) -> str:
    """The first rule that explains a difference."""
    return next((one.name for one in rules if one.applies(facts, pair)), UNEXPLAINED)


def lone_rule(facts: Facts, lone: Lone) -> str:
    """The first rule that explains why only one traded it."""
    return next((one.name for one in LONE_RULES if one.applies(facts, lone)), UNEXPLAINED)
