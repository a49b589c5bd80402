"""``ictcli stress``: whether machine, configuration and strategy are fit to trade unattended."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ictcli.cli_command import Command
from ictcli.commands.given_files import refuse_unwritable
from ictcli.errors import UsageError
from ictcli.options import params_option, seed_option, timeframes_option
from ictcli.session import Session
from ictcli.stress.registry import NAMES

if TYPE_CHECKING:
    from ictcli.market.timeframes import Timeframe
    from ictcli.stress.setting import Profile

_EXAMPLES = [
    "ictcli stress --strategy fvg_retest --allow-inconclusive",
    "ictcli stress --strategy fvg_retest --profile full --out certificate.html",
    "ictcli stress --scenario connectivity --duration 8h",
    "ictcli stress --strategy fvg_retest --scenario symbols --symbols 100 --json",
]


class DurationType(click.ParamType[int]):
    """A duration such as 8h, given to the command in nanoseconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Parse the text."""
        from ictcli.clock import parse_duration

        if isinstance(value, int):
            return value
        try:
            found = parse_duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if found <= 0:
            self.fail(f"{value} is no time at all", param, ctx)
        return found


@click.command("stress", cls=Command, examples=_EXAMPLES)
@click.option(
    "--profile",
    type=click.Choice(["quick", "full"]),
    default="quick",
    show_default=True,
    help="quick: a few minutes; full: as many measurements as every claim needs.",
)
@click.option(
    "--scenario",
    "scenarios",
    type=click.Choice(NAMES),
    multiple=True,
    help="Scenario to run; repeatable.  [default: all]",
)
@click.option(
    "--strategy",
    "strategies",
    multiple=True,
    metavar="NAME|FILE.py",
    help="Strategy to certify; repeatable; default from the config.",
)
@params_option
@timeframes_option("Timeframe to trade; repeatable: each symbol on each.  [default: M1]")
@click.option(
    "--symbols",
    type=click.IntRange(1, 200),
    metavar="N",
    help="Symbols at once.  [default: 20; 20, 50 and 100 with --profile full]",
)
@click.option(
    "--duration", type=DurationType(), metavar="TIME", help="Real time that lasting scenarios go on, as 8h."
)
@click.option(
    "--seeds",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="Seeds where faults are drawn.  [default: 1; 8 with --profile full]",
)
@click.option("--allow-inconclusive", is_flag=True, help="Exit with 0 where n is too small to show a claim.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.html",
    help="Page to write, with a .json beside it.  [default: reports/stress-TIME.html]",
)
@seed_option
@click.pass_obj
def command(
    session: Session,
    profile: "Profile",
    scenarios: tuple[str, ...],
    strategies: tuple[str, ...],
    params: tuple[str, ...],
    timeframes: "tuple[Timeframe, ...]",
    symbols: int | None,
    duration: int | None,
    seeds: int | None,
    allow_inconclusive: bool,
    out: Path | None,
    seed: int | None,
) -> None:
    """Certify machine, configuration and strategy for unattended trading.

    Every scenario is the production code against the simulated terminal under load and seeded faults. A
    threshold counts as met where the bound behind what was measured meets it. Exits with 3 where one is
    missed, or cannot be shown with so few measurements. Options that change nothing in the scenarios that
    are run are refused. Nothing of it touches the workspace's accounts.
    """
    refuse_unwritable(session, "--out", out)
    if out is not None and out.suffix.lower() not in {".html", ".htm"}:
        raise UsageError(f"--out {out}: the page's name ends in .html", hint="The JSON file goes beside it.")
    from ictcli.commands import stress_run as work

    asked = work.StressRequest(
        profile, scenarios, strategies, params, timeframes, symbols, duration, seeds, out, seed,
        allow_inconclusive=allow_inconclusive,
    )  # fmt: skip
    work.run(session, asked)
