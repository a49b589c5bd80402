"""What every source of market data is to the rest of the program, and what a fetch asks of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ictcli.config.records import FetchConfig
from ictcli.config.trading import BrokerConfig
from ictcli.errors import IctError
from ictcli.market.symbols import SymbolBook
from ictcli.market.timeframes import Timeframe
from ictcli.sources.quality import SeriesReport
from ictcli.store.store import Store
from ictcli.telemetry import Progress, silent


@dataclass(frozen=True, slots=True)
class Request:
    """What to bring in.

    Attributes:
        symbols: canonical or broker names; empty for all that the source has.
        timeframe: bar length (or TICK); None for what the source has.
        start, end: span in nanoseconds UTC, ``end`` excluded; None for all.
        force: store despite a contradicted clock, a clock change or a contradicting name.
    """

    symbols: tuple[str, ...] = ()
    timeframe: Timeframe | None = None
    start: int | None = None
    end: int | None = None
    force: bool = False


def decline(question: str) -> bool:
    """Answer no to everything."""
    return False


def ignore(text: str) -> None:
    """Take no notice."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a source works with.

    Attributes:
        store: where the rows go.
        book: known symbols.
        config: how strictly to judge.
        now: the instant of this run, nanoseconds UTC.
        provenance: what to write down about this run.
        progress: receives progress.
        confirm: answers a yes/no question; raises UsageError when nobody can answer.
        note: receives what people should know.
        warn: receives what people should worry about.
        brokers: how terminals are reached, by name.
        environ: environment variables, for passwords and tokens.
    """

    store: Store
    book: SymbolBook
    config: FetchConfig
    now: int
    provenance: Mapping[str, Any] = field(default_factory=dict)
    progress: Progress = silent
    confirm: Callable[[str], bool] = decline
    note: Callable[[str], None] = ignore
    warn: Callable[[str], None] = ignore
    brokers: Mapping[str, BrokerConfig] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """One delivery that did not make it, for a reason that does not stop the others."""

    source: str
    what: str
    error: IctError


@dataclass(frozen=True, slots=True)
class Harvest:
    """What a fetch brought in, and what it could not."""

    reports: list[SeriesReport] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


class Source(Protocol):
    """Anything that delivers bars or ticks.

    Attributes:
        name: what its series are stored under.
    """

    @property
    def name(self) -> str:
        """What its series are stored under."""

    def fetch(self, request: Request, surroundings: Surroundings) -> Harvest:
        """Bring in what is asked for, validated and committed; one report per delivery."""
