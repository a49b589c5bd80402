"""``ictcli report``: a stored run, or an account by its ledger, for people, for other programs, as a page."""

from pathlib import Path

import click

from ictcli.cli_command import Command
from ictcli.commands.given_files import refuse_unwritable
from ictcli.errors import UsageError
from ictcli.options import out_option
from ictcli.session import Session

_FORMATS = ["table", "html", "png", "json", "csv", "parquet", "nl"]
_ROWS = ("csv", "parquet", "nl")
_TABLES = ["trades", "equity", "orders", "signals"]
_ENDINGS = {
    ".html": "html", ".png": "png", ".json": "json", ".csv": "csv", ".parquet": "parquet", ".ndjson": "nl",
    ".jsonl": "nl",
}  # fmt: skip
"""Formats that the ending of --out asks for."""
_TEXT = ("", ".txt", ".text")
"""Endings of a table."""
_EXAMPLES = [
    "ictcli report",
    "ictcli report latest --format html --open",
    "ictcli report 20260131T093000Z-1a2b3c4d --out trades.csv",
    "ictcli report --table equity --out equity.parquet",
    "ictcli report --why EURUSD 2024-03-05T09:30",
    "ictcli report --compare 20260131T093000Z-1a2b3c4d",
    "ictcli report live",
    "ictcli report live --compare latest",
]


@click.command("report", cls=Command, examples=_EXAMPLES)
@click.argument("run", default="latest", metavar="[RUN|latest|live|paper|replay]")
@click.option(
    "--format",
    "format",
    type=click.Choice(_FORMATS),
    help="table: one screen (default); html, png: page and picture; json: everything but rows; "
    "csv, parquet, nl: rows.  [default: by the ending of --out]",
)
@click.option(
    "--table",
    "table",
    type=click.Choice(_TABLES),
    help="Which rows csv, parquet and nl hold.  [default: trades]",
)
@click.option("--full", is_flag=True, help="The table with every metric, part, fill rule and extreme trade.")
@click.option(
    "--why",
    nargs=2,
    metavar="SYMBOL TIME",
    help="Why the run traded at that moment, or why it did not; TIME is ISO-8601 UTC.",
)
@click.option(
    "--compare", metavar="RUN", help="Against another run or ledger: what differs, and whether by chance."
)
@click.option("--dark", is_flag=True, help="With --format png: light on dark.")
@click.option("--open", "opened", is_flag=True, help="Write the page and open it in the browser.")
@out_option()
@click.pass_obj
def command(
    session: Session,
    run: str,
    format: str | None,
    table: str | None,
    full: bool,
    why: tuple[str, str] | None,
    compare: str | None,
    dark: bool,
    opened: bool,
    out: Path | None,
) -> None:
    """Show a stored run: metrics with intervals, verdict, fill assumptions, provenance.

    Or an account by its ledger: money, trades, what is open, how well orders were executed. live is a
    broker's account where one was traded, else the built-in paper account; replay is the last replay.
    """
    chosen = _format(session, format, out, opened=opened)
    _refuse(chosen, table, why, compare, full=full, dark=dark)
    _refuse_open(chosen, out, opened=opened)
    refuse_unwritable(session, "--out", out)
    from ictcli.commands import report_writing as work

    work.refuse_terminal(chosen, out)
    subject = work.subject_of(session, run)
    if why is not None:
        data = work.explained(session, subject, *why, chosen)
    elif compare is not None:
        data = work.compared(session, subject, work.subject_of(session, compare), chosen)
    else:
        data = work.rendered(subject, chosen, table or "trades", full=full, dark=dark)
    work.put(session, subject.name, data, chosen, out, opened=opened)


def _format(session: Session, given: str | None, out: Path | None, *, opened: bool) -> str:
    """The format asked for: by --format or --json, else by --open, else by the ending of the file."""
    if session.out.json and given not in {None, "json"}:
        raise UsageError(f"--json and --format {given} contradict each other", hint="Choose one of them.")
    ending = "" if out is None else out.suffix.lower()
    if session.out.json and _ENDINGS.get(ending, "json") != "json":
        raise UsageError(f"--json and --out {out} contradict each other", hint="Choose one of them.")
    if session.out.json:
        return "json"
    if not given and not opened and ending not in {*_ENDINGS, *_TEXT}:
        raise UsageError(
            f"--out {out}: {ending} stands for no format",
            hint=f"End it in .txt, {', '.join(_ENDINGS)}, or add --format.",
        )
    return given or ("html" if opened else _ENDINGS.get(ending, "table"))


def _refuse(
    chosen: str,
    table: str | None,
    why: tuple[str, str] | None,
    compare: str | None,
    *,
    full: bool,
    dark: bool,
) -> None:
    """Refuse options that would have no effect, or contradict each other."""
    if why is not None and compare is not None:
        raise UsageError("--why and --compare contradict each other", hint="Choose one of them.")
    answer = "--why" if why is not None else "--compare" if compare is not None else ""
    if answer and chosen not in {"table", "json"}:
        raise UsageError(f"{answer} gives no {chosen}", hint="Choose --format table or json.")
    if table is not None and chosen not in _ROWS:
        raise UsageError(
            f"--table {table} is for rows, not for {chosen}", hint="Add --format csv, parquet or nl."
        )
    if full and (answer or chosen != "table"):
        raise UsageError(f"--full is for the table, not for {answer or chosen}", hint="Leave it out.")
    if dark and chosen != "png":
        raise UsageError(f"--dark is for png, not for {chosen}", hint="Pages follow the reader's system.")


def _refuse_open(chosen: str, out: Path | None, *, opened: bool) -> None:
    """Refuse to open what is no page in a file."""
    if opened and chosen != "html":
        raise UsageError(f"--open opens a page, not {chosen}", hint="Leave --format out, or choose html.")
    if opened and str(out) == "-":
        raise UsageError("--open opens a file, not stdout", hint="Name a file after --out, or leave it out.")
