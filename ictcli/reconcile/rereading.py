"""The ledger once more, behind the broker: what the trader booked meanwhile is no finding.

A ledger that is read before its broker lacks what the trader learns in between; one that is read behind it
has what the broker did not tell yet. So it is read twice: of what is new in the second reading only that
counts which the broker tells, too, and the rest lies behind the watermark.
"""

from dataclasses import replace

import polars as pl

from ictcli.reconcile.story import Story


def without_news(before: Story, later: Story, broker: Story) -> Story:
    """The ledger's story to hold against a broker's that was read in the meantime.

    Args:
        before: the ledger as it was before the broker was asked.
        later: the ledger behind it.
        broker: the broker's story.

    Returns:
        The later story; what was booked between, and the broker does not tell, is stamped behind its
        watermark.
    """
    until = broker.window.until
    fills = _stamped(later.fills, "deal", (before.fills, broker.fills), until)
    cash = _stamped(later.cash, "key", (before.cash, broker.cash), until)
    return replace(later, fills=fills, cash=cash)


def _stamped(rows: pl.DataFrame, key: str, known: tuple[pl.DataFrame, ...], until: int) -> pl.DataFrame:
    """Rows that no known table has are behind the watermark."""
    keys = pl.concat([one.get_column(key) for one in known]).unique().implode()
    behind = pl.max_horizontal("ts", pl.lit(until + 1))
    return rows.with_columns(ts=pl.when(pl.col(key).is_in(keys)).then("ts").otherwise(behind))
