"""What nobody writes into a ledger and people must know: a stop, reconciliations, the disk, backups."""

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from ictcli.clock import parse_duration
from ictcli.config.records import Config
from ictcli.ledger.chain import account_files
from ictcli.operations.alerts import Alert, Severity, daily
from ictcli.operations.alerts_ledger import Ledger, halted
from ictcli.operations.backup_log import last_of, overdue, read_log
from ictcli.operations.outbox_file import explained
from ictcli.store.side_file import connect
from ictcli.trading.control import control_folder
from ictcli.trading.latch import Latch

_RUNS = """
SELECT r.run, r.ended, r.ledger, r.result, r.error, r.roots,
  (SELECT count(*) FROM findings f WHERE f.run = r.run AND f.root AND f.severity = 'critical')
FROM runs r WHERE r.mode = 'ledger' AND r.ended >= ? AND r.result <> 'clean' ORDER BY r.run
"""
_CONCLUDED = """
SELECT max(ended) FROM runs WHERE mode = 'ledger' AND ledger = ? AND result IN ('clean', 'findings')
"""


def look_around(state: Path, config: Config, ledgers: Sequence[Ledger], now: int) -> list[Alert]:
    """Everything that is wrong right now and not in a ledger, but for stops.

    Args:
        state: the workspace's state folder.
        config: limits.
        ledgers: those that exist and are watched.
        now: ns UTC.

    Raises:
        DataError: a database is damaged.
    """
    found = _disk(state, config.alerts.disk_low, now)
    path = state / "recon.db"
    if path.is_file():
        found += _reconciliations(path, now - parse_duration(config.alerts.first_look))
    return found + _stale(state, config, ledgers, now) + _backups(state, config, ledgers, now)


def stops(state: Path, now: int) -> list[Alert]:
    """The emergency stop while it holds: one look at the file system."""
    halt = Latch(control_folder(state)).halt()
    if halt is None:
        return []
    if not halt.epoch:
        return [daily("halted", "critical", halt.reason, now)]
    return [halted(halt.epoch, halt.reason, halt.ts, flatten=halt.flatten)]


def _disk(state: Path, low_mib: int, now: int) -> list[Alert]:
    free = shutil.disk_usage(state).free // 2**20
    if free >= low_mib:
        return []
    severity: Severity = "critical" if free < low_mib // 10 else "warning"
    text = f"the disk of the state folder has less than {low_mib} MiB left: {free} MiB"
    return [daily("disk_low", severity, text, now)]


def _reconciliations(path: Path, oldest: int) -> list[Alert]:
    """Runs that did not end clean."""
    with explained(path), closing(connect(path, "ro")) as raw:
        if not _has_tables(raw):
            return []
        rows = raw.execute(_RUNS, (oldest,)).fetchall()
    return [_reconciliation(*row) for row in rows]


def _reconciliation(
    run: int, ended: int, ledger: str, result: str, error: str, roots: int, critical: int
) -> Alert:
    key = f"reconcile:{run}:{ended}"
    if result == "findings":
        text = f"reconciliation {run} of ledger {ledger} has {roots} finding{'s' * (roots != 1)}"
        worst: Severity = "critical" if critical else "warning"
        text += f", {critical} of them critical" if critical else ""
        return Alert(key, "reconcile_findings", worst, text, ended, ledger)
    text = f"reconciliation {run} of ledger {ledger}: {result}" + (f": {error}" if error else "")
    return Alert(key, f"reconcile_{result}", "warning", text, ended, ledger)


def _stale(state: Path, config: Config, ledgers: Sequence[Ledger], now: int) -> list[Alert]:
    """Ledgers that no reconciliation has come to a result on for too long."""
    path = state / "recon.db"
    longest, found = parse_duration(config.reconcile.stale_after), []
    for ledger in ledgers:
        if ledger.name == "replay":
            continue
        last = max(_concluded(path, ledger.name), _made(state, now))
        if now - last > longest:
            text = f"ledger {ledger.name} was not reconciled for longer than {config.reconcile.stale_after}"
            found.append(daily("reconcile_stale", "warning", text, now, ledger.name))
    return found


def _backups(state: Path, config: Config, ledgers: Sequence[Ledger], now: int) -> list[Alert]:
    """Backups and drills that are late or failed, and ledgers that only a backup holds any more."""
    stale, drill = (parse_duration(text) for text in (config.backup.stale_after, config.backup.drill_after))
    log = read_log(state)
    if not log and (not ledgers or now - _made(state, now) <= stale):
        return []
    last = last_of(log)
    late = overdue(last, now=now, stale_after=stale, drill_after=drill)
    found = [daily("backup_overdue", "warning", "; ".join(late), now)] if late else []
    if last.held is not None and not ledgers and not account_files(state):
        text = f"no ledger is here, and {last.held.name} holds {last.held.events:,} events"
        found.append(daily("ledger_gone", "critical", text, now))
    return found


def _concluded(path: Path, ledger: str) -> int:
    if not path.is_file():
        return 0
    with explained(path), closing(connect(path, "ro")) as raw:
        if not _has_tables(raw):
            return 0
        (found,) = raw.execute(_CONCLUDED, (ledger,)).fetchone()
    return int(found or 0)


def _made(state: Path, now: int) -> int:
    """When the workspace was made, as its key tells; a paper ledger's own clock is that of its market."""
    try:
        return (state / "secret.key").stat().st_mtime_ns
    except OSError:
        return now


def _has_tables(raw: sqlite3.Connection) -> bool:
    """A reconciliation that has only just begun has made none yet."""
    return bool(raw.execute("SELECT 1 FROM sqlite_master WHERE name = 'runs'").fetchone())
