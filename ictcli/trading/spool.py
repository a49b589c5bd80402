"""Events for a trader that cannot write its ledger now: sealed files that appear whole and are booked once.

Only the trader writes the ledger. Another process lays what it did into the spool, one file per occasion,
sealed with the workspace's key over account, name and content; ``spool_booking`` books it. A file may hold
only kinds that are meant for this way: what is booked, intended and ended nobody says but the trader, so a
deal comes as a report, which the trader books, or refuses, by its own rules (``laid``).
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path

import msgspec

from ictcli.ledger.bodies import (
    Alerted,
    Cash,
    Corrected,
    Emergency,
    Reconciled,
    Reported,
    Resumed,
    SwapSeen,
    Voided,
)
from ictcli.ledger.chain import seal
from ictcli.plain_file import read_plain
from ictcli.store.atomic import TEMPORARY, write_file

Laid = Emergency | Cash | Alerted | Corrected | Resumed | Reported | Voided | SwapSeen | Reconciled
"""What another process may tell the ledger of an account."""
_NAMED = Emergency | Cash | Corrected | Reported | Reconciled
_FORM = "spool"


class _Content(msgspec.Struct, frozen=True):
    by: str
    ts: int
    bodies: tuple[Laid, ...]


class _Sealed(msgspec.Struct, frozen=True):
    text: str
    seal: str


@dataclass(frozen=True, slots=True)
class Spooled:
    """Events that wait, in their order; ``by`` laid them down at ``ts``, ns UTC."""

    path: Path
    by: str
    ts: int
    bodies: tuple[Laid, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that is kept and not booked, and why."""

    path: Path
    why: str


def spool_of(folder: Path, account: int) -> Path:
    """The spool of one account, as tickets mean nothing in the ledger of another.

    Args:
        folder: of all spools.
        account: login.
    """
    return folder / str(account)


def lay(spool: Path, key: bytes, bodies: Sequence[Laid], by: str, now: int) -> Path:
    """Lay events down for the trader; they are durable when this returns.

    Args:
        spool: of the account.
        key: the workspace's.
        bodies: the events.
        by: who lays them down.
        now: ns UTC.

    Raises:
        DataError: the disk refuses.
    """
    path = spool / f"{now:020d}-{os.getpid()}.json"
    text = msgspec.json.encode(_Content(by, now, tuple(bodies))).decode()
    write_file(path, msgspec.json.encode(_Sealed(text, _seal(key, path, text))), private=True)
    return path


def waiting(spool: Path, key: bytes) -> tuple[list[Spooled], list[Refused]]:
    """What waits, oldest first, and files that must not be booked: they are kept and must be told of."""
    found, refused = [], []
    for path in sorted(spool.glob("*.json")):
        if path.name.startswith(TEMPORARY):
            continue
        read = _read(path, key)
        if isinstance(read, Spooled):
            found.append(read)
        else:
            refused.append(Refused(path, read))
    return found, refused


def _read(path: Path, key: bytes) -> Spooled | str:
    """What a file holds, or why it must not be booked."""
    try:
        sealed = msgspec.json.decode(read_plain(path), type=_Sealed)
    except (OSError, msgspec.DecodeError):
        return "cannot be read"
    if not compare_digest(sealed.seal.encode(), _seal(key, path, sealed.text).encode()):
        return "was not written with the workspace's key for this account and under this name"
    try:
        content = msgspec.json.decode(sealed.text, type=_Content)
    except msgspec.DecodeError:
        return "tells what only the trader may"
    if any(isinstance(body, _NAMED) and not body.key for body in content.bodies):
        return "holds an event without a key"
    return Spooled(path, content.by, content.ts, content.bodies)


def _seal(key: bytes, path: Path, text: str) -> str:
    return seal(key, _FORM, path.parent.name, path.name, text)
