"""The one way into a series: stage rows, then swap the manifest once."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace as changed_copy

from ictcli.errors import DataError
from ictcli.market.bars import SeriesKey
from ictcli.market.gaps import Gap
from ictcli.store.atomic import sweep_drafts
from ictcli.store.columns import PRECISION, Rows
from ictcli.store.gap_table import FindGaps, count_kinds, gap_table, update_gaps
from ictcli.store.healing import Damage, without
from ictcli.store.manifests import save_manifest
from ictcli.store.parts import encode_table, read_table
from ictcli.store.quarantine import QuarantineBuffer
from ictcli.store.records import (
    KEPT_REVISIONS,
    CommitResult,
    FileRecord,
    InputRecord,
    Manifest,
    Part,
    QuarantinedRow,
    Retired,
    Revision,
    kind_of,
)
from ictcli.store.retired import retire, sweep
from ictcli.store.staging import Staging, check_sorted, clear_staging


class SeriesWriter:
    """Collects what a source delivered for one series; nothing shows before ``commit``.

    Made by ``Store.writer``, which holds the series' lock for as long as the writer is used.

    Args:
        folder: of the series.
        key: the series.
        stored: the manifest in place.
        provenance: what is run, written beside the data.
        now: nanoseconds UTC, the time of this run.
        keep_replaced_ns: how long replaced files stay for readers that still use them.
        damage: files of ``stored`` to make again from what is added now.

    Attributes:
        restoring: number of damaged files that this writer replaces.
    """

    def __init__(
        self,
        folder: Path,
        key: SeriesKey,
        stored: Manifest | None,
        provenance: Mapping[str, Any],
        *,
        now: int,
        keep_replaced_ns: int,
        damage: Damage | None = None,
    ) -> None:
        whole = without(stored, damage) if stored and damage else stored
        self._folder = folder
        self._kind = kind_of(key)
        self._stored = whole
        self._damage = damage
        self._base = whole or Manifest(
            source=key.source,
            symbol=key.symbol,
            timeframe=key.timeframe.name,
            kind=self._kind,
            digits=0,
            generation=0,
        )
        self._provenance = dict(provenance)
        self._now = now
        self._keep_ns = keep_replaced_ns
        self._staging = Staging(folder, self._kind, whole, self._base.digits)
        self._quarantine = QuarantineBuffer()
        self._inputs: list[InputRecord] = []
        self.restoring = len(damage.files) if damage else 0
        self.committed = False
        self.published = False
        clear_staging(folder)
        sweep_drafts(folder)
        sweep(folder, stored or self._base, expired_before=now - keep_replaced_ns)

    def add(self, rows: Rows) -> None:
        """Stage closed bars or ticks; calls may come in any order and may overlap.

        Raises:
            ValueError: the rows are not sorted, not unique, or not of this series' kind.
            DataError: a price needs more than 18 digits.
        """
        if (self._kind == "bars") != hasattr(rows, "ts_close"):
            raise ValueError(f"a series of {self._kind} takes nothing else")
        if not 0 <= rows.digits <= PRECISION:
            raise ValueError(f"{rows.digits} price digits")
        if len(rows):
            check_sorted(rows)
            self._staging.add(rows)

    def quarantine(self, rows: Iterable[QuarantinedRow]) -> None:
        """Stage rows that were refused."""
        self._quarantine.add(rows)

    def record_input(self, record: InputRecord) -> None:
        """Note what the staged rows came from; the same content again replaces the earlier note."""
        self._inputs.append(record)

    def commit(self, find_gaps: FindGaps) -> CommitResult:
        """Publish everything staged as one new generation, all or nothing.

        Args:
            find_gaps: judges the holes between consecutive bars, given ``ts`` and ``ts_close``.

        Raises:
            DataError: a stored file that must be merged is damaged, or the disk refuses.
        """
        assert not self.committed, "a writer commits once"
        parts = self._staging.finish()
        self._require_restored(parts)
        gaps = update_gaps(self._folder, self._judged(), parts, self._staging.times, find_gaps)
        proposed = self._propose(parts, gaps)
        counts = self._staging.counts
        changed = not _same(proposed, self._base)
        if changed:
            self._staging.publish(proposed.files)
            save_manifest(self._folder, proposed)
            self.published = True
        self._staging.discard()
        self.committed = True
        final = proposed if changed else self._base
        if final.generation:
            sweep(self._folder, final, expired_before=self._now - self._keep_ns)
        return CommitResult(
            generation=final.generation,
            added=counts.added,
            revised=counts.revised,
            unchanged=counts.unchanged,
            gaps=dict(final.gap_kinds),
            changed=changed,
        )

    def discard(self) -> None:
        """Forget everything staged."""
        self._staging.discard()

    def _judged(self) -> Manifest | None:
        """The manifest whose gaps still stand: none when their table was lost."""
        lost = self._damage and any(record.file.startswith("gaps-") for record in self._damage.files)
        return None if lost else self._stored

    def _require_restored(self, parts: tuple[Part, ...]) -> None:
        """Refuse to call a part restored that has become smaller, where one input made all of it."""
        if self._damage is None or len({record.name for record in self._damage.inputs}) > 1:
            return
        rows = {part.period: part.rows for part in parts}
        for record in self._damage.files:
            if isinstance(record, Part) and rows.get(record.period, 0) < record.rows:
                raise DataError(
                    f"{self._damage.reason.message}; what is fetched now has only "
                    f"{rows.get(record.period, 0):,} of its {record.rows:,} rows",
                    hint="Fetch what the series was made from, with the same options; or restore a backup.",
                )

    def _propose(self, parts: tuple[Part, ...], gaps: list[Gap]) -> Manifest:
        generation = self._base.generation + 1
        proposed = changed_copy(
            self._base,
            digits=self._staging.digits,
            generation=generation,
            parts=parts,
            gaps=self._gap_file(gaps),
            gap_kinds=count_kinds(gaps),
            quarantine=self._quarantine_file(),
            inputs=self._all_inputs(),
            revised=self._base.revised + self._staging.counts.revised,
            revisions=self._all_revisions(generation),
            provenance=self._provenance,
        )
        kept: tuple[Retired, ...] = retire(self._base, proposed, self._now, self._now - self._keep_ns)
        return changed_copy(proposed, retired=kept)

    def _gap_file(self, gaps: list[Gap]) -> FileRecord | None:
        if not gaps:
            return None
        record, data = encode_table("gaps", gap_table(gaps))
        self._staging.write(record, data)
        return record

    def _quarantine_file(self) -> FileRecord | None:
        stored = self._base.quarantine
        if self._quarantine.empty:
            return stored
        table = self._quarantine.joined(read_table(self._folder, stored) if stored else None)
        record, data = encode_table("quarantine", table)
        self._staging.write(record, data)
        return record

    def _all_inputs(self) -> tuple[InputRecord, ...]:
        by_hash = {record.sha256: record for record in (*self._base.inputs, *self._inputs)}
        return tuple(by_hash.values())

    def _all_revisions(self, generation: int) -> tuple[Revision, ...]:
        counts = self._staging.counts
        if not counts.revised:
            return self._base.revisions
        newest = Revision(
            generation=generation,
            rows=counts.revised,
            first=counts.revised_first,
            last=counts.revised_last,
        )
        return (*self._base.revisions, newest)[-KEPT_REVISIONS:]


def _same(proposed: Manifest, base: Manifest) -> bool:
    """Whether a commit would change neither data nor inputs."""
    return proposed.content_hash() == base.content_hash() and proposed.inputs == base.inputs
