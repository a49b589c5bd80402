"""The shape of every command: examples before options, output flags accepted after its name."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import click

from ictcli.session import Session

CONTEXT = {"help_option_names": ["-h", "--help"]}
WIDEST = 100


class Context(click.Context):
    """Help pages as wide as the terminal, at most 100 columns."""

    def make_formatter(self) -> click.HelpFormatter:
        """A formatter of that width; asking ``os`` is faster than click's own way."""
        return click.HelpFormatter(width=min(terminal_width(), WIDEST))


def terminal_width() -> int:
    """Columns of the terminal; 80 when there is none."""
    try:
        return int(os.environ.get("COLUMNS", "")) or 80
    except ValueError:
        pass
    try:
        return os.get_terminal_size().columns or 80
    except OSError:
        return 80


class Command(click.Command):
    """A command whose help shows examples, and which takes ``--json``, ``-q`` and ``-v`` itself.

    Args:
        examples: complete command lines, most common first.
        slow: whether a terminal should show at once that the command is at work.
    """

    context_class = Context

    def __init__(self, *args: Any, examples: Sequence[str] = (), slow: bool = True, **kwargs: Any) -> None:
        kwargs["context_settings"] = {**CONTEXT, **kwargs.get("context_settings", {})}
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)
        self.slow = slow
        self.params.extend(output_flags())

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The description, then the examples."""
        super().format_help_text(ctx, formatter)
        write_examples(self.examples, formatter)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command under its full name."""
        if isinstance(ctx.obj, Session):
            ctx.obj.out.command = command_name(ctx)
            if self.slow:
                ctx.obj.out.begin()
        return super().invoke(ctx)


class CommandGroup(click.Group):
    """A command made of subcommands, such as ``config``."""

    context_class = Context

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        kwargs["context_settings"] = {**CONTEXT, **kwargs.get("context_settings", {})}
        kwargs.setdefault("subcommand_metavar", "COMMAND [OPTIONS]")
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The description, then the examples."""
        super().format_help_text(ctx, formatter)
        write_examples(self.examples, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand, or suggest the nearest."""
        require_known(self, ctx, args)
        return super().resolve_command(ctx, args)


def require_known(group: click.Group, ctx: click.Context, args: list[str]) -> None:
    """Refuse an unknown subcommand, naming the nearest one.

    Raises:
        click.UsageError: the group has no such command.
    """
    name = args[0]
    if name in group.list_commands(ctx) or name.startswith("-") or ctx.resilient_parsing:
        return
    import difflib

    near = difflib.get_close_matches(name, group.list_commands(ctx), n=1)
    suggestion = f" Did you mean {near[0]!r}?" if near else ""
    raise click.UsageError(f"no such command {name!r}.{suggestion}", ctx)


def command_name(ctx: click.Context) -> str:
    """The command as typed, without the program: ``config show``."""
    return " ".join(ctx.command_path.split()[1:])


def write_examples(examples: Sequence[str], formatter: click.HelpFormatter) -> None:
    """The examples section of a help page."""
    if examples:
        with formatter.section("Examples"):
            for example in examples:
                formatter.write(f"{'':>{formatter.current_indent}}{example}\n")


def output_flags() -> list[click.Option]:
    """``--json``, ``-q`` and ``-v``, which set the session's output wherever they stand."""
    return [
        _flag(["--json"], "json", "Print one JSON document."),
        _flag(["-q", "--quiet"], "quiet", "No notes, no progress."),
        _flag(["-v", "--verbose"], "verbose", "Debugging logs; tracebacks of unexpected errors."),
    ]


def _flag(names: list[str], attribute: str, text: str) -> click.Option:
    def turn_on(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value and isinstance(ctx.obj, Session):
            setattr(ctx.obj.out, attribute, True)

    callback: Callable[[click.Context, click.Parameter, Any], None] = turn_on
    return click.Option(
        [*names, f"_{attribute}"], is_flag=True, expose_value=False, callback=callback, help=text
    )
