"""Which files of a workspace are nobody else's business, and who may read or write them all the same."""

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_GUARDED = ("secret.key", "anchors.log", "backup.log", "recon.db", "outbox.db")
"""Files of the state folder."""
_FOLDERS = (
    "control", "locks", "ledger", "paper", "spool", "graduation", "logs", "alerts", "outbox"
)  # fmt: skip
"""Folders of the state folder with all that is in them, and those that begin with ``live-``."""


@dataclass(frozen=True, slots=True)
class Exposed:
    """What others may do.

    Attributes:
        secrets: files with a key or password that others can read or write.
        writable: files and folders that others can write: an emergency stop could be lifted, a trader ended,
            a setting or a strategy replaced.
        readable: other files that others can read.
    """

    secrets: tuple[Path, ...]
    writable: tuple[Path, ...]
    readable: tuple[Path, ...]


def exposed(state: Path, backups: Path, secrets: Iterable[Path], steering: Sequence[Path] = ()) -> Exposed:
    """Look at the modes of everything that trading keeps, and of what it obeys.

    What lies in a folder of it that others cannot enter is safe, whatever its own mode.

    Args:
        state: the workspace's state folder.
        backups: folder of the backups; need not be there.
        secrets: files with a key or password.
        steering: files and folders that others may read, but not write; see ``steering_files``.
    """
    bare = [path for path in secrets if _mode(path) & 0o077]
    writable, readable = [], []
    for path in [state, *_guarded(state), *_backed_up(backups)]:
        mode = _mode(path)
        if path in bare or _shut(path, state, backups):
            continue
        if mode & 0o022 and not mode & stat.S_ISVTX:
            writable.append(path)
        elif mode & 0o044 and not path.is_dir() and path.suffix != ".lock":
            readable.append(path)
    roots = (state, *steering[:1])
    writable += [path for path in steering if _mode(path) & 0o022 and not _shut(path, *roots)]
    return Exposed(tuple(bare), tuple(writable), tuple(readable))


def steering_files(workspace: Path, configs: Iterable[Path]) -> list[Path]:
    """What tells a trader what to do: the workspace's folder, its configuration, its strategies.

    Args:
        workspace: its folder, which comes first.
        configs: config files, also those elsewhere.
    """
    found = [workspace]
    for folder, pattern in ((workspace / "config", "*"), (workspace / "strategies", "*.py")):
        if folder.is_dir():
            found += [folder, *sorted(folder.rglob(pattern))]
    return list(dict.fromkeys([*found, *(path for path in configs if path.exists())]))


def others_may_write(*folders: Path) -> Path | None:
    """The first of these that is another user's, or that others can write; None where there is none."""
    for folder in folders:
        try:
            found = folder.stat()
        except OSError:
            continue
        if found.st_uid not in {os.geteuid(), 0} or found.st_mode & 0o022:
            return folder
    return None


def _guarded(state: Path) -> Iterator[Path]:
    yield from (state / name for name in _GUARDED if (state / name).exists())
    folders = [state / name for name in _FOLDERS] + sorted(state.glob("live-*"))
    for folder in folders:
        for where, _, files in os.walk(folder):
            yield Path(where)
            yield from (Path(where) / name for name in sorted(files))


def _backed_up(backups: Path) -> Iterator[Path]:
    if backups.is_dir():
        yield backups
        yield from (path for path in sorted(backups.glob("backup-*")) if path.is_dir())


def _shut(path: Path, *roots: Path) -> bool:
    """Whether a folder above it, the roots included, keeps others out."""
    above = [
        folder for folder in path.parents if folder in roots or any(root in folder.parents for root in roots)
    ]
    return any(_mode(folder) & 0o011 == 0 for folder in above)


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0
