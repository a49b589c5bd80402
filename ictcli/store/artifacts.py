"""Tables derived from a series, such as detections: replaced as a set, up to date or not."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from ictcli.clock import now_ns
from ictcli.errors import DataError
from ictcli.store.atomic import sweep_drafts, write_file
from ictcli.store.locks import exclusive
from ictcli.store.manifests import MANIFEST, check_inside, read_record, write_record
from ictcli.store.parts import Vanished, check_hash, encode_table, read_table
from ictcli.store.records import SCHEMA, FileRecord

_RETRIES = 5


class ArtifactManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a set consists of.

    Attributes:
        inputs_hash: identifies everything the tables were computed from.
        tables: by name.
        replaced: files of the generation before, kept for readers that still use them.
    """

    inputs_hash: str
    generation: int
    tables: dict[str, FileRecord]
    replaced: tuple[str, ...] = ()
    provenance: dict[str, Any] = {}
    schema: int = SCHEMA


class ArtifactSet:
    """One set of named tables in one folder.

    Args:
        folder: of the set.
        lock: lock file of its writer.
        title: what the set is, for messages.
        on_change: called after every replacement.
    """

    def __init__(
        self, folder: Path, lock: Path, title: str, on_change: Callable[[], None] | None = None
    ) -> None:
        self.folder = folder
        self._lock = lock
        self._title = title
        self._on_change = on_change

    def manifest(self) -> ArtifactManifest | None:
        """What is stored; None when the set was never written.

        Raises:
            DataError: the manifest is damaged.
        """
        path = self.folder / MANIFEST
        manifest = read_record(path, ArtifactManifest)
        for record in manifest.tables.values() if manifest else ():
            check_inside(path, record.file)
        return manifest

    def up_to_date(self, inputs_hash: str) -> bool:
        """Whether the stored set was computed from these inputs and its files are whole."""
        manifest = self.manifest()
        return manifest is not None and manifest.inputs_hash == inputs_hash and self._complete(manifest)

    def write(self, tables: Mapping[str, pa.Table], inputs_hash: str, provenance: Mapping[str, Any]) -> bool:
        """Replace the set in one step.

        Args:
            tables: by name (letters, digits, ``_``).
            inputs_hash: identifies everything they were computed from.
            provenance: what was run, stored beside them.

        Returns:
            False when the stored set was already computed from these inputs.

        Raises:
            Busy: another process is writing the set.
            DataError: the disk refuses.
        """
        with exclusive(self._lock, self._title, now=now_ns()):
            if self.up_to_date(inputs_hash):
                return False
            before = self.manifest()
            sweep_drafts(self.folder)
            records: dict[str, FileRecord] = {}
            for name, table in sorted(tables.items()):
                records[name], data = encode_table(name, table)
                write_file(self.folder / records[name].file, data)
            manifest = ArtifactManifest(
                inputs_hash=inputs_hash,
                generation=before.generation + 1 if before else 1,
                tables=records,
                replaced=tuple(record.file for record in before.tables.values()) if before else (),
                provenance=dict(provenance),
            )
            write_record(self.folder / MANIFEST, manifest)
            self._sweep(manifest)
        if self._on_change is not None:
            self._on_change()
        return True

    def read(self, name: str) -> pa.Table | None:
        """The table called ``name``; None when the set was never written or has no such table.

        Raises:
            DataError: its file is missing or damaged.
        """
        for _ in range(_RETRIES):
            manifest = self.manifest()
            if manifest is None or name not in manifest.tables:
                return None
            try:
                return read_table(self.folder, manifest.tables[name])
            except Vanished:
                present = self.manifest()
                if present is None or present.generation == manifest.generation:
                    raise
        raise DataError(f"{self._title} are rewritten faster than they can be read", hint="Run again.")

    def _complete(self, manifest: ArtifactManifest) -> bool:
        try:
            for record in manifest.tables.values():
                check_hash(self.folder / record.file, record)
        except DataError:  # computing the set again is the remedy
            return False
        return True

    def _sweep(self, manifest: ArtifactManifest) -> None:
        wanted = {*manifest.replaced, *(record.file for record in manifest.tables.values())}
        for path in self.folder.glob("*.parquet"):
            if path.name not in wanted:
                path.unlink(missing_ok=True)
