"""``ictcli report``: a stored run, or an account by its ledger, as text, JSON, or its trades as rows."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ictcli.cli_command import Command
from ictcli.commands.given_files import refuse_unwritable
from ictcli.errors import UsageError
from ictcli.options import out_option
from ictcli.session import Session

if TYPE_CHECKING:
    from ictcli.store.runs import Run

_FORMATS = ["table", "json", "csv", "parquet", "nl"]
_EXAMPLES = [
    "ictcli report",
    "ictcli report latest --format json --out report.json",
    "ictcli report 20260131T093000Z-1a2b3c4d --format csv --out trades.csv",
    "ictcli report --why EURUSD 2024-03-05T09:30",
    "ictcli report live",
    "ictcli report replay --format csv --out trades.csv",
]
_LEDGERS = ("live", "paper", "replay")
"""Words that stand for an account's ledger instead of a run."""


@click.command("report", cls=Command, examples=_EXAMPLES)
@click.argument("run", default="latest", metavar="[RUN|latest|live|paper|replay]")
@click.option(
    "--format",
    "format",
    type=click.Choice(_FORMATS),
    help="table: for people (default); json: everything but the trades; csv, parquet, nl: the trades.",
)
@click.option(
    "--why",
    nargs=2,
    metavar="SYMBOL TIME",
    help="Why the run traded at that moment, or why it did not; TIME is ISO-8601 UTC.",
)
@out_option()
@click.pass_obj
def command(
    session: Session, run: str, format: str | None, why: tuple[str, str] | None, out: Path | None
) -> None:
    """Show a stored run: metrics with intervals, verdict, fill assumptions, provenance.

    Or an account by its ledger: money, trades, what is open, how well orders were executed. live is a
    broker's account where one was traded, else the built-in paper account; replay is the last replay.
    """
    if session.out.json and format not in {None, "json"}:
        raise UsageError(f"--json and --format {format} contradict each other", hint="Choose one of them.")
    refuse_unwritable(session, "--out", out)
    chosen = "json" if session.out.json else format or "table"
    if why is not None and chosen not in {"table", "json"}:
        raise UsageError(f"--why gives no {chosen}", hint="Choose --format table or json.")
    data = _of_ledger(session, run, why, chosen) if run in _LEDGERS else _of_run(session, run, why, chosen)
    if out is None or str(out) == "-":
        if chosen == "parquet":
            session.out.write_bytes(data)
        else:
            session.out.write(data.decode())
        return
    from ictcli.store.atomic import write_file

    write_file(session.cwd / out, data)
    session.out.note(f"wrote {out}")


def _of_run(session: Session, run: str, why: tuple[str, str] | None, chosen: str) -> bytes:
    stored = session.store.runs.load(run)
    if why is not None:
        return _explain(session, stored, *why, as_json=chosen == "json")
    return _render(session, stored, chosen)


def _of_ledger(session: Session, word: str, why: tuple[str, str] | None, chosen: str) -> bytes:
    from ictcli.commands.report_ledger import explain_ledger, render_ledger

    if why is not None:
        return explain_ledger(session, word, *why, as_json=chosen == "json")
    return render_ledger(session, word, chosen)


def _render(session: Session, stored: "Run", chosen: str) -> bytes:
    from ictcli.engine.trades import TRADES
    from ictcli.output import SCHEMA, encode
    from ictcli.reports import export, summary
    from ictcli.research.documents import require_document

    document = stored.document
    require_document(document, stored.id)
    trades = stored.table("trades")
    if trades is None:
        trades = TRADES.empty_table()
    match chosen:
        case "json":
            body = {"schema": SCHEMA, "command": "report", **summary.report_document(document, trades)}
            return (encode(body, indent=2) + "\n").encode()
        case "csv":
            return export.trades_csv(trades, document["series"])
        case "parquet":
            return export.trades_parquet(trades)
        case "nl":
            return _lines(export.trades_rows(trades, document["series"]))
        case _:
            return (summary.report_text(document, trades) + "\n").encode()


def _explain(session: Session, stored: "Run", symbol: str, moment: str, *, as_json: bool) -> bytes:
    from ictcli.clock import parse_instant, to_datetime
    from ictcli.errors import DataError
    from ictcli.output import SCHEMA, encode
    from ictcli.reports.model_lines import model_lines
    from ictcli.reports.why import why_document, why_text
    from ictcli.research.why import why

    try:
        at = to_datetime(parse_instant(moment, now=session.now))
    except ValueError as error:
        raise UsageError(f"--why: {error}") from error
    trades, orders, signals = (stored.table(name) for name in ("trades", "orders", "signals"))
    if trades is None or orders is None or signals is None:
        raise DataError(f"run {stored.id!r} keeps no decisions", hint="Run the backtest again.")
    answer = why(symbol, at, trades, orders, signals)
    models = [one["model"] for one in stored.document.get("strategies", ()) if "model" in one]
    if as_json:
        told = {"why": why_document(answer), "models": models}
        body = {"schema": SCHEMA, "command": "report", "run": stored.id, **told}
        return (encode(body, indent=2) + "\n").encode()
    parts = [why_text(answer), *(["\n".join(model_lines(stored.document))] if models else [])]
    return ("\n\n".join(parts) + "\n").encode()


def _lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    from ictcli.output import encode

    return "".join(encode(row) + "\n" for row in rows).encode()
