"""Lifting what the order manager restricted and a person may lift: said here, done by the trader."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ictcli.ledger.address import Place
from ictcli.ledger.bodies import ModeSet, Resumed, decode
from ictcli.ledger.opening import reading
from ictcli.trading.control import spool_folder
from ictcli.trading.messages import BREAKER_REASON
from ictcli.trading.spool import lay, spool_of

_WAIT = 5.0
_LAST = "SELECT body FROM events WHERE kind = 'mode' ORDER BY seq DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Restriction:
    """What an account may not, and why.

    Attributes:
        ledger: name of its ledger.
        account: login.
        mode: what is left: reducing or halted.
        reason: why.
    """

    ledger: str
    account: int
    mode: str
    reason: str

    @property
    def by_hand(self) -> bool:
        """Whether a person lifts it; others end with their cause (docs/halt.md)."""
        return self.reason.startswith(BREAKER_REASON)

    def document(self) -> dict[str, Any]:
        """The restriction for ``--json``."""
        return {
            "ledger": self.ledger, "account": self.account, "mode": self.mode, "reason": self.reason,
        }  # fmt: skip


def restriction_of(name: str, place: Place) -> Restriction | None:
    """The restriction that holds as a ledger tells it; None where everything is allowed.

    Raises:
        IctError: the ledger cannot be read; which one says why.
    """
    with reading(place.address, wait=_WAIT) as stored:
        rows = stored.database.execute(_LAST)
        account = stored.account().rpartition("/")[2]
    mode = decode(rows[0][0]) if rows else None
    if not isinstance(mode, ModeSet) or mode.mode == "active" or not account:
        return None
    return Restriction(name, int(account), mode.mode, mode.reason)


def lift(state: Path, key: bytes, restriction: Restriction, reason: str, by: str, now: int) -> None:
    """Lay down for the trader that a person lifted a restriction; it does so at its next turn or start.

    Args:
        state: the workspace's state folder.
        key: the workspace's.
        restriction: that the person saw; another one is not lifted by this.
        reason: why it may be lifted.
        by: who lifts it.
        now: ns UTC.

    Raises:
        DataError: the disk refuses.
    """
    spool = spool_of(spool_folder(state), restriction.account)
    lay(spool, key, [Resumed(lifted=restriction.reason, reason=reason, by=by)], by, now)
