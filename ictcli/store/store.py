"""The workspace's market data: what series there are, their rows, and the way to write them."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from ictcli.clock import now_ns
from ictcli.errors import DataError, UsageError
from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.gaps import Gap
from ictcli.market.ticks import Ticks
from ictcli.market.timeframes import TICK, Timeframe
from ictcli.store.catalog_file import CatalogFile
from ictcli.store.columns import Rows, empty_bars, empty_ticks, join, join_ticks
from ictcli.store.gap_table import load_gaps
from ictcli.store.healing import Damage, find_damage
from ictcli.store.locks import exclusive
from ictcli.store.manifests import all_manifests, load_manifest, lock_file, series_folder
from ictcli.store.partlog import PartLog
from ictcli.store.parts import Vanished, check_hash, read_rows
from ictcli.store.records import Manifest, Part, kind_of
from ictcli.store.runs import RunStore
from ictcli.store.writer import SeriesWriter

R = TypeVar("R")

_RETRIES = 5


class Store:
    """Series of bars and ticks under ``data_dir``; locks under ``state_dir``.

    Readers never wait and are never blocked: a generation's files stay for ``keep_replaced_ns`` after a
    newer one replaced them, and a reader that still comes too late starts over with the newer one.

    Attributes:
        data_dir: Parquet parts, manifests, runs.
        state_dir: locks; always on a local disk.
        primary_sources: symbol = the source that stands for it (config ``[primary]``).
    """

    def __init__(
        self,
        data_dir: Path,
        state_dir: Path,
        keep_replaced_ns: int,
        primary_sources: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir
        self.state_dir = state_dir
        self.primary_sources = dict(primary_sources or {})
        self._keep_replaced_ns = keep_replaced_ns

    @property
    def runs(self) -> RunStore:
        """Backtest runs."""
        return RunStore(self.data_dir, self.catalog.refresh, self.state_dir / "locks" / "runs.lock")

    @property
    def catalog(self) -> CatalogFile:
        """The catalog for other programs; every commit writes it anew by itself."""
        return CatalogFile(self.data_dir, self.state_dir / "locks" / "catalog.lock", self.primary_sources)

    def manifests(self) -> list[Manifest]:
        """The manifests of all series ever written, in order of their keys.

        Raises:
            DataError: a manifest is damaged.
        """
        return all_manifests(self.data_dir)

    def keys(self) -> list[SeriesKey]:
        """The series that have rows, sorted."""
        return [manifest.key for manifest in self.manifests() if manifest.parts]

    def manifest(self, key: SeriesKey) -> Manifest | None:
        """The manifest now in place; None when the series was never written."""
        return load_manifest(self.folder(key))

    def folder(self, key: SeriesKey) -> Path:
        """Folder of a series' manifest and files."""
        return series_folder(self.data_dir, kind_of(key), key)

    def read(self, key: SeriesKey, start: int | None = None, end: int | None = None) -> Bars:
        """The bars with ``start <= ts < end`` (nanoseconds UTC), possibly none.

        Raises:
            DataError: the series is not stored, or a file is damaged.
            UsageError: the series holds ticks.
        """
        if kind_of(key) != "bars":
            raise UsageError(f"{key} holds ticks, not bars", hint="Choose a bar timeframe such as M1.")

        def attempt(manifest: Manifest) -> Bars:
            parts = [rows for rows in self._rows(manifest, start, end) if isinstance(rows, Bars)]
            return join(parts) if parts else empty_bars(manifest.digits)

        return self._steady(key, attempt)

    def read_ticks(self, key: SeriesKey, start: int | None = None, end: int | None = None) -> Ticks:
        """The ticks with ``start <= ts < end`` (nanoseconds UTC), possibly none.

        Raises:
            DataError: the series is not stored, or a file is damaged.
            UsageError: the series holds bars.
        """
        if kind_of(key) != "ticks":
            raise UsageError(f"{key} holds bars, not ticks", hint="Choose the timeframe TICK.")

        def attempt(manifest: Manifest) -> Ticks:
            parts = [rows for rows in self._rows(manifest, start, end) if isinstance(rows, Ticks)]
            return join_ticks(parts) if parts else empty_ticks(manifest.digits)

        return self._steady(key, attempt)

    def read_gaps(self, key: SeriesKey) -> list[Gap]:
        """The classified gaps of a series, oldest first."""
        return self._steady(key, lambda manifest: load_gaps(self.folder(key), manifest))

    def iter_parts(self, key: SeriesKey, start: int | None = None, end: int | None = None) -> Iterator[Bars]:
        """The bars of ``read`` one month at a time, all of one generation.

        Raises:
            DataError: the series is not stored, a file is damaged, or the series was rewritten and its
                old files were removed while it was being read.
        """
        return (rows for rows in self._one_generation(key, start, end) if isinstance(rows, Bars))

    def iter_tick_parts(
        self, key: SeriesKey, start: int | None = None, end: int | None = None
    ) -> Iterator[Ticks]:
        """The ticks of ``read_ticks`` one day at a time, all of one generation; see ``iter_parts``."""
        return (rows for rows in self._one_generation(key, start, end) if isinstance(rows, Ticks))

    @contextmanager
    def writer(
        self,
        key: SeriesKey,
        provenance: Mapping[str, Any],
        *,
        now: int | None = None,
        given: Collection[str] | None = None,
    ) -> Iterator[SeriesWriter]:
        """The series' only writer, for the block; leaving without ``commit`` changes nothing.

        Args:
            key: the series; need not exist.
            provenance: what is run, written beside the data.
            now: nanoseconds UTC, the time of this run.
            given: names of all inputs of this run. When they include every input of a damaged file, the
                writer makes that file again from what is added. None: stored files are not looked at.

        Raises:
            Busy: another process is writing this series.
            DataError: the manifest in place is damaged, or a stored file is and cannot be made again.
        """
        moment = now_ns() if now is None else now
        folder = self.folder(key)
        with exclusive(lock_file(self.state_dir, kind_of(key), key), str(key), now=moment):
            stored = load_manifest(folder)
            damage = None if given is None else find_damage(folder, stored)
            if damage and given is not None and damage.lacking(given):
                raise damage.refusal(folder, given)
            writer = SeriesWriter(
                folder,
                key,
                stored,
                provenance,
                now=moment,
                keep_replaced_ns=self._keep_replaced_ns,
                damage=damage,
            )
            try:
                yield writer
            finally:
                writer.discard()
        if writer.published:
            self.catalog.refresh()
        else:
            self.catalog.tend()

    def part_log(self, kind: str, key: SeriesKey) -> PartLog:
        """A log computed from the bars of a series, such as its detections."""
        return PartLog(
            series_folder(self.data_dir, kind, key),
            lock_file(self.state_dir, kind, key),
            f"{kind} of {key}",
            self._keep_replaced_ns,
            self.catalog.refresh,
        )

    def verify(self, key: SeriesKey) -> Manifest:
        """Read every file of a series and compare its hash with the manifest.

        Raises:
            DataError: the series is not stored, or a file is missing or damaged.
        """

        def attempt(manifest: Manifest) -> Manifest:
            for record in manifest.files:
                check_hash(self.folder(key) / record.file, record)
            return manifest

        return self._steady(key, attempt)

    def damage(self, key: SeriesKey) -> Damage | None:
        """The damaged files of a series; None when all are whole, or nothing is stored."""
        manifest = self.manifest(key)
        for _ in range(_RETRIES):
            found = find_damage(self.folder(key), manifest)
            present = self.manifest(key)
            if found is None or present is None or manifest is None:
                return found
            if present.generation == manifest.generation:
                return found
            manifest = present
        return None

    def _one_generation(self, key: SeriesKey, start: int | None, end: int | None) -> Iterator[Rows]:
        manifest = self._require(key)
        try:
            yield from self._rows(manifest, start, end)
        except Vanished as error:
            if self._require(key).generation == manifest.generation:
                raise
            raise DataError(
                f"{key} was rewritten while it was being read",
                hint="Run again, or raise data.keep_replaced.",
            ) from error

    def _rows(self, manifest: Manifest, start: int | None, end: int | None) -> Iterator[Rows]:
        folder = self.folder(manifest.key)
        for part in manifest.parts:
            if (start is None or part.last >= start) and (end is None or part.first < end):
                rows = read_rows(folder, part, manifest.kind, manifest.digits)
                inside = _between(rows, part, start, end)
                if len(inside):
                    yield inside

    def _steady(self, key: SeriesKey, attempt: Callable[[Manifest], R]) -> R:
        """Do ``attempt`` with one generation; start over when a newer one took its files away."""
        manifest = self._require(key)
        for _ in range(_RETRIES):
            try:
                return attempt(manifest)
            except Vanished:
                present = self._require(key)
                if present.generation == manifest.generation:
                    raise
                manifest = present
        raise DataError(f"{key} is rewritten faster than it can be read", hint="Raise data.keep_replaced.")

    def _require(self, key: SeriesKey) -> Manifest:
        manifest = self.manifest(key)
        if manifest is None or not manifest.parts:
            raise _absent(key.symbol, key.timeframe, key.source)
        return manifest


def _absent(symbol: str, timeframe: Timeframe, source: str = "") -> DataError:
    kind = "ticks" if timeframe == TICK else f"{timeframe} bars"
    origin = f" from source {source!r}" if source else ""
    return DataError(
        f"no {kind} of {symbol} are stored{origin}",
        hint=f"Run `ictcli fetch {symbol} -t {timeframe} --source file --path FILE`.",
    )


def _between(rows: Rows, part: Part, start: int | None, end: int | None) -> Rows:
    first = 0 if start is None or start <= part.first else int(rows.ts.searchsorted(start, "left"))
    stop = len(rows) if end is None or end > part.last else int(rows.ts.searchsorted(end, "left"))
    return rows if stop - first == len(rows) else rows.slice(first, max(first, stop))
