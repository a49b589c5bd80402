"""Backtest runs on disk: one folder each, with a document and its tables."""

import difflib
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from ictcli.clock import now_ns
from ictcli.errors import DataError, UsageError
from ictcli.store.atomic import TEMPORARY, replace, sync_folder, write_file
from ictcli.store.locks import exclusive
from ictcli.store.manifests import Damaged, check_inside, read_record, write_record
from ictcli.store.parts import encode_table, read_table
from ictcli.store.records import SCHEMA, FileRecord

RUN_FILE = "run.json"
LATEST = "latest"
_SET_ASIDE = "@"
"""Before the id of a run that is being replaced; no id holds it."""
_PATIENCE = 30.0
"""Seconds to wait for another process that is storing a run."""
_STAMP = re.compile(r"\d{8}T\d{6}Z(?=-)")
"""When a run was made, to the second, as its id begins."""
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}")


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A run's document and the files of its tables."""

    id: str
    document: dict[str, Any]
    tables: dict[str, FileRecord]
    schema: int = SCHEMA


class Run:
    """A stored run.

    Attributes:
        id: name of the run.
        folder: where it lives.
        document: what was asked, what came out.
    """

    def __init__(self, folder: Path, record: RunRecord) -> None:
        self.id = record.id
        self.folder = folder
        self.document = record.document
        self.files = record.tables

    def table(self, name: str) -> pa.Table | None:
        """The table called ``name``; None when the run has none.

        Raises:
            DataError: its file is missing or damaged.
        """
        record = self.files.get(name)
        if record is None:
            return None
        try:
            return read_table(self.folder, record)
        except DataError as error:
            raise _damaged(self.id, error) from error


class RunStore:
    """All runs below ``data_dir/runs``.

    Args:
        data_dir: the workspace's data.
        on_change: called after a run was stored.
        lock: held while a run is stored; None: a file in the runs' own folder.
    """

    def __init__(
        self, data_dir: Path, on_change: Callable[[], None] | None = None, lock: Path | None = None
    ) -> None:
        self._on_change = on_change
        self.folder = data_dir / "runs"
        self._lock = lock or self.folder / ".lock"

    def create(self, run_id: str, document: Mapping[str, Any], tables: Mapping[str, pa.Table]) -> Run:
        """Store a run whole; one with the same id is replaced.

        Raises:
            UsageError: the id is not a plain name.
            DataError: the disk refuses.
            Busy: another process has been storing a run for half a minute.
        """
        if not _RUN_ID.fullmatch(run_id) or run_id == LATEST:
            raise UsageError(f"run id {run_id!r} is not usable as a folder name")
        with exclusive(self._lock, "a run", now=now_ns(), wait=_PATIENCE):
            self._sweep()
            run = self._put(run_id, document, tables)
        if self._on_change is not None:
            self._on_change()
        return run

    def _put(self, run_id: str, document: Mapping[str, Any], tables: Mapping[str, pa.Table]) -> Run:
        draft = self.folder / f"{TEMPORARY}{os.getpid()}-{run_id}"
        records: dict[str, FileRecord] = {}
        for name, table in sorted(tables.items()):
            records[name], data = encode_table(name, table)
            write_file(draft / records[name].file, data)
        record = RunRecord(id=run_id, document=dict(document), tables=records)
        write_record(draft / RUN_FILE, record)
        final = self.folder / run_id
        old = self.folder / f"{TEMPORARY}{os.getpid()}{_SET_ASIDE}{run_id}"
        try:
            if final.exists():
                replace(final, old)
            replace(draft, final)
            sync_folder(self.folder)
        except OSError as error:
            raise DataError(
                f"cannot store run {run_id}: {error.strerror}", hint="Check permissions."
            ) from error
        shutil.rmtree(old, ignore_errors=True)
        return Run(final, record)

    def _sweep(self) -> None:
        """Remove drafts of killed writers, and put back a run whose replacement never arrived."""
        for draft in self.folder.glob(f"{TEMPORARY}*"):
            _, _, run_id = draft.name.partition(_SET_ASIDE)
            if run_id and not (self.folder / run_id).exists():
                replace(draft, self.folder / run_id)
            else:
                shutil.rmtree(draft, ignore_errors=True)

    def list(self) -> list[str]:
        """Ids of all runs, oldest first: by the moment in their ids, within a second by their documents.

        Files that were copied, restored or edited keep a run's place. A damaged run counts as the first of
        its second.
        """
        paths = self.folder.glob(f"*/{RUN_FILE}")
        names = [path.parent.name for path in paths if not path.parent.name.startswith(TEMPORARY)]
        stamps = {name: found[0] if (found := _STAMP.match(name)) else "" for name in names}
        shared = Counter(stamps.values())
        made = {name: self._made(name) if shared[stamps[name]] > 1 else ("", 0) for name in names}
        return sorted(names, key=lambda name: (stamps[name], *made[name], name))

    def _made(self, name: str) -> tuple[str, int]:
        """What a document says of when it was made, and for want of that its file."""
        path = self.folder / name / RUN_FILE
        try:
            record = read_record(path, RunRecord)
            created = "" if record is None else str(record.document.get("created", ""))
            return created, path.stat().st_mtime_ns
        except (DataError, OSError):
            return "", 0

    def load(self, run_id: str = LATEST) -> Run:
        """A run by id, or the newest one.

        Raises:
            DataError: there is no such run, or its document is damaged.
        """
        name = self._chosen(run_id)
        path = self.folder / name / RUN_FILE
        try:
            record = read_record(path, RunRecord)
            if record is None:
                raise DataError(f"run {name!r} has just been removed", hint="Run again.")
            for table in record.tables.values():
                check_inside(path, table.file)
        except Damaged as error:
            raise _damaged(name, error) from error
        return Run(path.parent, record)

    def _chosen(self, run_id: str) -> str:
        """The id that is meant, of a run that is there."""
        if _RUN_ID.fullmatch(run_id) and run_id != LATEST and (self.folder / run_id / RUN_FILE).exists():
            return run_id
        known = self.list()
        if not known:
            raise DataError("no runs are stored", hint="Run `ictcli backtest` first.")
        if run_id == LATEST:
            return known[-1]
        near = difflib.get_close_matches(run_id, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"The latest is {known[-1]}."
        raise DataError(f"no run {run_id!r} is stored", hint=hint)


def _damaged(name: str, error: DataError) -> DataError:
    """The error for a run that cannot be used: it is made again, not fetched."""
    hint = f"Restore it from a backup, or remove the folder of run {name} and run `ictcli backtest` again."
    return DataError(error.message, hint=hint)
