"""Finding strategies that use what they cannot know: change the future, and see whether the past changes.

Over the whole series, the rows after a moment are taken away, or replaced column by column with extreme
values. Every decision up to that moment must be the one of the full run; the first that is not is reported
with the column that changed it. The rows are first taken away at moments spread over the whole series,
oldest first and before anything sees the full series; then behind decisions, where a strategy that peeks a
few bars ahead gives itself away, at random, and at the last rows.

Steps run in short pieces, and where values are replaced start at checkpoints shortly before. Expressions see
their whole past each time, in a module that is imported anew; long series get fewer moments.
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
from ictcli.strategies.decisions import DECISION
from ictcli.strategies.expression import Expression
from ictcli.strategies.expressions import bar_frame, decide_signals, detection_frame, signals_of, try_out
from ictcli.strategies.fence import fenced
from ictcli.strategies.protocol import Strategy
from ictcli.telemetry import Progress, silent

RANDOM_CUTS = 20
DECISION_CUTS = 30
BEHIND_CUTS = 60
SPREAD_CUTS = 100
"""Moments at which an expression loses its future before it sees the full series."""
PIECES = 4000
"""Most parts in which the bars are given to a step, which never sees more than the part it is at."""
ROWS, LOG = "rows", "detections"
"""Reported as the column when later bars or records need only be there to change the past."""

_BEFORE, _AFTER = 256, 256
_PIECE = 16
"""Bars of a part, on average, where they are not too many."""
_FEWEST = 10
_ROWS = 4_000_000
"""Rows that each kind of replay of an expression may cost."""
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
        bars_checked: bars whose decisions were compared with those of the full run.
        bars: of the series.
        moments: different ends of what was known.
    """

    checked: int
    first: Leak | None
    bars_checked: int = 0
    bars: int = 0
    moments: int = 0


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
    ends = piece_ends(len(bars))
    pieces = _in_pieces(Decider(strategy, params, settings), bars, ends)
    decider = Decider(strategy, params, settings)
    full = decider.advance(bars)
    leaks = _differences(full, pieces, ROWS, bars, len(bars))
    cuts = choose_cuts(len(bars), full["bar"].tolist())
    if leaks:  # the end of its piece names the column
        known = ends[int(np.searchsorted(ends, leaks[0].bar, side="right"))]
        leaks = [replace(leaks[0], known=known)]
        cuts = sorted({*cuts, min(known, len(bars) - 1)})
    saved = _checkpoints(Decider(strategy, params, settings), bars, cuts)
    checked = len(ends)
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
    return Lookahead(checked, first_of(leaks), len(bars), len(bars), len({*ends, *cuts}))


