"""The audit of a model: one JSON line for everything that was done to it, only ever appended."""

import os
from pathlib import Path

import msgspec

from ictcli.errors import DataError
from ictcli.models.card import Metric

AUDIT_FILE = "audit.jsonl"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did.

    Attributes:
        action: ``create``, ``promote``, ``rollback``, ``delete`` or ``failover``.
        at: instant, ISO-8601 UTC.
        who: user and machine.
        alias: the alias that was moved; empty for other actions.
        before, after: version before and after; ``from`` and ``to`` in the file.
        reason: why.
        forced: whether a gate was overruled.
        metrics: of the version after.
        change: number of the alias change, from 1; 0 for other actions.
    """

    action: str
    at: str = ""
    who: str = ""
    alias: str = ""
    before: str = msgspec.field(default="", name="from")
    after: str = msgspec.field(default="", name="to")
    reason: str = ""
    forced: bool = False
    metrics: dict[str, Metric] = msgspec.field(default_factory=dict)
    change: int = 0


def read_audit(folder: Path) -> list[Entry]:
    """All entries of the model in ``folder``, oldest first; a line that a killed writer left half is none.

    Raises:
        DataError: a whole line is not an entry.
    """
    path = folder / AUDIT_FILE
    entries = []
    for number, line in enumerate(_whole_lines(_content(path)), 1):
        try:
            entries.append(msgspec.json.decode(line, type=Entry))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise DataError(
                f"{path} line {number} is damaged: {error}", hint="Restore it from a backup."
            ) from error
    return entries


def append(folder: Path, entry: Entry) -> None:
    """Put an entry at the end and wait until it is on the disk; the caller holds the models' lock.

    What a killed writer left of a line is cut off first: its action was recorded elsewhere or never done.

    Raises:
        DataError: the disk refuses.
    """
    path = folder / AUDIT_FILE
    content = _content(path)
    whole = content.rfind(b"\n") + 1
    try:
        with path.open("r+b" if path.exists() else "wb") as file:
            file.truncate(whole)
            file.seek(whole)
            file.write(msgspec.json.encode(entry) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise DataError(
            f"cannot write {path}: {error.strerror}", hint="Check permissions and free space."
        ) from error


def complete(folder: Path, last: Entry | None) -> None:
    """Append the last alias change, unless it is there already: its writer may have been killed before.

    Raises:
        DataError: the audit is damaged, or the disk refuses.
    """
    if last is not None and last.change > max((entry.change for entry in read_audit(folder)), default=0):
        append(folder, last)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}", hint="Check permissions.") from error


def _whole_lines(content: bytes) -> list[bytes]:
    return content.split(b"\n")[:-1]
