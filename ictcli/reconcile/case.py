"""Two stories of one account side by side, with what several rules need of both."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from ictcli.reconcile.exact import DIGITS
from ictcli.reconcile.findings import Finding
from ictcli.reconcile.pairing import THEIRS, beside, joined, once, unequal
from ictcli.reconcile.position_pairs import side_by_side
from ictcli.reconcile.story import Story
from ictcli.reconcile.tolerances import Tolerances

_EXACT = ("side", "symbol", "volume", "price", "profit", "commission", "swap", "fee", "reason", "voided")
"""Columns that both sides tell of a deal, besides the currency of its costs and its time."""
_OPENS = pl.col("entry").is_in(["in", "inout"])


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

    @property
    def minor_unit(self) -> int:
        """Smallest amount of the account's money, units."""
        return int(10 ** (DIGITS - self.local.facts.minor))

    @cached_property
    def magics(self) -> pl.Series:
        """Magic numbers of our own orders."""
        ours = self.local.orders.filter(pl.col("magic") != 0)
        return ours.get_column("magic").unique()

    @cached_property
    def numbers(self) -> frozenset[int]:
        """The same, to look one up."""
        return frozenset(self.magics.to_list())

    @cached_property
    def own_positions(self) -> pl.Series:
        """Identifiers of our positions: of deals and orders of ours, held by us, or bearing our numbers."""
        own_magic = pl.col("magic").is_in(self.magics.implode())
        flagged = [number for what, number in self.local.foreign if what == "position"]
        unexplained = self.ledger_fills.filter(pl.col("intent") == "").get_column("position")
        strange = pl.concat([pl.Series(flagged, dtype=pl.Int64), unexplained.unique()])
        found = [
            self.ledger_fills.filter(pl.col("intent") != ""),
            self.local.orders,
            self.local.positions.filter(~pl.col("position").is_in(strange.implode()) | own_magic),
            self.broker_fills.filter(_OPENS, own_magic),
            self.broker.positions.filter(own_magic),
        ]
        every = pl.concat([one.get_column("position").unique() for one in found]).unique()
        return every.filter(every != 0)

    @cached_property
    def positions(self) -> pl.DataFrame:
        """Our open positions, both sides in one row (``position_pairs.side_by_side``)."""
        return side_by_side(self.local.positions, self.broker.positions, self.own_positions, self.contracts)

    @cached_property
    def contracts(self) -> pl.DataFrame:
        """Smallest move of price and volume by symbol, the smaller of both sides; 0 where none tells it."""
        both = pl.concat([self.local.instruments, self.broker.instruments]).select("symbol", "tick", "step")
        told = [pl.col(name).filter(pl.col(name) > 0).min().fill_null(0) for name in ("tick", "step")]
        return both.group_by("symbol").agg(told).sort("symbol")

    @cached_property
    def ledger_fills(self) -> pl.DataFrame:
        """The ledger's deals, each once."""
        return self._ledger_rows[0]

    @property
    def repeated_fills(self) -> pl.DataFrame:
        """Rows of the ledger that name a deal once more."""
        return self._ledger_rows[1]

    @cached_property
    def broker_fills(self) -> pl.DataFrame:
        """The broker's deals, each once; of what it tells twice, that it was taken back is the later word."""
        return once(self.broker.fills, voided=True)[0]

    @cached_property
    def partners(self) -> pl.Series:
        """For each of ``ledger_fills`` its row in ``broker_fills``, null for none."""
        return beside(self.ledger_fills.get_column("deal"), self.broker_fills.get_column("deal"))

    @cached_property
    def unbooked(self) -> pl.DataFrame:
        """The broker's deals that the ledger has not, from where the ledger's story begins on."""
        absent = ~pl.col("deal").is_in(self.ledger_fills.get_column("deal").implode())
        told = pl.col("ts") >= self.local.window.since
        return self.broker_fills.filter(told, absent).sort("deal")

    @cached_property
    def phantoms(self) -> pl.Series:
        """Which of ``ledger_fills`` the broker should tell, and does not."""
        since = self.ledger_fills.get_column("ts") >= self.broker.window.since
        return self.partners.is_null() & since & self.whole

    @cached_property
    def disputed(self) -> pl.DataFrame:
        """Deals that the two sides do not tell alike, both rows in one (``pairing.joined``).

        Their times may be a tolerance apart; of the rest any difference counts. ``tick`` and ``step`` of the
        symbol stand beside it, the larger where the symbols differ, 0 where nobody knows them.
        """
        ours, theirs, rows = self.ledger_fills, self.broker_fills, self.partners
        away = (ours.get_column("ts") - theirs.get_column("ts").gather(rows)).abs() > self.tolerances.time
        costs = _currencies(self.local, ours) != _currencies(self.broker, theirs).gather(rows)
        apart = unequal(ours, theirs, rows, _EXACT) | (away | costs).fill_null(value=False)
        both = joined(ours, theirs, rows, apart)
        for name in ("symbol", "symbol" + THEIRS):
            sizes = self.contracts.rename({"symbol": name, "tick": "tick_" + name, "step": "step_" + name})
            both = both.join(sizes, on=name, how="left", maintain_order="left")
        return both.with_columns(_larger("tick"), _larger("step"))

    @cached_property
    def _ledger_rows(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        return once(self.local.fills, voided=False)


def _larger(size: str) -> pl.Expr:
    """Of what two symbols have for tick or step."""
    return pl.max_horizontal(f"{size}_symbol", f"{size}_symbol{THEIRS}").fill_null(0).alias(size)


def _currencies(story: Story, fills: pl.DataFrame) -> pl.Series:
    """Currencies of the costs of deals, empty for the account's own."""
    told = pl.col("currency")
    own = pl.when(told == story.facts.currency).then(pl.lit("")).otherwise(told)
    return fills.select(own.alias("currency")).to_series()


Rule = Callable[[Case, Sequence[Difference]], Iterable[Difference]]
"""Looks for one kind of difference; it is given what the rules before it found, in their order."""
