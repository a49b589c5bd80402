"""Opening small files that another program lays down: at once, or not at all.

Whoever may write a folder may lay a FIFO or a link to a device there under the name of a file. Opening one
would wait for ever, or read without end, so only a regular file is opened.
"""

import errno
import os
import stat
from pathlib import Path

_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
IRREGULAR = "Not a regular file"
"""What an error says of anything that is neither a file nor a folder."""


def read_plain(path: Path) -> bytes:
    """All of a regular file, or of the one that a link points to; never waits for another process.

    Raises:
        OSError: there is none, it cannot be read, or it is no regular file.
    """
    with os.fdopen(_opened(path, os.O_RDONLY), "rb") as file:
        return file.read()


def is_there(path: Path) -> bool:
    """Whether anything has that name, also a link that leads nowhere; what cannot be looked at is there."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True  # reading it says why
    return True


def open_own(path: Path, flags: int, mode: int = 0o600) -> int:
    """Descriptor of a regular file that has one name only and is no link: writing to it changes no other.

    Args:
        path: of the file.
        flags: of ``os.open``.
        mode: of a file that is made.

    Raises:
        OSError: it cannot be opened, is a link, no regular file, or has another name.
    """
    handle = _opened(path, flags | _NO_LINK, mode)
    if os.fstat(handle).st_nlink > 1:
        os.close(handle)
        raise OSError(errno.EMLINK, "Has another name, too", os.fspath(path))
    return handle


def _opened(path: Path, flags: int, mode: int = 0o600) -> int:
    handle = os.open(path, flags | _AT_ONCE, mode)
    kind = os.fstat(handle).st_mode
    if stat.S_ISREG(kind):
        return handle
    os.close(handle)
    number, words = (errno.EISDIR, "Is a directory") if stat.S_ISDIR(kind) else (errno.EINVAL, IRREGULAR)
    raise OSError(number, words, os.fspath(path))
