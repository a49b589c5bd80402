"""An account through time, as its journal tells it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from ictcli.engine.trades import INSTANT
from ictcli.ledger.bodies import Synced
from ictcli.ledger.log import Entry
from ictcli.trading.orderbook import OrderBook


def ledger_equity(entries: Sequence[Entry]) -> pa.Table:
    """The balance after each entry that moved it, and both sides of each look at the broker.

    The columns are those of a run's equity: ``ts``, ``balance``, ``equity``, ``margin``. ``equity`` is what
    the broker said, null between two looks; ``margin`` is not in a journal.

    Args:
        entries: of the journal, in order.
    """
    book, rows = OrderBook(), []
    for entry in entries:
        before = book.cash
        book.apply(entry.body, entry.ts)
        body: Any = entry.body
        equity = body.equity if isinstance(body, Synced) else None
        if equity is not None or book.cash != before:
            rows.append({"ts": entry.ts // 1000, "balance": book.cash, "equity": equity, "margin": None})
    money = pa.decimal128(18, _places([row[name] for row in rows for name in ("balance", "equity")]))
    fields = [("ts", INSTANT), *((name, money) for name in ("balance", "equity", "margin"))]
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))


def _places(amounts: Sequence[Any]) -> int:
    """Decimals of the finest amount, at least two."""
    return max([2, *(-int(one.as_tuple().exponent) for one in amounts if isinstance(one, Decimal))])
