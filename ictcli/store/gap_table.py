"""The gaps of a series, kept up to date by looking only at what a commit touched."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from ictcli.market.bars import Int64
from ictcli.market.gaps import Gap
from ictcli.store.columns import INSTANT
from ictcli.store.parts import read_table
from ictcli.store.records import Manifest, Part

FindGaps = Callable[[Int64, Int64], Sequence[Gap]]
"""Gaps between consecutive bars, from their ``ts`` and ``ts_close``."""

GAPS = pa.schema(
    [
        pa.field("start", INSTANT, nullable=False),
        pa.field("end", INSTANT, nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("bars", pa.int64(), nullable=False),
    ]
)


def update_gaps(
    folder: Path,
    stored: Manifest | None,
    parts: tuple[Part, ...],
    times: Callable[[Part], tuple[Int64, Int64]],
    find_gaps: FindGaps,
) -> list[Gap]:
    """All gaps of the new generation.

    A part is looked at again when it, or the one before it, changed; the gaps elsewhere are kept.

    Args:
        folder: of the series.
        stored: the manifest in place.
        parts: parts of the new generation, oldest first.
        times: ``ts`` and ``ts_close`` of a part.
        find_gaps: judges runs of consecutive bars.
    """
    same = {part.sha256 for part in stored.parts} if stored else set()
    found: list[Gap] = []
    spans: list[tuple[int, int]] = []
    before: Part | None = None
    for part in parts:
        if part.sha256 not in same or (before is not None and before.sha256 not in same):
            ts, ts_close = times(part)
            if before is not None:
                ts, ts_close = _prepend(before.last, ts), _prepend(before.last_close, ts_close)
            found += find_gaps(ts, ts_close)
            spans.append((int(ts_close[0]), part.last))
        before = part
    kept = [gap for gap in load_gaps(folder, stored) if not _within(gap, spans)]
    return sorted(kept + found, key=lambda gap: (gap.start, gap.end, gap.kind))


def load_gaps(folder: Path, manifest: Manifest | None) -> list[Gap]:
    """The gaps that a manifest names, oldest first."""
    if manifest is None or manifest.gaps is None:
        return []
    table = read_table(folder, manifest.gaps)
    columns = [table[name].cast(pa.int64()).to_pylist() for name in ("start", "end", "bars")]
    kinds = table["kind"].to_pylist()
    return [Gap(start, end, kind, bars) for start, end, bars, kind in zip(*columns, kinds, strict=True)]


def gap_table(gaps: Sequence[Gap]) -> pa.Table:
    """Gaps as a table."""
    return pa.table(
        {
            "start": pa.array([gap.start for gap in gaps], pa.int64()).cast(INSTANT),
            "end": pa.array([gap.end for gap in gaps], pa.int64()).cast(INSTANT),
            "kind": pa.array([gap.kind for gap in gaps], pa.string()),
            "bars": pa.array([gap.bars for gap in gaps], pa.int64()),
        },
        schema=GAPS,
    )


def count_kinds(gaps: Sequence[Gap]) -> dict[str, int]:
    """How many gaps there are of every kind that occurs."""
    return dict(sorted(Counter(str(gap.kind) for gap in gaps).items()))


def _prepend(value: int, values: Int64) -> Int64:
    return np.concatenate([np.array([value], np.int64), values])


def _within(gap: Gap, spans: list[tuple[int, int]]) -> bool:
    """Whether a gap overlaps one of the spans, which are in order and disjoint."""
    at = bisect_right(spans, gap.end, key=lambda span: span[0])
    return any(gap.start < end and gap.end > start for start, end in spans[max(at - 2, 0) : at])
