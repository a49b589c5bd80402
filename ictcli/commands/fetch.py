"""``ictcli fetch``: bring market data in."""

from typing import TYPE_CHECKING, Any

import click

from ictcli.cli_command import Command
from ictcli.errors import UsageError
from ictcli.options import seed_option, span_options, symbols_argument, yes_option
from ictcli.session import Session

if TYPE_CHECKING:
    from ictcli.sources.source import Harvest, Surroundings
    from ictcli.telemetry import Progress

_EXAMPLES = [
    "ictcli fetch",
    "ictcli fetch EURUSD XAUUSD --source sim --years 2",
    "ictcli fetch XAUUSD --source file --path export.csv --label broker --source-tz ny+7",
    "ictcli fetch XAUUSD --source mt5 --start 90d",
    "ictcli fetch --source file --path 'exports/*.csv' --label broker --yes --check",
]


@click.command("fetch", cls=Command, examples=_EXAMPLES)
@symbols_argument
@click.option("--source", help="A source of the config, or a built-in kind: sim, file, mt5.")
@click.option("--label", help="Name to store the data under; default: the source's name.")
@click.option("--path", help="File or glob to import; means --source file.")
@click.option("--format", "file_format", help="Format of the files; default: recognised from the content.")
@click.option(
    "--source-tz", help="Clock of the stamps: utc, ny+7, eet, utc-03:30, a zone; @close if need be."
)
@click.option("--column", "columns", multiple=True, metavar="OURS=THEIRS", help="Column map; repeatable.")
@click.option("-t", "--timeframe", help="Timeframe, such as M1, or TICK; default: measured (sim, mt5: M1).")
@span_options
@click.option("--years", type=click.IntRange(1, 100), help="sim: years from the start.")
@seed_option
@click.option("--edge", type=click.FloatRange(0, 5), help="sim: strength of the planted edge; 0 is none.")
@click.option("--check", is_flag=True, help="Exit 3 when a stored series has unexplained gaps.")
@click.option("--force", is_flag=True, help="Store despite a contradicted clock or name.")
@yes_option
@click.pass_obj
def command(
    session: Session,
    symbols: tuple[str, ...],
    source: str | None,
    label: str | None,
    path: str | None,
    file_format: str | None,
    source_tz: str | None,
    columns: tuple[str, ...],
    timeframe: str | None,
    start: int | None,
    end: int | None,
    years: int | None,
    seed: int | None,
    edge: float | None,
    check: bool,
    force: bool,
    yes: bool,
) -> None:
    """Bring bars or ticks in: validate, quarantine, store, report quality and gaps.

    Without arguments every source that the config names is refreshed, which is what cron wants.
    """
    from ictcli.sources.fetching import Wishes, fetch, series_timeframe, unexplained, worst
    from ictcli.sources.source import Request

    given: dict[str, Any] = {"path": path, "format": file_format, "source_tz": source_tz, "columns": columns}
    given |= {"years": years, "seed": seed, "edge": edge}
    wishes = Wishes(source, label, {name: value for name, value in given.items() if value not in (None, ())})
    request = Request(symbols, series_timeframe(timeframe) if timeframe else None, start, end, force)
    configured = session.config.config.sources
    # Without a named source nobody is there to ask: the nightly refresh takes what is unambiguous.
    accept = yes or (source is None and path is None)
    with session.out.progress() as progress:
        around = _surroundings(session, progress, accept=accept)
        harvest = fetch(wishes, request, configured, (session.workspace, session.cwd), around)
    session.tend_catalog()
    _show(session, harvest)
    if harvest.failures:
        raise worst(harvest.failures)
    if check and (message := unexplained(harvest.reports)):
        session.out.finding(message, hint="ictcli query \"SELECT * FROM gaps WHERE kind = 'missing'\"")


def _surroundings(session: Session, progress: "Progress", *, accept: bool) -> "Surroundings":
    from ictcli.sources.source import Surroundings

    def confirm(question: str) -> bool:
        if accept:
            session.out.note(question.rsplit("\n", 1)[0])
            return True
        try:
            return session.out.confirm(question)
        except UsageError:
            session.out.note(question.rsplit("\n", 1)[0])
            return False

    return Surroundings(
        store=session.store,
        book=session.book,
        config=session.config.config.fetch,
        now=session.now,
        provenance=session.provenance(),
        progress=progress,
        confirm=confirm,
        note=session.out.note,
        warn=session.out.warn,
        brokers=session.config.config.brokers,
        environ=session.environ,
    )


def _show(session: Session, harvest: "Harvest") -> None:
    """Print the report, then warn about what failed and what looks generated."""
    from ictcli.reports.quality import quality_text
    from ictcli.sources.quality import document

    payload: dict[str, Any] = {"series": [document(report) for report in harvest.reports]}
    if harvest.failures:
        payload["failed"] = [
            {
                "source": each.source,
                "input": each.what,
                "error": each.error.name,
                "message": each.error.message,
            }
            for each in harvest.failures
        ]
    if harvest.reports:
        session.out.emit(payload, lambda: quality_text(harvest.reports, session.out.table))
    if len(harvest.failures) > 1 or harvest.reports:
        for failure in harvest.failures:
            session.out.warn(f"{failure.what}: {failure.error.message}")
    for delivery in (each for report in harvest.reports for each in report.deliveries):
        for sign in delivery.signs:
            session.out.warn(f"{delivery.name} looks generated, not recorded: {sign.evidence}")
