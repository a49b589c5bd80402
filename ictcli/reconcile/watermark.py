"""A story as it was at the watermark: what came later is taken out of it again."""

from dataclasses import replace

import polars as pl

from ictcli.reconcile.story import Story, Window


def cut(story: Story, window: Window) -> Story:
    """The story without the deals and movements of money behind the watermark."""
    early = pl.col("ts") <= window.until
    return replace(story, fills=story.fills.filter(early), cash=story.cash.filter(early))
