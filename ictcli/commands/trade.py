"""``ictcli trade``: the live loop, on paper unless told otherwise."""

from typing import TYPE_CHECKING

import click

from ictcli.cli_command import Command
from ictcli.commands.trade_options import SpeedType, TradeOptions, check
from ictcli.commands.trade_span import Span, SpanType
from ictcli.options import judge_option, params_option, seed_option, symbols_argument, timeframes_option
from ictcli.session import Session

if TYPE_CHECKING:
    from ictcli.market.timeframes import Timeframe
    from ictcli.trading.request import Speed

_EXAMPLES = [
    "ictcli trade EURUSD --strategy fvg_retest -t M15",
    "ictcli trade EURUSD XAUUSD --strategy fvg_retest --replay 2026-01-01..2026-02-01 --speed max",
    "ictcli trade EURUSD --strategy fvg_retest --once --dry-run --json",
    "ictcli trade EURUSD --strategy fvg_retest --live --broker desk --confirm-account 5012345",
    "ictcli trade --systemd-unit > /etc/systemd/system/ictcli-trade.service",
]


@click.command("trade", cls=Command, examples=_EXAMPLES)
@symbols_argument
@click.option(
    "--strategy",
    "strategies",
    multiple=True,
    metavar="NAME|FILE.py",
    help="Strategy to trade; repeatable; default from the config.",
)
@judge_option
@params_option
@timeframes_option("Timeframe to trade; repeatable: each symbol on each; default from the config.")
@click.option("--paper", is_flag=True, help="At the simulated terminal; the default.")
@click.option("--live", is_flag=True, help="At a real account; see docs/trade.md, Going live.")
@click.option(
    "--confirm-account", type=click.IntRange(min=1), metavar="N", help="Number of the account, with --live."
)
@click.option("--broker", default="", metavar="NAME", help="Broker of the config; default: trade.broker.")
@click.option(
    "--replay",
    type=SpanType(),
    metavar="START..END",
    help="Trade stored bars again; 30d.. counts back from the last.",
)
@click.option("--speed", type=SpeedType(), metavar="X|max", help="Simulated time per real time.")
@click.option("--once", is_flag=True, help="Handle what closed since the last time, then end; for cron.")
@click.option("-n", "--dry-run", is_flag=True, help="Decide and print exact requests; send nothing.")
@click.option("--source", metavar="NAME", help="Source whose bars the simulated terminal plays.")
@click.option("--systemd-unit", is_flag=True, help="Print a systemd unit for this workspace, and end.")
@seed_option
@click.pass_obj
def command(
    session: Session,
    symbols: tuple[str, ...],
    strategies: tuple[str, ...],
    model: str | None,
    params: tuple[str, ...],
    timeframes: "tuple[Timeframe, ...]",
    paper: bool,
    live: bool,
    confirm_account: int | None,
    broker: str,
    replay: Span | None,
    speed: "Speed | None",
    once: bool,
    dry_run: bool,
    source: str | None,
    systemd_unit: bool,
    seed: int | None,
) -> None:
    """Trade strategies bar by bar: on paper by default, over stored bars again, or live.

    Every order is recorded durably before it leaves, and an answer that is lost is looked for, never
    guessed. TERM or a file `state/control/STOP` ends the loop in good order. Exits with 11 where a rule
    forbids to trade, 12 where the account is traded already, 8 when it ended with an outcome unknown.
    """
    options = TradeOptions(paper, live, replay, confirm_account, broker, speed, once, dry_run, source)
    check(options)
    if systemd_unit:
        from ictcli.commands.trade_unit import unit_text

        session.out.write(unit_text(session))
        return
    from ictcli.commands import trade_run as work
    from ictcli.trading.no_room import needing_room

    request = work.request_of(session, options, symbols, strategies, params, model, timeframes, seed)
    with needing_room():
        work.run(session, request)
