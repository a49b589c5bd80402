"""What ``halt`` and ``resume`` share: where the stop is, who asks, what people see."""

import getpass
import os
import socket
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ictcli.errors import ConfigError, IctError, OutcomeUnknown, RequestRejected
from ictcli.session import CONFIG_FILE, Session

if TYPE_CHECKING:
    from ictcli.trading.latch import Halt
    from ictcli.trading.stopping import Account, Kept, Means

_WORKING = {"open", "partial"}
_UNRESOLVED = {"sent", "unknown"}
CLEARING_S = 20.0
"""Seconds that an own session tries to clear an account."""


def state_folder(session: Session) -> tuple[Path, ConfigError | None]:
    """The state folder, found also where the configuration is invalid, and what is wrong with it.

    An emergency stop must not wait for somebody to correct a key.
    """
    try:
        return session.config.state_dir, None
    except ConfigError as error:
        return session.workspace / _configured_state(session.workspace / CONFIG_FILE), error


def _configured_state(path: Path) -> str:
    import tomllib

    from ictcli.plain_file import read_plain

    try:
        found = tomllib.loads(read_plain(path).decode()).get("data", {}).get("state", "state")
    except (OSError, ValueError, AttributeError):
        return "state"
    return found if isinstance(found, str) else "state"


def who() -> str:
    """The user and the machine, for the record."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getpid())
    return f"{user}@{socket.gethostname()}"


def reason_of(session: Session, text: str) -> str:
    """A reason as it may be kept: without secrets, which a person pastes with a message of the broker.

    Where the configuration is invalid, only what looks like one is known.
    """
    from ictcli.operations.log_masking import Masker

    return Masker().text(session.out.masked(text.strip()))


def clear_accounts(session: Session, state: Path, halt: "Halt", broker: str) -> "list[Account]":
    """Let traders, or own sessions in their place, do what the stop asks for.

    Raises:
        ConfigError: no such broker is configured.
    """
    from ictcli.brokers.opening import find_broker
    from ictcli.trading.control import control_folder
    from ictcli.trading.forgotten import forgotten
    from ictcli.trading.lock import traders
    from ictcli.trading.stopping import stop_accounts

    config = session.config.config
    if broker:
        find_broker(broker, config.brokers)
    known = traders(control_folder(state))
    if broker:
        known = [one for one in known if one[0].broker == broker]
        return stop_accounts(halt, known, broker, _means(session, state))
    named = "" if known else config.trade.broker
    lost = forgotten(state, session.environ, config.brokers, [one for one, _ in known])
    if lost.doubt:
        session.out.warn(lost.doubt)
    known += [(one, False) for one in lost.traders]
    accounts = stop_accounts(halt, known, named, _means(session, state))
    return [*accounts, *([_unreached(lost.account)] if lost.account and not named else [])]


def _unreached(account: str) -> "Account":
    """An account that nobody can ask."""
    from ictcli.errors import SourceUnavailable
    from ictcli.trading.lock import Trader
    from ictcli.trading.stopping import Account

    server, _, login = account.rpartition("/")
    found = Account(Trader(int(login), "", "live", 0, 0), "", running=False)
    found.failure = SourceUnavailable(
        f"the ledger tells of it, at {server}, and no table of brokers has its login",
        hint="Name the broker: ictcli halt --broker NAME; or look at its terminal.",
    )
    return found


def _means(session: Session, state: Path) -> "Means":
    import time

    from ictcli.brokers.broker import Broker
    from ictcli.brokers.mt5.calls import Retry
    from ictcli.brokers.opening import open_broker
    from ictcli.clock import now_ns
    from ictcli.config.trading import BrokerConfig
    from ictcli.ledger.address import find_place
    from ictcli.strategies.known import STRATEGIES
    from ictcli.trading.control import control_folder, spool_folder
    from ictcli.trading.emergency import Pace
    from ictcli.trading.ownership import Ownership, find_ownership
    from ictcli.trading.stopping import Means, Opener

    def opener(name: str, table: BrokerConfig) -> Opener:
        def opened() -> Broker:
            return open_broker(
                name, table, session.environ, seed=session.now, retry=Retry(attempts=2), urgent=True
            )

        return opened

    def owned(login: int) -> Ownership:
        names = {*STRATEGIES, *session.config.config.trade.strategies}
        return find_ownership(lambda: find_place(state, session.environ), login, names)

    brokers = session.config.config.brokers
    sessions = {name: opener(name, table) for name, table in brokers.items() if table.terminal != "simulated"}
    pace = Pace(CLEARING_S, 0.25, now_ns, time.sleep)
    control, spool = control_folder(state), spool_folder(state)
    return Means(control, spool, _key(state), sessions, owned, partial(_resting, state), pace)


def _resting(state: Path) -> "Kept":
    """What the built-in terminal keeps, as its ledger tells.

    Raises:
        DataError: there is no such ledger, or it cannot be read.
    """
    from ictcli.ledger.address import paper_place
    from ictcli.ledger.opening import no_ledger, reading
    from ictcli.ledger.rows import OrderRow, PositionRow
    from ictcli.trading.stopping import Kept

    place = paper_place(state)
    if place.lost:
        raise no_ledger(place)
    if not place.exists:
        return Kept(doubt=f"there is no ledger at {place.address}: what its terminal kept is not known")
    with reading(place.address) as stored:
        orders = stored.rows.every(OrderRow)
        positions = stored.rows.every(PositionRow)
    placed = [one for one in orders if one.action == "place" and one.status in _WORKING]
    return Kept(
        [one.ticket for one in placed if one.ticket],
        [one.position for one in positions if one.volume],
        [one.id for one in orders if one.status in _UNRESOLVED],
    )


def _key(state: Path) -> bytes | None:
    """The workspace's key; None where there is none: a stop goes on without."""
    from ictcli.errors import DataError
    from ictcli.ledger.chain import read_key

    try:
        return read_key(state / "secret.key")
    except DataError:
        return None


