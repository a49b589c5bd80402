"""A trader that writes its ledger as fast as the disk takes it, and the broker that knows of it first.

``python -m tests.reconcile.full_speed FOLDER durable|quick`` writes until its standard input ends, then
tells in one line of JSON how long each commit took and when. Deal ``n`` of the broker happens at ``at(n)``;
how many there are stands in the file ``dealt`` before the ledger hears of the last one.
"""

import itertools
import json
import os
import select
import struct
import sys
from decimal import Decimal
from pathlib import Path

import polars as pl

from ictcli.clock import monotonic
from ictcli.ledger import bodies
from ictcli.ledger.address import Place, place_in
from ictcli.ledger.bodies import AnyBody
from ictcli.ledger.journal import open_journal
from ictcli.reconcile.exact import UNIT
from ictcli.reconcile.story import FILLS, ORDERS, POSITIONS, Facts, Story, Window, empty
from tests.ledger.stories import NOW, SECOND, acked, filled, intent, sent, start

ACCOUNT = "Sim-1/7"
KEY = bytes(range(32))
BALANCE, COST, WON = Decimal(100_000), Decimal("-0.35"), Decimal("1.25")
_COUNT = struct.Struct("<q")


def at(deal: int) -> int:
    """When a deal happens: one a second, of a clock that runs as fast as they are written."""
    return NOW + deal * SECOND


def ledger_in(folder: Path) -> Place:
    return place_in(folder / "ledger", KEY)


def dealt(folder: Path) -> int:
    """How many deals the broker has made."""
    path = folder / "dealt"
    told = path.read_bytes() if path.exists() else b""
    return int(_COUNT.unpack(told)[0]) if told else 0


def opening() -> list[AnyBody]:
    return [
        start(),
        bodies.Opened(balance=BALANCE),
        bodies.Cash(key="opening", what="opening", amount=BALANCE, ts=NOW),
    ]


def trade(number: int) -> tuple[list[list[AnyBody]], list[list[AnyBody]]]:
    """What is written before each of the two deals of a trade, and behind it."""
    enter, leave, position = f"in{number}", f"out{number}", 10 * number
    opened = filled(
        2 * number - 1, enter, order=position, position=position, magic=2 * number, commission=COST,
        ts=at(2 * number - 1),
    )  # fmt: skip
    closed = filled(
        2 * number, leave, order=position + 1, position=position, magic=2 * number + 1, side=-1, entry="out",
        price=Decimal("1.10125"), profit=WON, commission=COST, ts=at(2 * number),
    )  # fmt: skip
    stop = bodies.Protected(position=position, symbol="EURUSD", stop=Decimal("1.09"), target=None)
    closing = intent(leave, action="close", side=-1, position=position, reduces=True, magic=2 * number + 1)
    return (
        [[intent(enter, magic=2 * number), sent(enter)], [acked(enter, position), opened], [stop]],
        [[closing, sent(leave)], [acked(leave, position + 1), closed]],
    )


def broker(deals: int, lag: int) -> Story:
    """All that the broker tells when so many deals were made."""
    numbers = pl.DataFrame({"deal": range(1, deals + 1)}, schema={"deal": pl.Int64})
    first, trade = pl.col("deal") % 2 == 1, (pl.col("deal") + 1) // 2
    rows = numbers.with_columns(
        position=10 * trade, order=10 * trade + 1 - first.cast(pl.Int64), ts=NOW + pl.col("deal") * SECOND,
        magic=2 * trade + 1 - first.cast(pl.Int64), symbol=pl.lit("EURUSD"), reason=pl.lit("expert"),
        side=pl.when(first).then(1).otherwise(-1),
        entry=pl.when(first).then(pl.lit("in")).otherwise(pl.lit("out")),
        volume=pl.lit(UNIT // 10), price=pl.when(first).then(110_000_000).otherwise(110_125_000),
        commission=pl.lit(-35_000_000), profit=pl.when(first).then(0).otherwise(125_000_000),
    )  # fmt: skip
    orders = rows.with_columns(
        kind=pl.lit("market"), status=pl.lit("filled"), filled=pl.col("volume"), placed=pl.col("ts"),
        touched=pl.col("ts"), price=None,
    )  # fmt: skip
    held = rows.tail(1).filter(pl.col("side") > 0).with_columns(
        ticket=pl.col("position"), stop=pl.lit(109_000_000), opened=pl.col("ts"), touched=pl.col("ts"),
        profit=pl.lit(0),
    )  # fmt: skip
    balance = BALANCE + deals * COST + deals // 2 * WON
    return Story(
        Facts(ACCOUNT, "USD", balance=int(balance * UNIT)),
        Window(0, at(deals) - lag),
        fills=_fitted(rows, FILLS),
        orders=_fitted(orders, ORDERS),
        positions=_fitted(held, POSITIONS),
    )


def _fitted(rows: pl.DataFrame, schema: object) -> pl.DataFrame:
    assert isinstance(schema, dict)
    blank = pl.concat([empty(schema), rows.select([name for name in schema if name in rows.columns]).cast(
        {name: kind for name, kind in schema.items() if name in rows.columns}
    )], how="diagonal")  # fmt: skip
    plain = {
        name: "" if kind == pl.String else False if kind == pl.Boolean else 0 for name, kind in schema.items()
    }
    keeps = {"limit", "stop", "target", "price"}
    return blank.with_columns(
        pl.col(name).fill_null(plain[name]) for name in schema if name not in keeps
    ).select(list(schema))


def main(folder: Path, *, durable: bool) -> None:
    took: list[tuple[float, float]] = []
    count = os.open(folder / "dealt", os.O_RDWR | os.O_CREAT)
    with open_journal(ledger_in(folder), now=NOW, durable=durable) as journal:
        journal.append(opening(), NOW)
        sys.stdout.write("writing\n")
        sys.stdout.flush()
        for number in itertools.count(1):
            for deal, batches in enumerate(trade(number), 2 * number - 1):
                os.pwrite(count, _COUNT.pack(deal), 0)
                for batch in batches:
                    begun = monotonic()
                    journal.append(batch, at(deal))
                    took.append((begun, monotonic() - begun))
            if select.select([sys.stdin], [], [], 0)[0]:
                break
    sys.stdout.write(json.dumps(took) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), durable=sys.argv[2] == "durable")
