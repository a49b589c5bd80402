"""What became of every decision, and the account through time, as tables."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ictcli.engine.portfolio import Asked, Books
from ictcli.engine.refusals import ExitReason, OrderEvent, Refusal
from ictcli.engine.trades import (
    INSTANT,
    MONEY,
    PRICE,
    VOLUME,
    WHERE,
    Records,
    Traded,
    decided,
    decimals,
    instants,
    labels,
    nullable,
    setups,
    where,
)

ORDERS = pa.schema(
    [
        *WHERE,
        ("setup_number", pa.int64()),
        ("order", pa.int64()),
        ("bar_at", INSTANT),
        ("known_at", INSTANT),
        ("event", pa.string()),
        ("reason", pa.string()),
        ("price", PRICE),
        ("volume", VOLUME),
    ]
)
"""What became of every decision that asked for something. ``bar_at`` is the open of the bar, ``known_at`` its
close; ``reason`` is a refusal's or an exit's name, null where there is none."""

EQUITY = pa.schema([("ts", INSTANT), ("balance", MONEY), ("equity", MONEY), ("margin", MONEY)])
"""The account at the end of each trading day and after each closing deal."""


def order_table(books: Books, asked: Asked, traded: Sequence[Traded], strategies: Sequence[str]) -> pa.Table:
    """What became of every decision, in the order in which it happened."""
    events = books.events
    parts, rows = [ORDERS.empty_table()], [np.zeros(0, np.int64)]
    for s, own in enumerate(traded):
        mine = events["series"] == s
        if mine.any():
            parts.append(_orders(events[mine], decided(asked, s), own, strategies))
            rows.append(np.flatnonzero(mine))
    order = np.argsort(np.concatenate(rows), kind="stable")
    return pa.concat_tables(parts).take(pa.array(order)).combine_chunks()


def _orders(events: Records, decided: Records, own: Traded, strategies: Sequence[str]) -> pa.Table:
    bars = own.bars
    refusals = {int(code): code.label for code in Refusal if code}
    exits = {int(code): code.label for code in ExitReason}
    leaves = np.isin(events["event"], [OrderEvent.STOP_MOVED, OrderEvent.CLOSE_ASKED, OrderEvent.CLOSED])
    words = np.where(
        leaves,
        np.array([exits.get(code, "") for code in events["code"].tolist()], object),
        np.array([refusals.get(code, "") for code in events["code"].tolist()], object),
    )
    columns = [
        *where(own.key, events["owner"], strategies),
        setups(decided["setup"][events["row"]]),
        pa.array(events["order"].copy(), mask=events["order"] == 0),
        instants(bars.ts[events["bar"]]),
        instants(bars.ts_close[events["bar"]]),
        labels(events["event"], {int(code): code.label for code in OrderEvent}),
        pa.array([word or None for word in words.tolist()], pa.string()),
        nullable(decimals(events["price"] * 10 ** (8 - bars.digits), PRICE), events["price"] == 0),
        decimals(events["steps"] * own.volume_step, VOLUME),
    ]
    return pa.Table.from_arrays(columns, schema=ORDERS)


def equity_table(marks: Records, money_digits: int) -> pa.Table:
    """The account through a run."""
    scale = 10 ** (2 - money_digits)
    cash = [decimals(marks[name] * scale, MONEY) for name in ("balance", "equity", "margin")]
    return pa.Table.from_arrays([instants(marks["ts"]), *cash], schema=EQUITY)
