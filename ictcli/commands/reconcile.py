"""``ictcli reconcile``: do ledger, broker and backtest tell one story."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ictcli.cli_command import Command
from ictcli.commands.given_files import refuse_unwritable
from ictcli.errors import UsageError
from ictcli.options import out_option
from ictcli.session import Session

if TYPE_CHECKING:
    from ictcli.ledger.address import LedgerName

_FORMATS = ["table", "json", "html", "parquet"]
_EXAMPLES = [
    "ictcli reconcile",
    "ictcli reconcile --since 7d --format html --out reconcile.html",
    "ictcli reconcile --apply --metrics /var/lib/node_exporter/ictcli.prom",
    "ictcli reconcile --statement ReportHistory-5012345.html",
    "ictcli reconcile --ledger paper --against-backtest",
]


@click.command("reconcile", cls=Command, examples=_EXAMPLES)
@click.option(
    "--ledger",
    type=click.Choice(["broker", "paper", "replay"]),
    help="Whose ledger: a broker's account, the built-in paper account, the last replay.  "
    "[default: broker's where there is one, else paper]",
)
@click.option(
    "--since",
    metavar="TIME",
    help="Compare from here on: 36h back by the broker's clock, or ISO-8601 (UTC).  "
    "[default: reconcile.since; of a statement, all it tells]",
)
@click.option(
    "--statement",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A file of the broker's instead: MetaTrader 5 report, MetaTrader 4 statement, deals in CSV.",
)
@click.option("--against-backtest", is_flag=True, help="Replay the bars and compare decisions and fills.")
@click.option("--apply", is_flag=True, help="Book what was missed, take over the broker's values.")
@click.option("--broker", default="", metavar="NAME", help="Broker of the config; default: trade.broker.")
@click.option(
    "--format",
    "chosen",
    type=click.Choice(_FORMATS),
    help="table: for people (default); json: everything; html: a page; parquet: the findings.",
)
@out_option()
@click.option(
    "--metrics",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a text file for Prometheus' node exporter, also when it fails.",
)
@click.pass_obj
def command(
    session: Session,
    ledger: "LedgerName | None",
    since: str | None,
    statement: Path | None,
    against_backtest: bool,
    apply: bool,
    broker: str,
    chosen: str | None,
    out: Path | None,
    metrics: Path | None,
) -> None:
    """Compare the ledger with the broker's records, a statement or the backtest.

    Every deal, order, position and movement of money since TIME, contracts, clock, and the ledger's own
    seals. Works while the trader runs. A statement of an account that has no ledger here is verified by
    itself. Exits with 0 when all is one story, 9 with findings, 10 when the broker's records are not
    complete, 6 when it cannot be reached.
    """
    if session.out.json and chosen not in {None, "json"}:
        raise UsageError(f"--json and --format {chosen} contradict each other", hint="Choose one of them.")
    _refuse_contradictions(ledger, since, statement, broker, apply=apply, against_backtest=against_backtest)
    refuse_unwritable(session, "--out", out)
    refuse_unwritable(session, "--metrics", metrics)
    from ictcli.commands import reconcile_run as work

    request = work.request_of(
        session, ledger, since, statement, broker, apply=apply, against_backtest=against_backtest
    )
    work.run(session, request, "json" if session.out.json else chosen or "table", out, metrics)


def _refuse_contradictions(
    ledger: str | None,
    since: str | None,
    statement: Path | None,
    broker: str,
    *,
    apply: bool,
    against_backtest: bool,
) -> None:
    given = {
        "--statement": statement is not None, "--against-backtest": against_backtest, "--apply": apply,
        "--broker": bool(broker), "--since": since is not None,
    }  # fmt: skip
    for first, second, why in (
        ("--statement", "--against-backtest", "they are two comparisons"),
        ("--statement", "--apply", "corrections are taken from the broker itself"),
        ("--statement", "--broker", "the statement stands for the broker"),
        ("--against-backtest", "--apply", "a backtest corrects nothing"),
        ("--against-backtest", "--broker", "a backtest needs none"),
    ):
        if given[first] and given[second]:
            raise UsageError(f"{first} and {second} do not go together: {why}", hint="Drop one of them.")
    if given["--broker"] and ledger not in {None, "broker"}:
        raise UsageError(f"--broker and --ledger {ledger} do not go together", hint="Drop one of them.")
