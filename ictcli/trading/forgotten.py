"""Accounts that a ledger tells of and no note does: the control folder was lost, not what is at a broker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ictcli.config.trading import BrokerConfig
from ictcli.errors import IctError
from ictcli.ledger.address import Place, find_place, paper_place
from ictcli.ledger.bodies import Start
from ictcli.ledger.chain import sealed_files
from ictcli.ledger.opening import no_ledger, reading
from ictcli.trading.lock import LOGIN, Trader

_WAIT = 2.0
"""Seconds that a ledger is waited for: a stop is in a hurry."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What ledgers tell.

    Attributes:
        traders: of accounts that can be reached.
        account: ``server/login`` of one that no table of brokers has; empty for none.
        doubt: why a ledger cannot tell; empty where it does.
    """

    traders: Sequence[Trader] = ()
    account: str = ""
    doubt: str = ""


def forgotten(
    state: Path, environ: Mapping[str, str], brokers: Mapping[str, BrokerConfig], known: Sequence[Trader]
) -> Forgotten:
    """Accounts beside those that are known; nothing is raised, as a stop must go on.

    Args:
        state: its folder.
        environ: may name another database for the ledger.
        brokers: tables of the configuration.
        known: traders that left a note.
    """
    if not (state / "secret.key").exists() and not sealed_files(state):
        return Forgotten()
    inside: list[Trader] = []
    try:
        if not any(one.account == LOGIN and not one.broker for one in known) and paper_place(state).exists:
            inside.append(Trader(LOGIN, "", "paper", 0, 0))
        start = None if any(one.broker for one in known) else _last_start(find_place(state, environ))
    except IctError as error:
        return Forgotten(inside, doubt=f"a ledger cannot tell whose account was traded: {error.message}")
    if start is None:
        return Forgotten(inside)
    names = [name for name, table in brokers.items() if table.login == start.account]
    outside = [Trader(start.account, name, start.mode, 0, 0) for name in names]
    return Forgotten([*inside, *outside], "" if names else f"{start.server}/{start.account}")


def _last_start(place: Place) -> Start | None:
    """How the last trader at a broker began.

    Raises:
        DataError: the ledger was lost, or cannot be read.
    """
    if place.lost:
        raise no_ledger(place)
    if not place.exists:
        return None
    with reading(place.address, wait=_WAIT) as stored:
        return stored.begun()
