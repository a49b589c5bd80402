"""Runs of ``reconcile`` and what they found, in a database of their own: ``state/recon.db``.

The trader's ledger has one writer, the trader; this file has one as well, whoever holds the lock. Nothing is
ever removed from it.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import msgspec
import polars as pl

from ictcli.errors import IctError
from ictcli.reconcile.backtest_difference import BacktestDifference
from ictcli.reconcile.findings import Finding
from ictcli.reconcile.outcome import Mode, Outcome
from ictcli.reconcile.story import INSTRUMENTS, empty
from ictcli.store.locks import exclusive
from ictcli.store.side_file import connect, explained, prepared, version

FILE = "recon.db"
VERSION = 1
"""Of the tables, kept as ``user_version``."""

FAILED = "failed"
"""Result of a run that did not come to one."""
UNFINISHED = "unfinished"
"""Result of a run whose process ended before it did."""

_TABLES = """
CREATE TABLE runs (
  run INTEGER PRIMARY KEY AUTOINCREMENT,
  started INTEGER NOT NULL, ended INTEGER,
  ledger TEXT NOT NULL, against TEXT NOT NULL, mode TEXT NOT NULL, account TEXT NOT NULL,
  since INTEGER, until INTEGER,
  result TEXT NOT NULL, code INTEGER, error TEXT NOT NULL,
  roots INTEGER NOT NULL, findings INTEGER NOT NULL, applied INTEGER NOT NULL,
  stated TEXT, computed TEXT, events INTEGER NOT NULL
) STRICT;
CREATE TABLE findings (
  run INTEGER NOT NULL REFERENCES runs, number INTEGER NOT NULL,
  kind TEXT NOT NULL, key TEXT NOT NULL, field TEXT NOT NULL, symbol TEXT NOT NULL,
  severity TEXT NOT NULL, policy TEXT NOT NULL, ours TEXT, theirs TEXT, tolerance TEXT NOT NULL,
  root INTEGER NOT NULL, known INTEGER NOT NULL, caused_by TEXT NOT NULL, ts INTEGER,
  note TEXT NOT NULL, evidence TEXT NOT NULL, applied TEXT NOT NULL,
  PRIMARY KEY (run, number)
) STRICT;
CREATE TABLE instruments (
  account TEXT NOT NULL, symbol TEXT NOT NULL, run INTEGER NOT NULL REFERENCES runs,
  digits INTEGER NOT NULL, tick INTEGER NOT NULL, step INTEGER NOT NULL, contract INTEGER NOT NULL,
  PRIMARY KEY (account, symbol)
) STRICT;
"""


class RunRow(msgspec.Struct, frozen=True):
    """A run as it is kept.

    Attributes:
        run: number, from 1.
        started: ns UTC.
        ended: ns UTC; None while it goes on, or where its process was killed.
        ledger, against, mode, account: see ``Outcome``; account is empty until it is over.
        since, until: the window, ns UTC.
        result: clean, findings, inconclusive, failed; empty until it is over, or until the next one begins
            where it was killed: then unfinished.
        code: of the process.
        error: why it failed.
        roots, findings: how many that count, and all; differences from a backtest with them.
        applied: how many were put right.
        stated, computed: balances, decimals as text.
        events: of the ledger that was verified.
    """

    run: int
    started: int
    ended: int | None
    ledger: str
    against: str
    mode: str
    account: str
    since: int | None
    until: int | None
    result: str
    code: int | None
    error: str
    roots: int
    findings: int
    applied: int
    stated: str | None
    computed: str | None
    events: int


_RUN_COLUMNS = ", ".join(RunRow.__struct_fields__)


@contextmanager
def only_reconciliation(state: Path, *, now: int) -> Iterator[None]:
    """Be the only reconciliation of a workspace for the block.

    Raises:
        Busy: another process reconciles; names it.
    """
    with exclusive(state / "locks" / "reconcile.lock", "this workspace", now=now, doing="being reconciled"):
        yield


class Kept:
    """The database, open to its one writer; every method may raise DataError when the disk refuses.

    Args:
        path: the file.
        raw: the connection.
    """

    def __init__(self, path: Path, raw: sqlite3.Connection) -> None:
        self._path = path
        self._raw = raw

    def begin(self, started: int, mode: Mode, ledger: str, against: str) -> int:
        """Write down that a run has begun, and as what; its number. One that is not over now was killed."""
        with _explained(self._path), _writing(self._raw):
            self._raw.execute("UPDATE runs SET result = ? WHERE result = ''", (UNFINISHED,))
            done = self._raw.execute(
                "INSERT INTO runs (started, ledger, against, mode, account, result, error, roots, findings,"
                " applied, events) VALUES (?, ?, ?, ?, '', '', '', 0, 0, 0, 0)",
                (started, ledger, against, mode),
            )
        return int(done.lastrowid or 0)

    def end(self, run: int, ended: int, outcome: Outcome) -> None:
        """Write down what came of it."""
        window, found = outcome.window, outcome.rows
        values = {
            "ended": ended, "ledger": outcome.ledger, "against": outcome.against, "mode": outcome.mode,
            "account": outcome.account, "since": window.since if window else None,
            "until": window.until if window else None, "result": outcome.verdict.result,
            "code": int(outcome.code), "roots": sum(one.root for one in found),
            "findings": len(found), "applied": len(outcome.applied),
            "stated": _text(outcome.stated), "computed": _text(outcome.computed), "events": outcome.events,
        }  # fmt: skip
        with _explained(self._path), _writing(self._raw):
            names = ", ".join(f"{name} = :{name}" for name in values)
            self._raw.execute(f"UPDATE runs SET {names} WHERE run = :run", {**values, "run": run})  # noqa: S608 - our own names, values are bound
            rows = [_values(run, number, one, outcome) for number, one in enumerate(found, 1)]
            self._raw.executemany(f"INSERT INTO findings VALUES ({', '.join('?' * 18)})", rows)  # noqa: S608 - our own names, values are bound
            for row in outcome.instruments.select(list(INSTRUMENTS)).iter_rows(named=True):
                self._raw.execute(
                    "INSERT OR REPLACE INTO instruments VALUES "
                    "(:account, :symbol, :run, :digits, :tick, :step, :contract)",
                    {**row, "account": outcome.account, "run": run},
                )

    def fail(self, run: int, ended: int, error: IctError) -> None:
        """Write down why it came to nothing."""
        with _explained(self._path), _writing(self._raw):
            self._raw.execute(
                "UPDATE runs SET ended = ?, result = ?, code = ?, error = ? WHERE run = ?",
                (ended, FAILED, int(error.code), error.message, run),
            )

    def instruments(self, account: str) -> pl.DataFrame:
        """Contracts of an account as its last run saw them (``story.INSTRUMENTS``)."""
        sql = f"SELECT {', '.join(INSTRUMENTS)} FROM instruments WHERE account = ? ORDER BY symbol"  # noqa: S608 - our own names, values are bound
        with _explained(self._path):
            found = self._raw.execute(sql, (account,)).fetchall()
        return pl.DataFrame(found, schema=dict(INSTRUMENTS), orient="row") if found else empty(INSTRUMENTS)


@contextmanager
def keeping(state: Path) -> Iterator[Kept]:
    """The database for its writer, made where there is none; the caller holds the lock.

    Raises:
        DataError: it is damaged, of a later version, or the disk refuses.
    """
    path = state / FILE
    with _explained(path):
        raw = prepared(path, _TABLES, VERSION)
    with closing(raw):
        yield Kept(path, raw)


def last_runs(state: Path, results: Sequence[str] = (), mode: str = "ledger") -> list[RunRow]:
    """The newest run over every ledger, newest first.

    Args:
        state: the workspace's state folder.
        results: look at runs with these only; empty for all.
        mode: look at these only.

    Raises:
        DataError: the database is damaged or of a later version.
    """
    only = f" AND result IN ({', '.join('?' * len(results))})" if results else ""
    newest = f"SELECT max(run) FROM runs WHERE mode = ?{only} GROUP BY ledger"  # noqa: S608 - our own names, values are bound
    sql = f"SELECT {_RUN_COLUMNS} FROM runs WHERE run IN ({newest}) ORDER BY run DESC"  # noqa: S608 - our own names, values are bound
    with _reading(state) as raw:
        return [] if raw is None else [RunRow(*row) for row in raw.execute(sql, (mode, *results))]


def read_rows(state: Path, table: str, columns: Sequence[str]) -> list[tuple[object, ...]]:
    """All rows of ``runs``, ``findings`` or ``instruments``; none where nothing was ever reconciled.

    Raises:
        DataError: the database is damaged or of a later version.
    """
    with _reading(state) as raw:
        if raw is None:
            return []
        return raw.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY 1, 2").fetchall()  # noqa: S608 - our own names, values are bound


@contextmanager
def _reading(state: Path) -> Iterator[sqlite3.Connection | None]:
    path = state / FILE
    if not path.is_file():
        yield None
        return
    with _explained(path), closing(connect(path, "ro")) as raw:
        yield raw if version(raw, path, VERSION) else None


@contextmanager
def _writing(raw: sqlite3.Connection) -> Iterator[None]:
    raw.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        raw.execute("ROLLBACK")
        raise
    raw.execute("COMMIT")


def _explained(path: Path) -> AbstractContextManager[None]:
    return explained(path, "it holds past findings only")


def _values(run: int, number: int, one: Finding | BacktestDifference, outcome: Outcome) -> tuple[object, ...]:
    return (
        run, number, one.kind.value, one.key, one.field, one.symbol, one.severity, one.policy, one.ours,
        one.theirs, one.tolerance, one.root, one.known, json.dumps(one.caused_by), one.ts or None, one.note,
        one.evidence, outcome.applied.get(one.name, ""),
    )  # fmt: skip


def _text(value: object) -> str | None:
    return None if value is None else f"{value:f}"
