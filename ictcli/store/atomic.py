"""Files that appear whole or not at all, also through a crash or a power cut."""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ictcli.errors import DataError, UsageError

TEMPORARY = ".tmp-"
"""Prefix of names that are being written; nothing reads them."""

_ATTEMPTS = 40
_PAUSE = 0.025


def private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner alone.

    Raises:
        OSError: the disk refuses.
    """
    if not folder.is_dir():
        private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def private_file(path: Path) -> None:
    """Make an empty file that its owner alone may read, and its folder likewise, where there is none.

    Raises:
        OSError: the disk refuses.
    """
    if not path.exists():
        private_folder(path.parent)
        path.touch(mode=0o600)


def write_file(path: Path, data: bytes, *, private: bool = False) -> None:
    """Put ``data`` at ``path`` in one step: temporary name, fsync, rename, fsync of the folder.

    Args:
        path: of the file.
        data: its content.
        private: its owner alone may read it, and the folder where it is made here.

    Raises:
        DataError: the disk refuses.
    """
    draft = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
    try:
        if private:
            private_file(draft)
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        replace(draft, path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise DataError(
            f"cannot write {path}: {error.strerror}", hint="Check permissions and free space."
        ) from error


@contextmanager
def drafted(path: Path) -> Iterator[BinaryIO]:
    """A file to fill, which appears at ``path`` only when the block ends well.

    Raises:
        UsageError: no file can be created there.
        DataError: the disk refuses.
    """
    draft = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
    try:
        opened = draft.open("wb")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot create {path}: {reason}", hint="Choose another file.") from error
    try:
        with opened as file:
            yield file
        replace(draft, path)
    except OSError as error:
        raise DataError(
            f"cannot write {path}: {error.strerror}", hint="Check the folder, permissions and free space."
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def replace(source: Path, target: Path) -> None:
    """Rename over ``target``; waits up to a second for a Windows reader to let go of it."""
    for attempt in range(_ATTEMPTS):
        try:
            source.replace(target)
        except PermissionError:
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(_PAUSE)
        else:
            return


def sync_file(path: Path) -> None:
    """Wait until a file's content is on the disk."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Wait until a folder's names are on the disk; Windows does so by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """Hash of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sweep_drafts(folder: Path) -> None:
    """Remove temporary files of writers that died; the caller holds the folder's lock."""
    for draft in folder.glob(f"{TEMPORARY}*"):
        draft.unlink(missing_ok=True)
