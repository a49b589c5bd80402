"""``ictcli resume``: lift the emergency stop, with a reason."""

from typing import Any

import click

from ictcli.cli_command import Command
from ictcli.session import Session


@click.command("resume", cls=Command, examples=["ictcli resume --reason 'broker confirmed all fills'"])
@click.option("--reason", default="", metavar="TEXT", help="Why trading may go on; kept.")
@click.pass_obj
def command(session: Session, reason: str) -> None:
    """Lift the emergency stop, with a reason.

    A trader that stayed up goes on at the next closed bar; nothing is sent again that was withheld.
    """
    from ictcli.clock import iso
    from ictcli.commands.halting import state_folder, who
    from ictcli.errors import DataError
    from ictcli.trading.control import control_folder
    from ictcli.trading.latch import Latch

    state, _ = state_folder(session)
    latch = Latch(control_folder(state))
    lifted = latch.release(reason, who(), session.now)
    found: dict[str, Any] = {"halted": False, "lifted": None}
    if lifted is not None:
        found["lifted"] = {
            "reason": lifted.reason, "by": lifted.by, "since": iso(lifted.ts), "released": reason.strip()
        }  # fmt: skip
        try:
            latch.reserve()
        except DataError as error:
            session.out.warn(f"no room is reserved for the next stop: {error.message}")
    session.out.emit(found, f"lifted: {lifted.reason}" if lifted else "no stop was on")
