"""A simulated terminal that outlives its process: its state is a file, written before a change is told.

Orders that are over and deals go into a second file, block by block (``paper_history``), so the state that is
written at every change stays small.
"""

from collections.abc import Callable
from pathlib import Path
from time import sleep

import msgspec

from ictcli.brokers.simulated.records import ServerRequest, ServerResult
from ictcli.brokers.simulated.server import TradeServer
from ictcli.brokers.simulated.server_history import FIRST_DEAL, FIRST_ORDER, NO_BLOCKS, History
from ictcli.config.records import Config
from ictcli.errors import DataError
from ictcli.market.symbols import SymbolSpec
from ictcli.research.accounts import Floor
from ictcli.store.atomic import write_file
from ictcli.trading.paper_history import HINT, Extent, HistoryFile
from ictcli.trading.progress import Progress
from ictcli.trading.simulated_world import SimulatedWorld, simulated_world

TERMINAL_FILE = "terminal.bin"


class Quoted(msgspec.Struct, frozen=True):
    """A series of the terminal: its contract, decimals of its prices, name of its timeframe."""

    spec: SymbolSpec
    digits: int
    timeframe: str


class Kept(msgspec.Struct, frozen=True):
    """The file: the server's own bytes, how far its market has gone within its bars, where its history is.

    Without ``history`` the server's bytes hold all of it, as they did in earlier versions, which did not
    tell their ``series`` either. ``traded``: how many of these, from the first, are traded.
    """

    server: bytes
    done: dict[int, tuple[int, int]]
    history: Extent | None = None
    series: tuple[Quoted, ...] = ()
    traded: int = 0


class KeptServer(TradeServer):
    """A trade server that writes itself down before it answers a request that changed something."""

    keep: Callable[[], None] | None = None

    def execute(self, request: ServerRequest, part: int = 0) -> ServerResult:
        """Refuse a request or do it."""
        before = self.changes
        result = super().execute(request, part)
        if self.keep is not None and self.changes != before:
            self.keep()
        return result


def inherit(server: TradeServer, balance: int, tickets: int) -> None:
    """Be the server of an account that was traded before, and has nothing open.

    Args:
        server: that nobody has traded at.
        balance: of the account, minor units.
        tickets: the highest that was given out.
    """
    scene = server.scene
    for name in ("balance", "peak", "equity", "day_opening"):
        scene.world.account[name] = balance
    first = tickets + 1
    scene.book.history = History(next_order=max(FIRST_ORDER, first), next_deal=max(FIRST_DEAL, first))


class PaperTerminal:
    """The terminal of a workspace.

    Args:
        folder: where its state lies.
        floor: series that it quotes.
        config: account, costs.
        now: the instant, ns UTC.
        seed: of the adapter's pauses.
    """

    def __init__(self, folder: Path, floor: Floor, config: Config, now: Callable[[], int], seed: int) -> None:
        self._path = folder / TERMINAL_FILE
        self.world: SimulatedWorld = simulated_world(floor, config, now, sleep, seed=seed, make=KeptServer)
        self.server = self.world.server
        self._history, self._swept = HistoryFile(folder), False
        self.progress = Progress()
        self._series = tuple(
            Quoted(one.spec, one.bars.digits, one.key.timeframe.name) for one in floor.series
        )
        self._traded = floor.traded
        if isinstance(self.server, KeptServer):
            self.server.keep = self.keep

    def keep(self) -> None:
        """Write the terminal down.

        Raises:
            DataError: the disk refuses.
        """
        self._history.add(self.server.scene.book.history.blocks)
        kept = Kept(
            self.server.save(whole=False),
            self.progress.done,
            self._history.extent,
            self._series,
            self._traded,
        )
        write_file(self._path, msgspec.msgpack.encode(kept), private=True)
        if not self._swept:
            self._history.sweep()
            self._swept = True

    def require(self) -> None:
        """Make sure that the terminal of a ledger that has begun is there; it was written before any event.

        Raises:
            DataError: it is lost; a new one would hold other money and know none of the ledger's tickets.
        """
        if not self._path.is_file():
            raise DataError(f"the ledger tells of a terminal, and {self._path} is missing", hint=HINT)

    def load(self) -> None:
        """Be what was written down.

        Raises:
            DataError: nothing was, or it is of other series.
        """
        try:
            saved = self._path.read_bytes()
        except OSError as error:
            raise DataError(f"cannot read {self._path}: {error.strerror}", hint=HINT) from error
        try:
            kept = msgspec.msgpack.decode(saved, type=Kept)
            blocks = self._history.read(kept.history) if kept.history is not None else NO_BLOCKS
            self.server.load(kept.server, blocks)
        except (ValueError, msgspec.DecodeError) as error:
            raise DataError(f"{self._path} is no state of this terminal: {error}", hint=HINT) from error
        self.progress.done = dict(kept.done)

    def bars_shown(self, s: int) -> int:
        """How many closed bars of a series it has shown."""
        return int(self.server.scene.world.states[s]["bar"])
