"""Every attempt to learn something from a series, kept so that later verdicts count it.

A verdict that forgets earlier attempts is inflated: the best of many looks good by luck. So every training
writes the daily results of all that it tried, once per identity, to one file per series.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.store.atomic import write_file
from ictcli.store.locks import exclusive

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

_PATIENCE = 30.0


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was tried.

    Attributes:
        key: what makes two attempts the same.
        days: days since 1970-01-01 of its test events, ascending.
        returns: result of each day, as a fraction.
    """

    key: str
    days: list[int]
    returns: list[float]


def read_attempts(path: Path) -> list[Attempt]:
    """All attempts of a series, oldest first.

    Raises:
        DataError: the file is damaged; attempts are never forgotten silently.
    """
    if not path.is_file():
        return []
    try:
        return [msgspec.json.decode(line, type=Attempt) for line in path.read_bytes().splitlines()]
    except msgspec.DecodeError as error:
        raise DataError(
            f"{path.name} is damaged: {error}",
            hint="Restore it from a backup; without it verdicts would forget earlier attempts.",
        ) from error


def add_attempts(path: Path, attempts: Sequence[Attempt], *, now: int) -> list[Attempt]:
    """Keep attempts that are not kept yet; all of the series, oldest first.

    Raises:
        DataError: the file is damaged, or the disk refuses.
        Busy: another process has been writing for half a minute.
    """
    with exclusive(path.with_suffix(".lock"), "the log of attempts", now=now, wait=_PATIENCE):
        kept = read_attempts(path)
        known = {one.key for one in kept}
        fresh = [one for one in attempts if one.key not in known]
        if fresh:
            write_file(path, b"".join(msgspec.json.encode(one) + b"\n" for one in [*kept, *fresh]))
    return [*kept, *fresh]


def daily(days: Int64, returns: Floats) -> tuple[Int64, Floats]:
    """Results summed by day: the days, ascending, and the sum of each."""
    found, where = np.unique(days, return_inverse=True)
    return found, np.asarray(np.bincount(where, weights=returns, minlength=len(found)), np.float64)


def by_day(attempts: Sequence[Attempt]) -> Floats:
    """Daily results of attempts side by side, shape (days of any of them, attempts), 0 where one has none."""
    days = np.unique(np.concatenate([np.asarray(one.days, np.int64) for one in attempts]))
    table = np.zeros((len(days), len(attempts)))
    for at, one in enumerate(attempts):
        table[np.searchsorted(days, one.days), at] = one.returns
    return table
