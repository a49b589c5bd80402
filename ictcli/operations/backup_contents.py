"""Which files of a workspace cannot be made again, and how each is copied while others write."""

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ictcli.errors import DataError
from ictcli.ledger.address import LEDGERS, LedgerName, Place, place_of
from ictcli.ledger.chain import KEPT_ELSEWHERE, account_files
from ictcli.ledger.moved import require_here
from ictcli.ledger.opening import no_ledger
from ictcli.operations.backup_manifest import KEY_NAME, LEDGER_FILES, MANIFEST_FILE, PREFIX
from ictcli.store.atomic import TEMPORARY

MADE_AGAIN = frozenset({"locks", "import", "features", "sweeps", "replay"})
"""Folders of the state that a command makes again from what is kept."""
BARS = frozenset({"bars", "ticks", "detections"})
"""Data of record, and what follows from it."""
RUNS, LOGS = "runs", "logs"
_BACKUPS, _FORMER = "backups", "replaced-"
_BESIDE_DATABASE = ("-wal", "-shm", "-journal")
_DERIVED = ("catalog.duckdb", "catalog.json")
_FIRST = ("spool", "spill.jsonl", "anchors.log")
"""What is copied before the ledgers: a ledger that is younger than these is whole, an older one is not."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What goes into a backup besides configuration, state and models."""

    key: bool = False
    runs: bool = False
    bars: bool = False
    logs: bool = False


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where a workspace lies.

    Attributes:
        folder: the workspace.
        state, data: its folders, wherever they are.
        environ: may name another database for the ledger.
    """

    folder: Path
    state: Path
    data: Path
    environ: Mapping[str, str]

    @property
    def roots(self) -> dict[str, Path]:
        """First part of a name in a backup = folder."""
        return {"config": self.folder / "config", "state": self.state, "data": self.data}


@dataclass(frozen=True, slots=True)
class Contents:
    """What is to be copied, by name in the backup.

    Attributes:
        before: files that are copied before the databases.
        databases: SQLite files that are no ledger.
        ledgers: ledgers that exist, with their places.
        after: all other files.
        left_out: links and special files.
    """

    before: dict[str, Path]
    databases: dict[str, Path]
    ledgers: dict[LedgerName, Place]
    after: dict[str, Path]
    left_out: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes that a copy takes, about."""
        files = [*self.before.values(), *self.databases.values(), *self.after.values()]
        for place in self.ledgers.values():
            if place.address.file is not None:
                own = place.address.file
                files += [own, own.with_name(own.name + "-wal")]
        return sum(_size(path) for path in files)


def contents_of(workspace: Workspace, ask: Ask, backups: Path) -> Contents:
    """Look through a workspace.

    Args:
        workspace: to look through.
        ask: what is wanted besides.
        backups: folder of the backups, which is never part of one.

    Raises:
        ConfigError: the environment names no ledger.
        DataError: the key is none, or is missing beside a ledger.
    """
    ledgers = _ledgers(workspace)
    own = {place.address.file for place in ledgers.values()}
    before: dict[str, Path] = {}
    databases: dict[str, Path] = {}
    after: dict[str, Path] = {}
    left_out = []
    for root, folder in workspace.roots.items():
        for path in _files(folder, backups):
            name = f"{root}/{path.relative_to(folder).as_posix()}"
            if path in own or not _wanted(name, ask):
                continue
            if not stat.S_ISREG(path.lstat().st_mode):
                left_out.append(name)
            elif root == "state" and path.suffix == ".db":
                databases[name] = path
            elif root == "state" and set(name.split("/")) & set(_FIRST):
                before[name] = path
            else:
                after[name] = path
    return Contents(before, databases, ledgers, after, tuple(left_out))


def ledger_name(ledger: LedgerName) -> str:
    """Name of a ledger in a backup, wherever it was."""
    return LEDGER_FILES[ledger]


def anchors_name(ledger: LedgerName) -> str:
    """Name of its anchors."""
    return "state/anchors.log" if ledger == "broker" else "state/paper/ledger/anchors.log"


def _ledgers(workspace: Workspace) -> dict[LedgerName, Place]:
    """Ledgers that exist; the one of a replay can be made again.

    Raises:
        DataError: there are some and no key, so nothing can tell whether they are whole.
        NoLedger: one was here, as its anchors say.
    """
    key = workspace.state / "secret.key"
    if not key.is_file():
        if sealed := account_files(workspace.state):
            raise DataError(
                f"{key} is missing, and without it {sealed[0].name} cannot be verified", hint=KEPT_ELSEWHERE
            )
        return {}
    places = {
        name: place_of(name, workspace.state, workspace.environ) for name in LEDGERS if name != "replay"
    }
    for place in places.values():
        require_here(place)
        if place.lost:
            raise no_ledger(place)
    return {name: place for name, place in places.items() if place.exists}


def _files(folder: Path, backups: Path) -> Iterator[Path]:
    """Files, links and special files below a folder, in order; links are not followed."""
    for where, folders, files in os.walk(folder):
        here = Path(where)
        links = [name for name in folders if (here / name).is_symlink()]
        apart = {name for name in folders if here / name == backups or _is_backup(here / name)}
        folders[:] = sorted(set(folders) - set(links) - apart)
        yield from (here / name for name in sorted([*files, *links]))


def _is_backup(folder: Path) -> bool:
    """Also one of another time, when backups were kept there."""
    return folder.name.startswith(PREFIX) and (folder / MANIFEST_FILE).is_file()


def _wanted(name: str, ask: Ask) -> bool:
    """Whether a file is kept in a backup, by its name there."""
    root, first, *rest = parts = name.split("/")
    if any(part.startswith(TEMPORARY) for part in parts) or name.endswith((".lock", *_BESIDE_DATABASE)):
        return False
    if name == KEY_NAME:
        return ask.key
    if root == "state":
        inner = parts[2:-1]
        aside = _BACKUPS in inner or any(one.startswith(_FORMER) for one in inner)
        dispensable = MADE_AGAIN if ask.logs else MADE_AGAIN | {LOGS}
        return not aside and not (rest and first in dispensable)
    if root == "data":
        if first in BARS or first.startswith("quarantine"):
            return ask.bars
        return (ask.runs or first != RUNS) and not first.startswith(_DERIVED)
    return True


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
