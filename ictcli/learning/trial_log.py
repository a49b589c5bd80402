"""Every attempt to learn something from a series, kept so that later verdicts count it.

A verdict that forgets earlier attempts is inflated: the best of many looks good by luck. So every training
writes the daily results of all that it tried to one file per series. A recipe tried again on newer bars is
the attempt that it was, with newer results.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.market.bars import SeriesKey
from ictcli.models.store import ModelStore
from ictcli.store.atomic import write_file
from ictcli.store.locks import exclusive

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

_PATIENCE = 30.0


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was tried.

    Attributes:
        key: what makes two attempts the same: the recipe, without bars.
        days: days since 1970-01-01 of its test events, ascending.
        returns: result of each day, as a fraction.
        stopped: its results were beyond belief. It counts, but nothing is compared with it.
    """

    key: str
    days: list[int]
    returns: list[float]
    stopped: bool = False


def log_of(state: Path, series: SeriesKey) -> Path:
    """Where the attempts on a series are kept."""
    return state / "attempts" / f"{series.source}-{series.symbol}-{series.timeframe}.jsonl"


def read_attempts(path: Path) -> list[Attempt]:
    """All attempts of a series, oldest first.

    Raises:
        DataError: the file is damaged; attempts are never forgotten silently.
    """
    if not path.is_file():
        return []
    try:
        found = [msgspec.json.decode(line, type=Attempt) for line in path.read_bytes().splitlines()]
    except msgspec.DecodeError as error:
        raise _damaged(path, str(error)) from error
    for number, one in enumerate(found, start=1):
        days, returns = np.asarray(one.days, np.int64), np.asarray(one.returns)
        if len(days) != len(returns):
            raise _damaged(path, f"line {number} has {len(days)} days and {len(returns)} results")
        if (np.diff(days) <= 0).any() or not np.isfinite(returns).all():
            raise _damaged(path, f"line {number} has days out of order, or results that are no numbers")
    return found


def _damaged(path: Path, why: str) -> DataError:
    return DataError(
        f"{path.name} is damaged: {why}",
        hint="Restore it from a backup; without it verdicts would forget earlier attempts.",
    )


def add_attempts(path: Path, attempts: Sequence[Attempt], *, now: int) -> list[Attempt]:
    """Keep attempts; all of the series, oldest first. One that is known by its key takes its newer results.

    Raises:
        DataError: the file is damaged, or the disk refuses.
        Busy: another process has been writing for half a minute.
    """
    with exclusive(path.with_suffix(".lock"), "the log of attempts", now=now, wait=_PATIENCE):
        before = read_attempts(path)
        kept = {one.key: one for one in before}
        for one in attempts:
            kept[one.key] = _newest(kept[one.key], one) if one.key in kept else one
        after = list(kept.values())
        if after != before:
            write_file(path, b"".join(msgspec.json.encode(one) + b"\n" for one in after))
    return after


def _newest(old: Attempt, new: Attempt) -> Attempt:
    """The newer results, and the older ones of days before and after them."""
    if old.stopped or new.stopped or not new.days:
        return new
    pairs = list(zip(old.days, old.returns, strict=True))
    before = [pair for pair in pairs if pair[0] < new.days[0]]
    after = [pair for pair in pairs if pair[0] > new.days[-1]]
    together = [*before, *zip(new.days, new.returns, strict=True), *after]
    return Attempt(key=new.key, days=[day for day, _ in together], returns=[result for _, result in together])


def attempts_known(models: ModelStore, series: SeriesKey) -> int:
    """Attempts that the versions of a series counted, at most; 0 without versions.

    A log that was deleted is not the end of what it held.
    """
    most = 0
    for name in models.names():
        for version in models.ids(name):
            try:
                card = models.open(name, version).card
            except DataError:  # `models list` and `models verify` say so; it counts nothing here
                continue
            if (card.series.source, card.series.symbol, card.series.timeframe) == (
                series.source,
                series.symbol,
                str(series.timeframe),
            ):
                most = max(most, card.trials)
    return most


def daily(days: Int64, returns: Floats) -> tuple[Int64, Floats]:
    """Results summed by day: the days, ascending, and the sum of each."""
    found, where = np.unique(days, return_inverse=True)
    return found, np.asarray(np.bincount(where, weights=returns, minlength=len(found)), np.float64)


def by_day(attempts: Sequence[Attempt]) -> Floats:
    """Daily results of attempts side by side, 0 where one has none; those that were stopped are left out.

    Returns:
        Days of any of them by attempts.
    """
    shown = [one for one in attempts if not one.stopped]
    if not shown:
        return np.zeros((0, 0))
    days = np.unique(np.concatenate([np.asarray(one.days, np.int64) for one in shown]))
    table = np.zeros((len(days), len(shown)))
    for at, one in enumerate(shown):
        table[np.searchsorted(days, one.days), at] = one.returns
    return table
