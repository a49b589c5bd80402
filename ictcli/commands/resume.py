"""``ictcli resume``: lift the emergency stop or a breaker, with a reason."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ictcli.cli_command import Command
from ictcli.session import Session

if TYPE_CHECKING:
    from ictcli.ledger.address import LedgerName


_LEDGERS: tuple["LedgerName", ...] = ("broker", "paper")


@click.command("resume", cls=Command, examples=["ictcli resume --reason 'broker confirmed all fills'"])
@click.option("--reason", default="", metavar="TEXT", help="Why trading may go on; kept.")
@click.pass_obj
def command(session: Session, reason: str) -> None:
    """Lift the emergency stop or a breaker, with a reason.

    The breaker opens after too many refused orders in a row, and at a start on a ledger that is older than
    the broker's books; `ictcli status` shows it. A trader that stayed up goes on at the next closed bar;
    nothing is sent again that was withheld. An account that does not agree with the broker's, or a ledger
    with faults, is not lifted by hand.
    """
    from ictcli.clock import iso
    from ictcli.commands.halting import reason_of, state_folder, who
    from ictcli.errors import DataError
    from ictcli.trading.control import control_folder
    from ictcli.trading.latch import Latch

    state, _ = state_folder(session)
    reason = reason_of(session, reason)
    latch = Latch(control_folder(state))
    lifted = latch.release(reason, who(), session.now)
    found: dict[str, Any] = {"halted": False, "lifted": None}
    if lifted is not None:
        found["lifted"] = {
            "reason": lifted.reason, "by": lifted.by, "since": iso(lifted.ts), "released": reason
        }  # fmt: skip
        try:
            latch.reserve()
        except DataError as error:
            session.out.warn(f"no room is reserved for the next stop: {error.message}")
    found["breakers"], found["restricted"] = _lift_breakers(session, state, reason)
    session.out.emit(found, lambda: _text(found))


def _lift_breakers(
    session: Session, state: Path, reason: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Lift what a person may lift; what was lifted, and what holds on.

    A ledger that cannot be read is told of: the stop is lifted by then.
    """
    from ictcli.commands.halting import who
    from ictcli.errors import IctError
    from ictcli.ledger.address import place_of
    from ictcli.trading.lifting import lift, restriction_of

    lifted: list[dict[str, Any]] = []
    held: list[dict[str, Any]] = []
    if not (state / "secret.key").exists():
        return lifted, held
    for name in _LEDGERS:
        try:
            place = place_of(name, state, session.environ)
            restriction = restriction_of(name, place) if place.exists else None
            if restriction is None:
                continue
            if restriction.by_hand:
                lift(state, place.key, restriction, reason, who(), session.now)
            (lifted if restriction.by_hand else held).append(restriction.document())
        except IctError as error:
            session.out.warn(f"whether a breaker holds in the {name} ledger is not known: {error.message}")
    return lifted, held


def _text(found: dict[str, Any]) -> str:
    lines = [f"lifted: {found['lifted']['reason']}"] if found["lifted"] else []
    lines += [
        f"lifted: {one['reason']} (account {one['account']}; its trader heeds it at its next turn or start)"
        for one in found["breakers"]
    ]
    lines += [
        f"not lifted: {one['mode']}, {one['reason']} (account {one['account']})"
        for one in found["restricted"]
    ]
    nothing = [] if found["lifted"] or found["breakers"] else ["no stop was on"]
    return "\n".join([*nothing, *lines])
