"""What ``ictcli reconcile`` does: compare, show, tell Prometheus, leave with the result's exit code."""

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ictcli.errors import DataError, Discrepancy, IctError, Inconclusive, UsageError
from ictcli.priority import in_the_background
from ictcli.session import Session

if TYPE_CHECKING:
    from ictcli.ledger.address import LedgerName
    from ictcli.reconcile.outcome import Outcome
    from ictcli.reconcile.request import ReconcileRequest
    from ictcli.reconcile.running import Comparison, Reconciled


def request_of(
    session: Session,
    ledger: "LedgerName | None",
    since: str | None,
    statement: Path | None,
    broker: str,
    *,
    apply: bool,
    against_backtest: bool,
) -> "ReconcileRequest":
    """What is asked for, with what the configuration adds.

    Raises:
        UsageError: no such time or file.
        ConfigError: the environment names no ledger.
        DataError: the workspace has no secret key.
    """
    from ictcli.clock import parse_instant
    from ictcli.ledger.address import usual_ledger
    from ictcli.reconcile.request import ReconcileRequest

    chosen = since or session.config.config.reconcile.since
    try:
        begin = parse_instant(chosen, now=session.now)
    except ValueError as error:
        raise UsageError(f"--since: {error}") from error
    if begin >= session.now:
        raise UsageError(f"--since {chosen} is not in the past", hint="Examples: 36h, 2026-01-31.")
    if statement is not None:
        statement = session.cwd / statement
        if not statement.is_file():
            why = f"{statement} is no file" if statement.exists() else f"no such file: {statement}"
            raise UsageError(
                f"--statement: {why}",
                hint="Name a report that was saved from the terminal: docs/statements.md.",
            )
    if ledger is None:
        state = session.config.state_dir
        keyed = (state / "secret.key").exists() or statement is None
        ledger = "broker" if broker or not keyed else usual_ledger(state, session.environ)
    return ReconcileRequest(ledger, since, broker, statement, apply, against_backtest)


def run(
    session: Session, request: "ReconcileRequest", chosen: str, out: Path | None, metrics: Path | None
) -> None:
    """Reconcile, show what came of it, and leave.

    Raises:
        Discrepancy: something differs.
        Inconclusive: the broker's records are not complete.
        IctError: see ``running.run_reconciliation``.
    """
    binary = chosen == "parquet" and (out is None or str(out) == "-")
    if binary and sys.stdout.isatty():
        raise UsageError("parquet is not for terminals", hint="Add --out FILE, or redirect stdout.")
    from ictcli.clock import now_ns
    from ictcli.reconcile.request import World
    from ictcli.reconcile.running import run_reconciliation

    started = now_ns()
    desk = (session.store, session.book, session.config.config, session.workspace)
    try:
        with in_the_background(), session.out.progress("reconciling") as progress:
            world = World(*desk, session.environ, now_ns, session.out.note, progress)
            done = run_reconciliation(request, world, _comparison(request))
    except IctError as error:
        if metrics is not None:
            # what went wrong first is what is told
            with suppress(DataError):
                _write_metrics(session, metrics, request.own_ledger, request.mode, int(error.code), started)
        raise
    if metrics is not None:
        own = done.outcome
        _write_metrics(session, metrics, own.ledger, own.mode, int(own.code), started, own)
    _show(session, done, chosen, out)
    _leave(done)


def _comparison(request: "ReconcileRequest") -> "Comparison":
    """What is asked for, and nothing else imported: a backtest's kernels take longer than a statement.

    Raises:
        UsageError: a replay has no broker any more.
    """
    if request.against_backtest:
        from ictcli.reconcile.backtest_run import compare_with_backtest

        return compare_with_backtest
    if request.statement is not None:
        from ictcli.reconcile.statement_run import compare_with_statement

        return compare_with_statement
    if request.ledger == "broker":
        from ictcli.reconcile.broker_run import compare_with_broker

        return compare_with_broker
    if request.ledger == "paper":
        from ictcli.reconcile.paper_run import compare_with_paper

        return compare_with_paper
    raise UsageError(
        "the terminal of a replay ended with it",
        hint="Compare with the backtest, --against-backtest, or with a file, --statement.",
    )


def _show(session: Session, done: "Reconciled", chosen: str, out: Path | None) -> None:
    data = _render(session, done, chosen)
    if out is not None and str(out) != "-":
        from ictcli.store.atomic import write_named

        write_named(session.cwd / out, data)
        session.out.note(f"wrote {out}")
    elif chosen == "parquet":
        session.out.write_bytes(data)
    else:
        session.out.write(data.decode())


def _render(session: Session, done: "Reconciled", chosen: str) -> bytes:
    from ictcli.reports.reconcile_document import findings_table, reconcile_document

    document = reconcile_document(done.outcome, done.stamp)
    if chosen == "parquet":
        return _parquet(findings_table(done.outcome))
    if chosen == "json":
        from ictcli.output import SCHEMA, encode

        body = {"schema": SCHEMA, "command": session.out.command, **document}
        return (encode(body, indent=2) + "\n").encode()
    if chosen == "html":
        from ictcli.reports.reconcile_page import reconcile_page

        return reconcile_page(document).encode()
    from ictcli.reports.reconcile_text import reconcile_text

    return (reconcile_text(document, session.out.table) + "\n").encode()


def _parquet(table: Any) -> bytes:
    import io

    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _write_metrics(
    session: Session,
    path: Path,
    ledger: str,
    mode: str,
    code: int,
    started: int,
    outcome: "Outcome | None" = None,
) -> None:
    from ictcli.clock import now_ns
    from ictcli.reconcile.keeping import last_runs
    from ictcli.reports.reconcile_metrics import Told, metrics_text
    from ictcli.store.atomic import write_named

    ended = now_ns()
    clean = 0 if code else ended
    with suppress(DataError):
        ends = {one.ledger: one.ended or 0 for one in last_runs(session.config.state_dir, ["clean"], mode)}
        clean = clean or ends.get(ledger, 0)
    told = Told(ledger, mode, code, started, ended, outcome, clean)
    write_named(session.cwd / path, metrics_text(told).encode(), shared=True)


def _leave(done: "Reconciled") -> None:
    outcome = done.outcome
    if outcome.verdict.result == "clean":
        return
    from ictcli.reports.reconcile_document import reconcile_document
    from ictcli.reports.reconcile_text import headline

    document = reconcile_document(outcome, done.stamp)
    if outcome.verdict.result == "inconclusive":
        why = outcome.window.why if outcome.window else ""
        raise Inconclusive(
            f"inconclusive: {why or 'the records of the other side are not complete'}",
            hint="Try again; what is missing proves nothing, neither good nor bad.",
        )
    raise Discrepancy(headline(document), hint="docs/reconcile.md says what each finding means.")
