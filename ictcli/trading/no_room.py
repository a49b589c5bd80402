"""A full disk ends a trader with one exit code, whichever file it was that found no room."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from ictcli.errors import DataError, LedgerUnwritable

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_HINT = "Free some disk space; nothing is lost."


@contextmanager
def needing_room() -> Iterator[None]:
    """For the block, a file that finds no room is what a ledger is that cannot be written.

    Damaged data wants a person; room comes back, so whoever restarts a trader may go on trying.

    Raises:
        LedgerUnwritable: the disk is full.
    """
    try:
        yield
    except DataError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno in _FULL:
            raise LedgerUnwritable(error.message, hint=_HINT) from error
        raise
    except OSError as error:
        if error.errno in _FULL:
            where = error.filename or "to the disk"
            reason = (error.strerror or str(error)).lower()
            raise LedgerUnwritable(f"cannot write {where}: {reason}", hint=_HINT) from error
        raise
