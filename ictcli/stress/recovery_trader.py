"""A trader as a process of its own, to be killed: ``python -m ictcli.stress.recovery_trader FOLDER``.

The folder holds ``trader.json`` (where its broker is, and how fast time passes) and the workspace with its
ledger. It says ``ready`` on stdout once it may trade, ends in good order when a file ``stop`` is there, and
wherever ``ICTCLI_CRASH`` says. It ends with its parent, too.
"""

import os
import sys
from pathlib import Path
from random import Random
from typing import cast

import msgspec

from ictcli.brokers.mt5.calls import Surroundings
from ictcli.clock import NS_PER_SECOND, parse_duration
from ictcli.config.records import Config
from ictcli.errors import IctError
from ictcli.stress.parent import follow_parent
from ictcli.stress.simulated_session import (
    BROKER,
    RULE,
    FastTime,
    MakeBroker,
    make_broker,
    outside_of,
    trade_at,
    unheard,
)
from ictcli.terminals.bridge.client import bridge_terminal
from ictcli.terminals.terminal import Terminal
from ictcli.terminals.times import ServerClock

TOKEN = "ICTCLI_BRIDGE_TOKEN"  # noqa: S105 - the name of a variable
TASK, STOP = "trader.json", "stop"


class Task(msgspec.Struct, frozen=True):
    """What it trades, where, and by which clock (``FastTime``)."""

    port: int
    anchor: int
    start: int
    speed: float
    symbols: tuple[str, ...]
    seed: int
    config: Config


def main(folder: Path, make: MakeBroker = make_broker) -> int:
    """Trade until killed, told to end or without a parent; the exit code."""
    follow_parent()
    task = msgspec.json.decode((folder / TASK).read_bytes(), type=Task)
    clock = FastTime(task.anchor, task.start, task.speed)
    table = task.config.brokers[BROKER]
    deadline = parse_duration(table.deadline) / NS_PER_SECOND
    terminal = cast("Terminal", bridge_terminal("127.0.0.1", task.port, os.environ[TOKEN], deadline))
    around = Surroundings(clock.now, clock.sleep, clock.monotonic, Random(task.seed))
    broker = make(terminal, table, around, ServerClock(RULE))

    def ending() -> str:
        return "told to" if (folder / STOP).exists() else ""

    def ready(_text: str) -> None:
        sys.stdout.write("ready\n")
        sys.stdout.flush()

    try:
        outside = outside_of(clock, broker, ending, unheard, unheard, ready)
        return int(trade_at(folder, task.config, task.symbols, outside, task.seed).code)
    except IctError as error:
        sys.stderr.write(f"{error.name}: {error.message}\n")
        return int(error.code)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
