"""``ictcli halt``: the emergency stop, which works when the trader does not."""

import click

from ictcli.cli_command import Command
from ictcli.session import Session

_EXAMPLES = [
    "ictcli halt",
    "ictcli halt --flatten --reason 'broker misquotes gold'",
    "ictcli halt --broker live --flatten --json",
]


@click.command("halt", cls=Command, examples=_EXAMPLES)
@click.option("--flatten", is_flag=True, help="Close our positions, too.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with the stop.")
@click.option("--broker", default="", metavar="NAME", help="Clear only this broker of the config.")
@click.pass_obj
def command(session: Session, flatten: bool, reason: str, broker: str) -> None:
    """Stop all trading at once and cancel what rests at the broker, also without the trader.

    The stop is set before anything else, holds through restarts, and needs neither the trader nor its
    ledger. A trader that answers cancels its own orders; for one that does not, this command does it by a
    session of its own. Exits with 8 when an outcome is unknown, 7 when the broker refuses, 6 when it cannot
    be reached. Lift the stop with `ictcli resume`.
    """
    from ictcli.commands import halting
    from ictcli.trading.control import control_folder
    from ictcli.trading.latch import Latch

    state, invalid = halting.state_folder(session)
    latch = Latch(control_folder(state))
    why = halting.reason_of(session, reason) or "halted by hand"
    halt = latch.engage(why, halting.who(), session.now, flatten=flatten)
    session.out.note(f"halted: {halt.reason}")
    if reason and halt.reason != why:
        session.out.note(f"it was halted before, and keeps that reason; in the log stays: {why}")
    if invalid is not None:
        session.out.warn("the stop is set; the broker is not asked, as the configuration is invalid")
        raise invalid
    accounts = halting.clear_accounts(session, state, halt, broker)
    for account in accounts:
        for warning in account.warnings:
            session.out.warn(warning)
    found = halting.document(halt, accounts)
    session.out.emit(found, lambda: halting.text(found))
    failure = halting.failure_of(accounts)
    if failure is not None:
        raise failure
