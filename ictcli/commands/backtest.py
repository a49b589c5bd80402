"""``ictcli backtest``: trade a strategy over stored bars, measure it, ask the gate."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ictcli.cli_command import Command
from ictcli.commands.backtest_options import (
    FileOptions,
    SearchOptions,
    StudyOptions,
    check_options,
    file_options,
    search_options,
    study_options,
)
from ictcli.commands.given_files import gate_file, refuse_unwritable
from ictcli.errors import UsageError
from ictcli.options import (
    judge_option,
    params_option,
    seed_option,
    span_options,
    symbols_argument,
    timeframe_option,
)
from ictcli.session import Session

if TYPE_CHECKING:
    from ictcli.market.timeframes import Timeframe
    from ictcli.research.backtest import Backtest

_EXAMPLES = [
    "ictcli backtest EURUSD --strategy fvg_retest -t M15",
    "ictcli backtest EURUSD XAUUSD --strategy fvg_retest --gate config/gates.toml",
    "ictcli backtest XAUUSD --strategy fvg_retest --param max_bars=48 --start 2024-01-01 --json",
    "ictcli backtest EURUSD --strategy my_setup.py --check-lookahead",
    "ictcli backtest EURUSD --strategy fvg_retest --sweep reward_risk=1:3:0.5 --jobs 2",
    "ictcli backtest EURUSD --strategy breaker --sweep max_wait=10,20 --walk-forward train=6M,test=2M",
    "ictcli backtest EURUSD --strategy fvg_retest --costs --null 200 --monte-carlo 2000",
    "ictcli backtest EURUSD --strategy fvg_retest --model EURUSD-M15-fvg_retest --start 2026-06-01",
]


@click.command("backtest", cls=Command, examples=_EXAMPLES)
@symbols_argument
@click.option(
    "--strategy",
    "strategies",
    multiple=True,
    metavar="NAME|FILE.py",
    help="Strategy to trade, or the file of your own; repeatable.",
)
@judge_option
@params_option
@timeframe_option(text="Timeframe to trade; default from the config.")
@click.option("--source", metavar="NAME", help="Source of the bars; default: the symbol's primary one.")
@span_options
@click.option(
    "--gate", type=click.Path(path_type=Path, dir_okay=False), help="Gate file; exit 3 unless it passes."
)
@click.option("--allow-inconclusive", is_flag=True, help="Exit 0 when the gate is inconclusive.")
@search_options
@study_options
@file_options
@seed_option
@click.pass_obj
def command(
    session: Session,
    symbols: tuple[str, ...],
    strategies: tuple[str, ...],
    model: str | None,
    params: tuple[str, ...],
    timeframe: "Timeframe | None",
    source: str | None,
    start: int | None,
    end: int | None,
    gate: Path | None,
    allow_inconclusive: bool,
    seed: int | None,
    search: SearchOptions,
    studied: StudyOptions,
    files: FileOptions,
) -> None:
    """Trade a strategy over stored bars with full costs, and keep the run.

    Without SYMBOL every stored symbol is traded on one account; with --model its own symbol. Exits with 3
    when the gate fails, or is inconclusive without --allow-inconclusive, when a strategy looks ahead, or when
    trades on paper differ.
    """
    check_options(search, studied)
    from ictcli.commands import backtest_run as work
    from ictcli.commands.backtest_compiling import compiling_told
    from ictcli.market.timeframes import parse_timeframe
    from ictcli.research.backtest import Request, Workshop
    from ictcli.research.choices import parse_params

    if allow_inconclusive and gate is None:
        raise UsageError(
            "--allow-inconclusive has no gate to allow", hint="Add --gate FILE, or leave it out."
        )
    refuse_unwritable(session, "--junit", files.junit)
    refuse_unwritable(session, "--summary", files.summary)
    config = session.config.config
    asked = work.model_of(session, model, strategies, search, studied)
    request = Request(
        symbols=work.distinct(session, symbols or ((asked.symbol,) if asked else ())),
        strategies=strategies,
        params=parse_params(params),
        timeframe=timeframe or (asked.timeframe if asked else parse_timeframe(config.backtest.timeframe)),
        source=source or (asked.source if asked else None),
        start=start,
        end=end,
        seed=seed,
        gate=gate_file(session, gate) if gate else None,
        model=asked,
    )
    session.tend_catalog()
    shop = Workshop(session.store, session.book, config, session.workspace)
    studies = work.studies_of(studied)
    with compiling_told(session.out), session.out.progress() as progress:
        lookahead = work.look_ahead(session, request, shop, progress, asked=studied.check_lookahead)
        traded = work.paper(session, request, shop, search, progress) if studied.verify_paper else None
        result = work.run(session, request, shop, search, studies, progress)
    work.write_files(session, files, result.document, allow_inconclusive=allow_inconclusive)
    work.show(session, result.document, lookahead, traded)
    _judge(session, result, allow_inconclusive=allow_inconclusive)


def _judge(session: Session, result: "Backtest", *, allow_inconclusive: bool) -> None:
    """Leave with exit code 3 unless the verdict allows 0."""
    if result.verdict is None or result.verdict == "PASS":
        return
    if result.verdict == "INCONCLUSIVE" and allow_inconclusive:
        return
    word = "failed" if result.verdict == "FAIL" else "is inconclusive"
    session.out.finding(f"the gate {word}", f"See `ictcli report {result.run}`.")
