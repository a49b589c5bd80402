"""Files that appear whole or not at all, also through a crash or a power cut.

Everything is written under a temporary name first, which is always a new file: nothing that somebody laid
under it is written to, and no link there is followed. Where a name stands for something else than a file, a
device or a FIFO, a file of ours is refused, and a file that a person named is written into it.
"""

import errno
import hashlib
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ictcli.errors import DataError, IctError, UsageError
from ictcli.plain_file import IRREGULAR

TEMPORARY = ".tmp-"
"""Prefix of names that are being written; nothing reads them."""

_NEW = (
    os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)  # fmt: skip
_OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EIO}
_PRIVATE, _SHARED = 0o600, 0o666
"""Modes of new files: for their owner alone, or as the umask says."""

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
        OSError: the disk refuses, or a link stands there that leads nowhere.
    """
    if path.exists():
        return
    private_folder(path.parent)
    try:
        os.close(os.open(path, _NEW, _PRIVATE))
    except FileExistsError:
        if not path.exists():
            raise


def write_file(path: Path, data: bytes, *, private: bool = False) -> None:
    """Put ``data`` at ``path`` in one step: temporary name, fsync, rename, fsync of the folder.

    Args:
        path: of the file; a link there is replaced, and what it points to stays as it is.
        data: its content.
        private: its owner alone may read it, and the folder where it is made here.

    Raises:
        DataError: the disk refuses, or something else than a file stands there.
    """
    try:
        if private:
            private_folder(path.parent)
        path.parent.mkdir(parents=True, exist_ok=True)
        _put(path, data, _PRIVATE if private else _SHARED)
    except OSError as error:
        raise DataError(
            f"cannot write {path}: {error.strerror}", hint="Check permissions and free space."
        ) from error


def write_named(path: Path, data: bytes, *, shared: bool = False) -> None:
    """Put ``data`` at a place that a person named; see ``named``.

    Raises:
        DataError: it cannot be written.
        IctError: the disk is full or broken.
    """
    try:
        if is_stream(path):
            with _stream(path) as file:
                file.write(data)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        _put(path, data, _SHARED if shared else _mode_of(path))
    except OSError as error:
        raise _refused(path, error, "Check permissions and free space.") from error


def _refused(path: Path, error: OSError, hint: str) -> IctError:
    """A disk that is full or broken is no fault of what a person asked for.

    Only under a name that a person gave: a trader goes on where its own files find no room.
    """
    message = f"cannot write {path}: {error.strerror or error}"
    if error.errno in _OF_THE_DISK:
        return IctError(
            message, hint="Free space on that disk and run it again; nothing half written is left."
        )
    return DataError(message, hint=hint)


@contextmanager
def drafted(path: Path) -> Iterator[BinaryIO]:
    """A file to fill, which appears at ``path`` only when the block ends well.

    Raises:
        UsageError: no file can be created there.
        DataError: the disk refuses.
    """
    with _filled(path, _SHARED) as file:
        yield file


@contextmanager
def named(path: Path) -> Iterator[BinaryIO]:
    """What a person named, to fill.

    A file appears only when the block ends well; its owner alone may read it, unless one of his was there:
    its mode is kept. A device or FIFO, such as ``/dev/stdout``, is written into as it comes, and a FIFO
    waits for its reader.

    Raises:
        UsageError: no file can be created there.
        DataError: it cannot be written.
        IctError: the disk is full or broken.
    """
    if not is_stream(path):
        try:
            with _filled(path, _mode_of(path)) as file:
                yield file
        except DataError as error:
            if isinstance(error.__cause__, OSError):
                raise _refused(path, error.__cause__, error.hint) from error
            raise
        return
    try:
        with _stream(path) as file:
            yield file
    except OSError as error:
        raise _refused(path, error, "Choose a file.") from error


def is_stream(path: Path) -> bool:
    """Whether a name stands for something to write into: a device, a FIFO, an open file of this process."""
    try:
        kind = path.stat().st_mode
    except OSError:
        return False
    if stat.S_ISREG(kind):
        return _stands_for_descriptor(path)
    return not stat.S_ISDIR(kind)


def _stands_for_descriptor(path: Path) -> bool:
    """Whether it is a name such as ``/dev/stdout``, which leads to a file that is open already."""
    folder = os.path.realpath(path.parent)
    return path.is_symlink() and (folder == "/dev" or folder.startswith("/proc/"))


def _stream(path: Path) -> BinaryIO:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOCTTY", 0))
    if stat.S_ISREG(os.fstat(handle).st_mode) and not _stands_for_descriptor(path):
        os.close(handle)  # it was put there since it was looked at
        raise OSError(errno.EINVAL, "Became a file")
    return os.fdopen(handle, "wb")


def _put(path: Path, data: bytes, mode: int) -> None:
    draft = _name_of_draft(path)
    try:
        with _opened(draft, mode) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        replace(draft, path)
        sync_folder(path.parent)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise


@contextmanager
def _filled(path: Path, mode: int) -> Iterator[BinaryIO]:
    draft = _name_of_draft(path)
    try:
        opened = _opened(draft, mode)
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


def _name_of_draft(path: Path) -> Path:
    return path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")


def _opened(draft: Path, mode: int) -> BinaryIO:
    """A new file; what lies there under its name was left by a process that died, or laid by another user."""
    try:
        handle = os.open(draft, _NEW, mode & _SHARED)
    except FileExistsError:
        draft.unlink()
        handle = os.open(draft, _NEW, mode & _SHARED)
    return os.fdopen(handle, "wb")


def _mode_of(path: Path) -> int:
    """For its owner alone, or as the file of his that is there."""
    try:
        found = path.lstat()
    except OSError:
        return _PRIVATE
    if not stat.S_ISREG(found.st_mode) or (os.name != "nt" and found.st_uid != os.geteuid()):
        return _PRIVATE
    return stat.S_IMODE(found.st_mode)


def _refuse_irregular(path: Path) -> None:
    """Let nobody's device or FIFO be replaced by a file of ours."""
    try:
        kind = path.lstat().st_mode
    except OSError:
        return
    if not (stat.S_ISREG(kind) or stat.S_ISLNK(kind) or stat.S_ISDIR(kind)):
        raise OSError(errno.EINVAL, IRREGULAR, os.fspath(path))


def replace(source: Path, target: Path) -> None:
    """Rename over ``target``; waits up to a second for a Windows reader to let go of it.

    Raises:
        OSError: it cannot be renamed, or ``target`` is a device or FIFO.
    """
    _refuse_irregular(target)
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
