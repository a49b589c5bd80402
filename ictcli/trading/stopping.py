"""What follows once the emergency stop is set: hear the traders, and act where they do not.

A trader that answers clears its own account. One that is stopped, blocked or dead is given two seconds; then
an own session at its broker does it. What that session did is laid down for the trader's ledger.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ictcli.brokers.broker import Broker
from ictcli.clock import NS_PER_SECOND
from ictcli.errors import DataError, ExitCode, IctError, OutcomeUnknown, SourceUnavailable
from ictcli.ledger.bodies import Alerted
from ictcli.trading.acknowledgement import Acknowledgement, acknowledgement
from ictcli.trading.emergency import Cleared, Pace, clear
from ictcli.trading.latch import Halt
from ictcli.trading.lock import Trader
from ictcli.trading.ownership import Ownership
from ictcli.trading.spool import lay, spool_of

Opener = Callable[[], Broker]


@dataclass(frozen=True, slots=True)
class Kept:
    """What the built-in terminal keeps while no trader runs, as the ledger tells.

    Attributes:
        orders, positions: tickets.
        unknown: ids of requests that the ledger knows no outcome of; they have no ticket yet.
        doubt: why that is not known; empty where it is.
    """

    orders: Sequence[int] = ()
    positions: Sequence[int] = ()
    unknown: Sequence[str] = ()
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Means:
    """What stopping works with.

    Attributes:
        control, spool: folders.
        key: the workspace's; None where it cannot be read.
        sessions: own sessions by name of broker, not opened yet; a broker without one lives in its trader.
        owned: what is ours on the account of a login.
        resting: tells what the built-in terminal keeps while no trader runs.
        pace: how long an own session tries, and the clock.
        patience: seconds that a trader has to answer.
        follow: seconds that a trader that answered has to finish.
    """

    control: Path
    spool: Path
    key: bytes | None
    sessions: Mapping[str, Opener]
    owned: Callable[[int], Ownership]
    resting: Callable[[], Kept]
    pace: Pace
    patience: float = 2.0
    follow: float = 10.0


@dataclass(slots=True)
class Account:
    """What became of one account.

    Attributes:
        trader: who traded it; None for a broker where nobody is known to have traded.
        broker: table of ``brokers``.
        running: whether a process held the account's lock.
        cleared_by: the trader itself, an own session, or nobody.
        said: the trader's last word.
        done: what the own session did.
        failure: why it could not; None where it could, or there was none.
        note: for people.
        kept: what waits in a simulated terminal for its trader; positions only where they were to be closed.
    """

    trader: Trader | None
    broker: str
    running: bool
    cleared_by: Literal["trader", "session", "nobody"] = "nobody"
    said: Acknowledgement | None = None
    done: Cleared | None = None
    failure: IctError | None = None
    note: str = ""
    warnings: list[str] = field(default_factory=list)
    kept: Kept = field(default_factory=Kept)

    @property
    def code(self) -> ExitCode:
        """What the account adds to the exit code."""
        if self.failure is not None:
            return self.failure.code
        if self.done is not None:
            return self.done.code
        if self.said is not None:
            finished = self.said.stage == "done" and not self.said.unresolved
            return ExitCode.OK if finished else ExitCode.UNKNOWN_OUTCOME
        return ExitCode.OK

    def document(self) -> dict[str, Any]:
        """The account for ``--json``."""
        said, done = self.said, self.done
        found: dict[str, Any] = {
            "account": self.trader.account if self.trader else None,
            "broker": self.broker,
            "mode": self.trader.mode if self.trader else None,
            "running": self.running,
            "cleared_by": self.cleared_by,
            "cancelled": 0, "closed": 0, "resting": [], "positions": [], "unknown": [], "foreign": None,
            "error": self.failure.message if self.failure else None,
            "note": self.note,
        }  # fmt: skip
        if done is not None:
            found |= {
                "cancelled": len(done.cancelled),
                "closed": len(done.closed),
                "resting": [order.ticket for order in done.resting],
                "positions": [position.ticket for position in done.positions],
                "unknown": done.unknown,
                "foreign": done.foreign,
            }
        elif said is not None:
            found |= {"cancelled": said.cancelled, "closed": said.closed}
        else:
            kept = self.kept
            found |= {
                "resting": list(kept.orders), "positions": list(kept.positions),
                "unknown": list(kept.unknown),
            }  # fmt: skip
        return found


def stop_accounts(
    halt: Halt, known: Sequence[tuple[Trader, bool]], broker: str, means: Means
) -> list[Account]:
    """Clear every account that is traded here, or at a broker that is named.

    Args:
        halt: the stop, which is set already.
        known: traders, and whether each runs.
        broker: table of ``brokers`` to clear whoever traded there; empty: those of the traders.
        means: what to work with.

    Returns:
        One per account; nothing is raised for what a trader or broker does.
    """
    accounts = [Account(trader, trader.broker, running) for trader, running in known]
    if broker and broker not in {account.broker for account in accounts}:
        accounts.append(Account(None, broker, running=False))
    _hear(halt, accounts, means)
    for account in accounts:
        if account.said is None or account.said.stage != "done":
            _clear_by_session(halt, account, means)
        else:
            account.cleared_by = "trader"
    return accounts


def _hear(halt: Halt, accounts: Sequence[Account], means: Means) -> None:
    """Wait for the running traders: to answer, and those that did to finish."""
    pace = means.pace
    began = pace.now()
    while True:
        waiting = False
        passed = (pace.now() - began) / NS_PER_SECOND
        for account in accounts:
            if account.trader is None or not account.running:
                continue
            account.said = acknowledgement(means.control, account.trader.account, halt.epoch) or account.said
            if account.said is None:
                waiting |= passed < means.patience
            elif account.said.stage != "done":
                waiting |= passed < means.follow
        if not waiting:
            return
        pace.sleep(0.02)


def _clear_by_session(halt: Halt, account: Account, means: Means) -> None:
    opener = means.sessions.get(account.broker)
    if opener is None:
        _tell_inside(halt, account, means)
        return
    account.cleared_by = "session"
    try:
        broker = opener()
        try:
            login = broker.connect().login
            owned = means.owned(login)
            account.warnings += [owned.doubt] if owned.doubt else []
            account.done = clear(broker, halt.epoch, means.pace, owned, flatten=halt.flatten)
        finally:
            broker.close()
    except IctError as error:
        account.failure = error
        return
    _lay_down(halt, account, account.done, means, login)


def _lay_down(halt: Halt, account: Account, done: Cleared, means: Means, login: int) -> None:
    """Leave what was done for the trader's ledger; a disk that refuses does not undo it."""
    if not done.requests:
        return
    text = (
        f"halt cleared {account.broker} by its own session: {len(done.cancelled)} orders cancelled,"
        f" {len(done.closed)} positions closed"
    )
    if means.key is None:
        account.warnings.append("not laid down for the ledger: the workspace's key cannot be read")
        return
    told = Alerted(severity="critical", code="halt_session", text=text)
    try:
        lay(spool_of(means.spool, login), means.key, [*done.requests, told], halt.by, means.pace.now())
    except DataError as error:
        account.warnings.append(f"not laid down for the ledger: {error.message}")


