"""``ictcli models check``: whether a version is still what it was when it was made."""

from typing import TYPE_CHECKING

import click

from ictcli.cli_command import Command
from ictcli.session import Session

if TYPE_CHECKING:
    from ictcli.models.version import Version


@click.command(
    "check",
    cls=Command,
    examples=[
        "ictcli models check EURUSD-M15-barriers",
        "ictcli models check EURUSD-M15-barriers@latest --json",
    ],
)
@click.argument("reference", metavar="NAME[@VERSION]")
@click.pass_obj
def check(session: Session, reference: str) -> None:
    """Look for drift on bars newer than those of the training.

    Compares features and probabilities with what they were (PSI), and loss, Brier score and calibration of
    every member with those out of sample, on labels that have matured since. Exits with 3 when something has
    shifted or is bad, with 5 when there are no newer bars. Without VERSION the champion, or else the latest.
    """
    from ictcli.commands.models_check_text import check_text
    from ictcli.learning.checking import check as check_version
    from ictcli.research.backtest import Workshop

    shop = Workshop(session.store, session.book, session.config.config, session.workspace)
    document = check_version(find_version(session, reference), shop)
    session.out.emit(document, lambda: check_text(document, session.out))
    if document["state"] == "bad":
        first, others = document["findings"][0], len(document["findings"]) - 1
        more = f", and {others} more" if others else ""
        session.out.finding(
            f"{document['model']}: {first}{more}", "Train it again on newer bars, or roll back."
        )


def find_version(session: Session, reference: str) -> "Version":
    """The version that ``NAME[@VERSION]`` names: without VERSION the champion, or else the latest one.

    Raises:
        DataError: there is no such model or version.
    """
    from ictcli.models.version import split_reference

    name, which = split_reference(reference)
    store = session.models
    if not which:
        which = "champion" if store.ids(name) and store.aliases(name).champion else "latest"
    return store.load(name, which)
