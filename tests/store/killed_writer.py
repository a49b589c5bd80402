"""Writes a known series in several commits; run as a program it can kill itself at a chosen rename.

Usage: killed_writer.py ROOT [RENAME before|after]
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from ictcli.store.records import QuarantinedRow
from tests.store.stored_bars import HOURLY, NOW, an_input, holes, hourly_bars, new_store

COMMITS = 5


def write_all(root: Path) -> None:
    """Commit by commit, leaving out those that are there already."""
    store = new_store(root)
    for number in range(COMMITS):
        name = f"file{number}.csv"
        with store.writer(HOURLY, {"argv": ["kill"]}, now=NOW) as writer:
            stored = store.manifest(HOURLY)
            if stored and any(known.name == name for known in stored.inputs):
                continue
            # 500 hours a step, 900 hours each: every commit extends and revises a month
            bars = hourly_bars(900, seed=number, first=500 * number)
            for at in range(0, len(bars), 200):
                writer.add(bars.slice(at, at + 200))
            writer.quarantine([QuarantinedRow(name, 3, "ohlc", "x")])
            writer.record_input(an_input(name))
            writer.commit(holes)


def _die_at(wanted: int, side: str) -> None:
    rename = Path.replace
    seen = 0

    def counted(self: Path, target: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == wanted and side == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = rename(self, target)
        if seen == wanted and side == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    Path.replace = counted  # type: ignore[method-assign]


if __name__ == "__main__":
    if len(sys.argv) > 2:
        _die_at(int(sys.argv[2]), sys.argv[3])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    write_all(Path(sys.argv[1]))
