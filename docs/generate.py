"""Write what follows from the code: parts of docs/*.md, and the commented config files.

    python docs/generate.py

A test compares these files with the code and names this command when they differ.
"""

from collections.abc import Iterator
from pathlib import Path

import click

from ictcli.brokers.conformance import card_table
from ictcli.brokers.mt5.outcomes import code_tables
from ictcli.cli import COMMANDS, program
from ictcli.config import reference
from ictcli.engine.assumptions import assumption_table
from ictcli.engine.refusals import refusal_table
from ictcli.errors import MEANINGS, ExitCode, IctError
from ictcli.features.tables import feature_reference
from ictcli.research.metrics.definitions import metric_table
from ictcli.research.metrics.parts import part_table
from ictcli.trading.denials import denial_table
from ictcli.trading.transitions import transition_table

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"


def pages() -> dict[Path, str]:
    """Path = text of every generated file."""
    return {
        ROOT / "docs" / "cli.md": _between(ROOT / "docs" / "cli.md", cli_reference()),
        ROOT / "docs" / "configuration.md": _between(
            ROOT / "docs" / "configuration.md", reference.markdown()
        ),
        ROOT / "docs" / "features.md": _between(ROOT / "docs" / "features.md", feature_reference()),
        ROOT / "docs" / "gates.md": _between(
            ROOT / "docs" / "gates.md", f"{metric_table()}\n\n{part_table()}\n"
        ),
        ROOT / "docs" / "fills.md": _between(ROOT / "docs" / "fills.md", assumption_table() + "\n"),
        ROOT / "docs" / "backtest.md": _between(ROOT / "docs" / "backtest.md", refusal_table() + "\n"),
        ROOT / "docs" / "broker-conformance.md": _between(
            ROOT / "docs" / "broker-conformance.md",
            f"## Return codes\n\n{code_tables()}\n\n## Cards\n\n{card_table()}\n",
        ),
        ROOT / "docs" / "risk.md": _between(ROOT / "docs" / "risk.md", refusal_table() + "\n"),
        ROOT / "docs" / "orders.md": _between(
            ROOT / "docs" / "orders.md", f"{transition_table()}\n\n{denial_table()}\n"
        ),
        ROOT / "docs" / "troubleshooting.md": _between(
            ROOT / "docs" / "troubleshooting.md", error_table() + "\n"
        ),
        ROOT / "ictcli" / "templates" / "ictcli.toml": reference.commented_file(),
        ROOT / "config" / "ictcli.toml": reference.commented_file(),
        ROOT / "config" / "symbols.toml": (ROOT / "ictcli" / "templates" / "symbols.toml").read_text("utf-8"),
    }


def error_table() -> str:
    """Exit codes with the errors that own them, and whether trying again may help."""
    owners: dict[ExitCode, list[type[IctError]]] = {code: [] for code in ExitCode}
    waiting: list[type[IctError]] = [IctError]
    while waiting:
        error = waiting.pop(0)
        waiting += error.__subclasses__()
        if error.__module__ == IctError.__module__:
            owners[error.code].append(error)
    rows = ["| exit | name | `error.name` | meaning | try again |", "|---|---|---|---|---|"]
    for code, errors in owners.items():
        names = ", ".join(f"`{error.__name__}`" for error in errors)
        again = "yes" if any(error.retryable for error in errors) else ""
        link = f"[{code.value}](#exit-{code.value}-{code.name.lower()})"
        rows.append(f"| {link} | {code.name} | {names} | {MEANINGS[code]} | {again} |")
    return "\n".join(rows)


def cli_reference() -> str:
    """Exit codes and the help page of every command."""
    parts = ["## Exit codes", "", "| code | name | meaning |", "|---|---|---|"]
    parts += [f"| {code.value} | {code.name} | {MEANINGS[code]} |" for code in ExitCode]
    parts += ["", "## Global options", "", "```", _help(program, "ictcli", None), "```"]
    for section, names in COMMANDS.items():
        parts += ["", f"## {section}"]
        for name in names:
            for path, text in _pages(name):
                parts += ["", f"### `ictcli {path}`", "", "```", text, "```"]
    return "\n".join(parts) + "\n"


def _pages(name: str) -> Iterator[tuple[str, str]]:
    with _context(program, "ictcli", None) as root:
        command = program.get_command(root, name)
        assert command is not None
        yield name, _help(command, name, root)
        if isinstance(command, click.Group):
            with _context(command, name, root) as parent:
                for inner, subcommand in command.commands.items():
                    yield f"{name} {inner}", _help(subcommand, inner, parent)


def _help(command: click.Command, name: str, parent: click.Context | None) -> str:
    with _context(command, name, parent) as context:
        formatter = click.HelpFormatter(width=100)
        command.format_help(context, formatter)
        return formatter.getvalue().rstrip()


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    return command.context_class(command, info_name=name, parent=parent, **command.context_settings)


def _between(path: Path, text: str) -> str:
    """The hand-written page with its generated part replaced."""
    before, begin, rest = path.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin, f"{path} has no {BEGIN}"
    assert end, f"{path} has no {END}"
    return f"{before}{BEGIN}\n\n{text}\n{END}{after}"


def main() -> None:
    """Write the files."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
