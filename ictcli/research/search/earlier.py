"""Earlier attempts that a store remembers: a run that was chosen from them is judged as one of many.

Attempts are the trials of kept searches and walk-forwards, and kept plain runs, of the same strategies on the
same timeframe, with a symbol and a span in common. Each is counted once, however often it was run.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ictcli.errors import DataError
from ictcli.market.bars import Int64
from ictcli.market.calendars import calendar
from ictcli.market.trading_day import trading_day
from ictcli.research.metrics.days import daily_returns
from ictcli.research.metrics.values import Sample, Trials
from ictcli.research.series import Series
from ictcli.stats.sequences import Floats
from ictcli.stats.sharpe import FLAT
from ictcli.store.manifests import check_inside, read_record
from ictcli.store.runs import RUN_FILE, Run, RunRecord, RunStore

_KIND = "backtest"


@dataclass(frozen=True, slots=True)
class Attempt:
    """The run whose earlier attempts are looked for.

    Attributes:
        document: of it, without metrics.
        key: ``identity`` of its strategies, account and costs.
        sample: what its metrics are computed from.
        series: what it trades.
    """

    document: Mapping[str, Any]
    key: str
    sample: Sample
    series: Sequence[Series]


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was found.

    Attributes:
        trials: effective number and scatter of all attempts with this one; None where it is the only one.
        document: where they come from, plain values.
    """

    trials: Trials | None
    document: dict[str, Any]


class _Named(msgspec.Struct, frozen=True):
    name: str


class _Spanned(msgspec.Struct, frozen=True):
    symbol: str
    first: str
    last: str


class _Balance(msgspec.Struct, frozen=True):
    balance: str


class _Sizing(msgspec.Struct, frozen=True):
    compound: bool = False


class _Kept(msgspec.Struct, frozen=True):
    """What must be known of a kept run to count it."""

    strategies: list[_Named]
    timeframe: str
    series: list[_Spanned]
    account: _Balance
    sizing: _Sizing
    content_hash: str
    trial: str = ""

    def concerns(self, other: "_Kept") -> bool:
        """Whether both ask the same strategies about the same market."""
        return (
            {one.name for one in self.strategies} == {one.name for one in other.strategies}
            and self.timeframe == other.timeframe
            and any(
                a.symbol == b.symbol and a.first < b.last and b.first < a.last
                for a in self.series
                for b in other.series
            )
        )


@dataclass(frozen=True, slots=True)
class _Moves:
    """Daily returns of some trials, days without one left out; ``day`` counts the days of the attempt."""

    trial: Int64
    day: Int64
    returns: Floats
    count: int


class _Tally:
    """Trials counted one run after the other, without a matrix of all of them at once."""

    def __init__(self, days: Int64) -> None:
        self.days = days
        self.trials = 0
        self.moving = 0
        self.together = np.zeros(len(days))
        self.ratios: list[Floats] = []

    def add(self, moves: _Moves, covered: int) -> None:
        """Count trials; their ratios are over the ``covered`` days of their own run."""
        sums = np.bincount(moves.trial, moves.returns, moves.count)
        squares = np.bincount(moves.trial, moves.returns**2, moves.count)
        self.trials += moves.count
        if covered < 2:
            return
        centre = sums / covered
        deviation = np.sqrt(np.maximum(squares - covered * centre**2, 0.0) / (covered - 1))
        moving = (deviation > FLAT * np.abs(centre)) & (deviation > 0)
        self.ratios.append(centre[moving] / deviation[moving])
        self.moving += int(moving.sum())
        mean = sums / len(self.days)
        scale = np.sqrt(np.maximum(squares / len(self.days) - mean**2, 0.0))
        scale = np.where(moving & (scale > 0), scale, math.inf)
        scaled = np.bincount(moves.day, moves.returns / scale[moves.trial], len(self.days))
        self.together += scaled - (mean / scale).sum()

    @property
    def correlation(self) -> float:
        """Mean correlation of all pairs that move, as ``stats.trials`` has it; NaN for fewer than two."""
        n = self.moving
        if n < 2:
            return math.nan
        return float(((self.together**2).sum() / len(self.days) - n) / (n * (n - 1)))

    def trial_set(self) -> Trials:
        """Effective number and scatter, as ``stats.trials`` defines them."""
        rho = self.correlation
        share = 0.0 if math.isnan(rho) else min(1.0, max(0.0, rho))
        ratios = np.concatenate(self.ratios) if self.ratios else np.zeros(0)
        variance = float(ratios.var(ddof=1)) if len(ratios) > 1 else math.nan
        return Trials(max(1.0, share + (1 - share) * self.trials), variance)


