"""A simulated terminal that outlives its process: its state is a file, written before a change is told."""

from collections.abc import Callable
from pathlib import Path
from time import sleep

import msgspec

from ictcli.brokers.simulated.records import ServerRequest, ServerResult
from ictcli.brokers.simulated.server import TradeServer
from ictcli.config.records import Config
from ictcli.errors import DataError
from ictcli.research.accounts import Floor
from ictcli.store.atomic import write_file
from ictcli.trading.progress import Progress
from ictcli.trading.simulated_world import SimulatedWorld, simulated_world

TERMINAL_FILE = "terminal.bin"


class Kept(msgspec.Struct, frozen=True):
    """The file: the server's own bytes, and how far its market has gone within its bars."""

    server: bytes
    done: dict[int, tuple[int, int]]


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
        self.progress = Progress()
        self._symbols = [one.spec.name for one in floor.series]
        self._timeframes = [one.key.timeframe for one in floor.series]
        if isinstance(self.server, KeptServer):
            self.server.keep = self.keep

    def inherit(self, balance: int, tickets: int) -> None:
        """Be the terminal of an account that was traded before, by another set-up that has left nothing open.

        Args:
            balance: of the account, minor units.
            tickets: the highest that was given out.
        """
        scene = self.server.scene
        for name in ("balance", "peak", "equity", "day_opening"):
            scene.world.account[name] = balance
        history = scene.book.history
        history.deals.clear()
        history.deals_at.clear()
        history.next_order = max(history.next_order, tickets + 1)
        history.next_deal = max(history.next_deal, tickets + 1)

    def keep(self) -> None:
        """Write the terminal down.

        Raises:
            DataError: the disk refuses.
        """
        content = msgspec.msgpack.encode(Kept(self.server.save(), self.progress.done))
        write_file(self._path, content, private=True)

    def require(self) -> None:
        """Make sure that the terminal of a ledger that has begun is there; it was written before any event.

        Raises:
            DataError: it is lost; a new one would hold other money and know none of the ledger's tickets.
        """
        if not self._path.is_file():
            raise DataError(f"the ledger tells of a terminal, and {self._path} is missing", hint=_HINT)

    def load(self) -> None:
        """Be what was written down.

        Raises:
            DataError: nothing was, or it is of other series.
        """
        try:
            saved = self._path.read_bytes()
        except OSError as error:
            raise DataError(f"cannot read {self._path}: {error.strerror}", hint=_HINT) from error
        try:
            kept = msgspec.msgpack.decode(saved, type=Kept)
            self.server.load(kept.server)
        except (ValueError, msgspec.DecodeError) as error:
            raise DataError(f"{self._path.name} is no state of this terminal: {error}", hint=_HINT) from error
        self.progress.done = dict(kept.done)

    def bars_shown(self, s: int) -> int:
        """How many closed bars of a series it has shown."""
        return int(self.server.scene.world.states[s]["bar"])


_HINT = "Restore it from a backup, or move all of state/paper away to begin with a new account."
