"""What the live loop is asked to do, what reaches it from outside while it works, and what it hands back."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ictcli.brokers.broker import Broker
from ictcli.clock import monotonic, now_ns
from ictcli.errors import ExitCode
from ictcli.ledger.address import LedgerName
from ictcli.market.timeframes import Timeframe
from ictcli.telemetry import Progress
from ictcli.trading.measures import Listener, Picture, deaf, unseen

if TYPE_CHECKING:
    from ictcli.research.modelled import AskedModel

TradeMode = Literal["paper", "live", "replay"]
Speed = float | Literal["max"]


@dataclass(frozen=True, slots=True)
class TradeRequest:
    """What to trade.

    Attributes:
        symbols: ours, at least one.
        strategies: names, or files of own steps; each trades every symbol on one account.
        params: their parameters as texts, as in ``research.backtest.Request``.
        timeframes: of the bars to decide on, the shortest first; every symbol is traded on each.
        model: that judges the strategies' entries, or is traded where there is none; None without one.
        mode: the simulated terminal in real time (or at ``speed``), a real account, or stored bars again.
        broker: table of ``brokers``; empty: the simulated terminal as it is without one.
        start, end: span of a replay, ns UTC, end exclusive; None for everything stored.
        speed: simulated time per real time; ``max``: as fast as it goes.
        once: handle what closed since the last time, then end.
        dry_run: decide and show exact requests, send nothing, write nothing into the account's ledger.
        confirm_account: login that the user typed; None unless ``live``.
        source: whose stored bars feed the simulated terminal; None: each symbol's primary or only one.
        seed: of everything random in the simulated terminal.
        graduated: marks of what may trade live; nothing else does.
    """

    symbols: tuple[str, ...]
    strategies: tuple[str, ...]
    params: Mapping[str, str]
    timeframes: tuple[Timeframe, ...]
    model: "AskedModel | None" = None
    mode: TradeMode = "paper"
    broker: str = ""
    start: int | None = None
    end: int | None = None
    speed: Speed = 1.0
    once: bool = False
    dry_run: bool = False
    confirm_account: int | None = None
    source: str | None = None
    seed: int = 1
    graduated: tuple[str, ...] = ()

    @property
    def ledger(self) -> LedgerName:
        """Which of the workspace's ledgers it is written to."""
        if self.mode == "replay":
            return "replay"
        return "broker" if self.broker else "paper"


def at_any_time() -> None:
    """Nobody waits for the account to be worked on."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What the loop sees of the world around it; it never asks for signals, files or streams itself.

    Attributes:
        ending: asked once a turn; why the loop is to end in good order, empty while it is to go on.
        alive: called once a turn after the ledger was probed, with one line for people; feeds the watchdog.
        engage: called once before the account is worked on; until then nothing is done.
        ready: called once when recovery is over and the first bar may come.
        tell: a line for people, as it happens (stderr).
        show: a document of data, as it happens (stdout): the exact requests of ``dry_run``.
        progress: of warm-up and replay.
        provenance: command line, configuration hash, version, time; kept with checkpoints.
        environ: environment variables, for passwords.
        recorded: gets every event of the ledger once it is durable; must neither fail nor wait.
        pictured: gets a picture of the session every second; must neither fail nor wait.
        now, sleep: the clock of a live session, ns UTC, and how it waits, seconds.
        elapsed: seconds from an arbitrary origin, by a clock that nobody sets.
        broker: of a live session, not connected yet; None opens the one that is configured.
    """

    ending: Callable[[], str]
    alive: Callable[[str], None]
    ready: Callable[[str], None]
    tell: Callable[[str], None]
    show: Callable[[Mapping[str, Any]], None]
    progress: Progress
    provenance: Mapping[str, Any]
    environ: Mapping[str, str]
    engage: Callable[[], None] = at_any_time
    recorded: Listener = deaf
    pictured: Callable[[Picture], None] = unseen
    now: Callable[[], int] = now_ns
    sleep: Callable[[float], None] = time.sleep
    elapsed: Callable[[], float] = monotonic
    broker: Broker | None = None


@dataclass(frozen=True, slots=True)
class Traded:
    """What came of a session: the document for ``--json`` and the exit code it ends with.

    The document holds ``mode``, ``account``, ``bars``, ``decisions``, ``orders``, ``fills``, ``trades``,
    ``balance``, ``equity``, ``positions``, ``unresolved`` and ``ended`` (why).
    """

    document: Mapping[str, Any]
    code: ExitCode = ExitCode.OK