def earlier_trials(runs: RunStore, attempt: Attempt) -> Earlier | None:
    """Attempts at the same question that are kept; None where there are none.

    A damaged run is named in the document and not counted.
    """
    mine = msgspec.convert({**attempt.document, "content_hash": ""}, _Kept)
    tally = _Tally(attempt.sample.all_days)
    returns = daily_returns(attempt.sample)
    tally.add(_Moves(np.zeros(len(returns), np.int64), np.arange(len(returns)), returns, 1), len(returns))
    seen, counted, unreadable = {attempt.key}, [], []
    for path in sorted(runs.folder.glob(f"[!.]*/{RUN_FILE}")):
        try:
            run = _load(path)
            found = _count(run, mine, attempt, seen, tally) if run else 0
        except (DataError, msgspec.ValidationError):
            unreadable.append(path.parent.name)
        else:
            counted += [path.parent.name] if found else []
    if not counted and not unreadable:
        return None
    trials = tally.trial_set()
    correlation = tally.correlation
    document = {
        "runs": counted,
        "trials": tally.trials,
        "effective_trials": trials.count,
        "average_correlation": correlation if math.isfinite(correlation) else None,
        "unreadable": unreadable,
    }
    return Earlier(trials if counted else None, document)


def _load(path: Path) -> Run | None:
    """A kept backtest by its document; None for a run of another kind, or one that was just removed."""
    record = read_record(path, RunRecord)
    if record is None or record.document.get("kind") != _KIND:
        return None
    for table in record.tables.values():
        check_inside(path, table.file)
    return Run(path.parent, record)


def _count(run: Run, mine: _Kept, attempt: Attempt, seen: set[str], tally: _Tally) -> int:
    """Add a run's trials that were not seen before; how many these were."""
    kept = msgspec.convert(run.document, _Kept)
    if not kept.concerns(mine):
        return 0
    searched = run.document.get("search") or run.document.get("walk_forward")
    if not searched and (kept.trial or kept.content_hash) in seen:
        return 0
    moves, keys = _searched(run, seen, tally.days) if searched else _plain(run, kept, attempt)
    if moves.count:
        tally.add(moves, _covered(kept, tally.days))
        seen |= keys
    return moves.count


def _covered(kept: _Kept, days: Int64) -> int:
    """How many of the days a kept run knows."""
    first = np.datetime64(min(one.first for one in kept.series)[:10], "D").astype(np.int64)
    last = np.datetime64(max(one.last for one in kept.series)[:10], "D").astype(np.int64)
    # a trading day begins on the evening before
    return int(((days >= first) & (days <= last + 1)).sum())


def _searched(run: Run, seen: set[str], days: Int64) -> tuple[_Moves, set[str]]:
    """The trials of a search or a walk-forward, those of equal keys once."""
    trials, moves = (_table(run, name) for name in ("trials", "trial_days"))
    keys: dict[str, int] = {}
    for number, key in zip(trials.column("trial").to_pylist(), trials.column("key").to_pylist(), strict=True):
        if key not in seen:
            keys.setdefault(key, number)
    numbers = np.sort(np.array(list(keys.values()), np.int64))
    trial = moves.column("trial").to_numpy().astype(np.int64)
    day = moves.column("day").cast(pa.int32()).to_numpy().astype(np.int64)
    usable = np.isin(trial, numbers) & np.isin(day, days)
    code, at = np.searchsorted(numbers, trial[usable]), np.searchsorted(days, day[usable])
    # training spans of a walk-forward overlap
    _, once = np.unique(code * max(1, len(days)) + at, return_index=True)
    returns = moves.column("return").to_numpy()[usable]
    return _Moves(code[once], at[once], returns[once], len(numbers)), set(keys)


def _plain(run: Run, kept: _Kept, attempt: Attempt) -> tuple[_Moves, set[str]]:
    """A run of one set of parameters."""
    trades, days = _table(run, "trades"), attempt.sample.all_days
    calendars = {one.key.symbol: one.spec.calendar for one in attempt.series}
    symbols = trades.column("symbol")
    closed = trades.column("closed_at").cast(pa.int64()).to_numpy() * 1000
    own = np.zeros(len(trades), np.int64)
    for symbol in pc.unique(symbols).to_pylist():
        chosen = pc.equal(symbols, symbol).to_numpy(zero_copy_only=False)
        name = calendars.get(symbol, attempt.series[0].spec.calendar)
        own[chosen] = trading_day(closed[chosen] - 1, calendar(name))
    inside = np.isin(own, days)
    balance, compound = float(kept.account.balance), kept.sizing.compound
    sample = Sample(trades.filter(pa.array(inside)), own[inside], days, 0, balance, compound=compound)
    returns = daily_returns(sample)
    moved = np.flatnonzero(returns)
    moves = _Moves(np.zeros(len(moved), np.int64), moved, returns[moved], 1)
    return moves, {kept.trial or kept.content_hash}


def _table(run: Run, name: str) -> pa.Table:
    found = run.table(name)
    if found is None:
        raise DataError(f"run {run.id!r} has no table {name!r}", hint="Run the backtest again.")
    return found
