"""Open positions of both sides beside each other, and where their volumes differ."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from ictcli.reconcile.case import Case, Difference
from ictcli.reconcile.exact import text
from ictcli.reconcile.pairing import THEIRS
from ictcli.reconcile.rules.bounds import reaches, reaching
from ictcli.reconcile.rules.explaining import Gains, unconfirmed, volume_gains
from ictcli.reconcile.watermark import settled


@dataclass(frozen=True, slots=True)
class Apart:
    """A position whose volumes differ.

    Attributes:
        position, symbol: which.
        ours, theirs: volumes at the watermark, signed units; 0 where there is none.
        explained: how much of the difference earlier findings would make good.
        causes: their names, where that is all of it.
        flipped: the sides are opposite, also after what is explained.
        tolerance: in words.
    """

    position: int
    symbol: str
    ours: int
    theirs: int
    explained: int
    causes: tuple[str, ...]
    flipped: bool
    tolerance: str


def held_by_both(case: Case) -> pl.DataFrame:
    """Positions that both sides hold and that did not change behind the watermark."""
    on_both = pl.col("held") & pl.col("held" + THEIRS)
    return case.positions.filter(on_both, settled(case.broker.window.until))


def volumes_apart(case: Case, found: Sequence[Difference]) -> Iterator[Apart]:
    """Positions whose volumes differ by half a step or more, with what explains it.

    Volumes that agree though findings say that they cannot do so by accident: they differ once those are put
    right.

    An incomplete answer of the broker's says nothing of a position it does not show, nor of one whose
    difference a deal would make that it does not show.
    """
    apart = reaching(
        pl.col("volume" + THEIRS) - pl.col("volume"), pl.col("step"), case.tolerances.volume_steps
    )
    gains = volume_gains(found)
    moved = pl.Series(sorted(number for number, one in gains.items() if one.certain), dtype=pl.Int64)
    rows = case.positions.filter(apart | pl.col("position").is_in(moved.implode())).sort("position")
    if not case.whole:
        rows = rows.filter(pl.col("held" + THEIRS))
    if rows.is_empty():
        return
    doubts = _doubts(case)
    for row in rows.iter_rows(named=True):
        one = gains.get(row["position"], Gains())
        doubt = doubts.get(row["position"], 0)
        judged = _judged(case, row, one)
        lefts = one.rests(judged.theirs - judged.ours)
        open_question = doubt and not all(
            reaches(left + doubt, row["step"], case.tolerances.volume_steps) for left in lefts
        )
        if (judged.causes or not open_question) and (judged.ours != judged.theirs or not judged.causes):
            yield judged


def _judged(case: Case, row: Mapping[str, Any], gains: Gains) -> Apart:
    ours, theirs, allowed = row["volume"], row["volume" + THEIRS], case.tolerances.volume_steps
    left = gains.rest(theirs - ours)
    explained = not reaches(left, row["step"], allowed)
    after = ours if explained else theirs - left
    return Apart(
        row["position"], row["symbol"], ours, theirs, theirs - ours - left,
        causes=gains.causes if explained else (),
        flipped=after * theirs < 0,
        tolerance=f"less than {allowed} steps of {text(row['step'])}",
    )  # fmt: skip


def _doubts(case: Case) -> dict[int, int]:
    """By position, the volume of deals that the broker's answer leaves open."""
    signed = pl.col("volume") * pl.col("side")
    return dict(unconfirmed(case).group_by("position").agg(signed.sum()).iter_rows())
