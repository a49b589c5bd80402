"""A process that is a broker with its terminal: the venue of the simulation in real time behind a bridge.

Every request is written to a file and synced before it is carried out, every answer after it; at SIGTERM all
orders, deals and positions are written down. None of it is known to the trader's process.
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from random import Random
from typing import Any

from ictcli.clock import NS_PER_HOUR, now_ns
from ictcli.terminals.bridge.server import BridgeServer
from ictcli.trading.simulation.crashes import Doom
from ictcli.trading.simulation.faults import Faults, Menu
from ictcli.trading.simulation.line import Line
from ictcli.trading.simulation.schedule import Schedule
from ictcli.trading.simulation.surface import Surface
from ictcli.trading.simulation.terminal import FaultyTerminal
from ictcli.trading.simulation.venue import Venue

MENUS: dict[str, Menu] = {
    "execution": (("partial", 0.15), ("placed", 0.1), ("requote", 0.05)),
    "resting": (("partial", 0.3),),
    "shown": (("late", 0.1),),
}


class RealTime:
    """The terminal's functions under one lock, on a clock that follows the machine's."""

    def __init__(self, terminal: FaultyTerminal, schedule: Schedule, record: Path) -> None:
        self._terminal, self._schedule = terminal, schedule
        self._lock = threading.Lock()
        self._record = os.open(record, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def catch_up(self) -> None:
        with self._lock:
            self._follow()

    def _follow(self) -> None:
        self._schedule.wait(max(0, now_ns() - self._schedule.now))

    def _note(self, row: dict[str, Any]) -> None:
        os.write(self._record, json.dumps(row, default=int).encode() + b"\n")
        os.fsync(self._record)

    def __getattr__(self, name: str) -> Any:
        function = getattr(self._terminal, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            with self._lock:
                self._follow()
                if name == "order_send":
                    self._note({"at": now_ns(), "request": args[0]})
                found = function(*args, **kwargs)
                if name == "order_send":
                    self._note({"at": now_ns(), "answered": found.retcode if found else None})
                return found

        return call


def books_of(venue: Venue) -> dict[str, Any]:
    books = venue.books
    return {
        "balance": books.balance,
        "orders": [
            [o.magic, o.ticket, o.state, o.volume, o.remaining] for o in [*books.orders.values(), *books.done]
        ],
        "deals": [
            [d.ticket, d.order, d.magic, d.position, d.volume, d.price, d.profit + d.commission]
            for d in books.deals
        ],
        "positions": {p.ticket: p.volume for p in books.positions.values()},
    }


def main(folder: Path, token: str, seed: int) -> None:
    schedule = Schedule(now_ns())
    venue = Venue(
        schedule, Faults(Random(seed), MENUS), Random(seed + 1), {"EURUSD": 108_000, "GBPUSD": 127_000},
        deduplicates=False,
    )  # fmt: skip
    surface = Surface(venue, 3 * NS_PER_HOUR)
    terminal = FaultyTerminal(Line(venue), surface, Doom(None), lambda _: None)
    module = RealTime(terminal, schedule, folder / "requests.jsonl")
    server = BridgeServer(module, "127.0.0.1", 0, token)
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    (folder / "port.tmp").write_text(str(server.port))
    (folder / "port.tmp").rename(folder / "port")
    serving = threading.Thread(target=server.serve, daemon=True)
    serving.start()
    while not ending.is_set():
        module.catch_up()
        time.sleep(0.02)
    server.stop()
    serving.join(5)
    (folder / "books.json").write_text(json.dumps(books_of(venue)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), os.environ["ICTCLI_BRIDGE_TOKEN"], int(sys.argv[2]))
