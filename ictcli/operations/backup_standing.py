"""How the backups of a workspace stand: what their log tells, what lies there, what ledgers they hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ictcli.clock import parse_duration
from ictcli.config.backup import BackupConfig
from ictcli.operations.backup_log import Done, Last, last_of, overdue, read_log
from ictcli.operations.backup_rotation import Backup, Shelf, shelf_of


@dataclass(frozen=True, slots=True)
class Held:
    """A backup that holds ledgers, and how many events of them."""

    backup: str
    events: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What an operator is to know.

    Attributes:
        last: the last backup and drill; a backup that no log tells of counts by its manifest.
        late: what is late, failed, gone or damaged, in words; empty where all is well.
        any: the newest backup with events of a ledger, by folder or log; None where there never was one.
        most: ledger = the backup with most of its events.
    """

    last: Last
    late: Sequence[str]
    any: Held | None
    most: Mapping[str, Held]

    def beyond(self, events: Mapping[str, int]) -> list[str]:
        """Ledgers that are here, and of which a backup holds more, in words.

        Args:
            events: ledger = how many there are.
        """
        return [
            f"the {ledger} ledger has {events[ledger]:,} events, and {held.backup} holds {held.events:,}"
            for ledger, held in self.most.items()
            if ledger in events and held.events > events[ledger]
        ]


def standing(folder: Path, state: Path, settings: BackupConfig, now: int) -> Standing:
    """Look at the log and at names and sizes in the folder.

    Args:
        folder: of the backups; may be missing.
        state: folder of the log.
        settings: what is late.
        now: ns UTC.
    """
    shelf = shelf_of(folder)
    last = last_of(read_log(state))
    if last.made is None and shelf.backups:
        last = replace(last, made=_done(shelf.backups[-1]))
    late = overdue(
        last, now=now, stale_after=parse_duration(settings.stale_after),
        drill_after=parse_duration(settings.drill_after),
    )  # fmt: skip
    if last.made is not None and not shelf.backups:
        late.append(f"no whole backup is in {folder}")
    late += _damaged(shelf)
    most: dict[str, Held] = {}
    newest = last.held
    for backup in shelf.backups:
        if (done := _done(backup)).events:
            newest = done
        for ledger in backup.manifest.ledgers:
            if ledger.events and ledger.events >= most.get(ledger.ledger, Held("", 0)).events:
                most[ledger.ledger] = Held(backup.name, ledger.events)
    return Standing(last, late, Held(newest.name, newest.events) if newest else None, most)


def _damaged(shelf: Shelf) -> list[str]:
    told = [f"{name} is damaged: {why}" for name, why in shelf.damaged.items()]
    more = f" (and {len(told) - 1} more)" if len(told) > 1 else ""
    return [f"{told[0]}{more}"] if told else []


def _done(backup: Backup) -> Done:
    manifest = backup.manifest
    events = sum(one.events for one in manifest.ledgers)
    return Done(
        what="create",
        at=manifest.created,
        name=backup.name,
        ok=True,
        seconds=0.0,
        size=manifest.size,
        events=events,
    )
