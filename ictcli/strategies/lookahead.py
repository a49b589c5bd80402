"""Finding strategies that use what they cannot know: change the future, and see whether the past changes.

For a number of cuts, the rows after the cut are taken away, and then replaced column by column with
extreme values. Every decision up to the cut must stay as it is; the first one that does not is reported
with the column that changed it. Cuts lie at random rows, at the last rows, and right behind decisions,
where a strategy that peeks a few bars ahead gives itself away.

Steps start at checkpoints shortly before the cut, so a check costs the same on long series. Expressions are
checked on the last ``WINDOW`` bars, as a series of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from ictcli.clock import NS_PER_DAY, iso
from ictcli.detectors.plan import Settings
from ictcli.errors import ConfigError, Finding
from ictcli.market.bars import Bars, SeriesKey
from ictcli.strategies.decide import Decider, Decisions, require_sound
from ictcli.strategies.expression import Expression
from ictcli.strategies.expressions import INSTANT, bar_frame, decide_signals, detection_frame, signals_of
from ictcli.strategies.protocol import Strategy
from ictcli.telemetry import Progress, silent

RANDOM_CUTS = 20
DECISION_CUTS = 30
WINDOW = 10_000
"""Bars of the check of an expression."""
ROWS, LOG = "rows", "detections"
"""Reported as the column when later bars or records need only be there to change the past."""

_BEFORE, _AFTER = 256, 256
_EXTREME = 10**9
_SEED = 20_000_101


@dataclass(frozen=True, slots=True)
class Leak:
    """The first decision that depends on its future.

    Attributes:
        column: of the bars (``detections.NAME`` of the records) whose later values changed it.
        bar: index of its bar.
        ts: open of that bar, nanoseconds UTC.
        known: rows that were known in the replay.
    """

    column: str
    bar: int
    ts: int
    known: int


@dataclass(frozen=True, slots=True)
class Lookahead:
    """What the replays showed.

    Attributes:
        checked: replays made, each with the whole past and another future.
        first: the earliest decision that changed, None where none did.
    """

    checked: int
    first: Leak | None


def check_strategy(
    strategy: Strategy, params: Any, bars: Bars, settings: Settings, *, progress: Progress = silent
) -> Lookahead:
    """Whether a step depends on bars after the one it decides on.

    Raises:
        DataError: a bar is not sound.
        UsageError: the strategy does not work on such bars.
        ConfigError: its detectors do not take their parameters.
    """
    require_sound(bars)
    decider = Decider(strategy, params, settings)
    full = decider.advance(bars)
    cuts = choose_cuts(len(bars), full["bar"].tolist())
    saved = _checkpoints(Decider(strategy, params, settings), bars, cuts)
    leaks: list[Leak] = []
    checked = 0
    for done, (cut, (start, state)) in enumerate(zip(cuts, saved, strict=True)):
        progress("changing the future", done, len(cuts))
        expected = _between(full, start, cut)
        for column, changed in step_futures(bars, start, cut):
            decider.load(state)
            found = _between(decider.advance(changed), start, cut)
            checked += 1
            leaks += _differences(expected, found, column, bars, cut)
            if column == ROWS:
                expected = found
    return Lookahead(checked, first_of(leaks))


def check_expression(
    expression: Expression, bars: Bars, settings: Settings, key: SeriesKey, *, progress: Progress = silent
) -> Lookahead:
    """Whether a signal of an expression depends on bars or records after its bar's close.

    Raises:
        DataError: a bar is not sound.
        ConfigError: the expression fails, or does not return signals.
    """
    bars = bars.slice(max(len(bars) - WINDOW, 0), len(bars))
    frame, log = bar_frame(bars), detection_frame(expression, bars, settings, key)

    def decide(some: pl.DataFrame, records: pl.DataFrame) -> Decisions:
        return decide_signals(expression, signals_of(expression, some, records), bars)

    full = decide(frame, log)
    cuts = choose_cuts(len(bars), full["bar"].tolist(), DECISION_CUTS // 3)
    leaks: list[Leak] = []
    checked = 0
    for done, cut in enumerate(cuts):
        progress("changing the future", done, len(cuts))
        expected = _between(full, 0, cut)
        futures = _expression_futures(frame, log, int(bars.ts_close[cut - 1]), cut)
        for column, some, records in futures:
            try:
                found = _differences(expected, _between(decide(some, records), 0, cut), column, bars, cut)
            except ConfigError:  # its signals are sound only with the true future
                found = [Leak(column, cut - 1, int(bars.ts[cut - 1]), cut)]
            checked += 1
            leaks += found
            if column == LOG and not found:
                break
    return Lookahead(checked, first_of(leaks))


def refuse_lookahead(name: str, found: Lookahead) -> None:
    """Refuse a strategy that looks ahead.

    Raises:
        Finding: it does; names column and bar.
    """
    if found.first is not None:
        leak = found.first
        where = f"its decision on bar {leak.bar} ({iso(leak.ts)})"
        raise Finding(
            f"{name} looks ahead: {where} changes with later {leak.column}",
            hint="Use what is known at the close of a bar: no shift(-n), no statistics of the whole series.",
        )


def choose_cuts(size: int, decided: Sequence[int], most: int = DECISION_CUTS) -> list[int]:
    """Numbers of known rows to replay, ascending: at random, at the end, behind ``most`` decisions."""
    if size < 2:
        return []
    dice = np.random.default_rng(_SEED)
    cuts = set(dice.integers(1, size, RANDOM_CUTS).tolist()) | {size - 1, max(size - 2, 1)}
    bars = sorted(set(decided))
    places = np.unique(np.linspace(0, len(bars) - 1, min(most, len(bars))).astype(np.int64))
    cuts |= {bars[at] + 1 for at in places.tolist()}
    return sorted(int(cut) for cut in cuts if cut < size)


def step_futures(bars: Bars, start: int, cut: int) -> Iterator[tuple[str, Bars]]:
    """Bars from ``start`` on with other futures from ``cut`` on; each stays a sound series."""
    end = min(cut + _AFTER, len(bars))
    yield ROWS, bars.slice(start, cut)
    yield ROWS, bars.slice(start, end)
    high, low = bars.high, bars.low
    changes: tuple[tuple[str, Any], ...] = (
        ("open", high), ("open", low), ("close", high), ("close", low),
        ("high", high + _EXTREME), ("low", low - _EXTREME),
        ("spread", np.full_like(bars.spread, _EXTREME)), ("spread", np.zeros_like(bars.spread)),
    )  # fmt: skip
    for name, values in changes:
        column = getattr(bars, name)[start:end].copy()
        column[cut - start :] = values[cut:end]
        yield name, replace(bars.slice(start, end), **{name: column})
    later = bars.slice(start, end)
    shift = np.where(np.arange(start, end) >= cut, 3 * NS_PER_DAY, 0)
    yield "ts", replace(later, ts=later.ts + shift, ts_close=later.ts_close + shift)


def frame_futures(frame: pl.DataFrame, known: pl.Series) -> Iterator[tuple[str, pl.DataFrame]]:
    """A frame with one column after the other replaced in the rows that are not known."""
    for name, kind in frame.schema.items():
        extremes: list[Any] = []
        if kind.is_float():
            extremes = [float(_EXTREME), -float(_EXTREME)]
        elif kind.is_integer():
            extremes = [_EXTREME, -_EXTREME]
        elif kind == pl.String:
            extremes = ["?"]
        elif kind == pl.Boolean:
            extremes = [True, False]
        for value in extremes:
            changed = pl.when(known).then(pl.col(name)).otherwise(pl.lit(value, dtype=kind))
            yield name, frame.with_columns(changed.alias(name))


def first_of(leaks: Sequence[Leak]) -> Leak | None:
    """The earliest leak; of several on one bar one that names a column."""
    return min(leaks, key=lambda leak: (leak.bar, leak.column in (ROWS, LOG)), default=None)


def _checkpoints(decider: Decider, bars: Bars, cuts: Sequence[int]) -> list[tuple[int, bytes]]:
    """Where each cut's replay starts, and the state there."""
    found: list[tuple[int, bytes]] = []
    at = 0
    for cut in cuts:
        start = max(cut - _BEFORE, 0)
        if start > at:
            decider.advance(bars.slice(at, start), notes=False)
            at = start
        found.append((at, decider.save()))
    return found


