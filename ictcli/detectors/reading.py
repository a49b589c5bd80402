"""Reading a kept log: in order and in pieces, so that memory does not grow with its length."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ictcli.detectors.registry import choose
from ictcli.detectors.scan import Detections
from ictcli.detectors.tables import joined, sorted_zones
from ictcli.store.columns import INSTANT
from ictcli.store.partlog import LogManifest
from ictcli.store.parts import vanished
from ictcli.store.records import FileRecord

_ROWS = 1 << 13
_NARROW_ROWS = 1 << 17
_COUNTED = ["kind", "dir", "state", "confirmed_at"]


@dataclass(frozen=True, slots=True)
class View:
    """Which detections to show.

    Attributes:
        names: detectors, all when empty.
        start, end: bounds of ``confirmed_at`` (of ``at`` for the log), nanoseconds UTC, end exclusive.
    """

    names: tuple[str, ...] = ()
    start: int | None = None
    end: int | None = None

    def of_events(self, table: pa.Table) -> pa.Table:
        """The records that the view shows."""
        return self._select(table, "at")

    def of_zones(self, table: pa.Table) -> pa.Table:
        """The objects that the view shows."""
        return self._select(table, "confirmed_at")

    def _select(self, table: pa.Table, column: str) -> pa.Table:
        masks = [pc.is_in(table["kind"], value_set=pa.array(choose(self.names)))] if self.names else []
        if self.start is not None:
            masks.append(pc.greater_equal(table[column], pa.scalar(self.start, INSTANT)))
        if self.end is not None:
            masks.append(pc.less(table[column], pa.scalar(self.end, INSTANT)))
        for mask in masks[1:]:
            masks[0] = pc.and_(masks[0], mask)
        return table.filter(masks[0]) if masks else table


@dataclass(frozen=True, slots=True)
class KeptLog:
    """One generation of a kept log.

    Attributes:
        folder: of the log.
        manifest: of the generation.
    """

    folder: Path
    manifest: LogManifest

    def events(self, view: View, first_row: int = 0) -> Iterator[pa.Table]:
        """The records of a view in the order of the log, from row ``first_row`` of the log on."""
        row = 0
        for stretch in self.manifest.stretches:
            end = row + stretch.events.rows
            if end > first_row:
                for table in self._batches(stretch.events):
                    skipped = max(0, first_row - row)
                    row += table.num_rows
                    yield view.of_events(table.slice(skipped))
            row = end

    def zones(self, view: View) -> Iterator[pa.Table]:
        """The objects of a view by confirmation, then id."""
        runs = (map(view.of_zones, self._batches(record)) for record in self._zone_files())
        return _merged(runs)

    def counts(self, view: View) -> list[dict[str, Any]]:
        """``state_counts`` of the objects of a view."""
        found = [
            view.of_zones(table).group_by(_COUNTED[:3]).aggregate([([], "count_all")])
            for record in self._zone_files()
            for table in self._batches(record, _COUNTED)
        ]
        total = pa.concat_tables(found).unify_dictionaries().group_by(_COUNTED[:3])
        return _counted(total.aggregate([("count_all", "sum")]))

    def latest_events(self, view: View, most: int) -> tuple[pa.Table, int]:
        """The last records of a view, and how many records it has."""
        files = [stretch.events for stretch in self.manifest.stretches]
        total = sum(
            view.of_events(table).num_rows
            for record in files
            for table in self._batches(record, ["kind", "at"])
        )
        found: list[pa.Table] = []
        for record in reversed(files):
            found.insert(0, joined([view.of_events(table) for table in self._batches(record)]))
            if sum(table.num_rows for table in found) >= most:
                break
        rows = joined(found)
        return rows.slice(max(0, rows.num_rows - most)), total

    def latest_zones(self, view: View, most: int) -> tuple[pa.Table, int]:
        """The objects of a view that were confirmed last, and how many objects it has."""
        files = self._zone_files()
        known = [
            joined([view.of_zones(table) for table in self._batches(record, ["kind", "confirmed_at"])])[1]
            for record in files
        ]
        every = np.concatenate([column.cast(pa.int64()).to_numpy() for column in known])
        since = int(np.sort(every)[-most:][0]) if len(every) else 0
        late = replace(view, start=since)
        found = [
            late.of_zones(table)
            for record, column in zip(files, known, strict=True)
            if len(column) and column[-1].value >= since
            for table in self._batches(record)
        ]
        rows = sorted_zones(found or [view.of_zones(table) for table in self._batches(files[-1])])
        return rows.slice(max(0, rows.num_rows - most)), len(every)

    def detections(self, view: View) -> Detections:
        """Everything a view shows, in memory."""
        return Detections(joined(list(self.events(view))), joined(list(self.zones(view))))

    def _zone_files(self) -> list[FileRecord]:
        return [*(stretch.ended for stretch in self.manifest.stretches), self.manifest.open]

    def _batches(self, record: FileRecord, columns: list[str] | None = None) -> Iterator[pa.Table]:
        path = self.folder / record.file
        try:
            file = pq.ParquetFile(path, memory_map=True)
        except FileNotFoundError as error:
            raise vanished(path) from error
        with file:
            schema = file.schema_arrow
            if record.rows == 0:
                yield schema.empty_table().select(columns or schema.names)
            size = _NARROW_ROWS if columns else _ROWS
            for batch in file.iter_batches(size, columns=columns, use_threads=False):
                yield pa.Table.from_batches([batch])


@dataclass(frozen=True, slots=True)
class HeldLog:
    """Detections in memory, read like a kept log."""

    held: Detections

    def events(self, view: View) -> Iterator[pa.Table]:
        """The records of a view in the order of the log."""
        yield view.of_events(self.held.events)

    def zones(self, view: View) -> Iterator[pa.Table]:
        """The objects of a view by confirmation, then id."""
        yield view.of_zones(self.held.zones)

    def counts(self, view: View) -> list[dict[str, Any]]:
        """``state_counts`` of the objects of a view."""
        return state_counts(view.of_zones(self.held.zones))

    def latest_events(self, view: View, most: int) -> tuple[pa.Table, int]:
        """The last records of a view, and how many records it has."""
        return _last(view.of_events(self.held.events), most)

    def latest_zones(self, view: View, most: int) -> tuple[pa.Table, int]:
        """The objects of a view that were confirmed last, and how many objects it has."""
        return _last(view.of_zones(self.held.zones), most)


Log = KeptLog | HeldLog


def _last(rows: pa.Table, most: int) -> tuple[pa.Table, int]:
    return rows.slice(max(0, rows.num_rows - most)), rows.num_rows


def state_counts(zones: pa.Table) -> list[dict[str, Any]]:
    """How many objects of each kind, direction and state, in the order of the names."""
    return _counted(zones.group_by(_COUNTED[:3]).aggregate([([], "count_all")]))


def _counted(grouped: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = grouped.rename_columns(["kind", "dir", "state", "count"]).to_pylist()
    return sorted(rows, key=lambda row: (row["kind"], row["dir"], row["state"]))


class _Run:
    """Ordered batches with the first of them at hand.

    Attributes:
        table: rows that were not taken yet.
        over: whether there are no more batches behind them.
    """

    def __init__(self, batches: Iterator[pa.Table]) -> None:
        self._batches = batches
        self.table = next(batches)
        self.over = False

    def load(self) -> None:
        """Append the next batch."""
        more = next(self._batches, None)
        if more is None:
            self.over = True
        else:
            self.table = joined([self.table, more])

    def last(self) -> int:
        """Confirmation of the last row at hand."""
        return int(self.table["confirmed_at"][-1].value)

    def take_before(self, bound: int | None) -> pa.Table:
        """Remove the rows that were confirmed before ``bound``, all for None."""
        known = self.table["confirmed_at"]
        rows = self.table.num_rows
        if bound is not None:
            rows = int(pc.sum(pc.less(known, pa.scalar(bound, INSTANT)), min_count=0).as_py() or 0)
        taken, self.table = self.table.slice(0, rows), self.table.slice(rows)
        return taken


def _merged(batches: Iterable[Iterator[pa.Table]]) -> Iterator[pa.Table]:
    """Ordered streams as one: rows go out once no stream can bring an earlier one."""
    runs = [_Run(run) for run in batches]
    while True:
        for run in runs:
            while not run.over and run.table.num_rows == 0:
                run.load()
        waiting = [run for run in runs if not run.over]
        bound = min((run.last() for run in waiting), default=None)
        taken = [run.take_before(bound) for run in runs]
        yield sorted_zones(taken)
        if bound is None:
            return
        for run in waiting:
            if run.table.num_rows and run.last() == bound:
                run.load()