def _tell_inside(halt: Halt, account: Account, means: Means) -> None:
    """What there is to say of a terminal that lives in its trader."""
    if account.trader is None:
        account.note = "no such broker has a session of its own"
    elif account.running:
        account.note = (
            "its simulated terminal lives in the trader, which has not finished; nothing is sent any more"
        )
    elif account.trader.mode == "replay":
        account.note = "its simulated terminal ended with the trader: nothing is left"
    else:
        _tell_resting(halt, account, means)


def _tell_resting(halt: Halt, account: Account, means: Means) -> None:
    """The built-in terminal stands still while no trader runs, with what it keeps."""
    try:
        kept = means.resting()
    except IctError as error:
        account.failure = error
        return
    account.kept = kept = kept if halt.flatten else replace(kept, positions=())
    account.note = "its simulated terminal stands still while no trader runs"
    account.warnings += [kept.doubt] if kept.doubt else []
    if kept.unknown:
        account.failure = OutcomeUnknown(
            f"{account.note}, and {len(kept.unknown)} requests have no known outcome",
            hint="`ictcli resume --reason TEXT`, then start the trader as it was with --once.",
        )
    elif kept.orders or kept.positions:
        account.failure = SourceUnavailable(
            f"{account.note}, and keeps {len(kept.orders)} orders and {len(kept.positions)} positions",
            hint="Start the trader: it begins halted, withdraws them and, with --flatten, closes them.",
        )


def worst(accounts: Sequence[Account]) -> ExitCode:
    """The exit code of all: an unknown outcome before a refusal before a silent broker before the rest."""
    order = (ExitCode.UNKNOWN_OUTCOME, ExitCode.REJECTED, ExitCode.UNREACHABLE)
    codes = {account.code for account in accounts}
    for code in order:
        if code in codes:
            return code
    return max(codes, default=ExitCode.OK)
