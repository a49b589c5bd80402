"""The ledger once more, behind the broker: what the trader booked meanwhile is no finding.

A ledger that is read before its broker lacks what the trader learns in between; one that is read behind it
has what the broker did not tell yet. So it is read twice: of what is new in the second reading only that
counts which the broker tells, too, and the rest lies behind the watermark.
"""

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from ictcli.reconcile.story import Story

PAUSES = (0.2, 0.6, 1.2)
"""Seconds that a trader is given to book what its broker tells already."""


def reread(before: Story, broker: Story, again: Callable[[], Story], sleep: Callable[[float], None]) -> Story:
    """The ledger's story to hold against a broker's that was read in the meantime.

    Args:
        before: the ledger as it was before the broker was asked.
        broker: the broker's story.
        again: reads the ledger.
        sleep: waits so many seconds; only while the broker tells deals that the ledger does not.

    Returns:
        The ledger as it is now; what the trader has booked since, and the broker did not tell, is stamped
        behind the broker's watermark.
    """
    later = again()
    for pause in PAUSES:
        if not _lacks(later, broker):
            break
        sleep(pause)
        later = again()
    return _without_news(before, later, broker)


def _lacks(local: Story, broker: Story) -> bool:
    """Whether the broker tells of deals up to its watermark that the ledger has not."""
    early = pl.col("ts") <= broker.window.until
    told = [rows.filter(early & (pl.col("ts") >= local.window.since)) for rows in (broker.fills, broker.cash)]
    ours = [rows.get_column("deal").unique().implode() for rows in (local.fills, local.cash)]
    missing = [
        rows.filter(~pl.col("deal").is_in(known) & (pl.col("deal") != 0))
        for rows, known in zip(told, ours, strict=True)
    ]
    return any(rows.height for rows in missing)


def _without_news(before: Story, later: Story, broker: Story) -> Story:
    until = broker.window.until
    fills = _stamped(later.fills, "deal", (before.fills, broker.fills), until)
    cash = _stamped(later.cash, "key", (before.cash, broker.cash), until)
    return replace(later, fills=fills, cash=cash)


def _stamped(rows: pl.DataFrame, key: str, known: tuple[pl.DataFrame, ...], until: int) -> pl.DataFrame:
    """Rows that no known table has are behind the watermark."""
    keys = pl.concat([one.get_column(key) for one in known]).unique().implode()
    behind = pl.max_horizontal("ts", pl.lit(until + 1))
    return rows.with_columns(ts=pl.when(pl.col(key).is_in(keys)).then("ts").otherwise(behind))
