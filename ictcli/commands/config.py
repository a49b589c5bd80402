"""``ictcli config``: where every setting comes from, whether it is valid, what exists."""

from typing import Any

import click

from ictcli.cli_command import Command, CommandGroup
from ictcli.session import Session


@click.group(
    "config",
    cls=CommandGroup,
    examples=["ictcli config show --origin", "ictcli config check", "ictcli config schema"],
)
def command() -> None:
    """Show, check and document the configuration."""


@command.command(
    "show", cls=Command, slow=False, examples=["ictcli config show", "ictcli config show --origin --json"]
)
@click.option("--origin", is_flag=True, help="Also say where each value was given.")
@click.pass_obj
def show(session: Session, origin: bool) -> None:
    """Show every setting as it is in effect."""
    from ictcli.config.loading import flatten
    from ictcli.config.reference import toml_value

    loaded = session.config
    values = flatten(loaded.config)
    origins = {key: loaded.origin(key) if value != {} else "default" for key, value in values.items()}
    payload: dict[str, Any] = {"workspace": str(loaded.workspace), "values": values}
    headers, rows = ["key", "value"], [[key, toml_value(value)] for key, value in values.items()]
    if origin:
        payload["origins"] = origins
        headers.append("origin")
        rows = [[*row, origins[row[0]]] for row in rows]
    session.out.emit(payload, lambda: session.out.table(headers, rows))


@command.command("check", cls=Command, examples=["ictcli config check", "ictcli -c other.toml config check"])
@click.pass_obj
def check(session: Session) -> None:
    """Load every config file and say whether all of them are valid."""
    from ictcli.errors import DataError
    from ictcli.health import config_facts, unmet_primaries

    facts = config_facts(session)
    try:
        for line in unmet_primaries(session):
            session.out.warn(line)
    except DataError as error:  # a damaged store makes no config invalid
        session.out.warn(error.message)
    named = ", ".join(facts["files"]) or "no file, all defaults"
    text = f"valid: {named}; {len(facts['sources'])} sources, {facts['symbols']} symbols"
    session.out.emit({"valid": True, **facts}, text)


@command.command(
    "schema", cls=Command, slow=False, examples=["ictcli config schema", "ictcli config schema --json"]
)
@click.pass_obj
def schema(session: Session) -> None:
    """List every key with its type, limits, default and meaning."""
    import msgspec

    from ictcli.config.records import Config
    from ictcli.config.reference import tables

    found = tables()
    payload = {"tables": found, "json_schema": msgspec.json.schema(Config)}
    session.out.emit(payload, lambda: "\n".join(_table_text(table) for table in found))


def _table_text(table: Any) -> str:
    lines = [f"[{table.name}]  {table.text}"]
    for key in table.keys:
        if key.key != table.name:
            default = f", default {key.default}" if key.default else ", required"
            lines += [f"  {key.key}  ({key.type}{default})", f"      {key.text}"]
        lines += [f"  {example}" for example in key.examples]
    return "\n".join(lines) + "\n"
