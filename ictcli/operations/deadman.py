"""Does every trader that ought to run still run? Judged from outside, by lock, heartbeat and ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ictcli.clock import iso, parse_duration
from ictcli.config.alerts import AlertsConfig
from ictcli.errors import ExitCode, IctError
from ictcli.operations.alerts import Alert
from ictcli.operations.alerts_ledger import Ledger
from ictcli.trading.control import control_folder
from ictcli.trading.lock import Trader, traders
from ictcli.trading.pulse import last_beat, pulse_file

Life = Literal["alive", "starting", "ended", "silent", "gone", "absent"]
DEAD = ("silent", "gone", "absent")
"""silent: its process is there and its loop stands still; gone: it ended without good order, by an error, or
must not end; absent: an account that must be traded never was."""


_BY_HAND = (ExitCode.OK.value, ExitCode.INTERRUPTED.value)
"""Ends that somebody asked for; whether they were in good order the ledger tells."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One account.

    Attributes:
        account: login.
        mode: paper or live; empty where it was never traded.
        life: see ``Life``.
        beat: last sign of life, ns UTC; 0 for none.
        positions, orders: what is open as its ledger tells; None where that cannot be read.
        code: exit code of the error by which it ended itself; 0 where it did not.
    """

    account: int
    mode: str
    life: Life
    beat: int
    positions: int | None
    orders: int | None
    code: int = 0

    @property
    def dead(self) -> bool:
        """Whether somebody must look after it."""
        return self.life in DEAD

    @property
    def may_be_open(self) -> bool:
        """Whether it has something open, or nobody can tell; what was never traded has nothing."""
        if self.life == "absent":
            return False
        return self.positions is None or bool(self.positions or self.orders)


def judge_all(state: Path, config: AlertsConfig, ledgers: Mapping[str, Ledger], now: int) -> list[Judged]:
    """Every account that was ever traded here, and every one that must be.

    Args:
        state: the workspace's state folder.
        config: limits, and which accounts must be traded.
        ledgers: by name; those that exist.
        now: ns UTC.
    """
    control = control_folder(state)
    known = [(one, running) for one, running in traders(control) if one.mode != "replay"]
    judged = [
        _judge(control, one, ledgers.get(_ledger_of(one)), config, now, running=running)
        for one, running in known
    ]
    missing = set(config.expected) - {one.account for one, _ in known}
    return judged + [Judged(login, "", "absent", 0, None, None) for login in sorted(missing)]


def alerts_of(judged: Sequence[Judged], config: AlertsConfig, now: int) -> list[Alert]:
    """An alert for every dead account; one for each time that it died."""
    found = []
    for one in judged:
        if not one.dead:
            continue
        open_now = bool(one.positions or one.orders)
        text = f"account {one.account}: {explained(one, config, now)}"
        key = f"trader_{one.life}:{one.account}:{one.beat}:{int(open_now)}"
        unknown = one.positions is None and one.life != "absent"
        grave = open_now or unknown or one.mode == "live"
        severity: Literal["warning", "critical"] = "critical" if grave else "warning"
        found.append(Alert(key, f"trader_{one.life}", severity, text, now))
    return found


def explained(one: Judged, config: AlertsConfig, now: int) -> str:
    """What there is to say of an account, in words."""
    since = f"since {iso(one.beat // 10**9 * 10**9)}" if one.beat else "ever"
    words = {
        "alive": f"alive, last heartbeat {max(0, now - one.beat) / 1e9:.0f} s ago "
        f"(limit {config.heartbeat_after})",
        "starting": "starting",
        "ended": "ended in good order",
        "silent": f"its trader runs and gives no heartbeat {since} (limit {config.heartbeat_after})",
        "gone": f"its trader {_left(one)}, last seen {iso(one.beat // 10**9 * 10**9)}",
        "absent": "it must be traded, and never was",
    }
    if not one.dead or one.life == "absent":
        return words[one.life]
    if one.positions is None:
        return f"{words[one.life]}; what is open is not known"
    left = f"open positions: {one.positions}, open orders: {one.orders}"
    return f"{words[one.life]}; {left if one.positions or one.orders else 'nothing is open'}"


def _left(one: Judged) -> str:
    return f"ended by itself with exit code {one.code}" if one.code else "is gone"


def _judge(
    control: Path, trader: Trader, ledger: Ledger | None, config: AlertsConfig, now: int, *, running: bool
) -> Judged:
    seen = last_beat(pulse_file(control, trader.account))
    beat = max(seen, trader.since)
    in_order, positions, orders = _known(ledger, trader, begun=seen > 0)
    code = 0 if running or trader.code in _BY_HAND else trader.code or 0
    life: Life
    if running and seen < trader.since:
        life = "starting" if now - trader.since <= parse_duration(config.start_after) else "silent"
    elif running:
        life = "alive" if now - beat <= parse_duration(config.heartbeat_after) else "silent"
    else:
        well = in_order and not code and trader.account not in config.expected
        life = "ended" if well else "gone"
    return Judged(trader.account, trader.mode, life, beat, positions, orders, code)


def _known(ledger: Ledger | None, trader: Trader, *, begun: bool) -> tuple[bool, int | None, int | None]:
    """As ``_books``; a ledger that cannot be read tells of no good end.

    Without a ledger nothing is open where no loop ever came round.
    """
    if ledger is None:
        return (True, None, None) if begun else (True, 0, 0)
    try:
        return _books(ledger, trader)
    except IctError:
        return False, None, None


def _books(ledger: Ledger, trader: Trader) -> tuple[bool, int | None, int | None]:
    """Whether its last session ended in good order, and how many positions and orders are open."""
    own = f"account LIKE '%/{trader.account}'"
    with ledger.looking() as ask:
        last = ask("SELECT kind FROM events WHERE kind IN ('start', 'stop') ORDER BY seq DESC LIMIT 1")
        positions = ask(f"SELECT volume FROM positions WHERE {own}")  # noqa: S608 - a number
        orders = ask(
            f"SELECT count(*) FROM orders WHERE {own} AND action = 'place' "  # noqa: S608 - a number
            "AND status IN ('sent', 'unknown', 'open', 'partial')"
        )
    held = sum(float(volume) != 0 for (volume,) in positions)
    return not last or last[0][0] == "stop", held, int(orders[0][0])


def _ledger_of(trader: Trader) -> str:
    return "broker" if trader.broker else "paper"
