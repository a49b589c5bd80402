"""The hash chain: every event is bound to all before it by a key that the database does not hold."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ictcli.errors import DataError
from ictcli.plain_file import read_plain

GENESIS = "0" * 64
"""What the first event has for the hash of the one before it."""

_SEALED = ("anchors.log", "ledger/ledger.db", "paper/ledger/ledger.db", "replay/ledger.db")
"""Of a workspace's state; anchors also of a ledger that stands elsewhere."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it is stored: ``body`` is its canonical JSON, ``prev`` and ``hash`` are hexadecimal."""

    seq: int
    ts: int
    kind: str
    body: str
    prev: str
    hash: str


KEPT_ELSEWHERE = (
    "Put the copy of the key back that you keep elsewhere (docs/backup.md); a new one verifies nothing."
)
"""What to do where the key of a ledger is gone."""


def read_key(path: Path) -> bytes:
    """The workspace's secret key.

    Raises:
        DataError: there is none, or it is none.
    """
    try:
        key = bytes.fromhex(read_plain(path).decode("ascii").strip())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(f"cannot read {path}: {reason}", hint=_missing_key(path.parent)) from error
    except ValueError as error:
        raise DataError(f"{path} holds no key", hint=KEPT_ELSEWHERE) from error
    if len(key) < 16:
        raise DataError(f"{path} is too short for a key", hint=KEPT_ELSEWHERE)
    return key


def sealed_files(state: Path) -> tuple[Path, ...]:
    """What of a workspace's ledgers is there: with another key than its own none of it can be verified."""
    return tuple(path for name in _SEALED if (path := state / name).exists())


def account_files(state: Path) -> list[Path]:
    """The same without the replay's, which can be made again."""
    return [path for path in sealed_files(state) if path.parent != state / "replay"]


def _missing_key(state: Path) -> str:
    """What to do where there is no key."""
    if sealed_files(state):
        return KEPT_ELSEWHERE
    return "Run `ictcli init` to make a key. Where this desk has traded, restore a backup: docs/backup.md."


def seal(key: bytes, *parts: str | int) -> str:
    """HMAC-SHA256 over parts that are told apart, as hexadecimal."""
    text = "\x1f".join([str(part) for part in parts])
    return hmac.digest(key, text.encode(), sha256).hex()


def link(key: bytes, prev: str, seq: int, ts: int, kind: str, body: str) -> Event:
    """The event that follows the one whose hash is ``prev``."""
    return Event(seq, ts, kind, body, prev, seal(key, prev, seq, ts, kind, body))


def first_break(
    key: bytes, events: Iterable[Event], seq: int = 0, head: str = GENESIS
) -> tuple[int, str] | None:
    """The first event that does not continue the chain: its number and what is wrong; None for a good chain.

    Args:
        key: the workspace's.
        events: in order.
        seq: number of the event before the first of them.
        head: hash of that event.
    """
    for event in events:
        if event.seq != seq + 1:
            return seq + 1, f"missing: event {seq} is followed by {event.seq}"
        if event.prev != head:
            return event.seq, "it does not continue the event before it"
        if event.hash != seal(key, event.prev, event.seq, event.ts, event.kind, event.body):
            return event.seq, "it was changed after it was written"
        seq, head = event.seq, event.hash
    return None
