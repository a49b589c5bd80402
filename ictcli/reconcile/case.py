"""Two stories of one account side by side, with what several rules need of both."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from ictcli.reconcile.findings import Finding
from ictcli.reconcile.story import Story
from ictcli.reconcile.tolerances import Tolerances


@dataclass(frozen=True, slots=True)
class Effect:
    """What the ledger would gain if it took over the broker's side of a finding.

    Attributes:
        money: units of 10⁻⁸ for the balance.
        position: identifier of the position whose volume changes; 0 for none.
        volume: units, signed.
        order: ticket of the order that the finding is about, so that its status is explained; 0 for none.
        amounts: how many amounts of money it speaks of.
    """

    money: int = 0
    position: int = 0
    volume: int = 0
    order: int = 0
    amounts: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """A finding with its effect."""

    finding: Finding
    effect: Effect = Effect()


@dataclass(frozen=True)
class Case:
    """What rules look at: both sides cut at the watermark.

    Attributes:
        local: the ledger's side.
        broker: the other.
        tolerances: how far values may be apart.
    """

    local: Story
    broker: Story
    tolerances: Tolerances

    @property
    def whole(self) -> bool:
        """Whether something follows from what the broker does not tell."""
        return self.broker.window.complete

    @cached_property
    def magics(self) -> pl.Series:
        """Magic numbers of our own orders."""
        ours = self.local.orders.filter(pl.col("magic") != 0)
        return ours.get_column("magic").unique()


Rule = Callable[[Case, Sequence[Difference]], Iterable[Difference]]
"""Looks for one kind of difference; it is given what the rules before it found, in their order."""
