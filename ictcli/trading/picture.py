"""What a look from outside shows: the emergency stop, who trades, and what the ledger says is open.

Read-only and short: what is needed is copied out and the ledger let go, as a long look keeps the trader's
log from being folded in.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ictcli.clock import NS_PER_SECOND, iso
from ictcli.errors import DataError
from ictcli.ledger.address import Place
from ictcli.ledger.bodies import BarTaken, ClockSeen, ModeSet, Start, Synced, decode
from ictcli.ledger.opening import no_ledger, reading
from ictcli.ledger.rows import AlertRow, OrderRow, PositionRow
from ictcli.ledger.stored import Stored
from ictcli.trading.control import control_folder
from ictcli.trading.latch import Latch
from ictcli.trading.lock import traders
from ictcli.trading.paper_state import check_terminal
from ictcli.trading.status import OVER

_OPEN = {"intent", "sent", "unknown", "open", "partial"}
_UNRESOLVED = {"sent", "unknown"}
_LAST = "SELECT ts, body, seq FROM events WHERE kind = '{kind}' ORDER BY seq DESC LIMIT 1"
_KINDS = ("start", "mode", "bar", "synced", "clock")


def picture(state: Path, places: Mapping[str, Place]) -> dict[str, Any]:
    """The state of trading in a workspace.

    Args:
        state: its state folder.
        places: its ledgers by name; none where it has no key and so no ledger.

    Returns:
        ``halt`` (None while no stop is on), ``traders``, ``ledgers``: those that exist, and ``damaged``:
        those that were here and cannot be read, or not gone on from. ``recovering`` of a ledger: since when
        its trader has been up without a comparison with the broker; None once there was one (``last_sync``,
        of its last start).
    """
    control = control_folder(state)
    ledgers, damaged = [], []
    for name, place in places.items():
        if place.exists or place.lost:
            try:
                ledgers.append(_ledger(name, place))
                _check_terminal(name, place)
            except DataError as error:
                damaged.append({"ledger": name, "why": error.message, "hint": error.hint})
    halt = Latch(control).halt()
    return {
        "halt": None
        if halt is None
        else {
            "reason": halt.reason, "by": halt.by, "since": iso(halt.ts) if halt.ts else None,
            "flatten": halt.flatten,
        },
        "traders": [
            {
                "account": trader.account, "broker": trader.broker, "mode": trader.mode, "running": running,
                "pid": trader.pid, "since": iso(trader.since),
            }
            for trader, running in traders(control)
        ],
        "ledgers": ledgers,
        "damaged": damaged,
    }  # fmt: skip


def _ledger(name: str, place: Place) -> dict[str, Any]:
    if place.lost:
        raise no_ledger(place)
    with reading(place.address) as stored:
        found = {kind: _last(stored, kind) for kind in _KINDS}
        orders = stored.rows.every(OrderRow)
        positions = stored.rows.every(PositionRow)
        alerts = stored.rows.every(AlertRow)
        events, account = stored.head()[0], stored.account()
    start, mode, bar = (found[kind][1] for kind in ("start", "mode", "bar"))
    # a comparison of the session before says nothing of this one
    recovering = found["start"][2] > found["synced"][2]
    return {
        "ledger": name,
        "events": events,
        "account": account,
        "mode": start.mode if isinstance(start, Start) else None,
        "strategies": list(start.strategies) if isinstance(start, Start) else [],
        "allowed": mode.mode if isinstance(mode, ModeSet) else None,
        "allowed_why": mode.reason if isinstance(mode, ModeSet) else "",
        "last_bar": _bar(bar) if isinstance(bar, BarTaken) else None,
        "last_sync": None if recovering else _sync(*found["synced"][:2]),
        "recovering": iso(found["start"][0]) if recovering else None,
        "clock": _clock(*found["clock"][:2]),
        "open_intents": [
            _order(row) for row in orders if row.account == account and row.status in _OPEN - OVER
        ],
        "unresolved": sum(row.account == account and row.status in _UNRESOLVED for row in orders),
        "positions": [_position(row) for row in positions if row.account == account and row.volume],
        "critical_alerts": sum(row.severity == "critical" for row in alerts),
    }


def _check_terminal(name: str, place: Place) -> None:
    """The built-in terminal is there beside a ledger that has begun, and no older.

    Raises:
        DataError: it is not, so no trader can go on.
    """
    if name == "paper":
        with reading(place.address) as stored:  # before the terminal, which is never behind it
            begun, tickets = stored.head()[0] > 0, stored.tickets()
        if begun:
            check_terminal(place.traces[0].parent, tickets)


def _last(stored: Stored, kind: str) -> tuple[int, Any, int]:
    """When the last event of a kind was written, ns UTC, the event and its number; 0 where there is none."""
    rows = stored.database.execute(_LAST.format(kind=kind))
    return (rows[0][0], decode(rows[0][1]), rows[0][2]) if rows else (0, None, 0)


def _sync(ts: int, body: Any) -> dict[str, Any] | None:
    if not isinstance(body, Synced):
        return None
    return {"at": iso(ts), "balance": body.balance, "equity": body.equity, "difference": body.difference}


def _clock(ts: int, body: Any) -> dict[str, Any] | None:
    if not isinstance(body, ClockSeen):
        return None
    return {"at": iso(ts), "offset_seconds": body.offset / NS_PER_SECOND, "confirmed": body.confirmed}


def _bar(bar: BarTaken) -> dict[str, Any]:
    return {"symbol": bar.symbol, "timeframe": bar.timeframe, "closed": iso(bar.ts_close)}


def _order(row: OrderRow) -> dict[str, Any]:
    return {
        "id": row.id, "action": row.action, "strategy": row.strategy, "symbol": row.symbol, "side": row.side,
        "kind": row.kind, "volume": row.volume, "filled": row.filled, "price": row.price, "stop": row.stop,
        "target": row.target, "status": row.status, "ticket": row.ticket, "updated": iso(row.updated),
    }  # fmt: skip


def _position(row: PositionRow) -> dict[str, Any]:
    return {
        "position": row.position, "symbol": row.symbol, "volume": row.volume, "price": row.price,
        "stop": row.stop, "target": row.target,
    }  # fmt: skip