def document(halt: "Halt", accounts: "list[Account]") -> dict[str, Any]:
    """What ``halt --json`` prints."""
    from ictcli.clock import iso

    return {
        "halted": True,
        "epoch": halt.epoch,
        "reason": halt.reason,
        "by": halt.by,
        "since": iso(halt.ts),
        "flatten": halt.flatten,
        "accounts": [account.document() for account in accounts],
    }


def text(found: dict[str, Any]) -> str:
    """What people see of it."""
    lines = [f"halted: {found['reason']} (by {found['by']}, {found['since']}); nothing is sent any more"]
    for one in found["accounts"]:
        name = one["account"] if one["account"] is not None else one["broker"]
        left = [f"{word} {_list(one[key])}" for key, word in _LEFT if one[key]]
        lines.append("; ".join([f"account {name}: {one['note'] or _done(one)}", *left]))
    if not found["accounts"]:
        lines.append("no account was traded here, and trade.broker names none: nothing to cancel")
    lines.append("Lift it with: ictcli resume --reason TEXT")
    return "\n".join(lines)


def _done(one: dict[str, Any]) -> str:
    if one["cleared_by"] == "nobody":
        return "nobody could cancel or close anything"
    by = {"trader": "by its trader", "session": "by an own session"}[one["cleared_by"]]
    return f"orders cancelled: {one['cancelled']}, positions closed: {one['closed']}, {by}"


_LEFT = (("resting", "orders left"), ("positions", "positions left"), ("unknown", "outcome unknown of"))


def _list(tickets: list[int] | list[str]) -> str:
    return ", ".join(str(ticket) for ticket in tickets)


def failure_of(accounts: "list[Account]") -> IctError | None:
    """The error that the exit code stands for; None where nothing is left to do."""
    from ictcli.errors import DataError, ExitCode
    from ictcli.trading.stopping import worst

    code = worst(accounts)
    named = ", ".join(_name(one) for one in accounts if one.code is code)
    hint = "Look at the broker's terminal; run `ictcli halt` again, it does no harm."
    if code is ExitCode.OK:
        return None
    if code is ExitCode.UNKNOWN_OUTCOME:
        told = next((one.failure for one in accounts if isinstance(one.failure, OutcomeUnknown)), None)
        return OutcomeUnknown(
            f"the stop holds, and what became of {named} is not known", hint=told.hint if told else hint
        )
    if code is ExitCode.REJECTED:
        return RequestRejected(f"the stop holds, and the broker refused to clear {named}", hint=hint)
    failure = next(one.failure for one in accounts if one.failure is not None and one.code is code)
    kind = DataError if isinstance(failure, DataError) else type(failure)
    return kind(f"the stop holds, and {named} was not cleared: {failure.message}", hint=failure.hint)


def _name(account: "Account") -> str:
    return f"account {account.trader.account}" if account.trader else f"broker {account.broker}"
