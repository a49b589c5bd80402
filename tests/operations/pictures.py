"""A session as its picture shows it, for tests of who shows it."""

from dataclasses import replace
from typing import Any

from ictcli.clock import NS_PER_SECOND
from ictcli.trading.measures import POINTS, SECONDS, Picture, Tally

NOON = 1_773_748_800 * NS_PER_SECOND
"""Tuesday 2026-03-17 12:00 UTC."""


def picture(**changed: Any) -> Picture:
    """A paper trader in good order at noon, with what is ``changed``."""
    ack, slipped = Tally(SECONDS), Tally(POINTS)
    for seconds in (0.02, 0.3, 70.0):
        ack.add(seconds)
    for points in (-2.0, 3.0):
        slipped.add(points)
    whole = Picture(
        at=NOON,
        account=1,
        broker="",
        mode="paper",
        run="2026-03-17T08:00:00Z",
        currency="USD",
        allowed="active",
        why="",
        recovering=False,
        silent_since=0,
        probed=NOON - NS_PER_SECOND,
        reached=NOON - 900 * NS_PER_SECOND,
        bars={("EURUSD", "M15"): NOON},
        values={
            "balance": 100_000.0, "equity": 99_950.5, "positions": 1.0, "working_orders": 2.0,
            "unknown_orders": 0.0, "halted": 0.0, "ledger_events": 77.0, "wal_bytes": 4096.0,
            "clock_offset_seconds": 0.25, "balance_difference": 0.0, "reconnects": 3.0,
            "resident_bytes": 1e8,
        },
        labelled={"quote_age_seconds": {"EURUSD": 0.5}},
        counts={
            "orders": {"acknowledged": 9, "rejected": 1}, "denials": {"HALTED": 2},
            "fills": {"of an order": 8}, "bars": {"timely": 90}, "alerts": {"critical": 1},
        },
        distributions={"order_ack_seconds": ack.seen(), "slippage_points": slipped.seen()},
    )  # fmt: skip
    return replace(whole, **changed)