def check_expression(
    expression: Expression, bars: Bars, settings: Settings, key: SeriesKey, *, progress: Progress = silent
) -> Lookahead:
    """Whether a signal of an expression depends on bars or records after its bar's close.

    Raises:
        DataError: a bar is not sound.
        ConfigError: the expression fails, or does not return signals.
    """
    try_out(expression, bars)
    replays = _Replays(expression, bars, detection_frame(expression, bars, settings, key))
    size = len(bars)
    spread = spread_cuts(size)
    before = []
    for done, cut in enumerate(spread):
        progress("taking the future away", done, len(spread))
        before.append(replays.known(cut))
    full = replays.full()
    leaks = [
        leak
        for cut, found in zip(spread, before, strict=True)
        for leak in replays.leaks(full, found, ROWS, cut)
    ]
    decided = full["bar"].tolist()
    behind = (
        [*choose_cuts(size, decided, _affordable(size, BEHIND_CUTS), 0), size] if size and not leaks else []
    )
    for done, cut in enumerate(behind):
        progress("taking the future away", done, len(behind))
        leaks += replays.leaks(full, replays.known(cut), ROWS, cut)
    cuts = choose_cuts(size, decided, DECISION_CUTS // 3)
    each = max(_ROWS // max(size * len(cuts) // 2, 1), 1)
    worst = first_of(leaks)
    if worst is not None:  # all other futures of this moment name the column
        cuts, each = [min(worst.known, size - 1)], 0
    checked = len(spread) + len(behind)
    for done, cut in enumerate(cuts):
        progress("changing the future", done, len(cuts))
        for column, found in replays.changed(cut, done * each, each):
            leaks += replays.leaks(full, found, column, cut)
            checked += 1
    moments = {*spread, *behind, *cuts}
    return Lookahead(checked, first_of(leaks), max(moments, default=0), size, len(moments))


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


def choose_cuts(
    size: int, decided: Sequence[int], most: int = DECISION_CUTS, drawn: int = RANDOM_CUTS
) -> list[int]:
    """Numbers of known rows to replay, ascending: ``drawn`` ones, at the end, behind ``most`` decisions."""
    if size < 2:
        return []
    dice = np.random.default_rng(_SEED)
    cuts = set(dice.integers(1, size, drawn).tolist()) | {size - 1, max(size - 2, 1)}
    bars = sorted(set(decided))
    places = np.unique(np.linspace(0, len(bars) - 1, min(most, len(bars))).astype(np.int64))
    cuts |= {bars[at] + 1 for at in places.tolist()}
    return sorted(int(cut) for cut in cuts if cut < size)


def spread_cuts(size: int) -> list[int]:
    """Numbers of known rows, ascending, one in each of equal parts of the whole series."""
    parts = min(_affordable(size, SPREAD_CUTS), size - 1)
    if parts < 1:
        return []
    drawn = (np.arange(parts) + np.random.default_rng(_SEED).uniform(0.5, 1.0, parts)) * (size / parts)
    return sorted(set(np.clip(drawn.astype(np.int64), 1, size - 1).tolist()))


def piece_ends(size: int) -> list[int]:
    """Where the short parts end in which a step takes the bars, their lengths drawn; the last at ``size``."""
    mean = max(_PIECE, -(-size // PIECES))
    lengths = np.random.default_rng(_SEED).integers(1, 2 * mean, 2 * size // mean + 2)
    ends = np.cumsum(lengths)
    return [*ends[ends < size].tolist(), *([size] if size else [])]


def step_futures(bars: Bars, start: int, cut: int) -> Iterator[tuple[str, Bars]]:
    """Bars from ``start`` on with other futures from ``cut`` on; each stays a sound series."""
    end = min(cut + _AFTER, len(bars))
    yield ROWS, fenced(bars.slice(start, cut))
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


def _in_pieces(decider: Decider, bars: Bars, ends: Sequence[int]) -> Decisions:
    """What a step decides when it never sees a bar behind the end of the piece it is at."""
    found: list[bytes] = []
    at = 0
    for end in ends:
        found.append(decider.advance(fenced(bars.slice(at, end))).tobytes())
        at = end
    return np.frombuffer(b"".join(found), DECISION)


class _Replays:
    """An expression on one series, with all of it or with other futures; each time in a fresh module."""

    def __init__(self, expression: Expression, bars: Bars, log: pl.DataFrame) -> None:
        self._expression = expression
        self._bars = bars
        self._frame = bar_frame(bars)
        self._log = log
        self._known_at = log["at"].to_physical().to_numpy()

    def full(self) -> Decisions:
        """What it decides with everything; these decisions are traded."""
        return self._decide(self._frame, self._log)

    def known(self, cut: int) -> Decisions | None:
        """What it decides with the first ``cut`` bars; None where it then fails."""
        return self._attempt(self._frame.slice(0, cut), self._records(cut))

    def changed(self, cut: int, first: int, count: int) -> Iterator[tuple[str, Decisions | None]]:
        """What it decides with values replaced behind ``cut``: ``count`` ways in turn, all of them for 0."""
        end = min(cut + _AFTER, len(self._bars)) if count else len(self._bars)
        some, records = self._frame.slice(0, end), self._records(end)
        known = self._records(cut)
        ways = list(frame_futures(some, pl.Series(np.arange(end) < cut)))
        pairs = [(column, frame, records) for column, frame in ways] + [(LOG, some, known)]
        if count:
            pairs = [pairs[(first + at) % len(pairs)] for at in range(min(count, len(pairs)))]
        else:
            later = frame_futures(records, pl.Series(np.arange(len(records)) < len(known)))
            pairs += [(f"{LOG}.{column}", some, log) for column, log in later]
        for column, frame, log in pairs:
            yield column, self._attempt(frame, log)

    def leaks(self, full: Decisions, found: Decisions | None, column: str, cut: int) -> list[Leak]:
        """The first decision before ``cut`` that is not the one of the full run."""
        if found is None:  # its signals are sound only with the true future
            return [Leak(column, cut - 1, int(self._bars.ts[cut - 1]), cut)]
        return _differences(_between(full, 0, cut), _between(found, 0, cut), column, self._bars, cut)

    def _records(self, cut: int) -> pl.DataFrame:
        known = np.searchsorted(self._known_at, self._bars.ts_close[cut - 1], side="right")
        return self._log.slice(0, int(known))

    def _attempt(self, frame: pl.DataFrame, log: pl.DataFrame) -> Decisions | None:
        try:
            return self._decide(frame, log)
        except ConfigError:
            return None

    def _decide(self, frame: pl.DataFrame, log: pl.DataFrame) -> Decisions:
        return decide_signals(self._expression, signals_of(self._expression, frame, log), self._bars)


def _affordable(size: int, most: int) -> int:
    """Replays of an expression that cost no more than ``_ROWS``, but some."""
    return min(max(2 * _ROWS // max(size, 1), _FEWEST), most)


def _between(decisions: Decisions, first: int, end: int) -> Decisions:
    return decisions[(decisions["bar"] >= first) & (decisions["bar"] < end)]


def _differences(expected: Decisions, found: Decisions, column: str, bars: Bars, cut: int) -> list[Leak]:
    """The first bar whose decisions differ, as a leak; nothing where all are alike."""
    if expected.tobytes() == found.tobytes():
        return []
    same = min(len(expected), len(found))
    rows = [part[:same].view(np.uint8).reshape(same, DECISION.itemsize) for part in (expected, found)]
    unlike = np.flatnonzero((rows[0] != rows[1]).any(axis=1))
    at = int(unlike[0]) if len(unlike) else same
    bar = min(int(part["bar"][at]) for part in (expected, found) if at < len(part))
    return [Leak(column, bar, int(bars.ts[bar]), cut)]
