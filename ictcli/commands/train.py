"""``ictcli train``: learn from stored bars, judge honestly, keep a version."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ictcli.cli_command import Command
from ictcli.commands.train_options import ENSEMBLE, installed_models, plan_options
from ictcli.commands.training_pages import check_page, write_page
from ictcli.errors import UsageError
from ictcli.options import params_option, seed_option, span_options, symbols_argument, timeframe_option
from ictcli.session import Session

if TYPE_CHECKING:
    from ictcli.config.records import TrainConfig
    from ictcli.learning.request import TrainRequest
    from ictcli.market.timeframes import Timeframe

_EXAMPLES = [
    "ictcli train EURUSD -t M15",
    "ictcli train XAUUSD -t M15 --strategy fvg_retest --model ensemble",
    "ictcli train EURUSD -t H1 --label horizon --horizon 12 --cv purged",
    "ictcli train EURUSD --model lightgbm --tune 20 --jobs 2",
    "ictcli train EURUSD --open-lockbox",
]


@click.command("train", cls=Command, examples=_EXAMPLES)
@symbols_argument
@click.option("--strategy", metavar="NAME|FILE.py", help="Judge the signals of a strategy (meta-labels).")
@params_option
@timeframe_option(text="Timeframe to learn; default from the config.")
@click.option("--source", metavar="NAME", help="Source of the bars; default: the symbol's primary one.")
@span_options
@plan_options
@click.option("--tune", type=click.IntRange(min=2), metavar="N", help="Try N parameter sets per model.")
@click.option("--name", metavar="NAME", help="Name of the model; default from series and label.")
@click.option("--open-lockbox", is_flag=True, help="Look at the withheld bars, once.")
@click.option("--reason", metavar="TEXT", help="Why the lockbox is opened again.")
@click.option("--believe", metavar="REASON", help="Go on where accuracy is implausible; REASON is kept.")
@click.option(
    "--html",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write a page with pictures.",
)
@click.option("--jobs", "-j", type=click.IntRange(min=1), metavar="N", help="Threads; default: 1.")
@seed_option
@click.pass_obj
def command(
    session: Session,
    symbols: tuple[str, ...],
    strategy: str | None,
    params: tuple[str, ...],
    timeframe: "Timeframe | None",
    source: str | None,
    start: int | None,
    end: int | None,
    chosen: dict[str, Any],
    tune: int | None,
    name: str | None,
    open_lockbox: bool,
    reason: str | None,
    believe: str | None,
    page: Path | None,
    jobs: int | None,
    seed: int | None,
) -> None:
    """Learn from stored bars, judge out of sample, keep a version; edge or no edge.

    Without SYMBOL every stored symbol gets a model. The exit code is 0 whatever the verdict.
    """
    _check(strategy, params, name, symbols, reason, chosen, open_lockbox=open_lockbox)
    if believe is not None and not believe.strip():
        raise UsageError("--believe needs a reason", hint="Say why the results are true; it is kept.")
    check_page(session, page)
    os.environ.setdefault(
        "OMP_WAIT_POLICY", "PASSIVE"
    )  # threads that spin wait five times as long on a busy machine
    from ictcli.learning.request import TrainRequest
    from ictcli.market.timeframes import parse_timeframe
    from ictcli.research.choices import parse_params

    plan = plan_of(session.config.config.train, chosen, seed)
    request = TrainRequest(
        symbols=symbols,
        strategy=strategy or "",
        params=parse_params(params),
        timeframe=timeframe or parse_timeframe(plan.timeframe),
        source=source,
        start=start,
        end=end,
        plan=plan,
        tune=tune or 1,
        name=name or "",
        open_lockbox=open_lockbox,
        reason=reason or "",
        jobs=jobs or 1,
        believe=(believe or "").strip(),
    )
    _train(session, request, page)


def _train(session: Session, request: "TrainRequest", page: Path | None) -> None:
    """Train, write the page, print what was found."""
    from ictcli.commands.detect_compiling import compiling_told
    from ictcli.learning.bench import Bench
    from ictcli.learning.training import train
    from ictcli.reports.training_text import training_text

    session.tend_catalog()
    bench = Bench.of(session.store, session.book, session.config.config, session.workspace, session.out.warn)
    with compiling_told(session.out, "features and models") as told, session.out.progress() as drawn:
        document = train(
            request,
            bench,
            now=session.now,
            provenance=session.provenance(),
            progress=told.watched(drawn),
            tell=session.out.note,
        )
    if page is not None:
        write_page(session, page, document["models"])
    session.out.emit(document, lambda: training_text(document))


def _check(
    strategy: str | None,
    params: tuple[str, ...],
    name: str | None,
    symbols: tuple[str, ...],
    reason: str | None,
    chosen: dict[str, Any],
    *,
    open_lockbox: bool,
) -> None:
    """Refuse options that contradict each other, before anything heavy is imported."""
    if name and len(symbols) != 1:
        raise UsageError("--name names one model", hint="Name one SYMBOL with it.")
    if params and not strategy:
        raise UsageError("--param belongs to --strategy", hint="Add --strategy NAME, or leave it out.")
    if strategy and "label" in chosen:
        raise UsageError(
            "--label and --strategy exclude each other", hint="A strategy's trades are the labels."
        )
    if reason and not open_lockbox:
        raise UsageError("--reason belongs to --open-lockbox", hint="Add --open-lockbox, or leave it out.")


def plan_of(config: "TrainConfig", chosen: dict[str, Any], seed: int | None) -> "TrainConfig":
    """The ``[train]`` section with the command line laid over it.

    Raises:
        UsageError: the options do not fit each other.
    """
    import msgspec

    given = dict(chosen)
    if seed is not None:
        given["seed"] = seed
    models = given.get("models", ())
    if ENSEMBLE in models:
        given["models"] = installed_models()
    elif models:
        given["models"] = tuple(dict.fromkeys(models))
    try:
        return msgspec.convert({**msgspec.to_builtins(config), **given}, type(config))
    except msgspec.ValidationError as error:
        raise UsageError(str(error), hint="See `ictcli train --help`.") from error