def _expression_futures(
    frame: pl.DataFrame, log: pl.DataFrame, known_at: int, cut: int
) -> Iterator[tuple[str, pl.DataFrame, pl.DataFrame]]:
    """Other futures; those behind ``LOG`` are needed only to name the column of the records."""
    known = log.filter(pl.col("at") <= pl.lit(known_at).cast(INSTANT))
    yield ROWS, frame.slice(0, cut), known
    for name, changed in frame_futures(frame, pl.Series(np.arange(len(frame)) < cut)):
        yield name, changed, log
    yield LOG, frame, known
    for name, changed in frame_futures(log, pl.Series(np.arange(len(log)) < len(known))):
        yield f"{LOG}.{name}", frame, changed


def _between(decisions: Decisions, first: int, end: int) -> Decisions:
    return decisions[(decisions["bar"] >= first) & (decisions["bar"] < end)]


def _differences(expected: Decisions, found: Decisions, column: str, bars: Bars, cut: int) -> list[Leak]:
    """The first bar whose decisions differ, as a leak; nothing where all are alike."""
    if expected.tobytes() == found.tobytes():
        return []
    mine, theirs = (_by_bar(decisions) for decisions in (expected, found))
    bar = min(at for at in mine.keys() | theirs.keys() if mine.get(at) != theirs.get(at))
    return [Leak(column, bar, int(bars.ts[bar]), cut)]


def _by_bar(decisions: Decisions) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for own in decisions:
        bar = int(own["bar"])
        found[bar] = found.get(bar, b"") + own.tobytes()
    return found
