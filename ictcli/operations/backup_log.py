"""When backups were made and restores were tried: lines of a log in the state folder, and what follows."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from ictcli.clock import NS_PER_SECOND, iso
from ictcli.errors import DataError
from ictcli.store.atomic import private_file

FILE = "backup.log"
What = Literal["create", "drill"]


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """One backup or drill.

    Attributes:
        what: which.
        at: when it ended, ns UTC.
        name: of the backup; empty where none was made.
        ok: whether it ended well.
        seconds: how long it took.
        size: bytes of the backup.
        events: of all its ledgers.
        error: why it did not end well.
    """

    what: What
    at: int
    name: str
    ok: bool
    seconds: float
    size: int = 0
    events: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Last:
    """The last backup, the last that was made, the last drill, the last that holds events; None for never."""

    tried: Done | None
    made: Done | None
    drill: Done | None
    held: Done | None = None


def note(state: Path, done: Done) -> None:
    """Append to the log.

    Raises:
        DataError: the disk refuses.
    """
    path = state / FILE
    try:
        private_file(path)
        with path.open("ab") as file:
            file.write(msgspec.json.encode(done) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise DataError(
            f"cannot write {path}: {error.strerror}", hint="Check permissions and free space."
        ) from error


def read_log(state: Path) -> list[Done]:
    """Everything that was noted, oldest first; a line that a crash tore counts for nothing."""
    try:
        lines = (state / FILE).read_bytes().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            found.append(msgspec.json.decode(line, type=Done))
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
    return found


def last_of(log: Sequence[Done]) -> Last:
    """What a log ends with."""

    def newest(what: What, *, good: bool) -> Done | None:
        fitting = (one for one in reversed(log) if one.what == what and (one.ok or not good))
        return next(fitting, None)

    held = next((one for one in reversed(log) if one.what == "create" and one.ok and one.events), None)
    return Last(newest("create", good=False), newest("create", good=True), newest("drill", good=False), held)


def overdue(last: Last, *, now: int, stale_after: int, drill_after: int) -> list[str]:
    """What is late or failed, in words; empty where all is well.

    Args:
        last: what the log ends with.
        now: ns UTC.
        stale_after: ns after which a backup is too old.
        drill_after: ns after which a drill is.
    """
    told = []
    if last.made is None:
        told.append("never backed up")
    elif now - last.made.at > stale_after:
        told.append(f"the last backup is of {iso(last.made.at)[:16]}")
    if last.tried is not None and not last.tried.ok:
        told.append(f"the last try failed: {last.tried.error}")
    if last.drill is None:
        told.append("a restore was never tried")
    elif not last.drill.ok:
        told.append(f"the last drill failed: {last.drill.error}")
    elif now - last.drill.at > drill_after:
        told.append(f"the last drill is of {iso(last.drill.at)[:16]}")
    return told


_GAUGES = (
    ("last_run_timestamp_seconds", "When one was tried last."),
    ("last_success_timestamp_seconds", "When one was made last; 0 for never."),
    ("exit_code", "0: the last one was made."),
    ("size_bytes", "Of the last one that was made."),
    ("ledger_events", "In the last one that was made."),
    ("duration_seconds", "How long the last one took."),
    ("drill_timestamp_seconds", "When a restore was tried last; 0 for never."),
    ("drill_ok", "1: the last drill restored and verified everything."),
    ("drill_seconds", "How long the last drill took: the time to a verified workspace."),
)


def metrics_text(log: Sequence[Done], code: int) -> str:
    """A text file for Prometheus' node exporter.

    Args:
        log: everything that was noted, oldest first.
        code: what the process that writes it ends with.
    """
    last = last_of(log)
    tried, made, drilled = last.tried, last.made, last.drill
    values = (
        tried.at / NS_PER_SECOND if tried else 0.0,
        made.at / NS_PER_SECOND if made else 0.0,
        float(code),
        float(made.size) if made else 0.0,
        float(made.events) if made else 0.0,
        tried.seconds if tried else 0.0,
        drilled.at / NS_PER_SECOND if drilled else 0.0,
        float(drilled.ok) if drilled else 0.0,
        drilled.seconds if drilled else 0.0,
    )
    lines = []
    for (name, text), value in zip(_GAUGES, values, strict=True):
        full = f"ictcli_backup_{name}"
        lines += [f"# HELP {full} {text}", f"# TYPE {full} gauge", f"{full} {value!r}"]
    return "\n".join(lines) + "\n"
