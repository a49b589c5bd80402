"""``ictcli init``: make a directory a workspace."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ictcli.cli_command import Command
from ictcli.session import Session

if TYPE_CHECKING:
    from ictcli.workspace import Step


@click.command(
    "init",
    cls=Command,
    slow=False,
    examples=["ictcli init", "ictcli init my-desk", "ictcli init my-desk --force"],
)
@click.argument("directory", metavar="[DIR]", default="")
@click.option("--force", is_flag=True, help="Put changed config files back to their first state.")
@click.pass_obj
def command(session: Session, directory: str, force: bool) -> None:
    """Create a workspace with commented config files and a secret key.

    What exists stays: config files are only replaced with --force, data and the secret key never.
    """
    from ictcli.workspace import create

    folder = session.cwd / (directory or session.chosen_workspace)
    steps = create(folder, force=force)
    changed = [step.path for step in steps if step.action != "kept"]
    payload = {"workspace": str(folder), "changed": bool(changed), "files": steps}
    session.out.emit(payload, lambda: "" if session.out.quiet else _text(str(folder), steps, changed))


def _text(folder: str, steps: "Sequence[Step]", changed: list[str]) -> str:
    if not changed:
        return f"up to date: {folder} is a workspace already"
    return "\n".join([f"workspace {folder}", *(f"  {step.action:<8} {step.path}" for step in steps)])
