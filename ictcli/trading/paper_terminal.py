"""A simulated terminal that outlives its process: its state is a file, written before a change is told.

Orders that are over and deals go into a second file, block by block (``paper_history``), so the state that is
written at every change stays small.
"""

from collections.abc import Callable
from pathlib import Path
from time import sleep

from ictcli.brokers.simulated.records import ServerRequest, ServerResult
from ictcli.brokers.simulated.server import TradeServer
from ictcli.brokers.simulated.server_history import FIRST_DEAL, FIRST_ORDER, History
from ictcli.config.records import Config
from ictcli.ledger.address import TERMINAL_FILE
from ictcli.research.accounts import Floor
from ictcli.store.atomic import write_file
from ictcli.trading.paper_history import HistoryFile
from ictcli.trading.paper_state import Kept, Quoted, history_of, packed, read_state, strange_state
from ictcli.trading.progress import Progress
from ictcli.trading.simulated_world import SimulatedWorld, simulated_world


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
        self.path = folder / TERMINAL_FILE
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
        write_file(self.path, packed(kept), private=True)
        if not self._swept:
            self._history.sweep()
            self._swept = True

    def load(self) -> None:
        """Be what was written down.

        Raises:
            DataError: nothing was, or it is of other series.
        """
        kept = read_state(self.path)
        try:
            self.server.load(kept.server, history_of(kept, self._history))
        except ValueError as error:
            raise strange_state(self.path, error) from error
        self.progress.done = dict(kept.done)

    def bars_shown(self, s: int) -> int:
        """How many closed bars of a series it has shown."""
        return int(self.server.scene.world.states[s]["bar"])
