"""``ictcli models``: which versions there are, what each is worth, and which one decides."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ictcli.cli_command import Command, CommandGroup
from ictcli.commands.models_check import check, find_version
from ictcli.commands.training_pages import check_page, training_of, write_page
from ictcli.errors import DataError, IctError, UsageError
from ictcli.options import yes_option
from ictcli.session import Session

if TYPE_CHECKING:
    from ictcli.models.promotion import Move
    from ictcli.models.version import Version

_REFERENCE = "NAME[@VERSION]"


@click.group(
    "models",
    cls=CommandGroup,
    examples=[
        "ictcli models list",
        "ictcli models show EURUSD-M15-barriers",
        "ictcli models promote EURUSD-M15-barriers@latest",
        "ictcli models rollback EURUSD-M15-barriers --reason 'drawdown since Monday'",
        "ictcli models check EURUSD-M15-barriers",
    ],
)
def command() -> None:
    """List, show, verify, check and compare models; promote, roll back, delete versions."""


command.add_command(check)


@command.command(
    "list", cls=Command, examples=["ictcli models list", "ictcli models list EURUSD-M15-barriers --json"]
)
@click.argument("name", required=False)
@click.pass_obj
def list_(session: Session, name: str | None) -> None:
    """List versions, oldest first, with the aliases that point to them."""
    from ictcli.commands.models_text import list_text
    from ictcli.models.version import check_name

    store = session.models
    names = [check_name(name)] if name else store.names()
    if name and not store.ids(name):
        store.resolve(name, "latest")  # says which models there are
    rows: list[dict[str, Any]] = []
    for each in names:
        aliases = store.aliases(each)
        for version in store.ids(each):
            row: dict[str, Any] = {"model": each, "version": version, "aliases": aliases.of(version)}
            try:
                rows.append({**row, **_facts(store.open(each, version))})
            except DataError as error:
                session.out.warn(error.message)
                rows.append({**row, "verdict": "damaged", "damage": error.message})
    session.out.emit({"versions": rows}, lambda: list_text(rows, session.out))


@command.command(
    "show",
    cls=Command,
    examples=[
        "ictcli models show EURUSD-M15-barriers",
        "ictcli models show EURUSD-M15-barriers@previous --html model.html",
    ],
)
@click.argument("reference", metavar=_REFERENCE)
@click.option(
    "--html",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write a page with pictures of its training.",
)
@click.pass_obj
def show(session: Session, reference: str, page: Path | None) -> None:
    """Show a version's card.

    Without VERSION the champion's, or else the latest one's. VERSION is an id, the beginning of an id or of
    the hash in it, an alias, or latest.
    """
    from ictcli.commands.models_text import card_document, card_text

    check_page(session, page)
    version = find_version(session, reference)
    if page is not None:
        write_page(session, page, [training_of(version)])
    aliases = session.models.aliases(version.name).of(version.id)
    document = {
        "model": version.name,
        "version": version.id,
        "aliases": aliases,
        "card": card_document(version.card),
        "files": dict(version.sums),
        "audit": session.models.audit(version.name),
    }
    session.out.emit(document, lambda: card_text(version, aliases, session.out))


@command.command(
    "promote",
    cls=Command,
    examples=[
        "ictcli models promote EURUSD-M15-barriers",
        "ictcli models promote EURUSD-M15-barriers@1a2b3c4d --alias shadow",
        "ictcli models promote EURUSD-M15-barriers@latest --force --reason 'paper trading only'",
    ],
)
@click.argument("reference", metavar=_REFERENCE)
@click.option(
    "--alias",
    type=click.Choice(["champion", "challenger", "shadow"]),
    default="champion",
    show_default=True,
    help="What the version becomes.",
)
@click.option("--reason", default="", metavar="TEXT", help="Why; the audit keeps it.")
@click.option("--force", is_flag=True, help="Make it champion without an edge; needs --reason.")
@click.pass_obj
def promote(session: Session, reference: str, alias: str, reason: str, force: bool) -> None:
    """Point an alias to a version; a champion must have an edge.

    Without VERSION the latest. Every file is read and the golden rows are replayed first. An edge is weighed
    again against all attempts that were made since.
    """
    if force and not reason.strip():
        raise UsageError("--force needs a reason", hint="Add --reason TEXT; the audit keeps it.")
    from ictcli.learning.rejudging import with_later_attempts
    from ictcli.models.predictor import load_predictor
    from ictcli.models.promotion import check_gate
    from ictcli.models.promotion import promote as move_alias
    from ictcli.models.version import split_reference

    name, which = split_reference(reference)
    version = session.models.load(name, which or "latest")
    gate = check_gate(version, load_predictor)
    if alias == "champion":
        gate = with_later_attempts(gate, version, session.models, session.store.state_dir)
    move = move_alias(session.models, version, alias, gate, now=session.now, reason=reason, force=force)
    _tell(session, name, move, {"verdict": version.card.verdict, "golden": gate.golden})


@command.command(
    "rollback",
    cls=Command,
    examples=["ictcli models rollback EURUSD-M15-barriers --reason 'drawdown since Monday'"],
)
@click.argument("name")
@click.option("--reason", required=True, metavar="TEXT", help="Why; the audit keeps it.")
@click.pass_obj
def rollback(session: Session, name: str, reason: str) -> None:
    """Make the champion before the present one champion again.

    Only the alias moves; nothing is loaded. Repeat to go further back.
    """
    from ictcli.models.promotion import rollback as move_back

    store = session.models
    if not store.ids(name):
        store.resolve(name, "latest")  # says which models there are
    move = move_back(store, name, now=session.now, reason=reason)
    try:
        store.open(name, move.after.champion).verify()
    except DataError as error:
        session.out.warn(f"{error.message}; serving passes it over")
    _tell(session, name, move, {})


@command.command(
    "compare",
    cls=Command,
    examples=["ictcli models compare EURUSD-M15-barriers@champion EURUSD-M15-barriers@challenger"],
)
@click.argument("first", metavar=_REFERENCE)
@click.argument("second", metavar=_REFERENCE)
@click.pass_obj
def compare(session: Session, first: str, second: str) -> None:
    """Put metrics of two versions side by side, and inputs that differ."""
    from ictcli.commands.models_text import comparison_document, comparison_text
    from ictcli.models.comparison import compare_cards

    versions = find_version(session, first), find_version(session, second)
    found = compare_cards(versions[0].card, versions[1].card)
    if not found.same_events:
        session.out.warn(
            "the two were not scored on the same events; their metrics say little about each other"
        )
    session.out.emit(
        comparison_document(*versions, found), lambda: comparison_text(*versions, found, session.out)
    )


@command.command("delete", cls=Command, examples=["ictcli models delete EURUSD-M15-barriers@1a2b3c4d --yes"])
@click.argument("reference", metavar="NAME@VERSION")
@yes_option
@click.pass_obj
def delete(session: Session, reference: str, yes: bool) -> None:
    """Remove a version for good; refused while an alias points to it.

    The audit keeps that it was there.
    """
    from ictcli.models.version import split_reference

    name, which = split_reference(reference)
    if not which:
        raise UsageError(
            "name the version to delete", hint=f"Write {name}@VERSION; see `ictcli models list`."
        )
    version = session.models.resolve(name, which)
    if not yes and not session.out.confirm(f"delete {name}@{version} for good?"):
        session.out.note("nothing deleted")
        return
    session.models.delete(name, version, session.now)
    session.out.emit({"model": name, "deleted": version}, f"deleted {name}@{version}")


@command.command(
    "verify",
    cls=Command,
    examples=["ictcli models verify", "ictcli models verify EURUSD-M15-barriers@champion"],
)
@click.argument("references", nargs=-1, metavar=f"[{_REFERENCE}]...")
@click.pass_obj
def verify(session: Session, references: tuple[str, ...]) -> None:
    """Read every file of versions and replay their golden rows.

    Without NAME of all models; a name without VERSION stands for all its versions.
    """
    from ictcli.commands.models_text import verify_text

    rows: list[dict[str, Any]] = []
    first: IctError | None = None
    for name, version in _wanted(session, references):
        row: dict[str, Any] = {
            "model": name,
            "version": version,
            "files": None,
            "golden": None,
            "fault": None,
        }
        try:
            row |= _verified(session, name, version)
        except IctError as error:
            first = first or error
            row["fault"] = error.message
        rows.append(row)
    session.out.emit({"versions": rows}, lambda: verify_text(rows, session.out))
    if first is not None:
        raise first


def _wanted(session: Session, references: tuple[str, ...]) -> list[tuple[str, str]]:
    from ictcli.models.version import split_reference

    store = session.models
    found = []
    for name, which in [split_reference(text) for text in references] or [
        (name, "") for name in store.names()
    ]:
        given = store.resolve(name, which or "latest")
        found += [(name, version) for version in ([given] if which else store.ids(name))]
    return list(dict.fromkeys(found))


def _verified(session: Session, name: str, version: str) -> dict[str, Any]:
    from ictcli.models.golden import TOLERANCE
    from ictcli.models.predictor import load_predictor
    from ictcli.models.promotion import replay_golden

    found = session.models.open(name, version)
    found.verify()
    worst = replay_golden(found, load_predictor(found))
    if not worst <= TOLERANCE:
        raise DataError(
            f"golden rows of {found.reference} come out {worst:.3g} apart", hint="Train it again."
        )
    return {"files": len(found.sums), "golden": worst}


def _facts(version: "Version") -> dict[str, Any]:
    from ictcli.clock import iso

    card = version.card
    return {
        "created": iso(card.created),
        "symbol": card.series.symbol,
        "timeframe": card.series.timeframe,
        "strategy": card.strategy,
        "members": card.members,
        "rows": card.rows,
        "verdict": card.verdict,
    }


def _tell(session: Session, name: str, move: "Move", facts: dict[str, Any]) -> None:
    before, after = move.before.target(move.alias), move.after.target(move.alias)
    document = {
        "model": name,
        "alias": move.alias,
        "from": before,
        "to": after,
        "changed": move.changed,
        **facts,
    }
    if move.changed:
        text = f"{name}: {move.alias} is now {after}" + (f", was {before}" if before else "")
    else:
        text = f"{name}: {move.alias} is {after} already"
    session.out.emit(document, text)
