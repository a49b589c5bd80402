"""How other processes hand over alerts: one file each, which appears whole and is taken in once.

The outbox has one writer. Whoever finds something lays it down here; nobody waits for a notifier.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ictcli.operations.alerts import Acknowledgement, Alert
from ictcli.plain_file import read_plain
from ictcli.store.atomic import TEMPORARY, write_file

_REFUSED = ".refused"


@dataclass(frozen=True, slots=True)
class Laid:
    """A file of the spool: what it says, None where it cannot be read."""

    path: Path
    what: Alert | Acknowledgement | None


def inbox(state: Path) -> Path:
    """Folder of what waits to be taken in."""
    return state / "alerts" / "inbox"


def lay_alert(state: Path, alert: Alert) -> None:
    """Hand an alert over to whoever notifies; it is durable when this returns.

    It may be handed over again: of one key only the first is taken in.

    Args:
        state: the workspace's state folder.
        alert: what to tell.

    Raises:
        DataError: the disk refuses.
    """
    name = hashlib.sha256(alert.key.encode()).hexdigest()[:32]
    _lay(inbox(state) / f"{alert.at:020d}-{name}.json", alert)


def lay_acknowledgement(state: Path, acknowledged: Acknowledgement) -> None:
    """Hand an acknowledgement over.

    Raises:
        DataError: the disk refuses.
    """
    _lay(inbox(state) / f"{acknowledged.at:020d}-ack-{os.getpid()}.json", acknowledged)


def laid(state: Path) -> Iterator[Laid]:
    """What waits, oldest first."""
    for path in sorted(inbox(state).glob("*.json")):
        if not path.name.startswith(TEMPORARY):
            yield Laid(path, _read(path))


def taken(one: Laid) -> None:
    """Remove what is in the outbox by now; what cannot be read is put aside."""
    with suppress(OSError):  # it comes again, and its key is known
        if one.what is None:
            one.path.rename(one.path.with_suffix(_REFUSED))
        else:
            one.path.unlink()


def _lay(path: Path, what: Alert | Acknowledgement) -> None:
    write_file(path, msgspec.json.encode(what), private=True)


def _read(path: Path) -> Alert | Acknowledgement | None:
    try:
        return msgspec.json.decode(read_plain(path), type=Alert | Acknowledgement)
    except (OSError, msgspec.DecodeError):
        return None
