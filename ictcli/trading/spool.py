"""Events for a trader that cannot write its ledger now: files that appear whole and are booked at its start.

Only the trader writes the ledger. Another process lays what it did into the spool, one file per occasion;
the trader books a file's events in one transaction and then removes it. A crash in between books them
twice unless their own keys tell, which is why every kind that comes this way has one.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ictcli.ledger.bodies import AnyBody
from ictcli.store.atomic import TEMPORARY, write_file


class _File(msgspec.Struct, frozen=True):
    by: str
    ts: int
    bodies: tuple[AnyBody, ...]


@dataclass(frozen=True, slots=True)
class Spooled:
    """Events that wait, in their order; ``by`` laid them down at ``ts``, ns UTC."""

    path: Path
    by: str
    ts: int
    bodies: tuple[AnyBody, ...]

    def remove(self) -> None:
        """Take it out of the spool: its events are booked."""
        self.path.unlink(missing_ok=True)


def spool_of(folder: Path, account: int) -> Path:
    """The spool of one account, as tickets mean nothing in the ledger of another.

    Args:
        folder: of all spools.
        account: login.
    """
    return folder / str(account)


def lay(spool: Path, bodies: Sequence[AnyBody], by: str, now: int) -> Path:
    """Lay events down for the trader; they are durable when this returns.

    Raises:
        DataError: the disk refuses.
    """
    path = spool / f"{now:020d}-{os.getpid()}.json"
    write_file(path, msgspec.json.encode(_File(by, now, tuple(bodies))))
    return path


def waiting(spool: Path) -> tuple[list[Spooled], list[Path]]:
    """What waits, oldest first, and files that cannot be read: they are kept and must be told of."""
    found, broken = [], []
    for path in sorted(spool.glob("*.json")):
        if path.name.startswith(TEMPORARY):
            continue
        try:
            file = msgspec.json.decode(path.read_bytes(), type=_File)
        except (OSError, msgspec.DecodeError):
            broken.append(path)
            continue
        found.append(Spooled(path, file.by, file.ts, file.bodies))
    return found, broken
