"""A story as it was at the watermark: what came later is taken out of it again.

A trader and its broker go on while they are read. What both sides tell of the time up to the watermark must
agree; deals and movements of money behind it are undone here, in the list and in what they did to positions
and balance. Stops, averages and statuses cannot be rolled back: what changed behind the watermark bears a
``touched`` behind it, and is not compared (``settled``).
"""

from dataclasses import replace

import polars as pl

from ictcli.reconcile.exact import total
from ictcli.reconcile.story import POSITIONS, Story, Window

MONEY = ("profit", "commission", "swap", "fee")
"""Columns of a deal that move the balance."""


def cut(story: Story, window: Window, clock: Story | None = None) -> Story:
    """The story without the deals and movements of money behind the watermark.

    Args:
        story: of either side.
        window: whose ``until`` is the watermark.
        clock: the broker's story: its instants say whether a deal that both sides tell is behind the
            watermark, so that a deal whose times differ is there, or is not, on both. None: ``story`` is it.
    """
    late, moved_late = (
        _late(rows, told, window.until)
        for rows, told in (
            (story.fills, clock.fills if clock else None),
            (story.cash, clock.cash if clock else None),
        )
    )
    if clock is not None:
        story = replace(story, positions=_timed(story.positions, story.fills.filter(~late), window.until))
    if not late.any() and not moved_late.any():
        return story
    kept, gone = story.fills.filter(~late), story.fills.filter(late).filter(~pl.col("voided"))
    money = _sum(gone, MONEY) + _sum(story.cash.filter(moved_late).filter(~pl.col("operator")), ("amount",))
    positions = _rolled(story.positions, gone, kept, window.until) if gone.height else story.positions
    lost = story.positions.join(positions, on="position", how="anti")
    facts = replace(
        story.facts,
        balance=_less(story.facts.balance, money),
        equity=_less(story.facts.equity, money + _sum(lost, ("profit", "swap"))),
    )
    return replace(story, facts=facts, fills=kept, cash=story.cash.filter(~moved_late), positions=positions)


def once(story: Story) -> Story:
    """A broker's story whose pages overlap: what is told twice in the same words is told once.

    Of an order or position that is told in two states, the later one counts.
    """
    orders, positions = (
        _latest(rows, key) for rows, key in ((story.orders, "order"), (story.positions, "position"))
    )
    return replace(
        story,
        fills=_distinct(story.fills, "deal"),
        orders=orders,
        positions=positions,
        cash=_distinct(story.cash, "deal"),
        instruments=_distinct(story.instruments, "symbol"),
    )


def settled(until: int) -> pl.Expr:
    """Whether an order or position was last touched no later than the watermark, on both sides.

    For rows in which both sides stand; the other side's columns end in ``_theirs``.
    """
    return pl.max_horizontal("touched", "touched_theirs") <= until


def _late(rows: pl.DataFrame, clock: pl.DataFrame | None, until: int) -> pl.Series:
    """Which deals or movements are behind the watermark, by the broker's instant where it tells one."""
    late = rows.get_column("ts") > until
    if clock is None or not (late.any() or (clock.get_column("ts") > until).any()):
        return late
    number, numbered = rows.get_column("deal"), clock.filter(pl.col("deal") != 0)
    behind = numbered.filter(pl.col("ts") > until).get_column("deal").unique()
    in_question = number.filter(late)
    before = numbered.filter(pl.col("ts") <= until, pl.col("deal").is_in(in_question.implode()))
    early = before.get_column("deal").unique()
    return (late | number.is_in(behind.implode())) & ~number.is_in(early.implode())


def _timed(positions: pl.DataFrame, kept: pl.DataFrame, until: int) -> pl.DataFrame:
    """Positions that only seem to have changed behind the watermark: a deal before it bears a wrong time."""
    ahead = kept.filter(pl.col("ts") > until)
    if ahead.is_empty():
        return positions
    misled = ahead.group_by("position").agg(_seems=pl.col("ts").max())
    told = positions.join(misled, on="position", how="left", maintain_order="left")
    seems = (pl.col("touched") > until) & (pl.col("touched") <= pl.col("_seems"))
    right = pl.when(seems).then(until).otherwise("touched")
    return told.with_columns(touched=right).select(positions.columns)


def _rolled(positions: pl.DataFrame, gone: pl.DataFrame, kept: pl.DataFrame, until: int) -> pl.DataFrame:
    """Positions without what deals did to them; one that was closed by them is there again."""
    signed = pl.col("volume") * pl.col("side")
    undone = gone.group_by("position").agg(
        _undone=signed.sum(), _last=pl.max_horizontal(pl.col("ts").max(), until + 1),
        symbol=pl.col("symbol").first(), magic=pl.col("magic").first(),
    )  # fmt: skip
    marks = undone.select("position", "_undone", "_last")
    held = positions.join(marks, on="position", how="left", maintain_order="left").with_columns(
        volume=pl.col("volume") - pl.col("_undone").fill_null(0),
        touched=pl.max_horizontal("touched", pl.col("_last").fill_null(0)),
    )
    closed = undone.join(positions, on="position", how="anti").sort("position")
    earlier = kept.filter(pl.col("position").is_in(closed.get_column("position").implode()))
    opened = earlier.sort("ts", "deal").group_by("position").agg(_magic=pl.col("magic").first())
    back = closed.join(opened, on="position", how="left", maintain_order="left").select(
        *_blank(volume=-pl.col("_undone"), magic=pl.coalesce("_magic", "magic"), touched=pl.col("_last"))
    )
    return pl.concat([held.select(POSITIONS.keys()), back]).filter(pl.col("volume") != 0)


def _blank(**told: pl.Expr) -> list[pl.Expr]:
    """The columns of a position of which only identifier, symbol and these are known."""
    known = {"position": pl.col("position"), "ticket": pl.col("position"), "symbol": pl.col("symbol")} | told
    unknown = {name: pl.lit(None if name in {"stop", "target"} else 0) for name in POSITIONS}
    return [(unknown | known)[name].cast(kind).alias(name) for name, kind in POSITIONS.items()]


def _sum(rows: pl.DataFrame, columns: tuple[str, ...]) -> int:
    """Sum over several columns, units."""
    return sum(rows.select(total(name)).item() or 0 for name in columns)


def _less(amount: int | None, money: int) -> int | None:
    return None if amount is None else amount - money


def _latest(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    if rows.get_column(key).n_unique() == rows.height:
        return rows
    return rows.sort("touched", maintain_order=True).unique(key, keep="last", maintain_order=True)


def _distinct(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    return rows if rows.get_column(key).n_unique() == rows.height else rows.unique(maintain_order=True)
