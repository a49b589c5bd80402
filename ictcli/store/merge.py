"""How incoming rows join stored ones: by time for bars, by quote for ticks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.market.bars import ARRAY_FIELDS, UNKNOWN, Bars, Int64
from ictcli.market.ticks import Ticks
from ictcli.store.columns import BAR_PRICES, PRECISION, Rows, join, join_ticks, take

_VALUE_FIELDS = tuple(name for name in ARRAY_FIELDS if name != "ts")
_LARGEST_SPREAD = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Merged:
    """The union of stored and incoming rows, and what became of the incoming ones.

    Attributes:
        revised_ts: times of the stored rows that were replaced.
    """

    rows: Rows
    added: int
    unchanged: int
    revised_ts: Int64


def merge(stored: Rows, incoming: Rows) -> Merged:
    """Union in time order of two runs with the same digits.

    Bars: of two with one time the incoming one stays, counted as revised if any value differs.
    Ticks: a quote occurs as often as in that side which has it more often; within one instant stored
    quotes come first.
    """
    if isinstance(stored, Bars) and isinstance(incoming, Bars):
        return _merge_bars(stored, incoming)
    if isinstance(stored, Ticks) and isinstance(incoming, Ticks):
        return _merge_ticks(stored, incoming)
    raise TypeError("bars and ticks do not mix")


def coalesce(chunks: list[Rows]) -> list[Rows]:
    """Runs with the same digits that follow each other in time, as few and long as possible.

    Ticks that share an instant across a border belong together: where a source cuts makes no difference.
    """
    runs: list[list[Rows]] = []
    for chunk in chunks:
        margin = 1 if isinstance(chunk, Bars) else 0
        if runs and chunk.ts[0] >= runs[-1][-1].ts[-1] + margin:
            runs[-1].append(chunk)
        else:
            runs.append([chunk])
    return [join_rows(run) for run in runs]


def join_rows(run: list[Rows]) -> Rows:
    """Consecutive runs of one kind and the same digits, as one."""
    bars = [rows for rows in run if isinstance(rows, Bars)]
    return join(bars) if bars else join_ticks([rows for rows in run if isinstance(rows, Ticks)])


def finer(rows: Rows, digits: int) -> Rows:
    """The same prices in ``digits``, which may not be smaller than today's.

    Raises:
        DataError: a price would need more than 18 digits.
    """
    factor = 10 ** (digits - rows.digits)
    if factor == 1 or len(rows) == 0:
        return rows.rescaled(digits)
    names = BAR_PRICES if isinstance(rows, Bars) else ("bid", "ask")
    largest = max(int(np.abs(getattr(rows, name)).max()) for name in names)
    widest = int(rows.spread.max()) if isinstance(rows, Bars) else UNKNOWN
    if largest * factor >= 10**PRECISION or widest * factor > _LARGEST_SPREAD:
        raise DataError(
            f"prices with {digits} digits do not fit beside stored ones with {rows.digits}",
            hint="Import with fewer price digits.",
        )
    return rows.rescaled(digits)


def _merge_bars(stored: Bars, incoming: Bars) -> Merged:
    none = np.zeros(0, np.int64)
    if len(stored) == 0 or len(incoming) == 0 or incoming.ts[0] > stored.ts[-1]:
        return Merged(join([stored, incoming]), len(incoming), 0, none)
    both = join([stored, incoming])
    order = np.argsort(both.ts, kind="stable")
    ts = both.ts[order]
    twice = np.flatnonzero(ts[1:] == ts[:-1])
    old, new = order[twice], order[twice + 1]
    differs = np.zeros(len(twice), np.bool_)
    for name in _VALUE_FIELDS:
        values = getattr(both, name)
        differs |= values[old] != values[new]
    keep = np.ones(len(order), np.bool_)
    keep[twice] = False
    rows = take(both, order[keep])
    return Merged(rows, len(incoming) - len(twice), int((~differs).sum()), ts[twice][differs])


def _merge_ticks(stored: Ticks, incoming: Ticks) -> Merged:
    none = np.zeros(0, np.int64)
    if len(stored) == 0 or len(incoming) == 0 or incoming.ts[0] > stored.ts[-1]:
        return Merged(join_ticks([stored, incoming]), len(incoming), 0, none)
    both = join_ticks([stored, incoming])
    side = np.repeat(np.array([0, 1], np.int8), (len(stored), len(incoming)))
    nth = np.concatenate([_occurrence(stored), _occurrence(incoming)])
    order = np.lexsort((side, nth, both.ask, both.bid, both.ts))
    same = np.ones(len(order) - 1, np.bool_)
    for values in (both.ts, both.bid, both.ask, nth):
        ordered = values[order]
        same &= ordered[1:] == ordered[:-1]
    keep = np.ones(len(order), np.bool_)
    keep[order[1:][same]] = False
    kept = np.flatnonzero(keep)
    rows = take(both, kept[np.argsort(both.ts[kept], kind="stable")])
    unchanged = int(same.sum())
    return Merged(rows, len(incoming) - unchanged, unchanged, none)


def _occurrence(ticks: Ticks) -> NDArray[np.int64]:
    """For every tick, how many equal quotes of its instant stand before it."""
    order = np.lexsort((ticks.ask, ticks.bid, ticks.ts))
    fresh = np.ones(len(order), np.bool_)
    if len(order):
        fresh[1:] = False
        for values in (ticks.ts, ticks.bid, ticks.ask):
            ordered = values[order]
            fresh[1:] |= ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(fresh)
    position = np.arange(len(order))
    nth = np.empty(len(order), np.int64)
    nth[order] = position - np.repeat(starts, np.diff(np.append(starts, len(order))))
    return nth
