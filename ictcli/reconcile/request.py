"""What a reconciliation is asked to do, and the world it sees."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ictcli.clock import parse_duration
from ictcli.config.reconcile import ReconcileConfig
from ictcli.config.records import Config
from ictcli.ledger.address import LedgerName
from ictcli.market.symbols import SymbolBook, SymbolSpec
from ictcli.reconcile.outcome import Mode
from ictcli.reconcile.tolerances import Tolerances
from ictcli.store.store import Store
from ictcli.telemetry import Progress


@dataclass(frozen=True, slots=True)
class ReconcileRequest:
    """What to compare.

    Attributes:
        ledger: whose.
        since: how far back, as ``parse_instant`` takes it; a duration counts from the other side's clock.
            None: as configured; of a statement, all that it tells.
        broker: table of ``brokers``; empty for the usual one.
        statement: a file instead of the broker.
        apply: put right what may be put right by itself.
        against_backtest: compare with a backtest of the same bars instead.
    """

    ledger: LedgerName
    since: str | None = None
    broker: str = ""
    statement: Path | None = None
    apply: bool = False
    against_backtest: bool = False

    @property
    def mode(self) -> Mode:
        """What it is asked to be."""
        if self.against_backtest:
            return "backtest"
        return "ledger" if self.statement is None else "statement_only"

    @property
    def own_ledger(self) -> str:
        """Whose ledger, as far as it is known beforehand: which one a statement is of, its account says."""
        return self.ledger if self.statement is None else ""

    @property
    def against(self) -> str:
        """The other side for people, as far as it is known beforehand."""
        if self.against_backtest:
            return "backtest"
        return self.statement.name if self.statement is not None else self.broker


@dataclass(frozen=True, slots=True)
class World:
    """What a reconciliation sees.

    Attributes:
        store, book, config, folder: stored data, instruments, configuration and place of the workspace.
        environ: environment variables.
        now: the clock, ns UTC.
        tell: takes lines for people.
        progress: told how far the work is.
    """

    store: Store
    book: SymbolBook
    config: Config
    folder: Path
    environ: Mapping[str, str]
    now: Callable[[], int]
    tell: Callable[[str], None]
    progress: Progress

    @property
    def state(self) -> Path:
        """The workspace's state folder."""
        return self.store.state_dir

    @property
    def settings(self) -> ReconcileConfig:
        """Table ``reconcile`` of the configuration."""
        return self.config.reconcile

    @property
    def tolerances(self) -> Tolerances:
        """How far values may be apart."""
        return tolerances_of(self.settings)

    @property
    def specs(self) -> list[SymbolSpec]:
        """Contracts as they are configured."""
        found = (self.book.resolve(name) for name in self.book.names)
        return [one for one in found if one is not None]


def tolerances_of(config: ReconcileConfig) -> Tolerances:
    """The tolerances of a configuration."""
    return Tolerances(
        price_ticks=config.price_ticks,
        volume_steps=config.volume_steps,
        money_units=config.money_units,
        aggregate_units=config.aggregate_units,
        time=parse_duration(config.time),
        average=config.average,
        clock_warn=parse_duration(config.clock_warn),
        clock_halt=parse_duration(config.clock_halt),
    )
