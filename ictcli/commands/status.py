"""``ictcli status``: what is stored, how fresh it is, what ran last, what trades."""

import click

from ictcli.cli_command import Command
from ictcli.session import Session


@click.command("status", cls=Command, examples=["ictcli status", "ictcli status --json"])
@click.pass_obj
def command(session: Session) -> None:
    """Show what is stored, how fresh it is, the last runs, and what trades."""
    from ictcli.overview import overview, overview_text

    found = overview(session)
    session.out.emit(found, lambda: overview_text(found, session.out))
