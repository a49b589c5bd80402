"""The program's top level: which commands exist and where they live.

Command modules are imported when their command runs, not before, so help, completion and usage errors
stay fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING

import click

from ictcli import __version__
from ictcli.cli_command import CONTEXT, Context, output_flags, require_known, write_examples
from ictcli.session import Session

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS: dict[str, dict[str, str]] = {
    "Set up": {
        "init": "Create a workspace with commented config files and a secret key.",
        "config": "Show, check and document the configuration.",
        "doctor": "Check installation and workspace; name a fix for every problem.",
        "completion": "Print a shell completion script.",
    },
    "Work": {
        "fetch": "Bring bars or ticks in: validate, quarantine, store, report quality and gaps.",
        "detect": "Find ICT patterns with their whole life cycle: one row per zone, level or point.",
        "train": "Learn from stored bars, judge out of sample, keep a version; edge or no edge.",
        "backtest": "Trade a strategy over stored bars with full costs, and keep the run.",
    },
    "Trade": {
        "trade": "Trade strategies bar by bar: on paper by default, over stored bars again, or live.",
        "halt": "Stop all trading at once and cancel what rests at the broker, also without the trader.",
        "resume": "Lift the emergency stop or a breaker, with a reason.",
        "reconcile": "Compare the ledger with the broker's records, a statement or the backtest.",
        "ledger": "Verify, export, back up, restore and move the journals of trading.",
    },
    "Operate": {
        "stress": "Certify machine, configuration and strategy for unattended trading.",
        "alerts": "List, acknowledge and deliver alerts; watch from outside whether traders live.",
        "backup": "Back up the workspace, rotate, verify, restore, and rehearse restoring.",
    },
    "Look": {
        "report": "Show a stored run: metrics with intervals, verdict, fill assumptions, provenance.",
        "models": "List, show, verify, check and compare models; promote, roll back, delete versions.",
        "query": "Ask with SQL (DuckDB, read-only): bars, runs, trades, detections, ledgers, metrics, logs.",
        "status": "Show what trades, what must be seen to, and what is stored.",
    },
}
"""Section = command name = its one-line help; a command's module is ``ictcli.commands.<name>``."""

EXAMPLES = (
    "ictcli init my-desk && cd my-desk",
    "ictcli fetch EURUSD --source sim --years 2",
    "ictcli detect EURUSD -t M15 --kind fvg",
    "ictcli backtest EURUSD --strategy fvg_retest --gate config/gates.toml",
    "ictcli report latest",
)


class Program(click.Group):
    """A group that knows its commands by name and imports only the one that runs."""

    context_class = Context

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All command names, in the order of the help page."""
        return [name for section in COMMANDS.values() for name in section]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command = import_module(f"ictcli.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or suggest the nearest."""
        require_known(self, ctx, args)
        return super().resolve_command(ctx, args)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The description, then the examples."""
        super().format_help_text(ctx, formatter)
        write_examples(EXAMPLES, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by section, from the table alone."""
        for section, commands in COMMANDS.items():
            with formatter.section(section):
                formatter.write_dl(list(commands.items()), col_max=12)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list["CompletionItem"]:
        """Command names with their help, without importing them; else the global options."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=text)
            for section in COMMANDS.values()
            for name, text in section.items()
            if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    click.echo(f"ictcli {__version__}")
    if {"-v", "--verbose"} & set(ctx.obj.argv):
        from ictcli.versions import package_versions

        for name, version in package_versions():
            click.echo(f"{name} {version}")
    ctx.exit()


@click.group(cls=Program, context_settings=CONTEXT, subcommand_metavar="COMMAND [OPTIONS] [SYMBOL]...")
@click.option("-w", "--workspace", default="", metavar="DIR", help="Workspace directory.")
@click.option("-c", "--config", default="", metavar="FILE", help="Config file in place of the workspace's.")
@click.option("--no-color", is_flag=True, help="Never colour the output.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version; with -v also of key packages.",
)
@click.pass_obj
def program(session: Session, workspace: str, config: str, no_color: bool) -> None:
    """From raw bars to gated backtests, for traders of ICT and smart-money concepts."""
    session.chosen_workspace = workspace
    session.chosen_config = config
    session.out.plain = no_color


program.params[2:2] = output_flags()
