"""``ictcli query``: SQL over everything stored, read-only."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ictcli.cli_command import Command
from ictcli.commands.given_files import refuse_unwritable
from ictcli.options import out_option
from ictcli.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from ictcli.ledger.address import Place
    from ictcli.store.views import LeftOut

FORMATS = ("table", "csv", "json", "nl", "parquet")
SHOWN_ROWS = 50
"""Rows of a table for people; files and the other formats get all of them."""
SHOWN_CHARACTERS = 80
"""Of one value in a table for people: a whole document would push every other column off the screen."""


@click.command(
    "query",
    cls=Command,
    examples=[
        'ictcli query "SELECT symbol, timeframe, count(*) FROM bars GROUP BY ALL"',
        "ictcli query \"FROM bars WHERE symbol = 'XAUUSD' AND ts >= '2024-03-01'\" --format csv",
        'ictcli query "SHOW TABLES"',
        'ictcli query "SELECT symbol, sum(profit) FROM ledger_fills WHERE voided = 0 GROUP BY ALL"',
        "ictcli query \"SELECT level, count(*) FROM logs WHERE command = 'trade' GROUP BY ALL\"",
        "ictcli query - < question.sql",
    ],
)
@click.argument("sql")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help=f"How to print rows; nl is one JSON object per line, a table shows {SHOWN_ROWS} rows "
    f"and of each value {SHOWN_CHARACTERS} characters.",
)
@out_option("File to write instead of stdout; - is stdout.")
@click.pass_obj
def command(session: Session, sql: str, form: str, out: Path | None) -> None:
    """Ask with SQL (DuckDB, read-only): bars, runs, trades, detections, ledgers, metrics, logs.

    SQL is one SELECT, or - to read it from stdin.
    """
    from ictcli.store.catalog import ask, open_catalog, tables_named

    refuse_unwritable(session, "--out", out)
    question = sys.stdin.read() if sql == "-" else sql
    if form == "json":
        session.out.json = True
    session.tend_catalog()
    connection, left_out = open_catalog(session.store, _beside(session, question))
    with closing(connection):
        answer = ask(session.store, connection, question)
        for view in sorted(tables_named(question) & left_out.keys()):
            _warn_left_out(session, view, left_out[view])
        if out is not None and str(out) != "-":
            _save(session, answer, "json" if session.out.json else form, out)
        else:
            _show(session, answer, form)


def _ledgers(session: Session, question: str) -> "dict[str, pa.Table]":
    """The ledgers of this workspace as tables; with rows only where the question is about them."""
    from ictcli.ledger.address import LEDGERS, place_of
    from ictcli.ledger.tables import ledger_tables

    state, environ = session.config.state_dir, session.environ
    if not (state / "secret.key").exists():
        return {}
    places = {name: place_of(name, state, environ) for name in LEDGERS}
    existing: dict[str, Place] = {name: place for name, place in places.items() if place.exists}
    return ledger_tables(existing, full="ledger_" in question.lower()) if existing else {}


def _beside(session: Session, question: str) -> "dict[str, pa.Table]":
    """What is seen beside the views over the data."""
    return _ledgers(session, question) | _reconciled(session, question) | _logs(session, question)


def _logs(session: Session, question: str) -> "dict[str, pa.Table]":
    """The lines of the log files as a table; with rows only where the question is about them."""
    from ictcli.operations.log_files import FOLDER
    from ictcli.operations.log_table import log_table

    return {"logs": log_table(session.config.state_dir / FOLDER, full="logs" in question.lower())}


def _reconciled(session: Session, question: str) -> "dict[str, pa.Table]":
    """What was reconciled, as tables; with rows only where the question is about them."""
    from ictcli.reconcile.keeping import FILE
    from ictcli.reconcile.kept_tables import reconcile_tables

    state = session.config.state_dir
    return reconcile_tables(state, full="reconcile_" in question.lower()) if (state / FILE).exists() else {}


def _warn_left_out(session: Session, view: str, series: "Sequence[LeftOut]") -> None:
    """One line about everything that a view leaves out."""
    if not series or session.out.quiet:
        return
    told = []
    for one in series:
        lacks = f", not from its primary source {one.primary}" if one.primary else ""
        told.append(f"{one.symbol} {one.timeframe} (stored from {', '.join(one.sources)}{lacks})")
    first = series[0]
    also = f"; {view}_all has all" if view == "bars" else ""
    session.out.warn(
        f"{view} leaves out {', '.join(told)}{also}; "
        f'choose with [primary] {first.symbol} = "{first.sources[0]}" in config/ictcli.toml'
    )


def _show(session: Session, answer: "pa.RecordBatchReader", form: str) -> None:
    from ictcli.store.answers import csv_text, records

    if session.out.json:
        rows = list(records(answer))
        session.out.emit({"columns": _columns(answer), "rows": rows}, "")
    elif form == "table":
        _show_table(session, answer)
    elif form == "nl":
        session.out.rows(records(answer))
    elif form == "csv":
        for text in csv_text(answer):
            session.out.write(text)
    else:
        _show_parquet(session, answer)


def _show_table(session: Session, answer: "pa.RecordBatchReader") -> None:
    from ictcli.store.answers import rows, unique_names

    first = list(islice(rows(answer), SHOWN_ROWS + 1))
    short = [[_shortened(cell) for cell in row] for row in first[:SHOWN_ROWS]]
    session.out.emit({}, lambda: session.out.table(unique_names(answer.schema), short))
    if len(first) > SHOWN_ROWS:
        session.out.note(f"Only the first {SHOWN_ROWS} rows are shown; --format csv prints all of them.")
    if short != [list(row) for row in first[:SHOWN_ROWS]]:
        session.out.note(f"Values end after {SHOWN_CHARACTERS} characters; --format csv prints them whole.")


def _shortened(cell: object) -> object:
    if cell is None or len(text := str(cell)) <= SHOWN_CHARACTERS:
        return cell
    return f"{text[: SHOWN_CHARACTERS - 1]}…"


def _show_parquet(session: Session, answer: "pa.RecordBatchReader") -> None:
    import io

    from ictcli.errors import UsageError
    from ictcli.store.answers import write_parquet

    if sys.stdout.isatty():
        raise UsageError("parquet is not for terminals", hint="Add --out FILE, or redirect stdout.")
    buffer = io.BytesIO()
    write_parquet(answer, buffer)
    session.out.write_bytes(buffer.getvalue())


def _save(session: Session, answer: "pa.RecordBatchReader", form: str, path: Path) -> None:
    from ictcli.store.answers import write_parquet
    from ictcli.store.atomic import named

    with named(session.cwd / path) as file:
        if form == "parquet":
            write_parquet(answer, file)
        else:
            for text in _texts(session, answer, form):
                file.write(text.encode())
    session.out.note(f"Wrote {path}.")


def _texts(session: Session, answer: "pa.RecordBatchReader", form: str) -> Iterator[str]:
    from ictcli.output import SCHEMA, encode
    from ictcli.store.answers import csv_text, records, rows, unique_names

    if form == "csv":
        yield from csv_text(answer)
    elif form == "nl":
        yield from (encode(row) + "\n" for row in records(answer))
    elif form == "json":
        document = {"schema": SCHEMA, "command": session.out.command, "columns": _columns(answer)}
        yield encode({**document, "rows": list(records(answer))}, indent=2) + "\n"
    else:
        yield session.out.table(unique_names(answer.schema), rows(answer)) + "\n"


def _columns(answer: "pa.RecordBatchReader") -> Iterable[str]:
    from ictcli.store.answers import unique_names

    return unique_names(answer.schema)
