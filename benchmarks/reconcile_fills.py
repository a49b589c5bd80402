"""A million deals on both sides: what it takes to find the few that differ.

    python benchmarks/reconcile_fills.py [--fills 1000000] [--share]

Each side tells as many deals, half as many orders, and 200 open positions; 60 deals are missed, invented or
unlike. Each size runs in a process of its own, whose greatest size in memory counts with the tables and all
that is imported. The floor is one join of both sides' deals, in the same run. The limit of time is held
against the work of the processor on all its cores, which other programs do not lengthen. ``--share`` tells
what each rule takes. Exits 1 when a limit is missed.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from ictcli.clock import NS_PER_HOUR, NS_PER_SECOND
from ictcli.reconcile.case import Case, Difference
from ictcli.reconcile.exact import UNIT
from ictcli.reconcile.matching import reconcile
from ictcli.reconcile.rules.fills import FILL_RULES
from ictcli.reconcile.rules.known import RULES
from ictcli.reconcile.story import FILLS, INSTRUMENTS, ORDERS, POSITIONS, Facts, Schema, Story, Window, table
from ictcli.reconcile.tolerances import Tolerances

MOST_S = 10.0
"""Of all rules, as the work of the processor."""
MOST_FILLS_S = 3.0
"""Of the rules of deals."""
MOST_MB = 1000.0
MOST_GROWTH = 1.5
"""What a deal of the large run may cost of one of a tenth of it."""
T0 = 1_780_000_000_000_000_000
STEP = UNIT // 100
SYMBOLS = [f"S{number:02d}USD" for number in range(20)]
OPEN = 200
PLANTED = 20
"""Deals of each fault: missed, invented, at another price."""


def told(schema: Schema, rows: int, **columns: pl.Expr) -> pl.DataFrame:
    """A table whose columns follow from the number of their row (``at``); the rest is left at its default."""
    frame = pl.select(pl.int_range(rows, dtype=pl.Int64).alias("at"))
    default = table(schema, [{}])
    given = [
        columns.get(name, pl.lit(default[name][0])).cast(kind).alias(name) for name, kind in schema.items()
    ]
    return frame.select(given)


AT = pl.col("at")
TRADE = AT // 4
"""Four deals make a trade: two that enter, two that leave."""
LEAVES = AT % 4 > 1
SYMBOL = pl.Series(SYMBOLS)


def symbol_of(trade: pl.Expr) -> pl.Expr:
    return pl.lit(SYMBOL).gather((trade % len(SYMBOLS)).cast(pl.UInt32))


def intent_of(order: pl.Expr) -> pl.Expr:
    return pl.lit("intent-of-26-letters") + order.cast(pl.String).str.pad_start(9, "0")


def deals(rows: int) -> pl.DataFrame:
    order = AT // 2 + 1
    money = pl.when(LEAVES).then((AT % 977 - 488) * STEP).otherwise(0)
    return told(
        FILLS, rows,
        deal=AT + 1, order=order, position=TRADE + 1, magic=order, intent=intent_of(order),
        symbol=symbol_of(TRADE), side=pl.when(LEAVES).then(-1).otherwise(1),
        entry=pl.when(LEAVES).then(pl.lit("out")).otherwise(pl.lit("in")), volume=pl.lit(10 * STEP),
        price=UNIT + AT % 5000 * 1000, profit=money, commission=pl.lit(-35 * STEP),
        swap=pl.when(LEAVES).then(-(AT % 9) * STEP).otherwise(0), reason=pl.lit("expert"),
        ts=T0 + AT * NS_PER_SECOND,
    )  # fmt: skip


def orders(rows: int) -> pl.DataFrame:
    order, trade, leaves = AT + 1, AT // 2, AT % 2 == 1
    return told(
        ORDERS, rows,
        order=order, intent=intent_of(order), magic=order, symbol=symbol_of(trade),
        action=pl.when(leaves).then(pl.lit("close")).otherwise(pl.lit("place")),
        side=pl.when(leaves).then(-1).otherwise(1), kind=pl.lit("market"), status=pl.lit("filled"),
        volume=pl.lit(20 * STEP), filled=pl.lit(20 * STEP),
        position=pl.when(leaves).then(trade + 1).otherwise(0), reason=pl.lit("expert"),
        placed=T0 + 2 * AT * NS_PER_SECOND, touched=T0 + (2 * AT + 1) * NS_PER_SECOND,
    )  # fmt: skip


def pair(rows: int) -> tuple[Story, Story]:
    """A ledger and its broker; the trades of the last ``OPEN`` positions are not closed."""
    trades = rows // 4
    still = (pl.col("position") > trades - OPEN) & (pl.col("entry") == "out")
    fills = deals(rows).filter(~still)
    held = (pl.col("action") == "close") & (pl.col("position") > trades - OPEN)
    requests = orders(rows // 2).filter(~held)
    number = trades - OPEN + AT + 1
    opened = fills.filter(pl.col("position") > trades - OPEN).group_by("position").agg(pl.col("price").mean())
    positions = told(
        POSITIONS, OPEN, position=number, ticket=number, magic=2 * number - 1, symbol=symbol_of(number - 1),
        volume=pl.lit(20 * STEP), opened=pl.lit(T0), touched=pl.lit(T0),
    ).with_columns(price=opened.sort("position").get_column("price").cast(pl.Int64))  # fmt: skip
    contracts = table(
        INSTRUMENTS,
        [{"symbol": name, "digits": 5, "tick": 1000, "step": STEP, "contract": 10**13} for name in SYMBOLS],
    )
    window = Window(T0 - NS_PER_HOUR, T0 + rows * NS_PER_SECOND + NS_PER_HOUR)
    facts = Facts("Broker-Demo/7", "USD", balance=balance_of(fills))
    ours = Story(facts, window, fills, requests, positions, instruments=contracts)
    theirs = replace(
        ours,
        fills=own(fills.with_columns(intent=pl.lit(""))),
        orders=own(requests.with_columns(intent=pl.lit(""), action=pl.lit(""))),
    )
    return planted(ours, rows), theirs


def own(frame: pl.DataFrame) -> pl.DataFrame:
    """The same table in memory of its own: no side lends the other its columns."""
    return pl.concat([frame.head(1), frame.slice(1)], rechunk=True)


def planted(ours: Story, rows: int) -> Story:
    """A ledger that missed deals, invented some, and has some at another price."""
    apart = rows // PLANTED - OPEN
    missed = (pl.col("deal") % apart == 7) & (pl.col("deal") <= apart * PLANTED)
    unlike = (pl.col("deal") % apart == 13) & (pl.col("deal") <= apart * PLANTED)
    kept = ours.fills.filter(~missed)
    dearer = kept.with_columns(price=pl.when(unlike).then(pl.col("price") + 2000).otherwise("price"))
    invented = dearer.head(PLANTED).with_columns(deal=pl.col("deal") + 10 * rows)
    fills = pl.concat([dearer, invented], rechunk=True)
    return replace(ours, fills=fills, facts=replace(ours.facts, balance=balance_of(fills)))


def balance_of(fills: pl.DataFrame) -> int:
    """What deals moved the balance to."""
    return sum(int(fills.get_column(name).sum()) for name in ("profit", "commission", "swap", "fee"))


def memory() -> float:
    """Greatest size of this process so far, MB of 10⁶ bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def resident() -> float:
    """Size of this process now, MB of 10⁶ bytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def timed(action: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    worked, begun = time.process_time(), time.perf_counter()
    action()
    return time.perf_counter() - begun, time.process_time() - worked


def run(rows: int, *, share: bool) -> dict[str, float]:
    """Figures of one size."""
    ours, theirs = pair(rows)
    before = resident()
    verdicts = []
    wall, work = timed(lambda: verdicts.append(reconcile(ours, theirs, Tolerances())))
    peak = memory()
    roots = len(verdicts[0].roots)
    if roots != 3 * PLANTED:
        raise SystemExit(f"{roots} roots, not {3 * PLANTED}: {[one.name for one in verdicts[0].roots][:9]}")
    _, fills = timed(lambda: fill_rules(ours, theirs))
    _, floor = timed(lambda: ours.fills.join(theirs.fills, on="deal"))
    if share:
        shares(ours, theirs)
    return {
        "rows": rows, "wall": wall, "work": work, "fills": fills, "floor": floor, "before": before,
        "peak": peak,
    }  # fmt: skip


def fill_rules(ours: Story, theirs: Story) -> list[Difference]:
    case = Case(ours, theirs, Tolerances())
    found: list[Difference] = []
    for rule in FILL_RULES:
        found.extend(rule(case, tuple(found)))
    return found


def shares(ours: Story, theirs: Story) -> None:
    """Print what each rule takes, what several need with the first of them."""
    case = Case(ours, theirs, Tolerances())
    found: list[Difference] = []
    for rule in RULES:
        wall, work = timed(lambda one=rule: found.extend(one(case, tuple(found))))  # type: ignore[misc]
        print(f"  {rule.__name__:24s} {wall * 1000:8.0f} ms   work {work * 1000:8.0f} ms", file=sys.stderr)


def apart(rows: int, *, share: bool) -> dict[str, float]:
    """The figures, from a process of their own."""
    command = [sys.executable, __file__, "--alone", "--fills", str(rows), *(["--share"] if share else [])]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; 1 when one misses its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--fills", type=int, default=1_000_000)
    parser.add_argument("--share", action="store_true")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.alone:
        print(json.dumps(run(given.fills, share=given.share)))
        return 0
    small, large = apart(given.fills // 10, share=False), apart(given.fills, share=given.share)
    print(f"load {os.getloadavg()[0]:.1f}")
    for one in (small, large):
        print(
            f"{one['rows']:9.0f} deals a side  {one['wall']:6.2f} s   work {one['work']:6.2f} s   "
            f"rules of deals {one['fills']:5.2f} s   one join {one['floor']:5.2f} s   "
            f"memory before {one['before']:5.0f} MB   at most {one['peak']:5.0f} MB"
        )
    growth = large["work"] / small["work"] / 10
    print(f"work of a deal, large by small  {growth:.2f}   (bar: {MOST_GROWTH})")
    print(f"work by that of one join        {large['work'] / large['floor']:.1f}")
    print(f"bars: work {MOST_S:.0f} s, of it deals {MOST_FILLS_S:.0f} s, memory {MOST_MB:.0f} MB")
    good = (
        large["work"] < MOST_S
        and large["fills"] < MOST_FILLS_S
        and large["peak"] < MOST_MB
        and growth < MOST_GROWTH
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
