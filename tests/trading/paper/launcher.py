"""Runs paper trading in processes of their own, one per line of its input, imported once and forked.

A line is ``FOLDER CRASH SECONDS``: the workspace, a crash point or ``-``, and the seconds after which the
process is killed or ``-``. Each is answered by one line of JSON: the signal or exit code, what was said, and
the document of the session.
"""

import itertools
import json
import os
import signal
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

import numba

from ictcli.brokers.simulated import server_history
from ictcli.config.loading import load
from ictcli.errors import IctError
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import parse_timeframe
from ictcli.output import plain
from ictcli.research.backtest import Workshop
from ictcli.store.store import Store
from ictcli.strategies import loading
from ictcli.trading import crashpoints, paper, unfinished
from ictcli.trading.request import Outside, TradeRequest

IMPORTED = (numba, loading, unfinished)
HELD: list[sqlite3.Connection] = []
BUSY = str(Path(__file__).with_name("busy.py"))


def trade(folder: Path, told: list[str]) -> Any:
    """One session over what the store holds."""
    loaded = load(folder, files=[folder / "config" / "ictcli.toml"], environ={})
    store = Store(folder / "data", folder / "state", 0)
    shop = Workshop(store, load_symbols(None), loaded.config, folder)
    count = itertools.count()

    def alive(_status: str) -> None:
        """Let somebody else lock the ledger after so many bars."""
        lock = folder / "lock_after"
        if lock.exists() and next(count) == int(lock.read_text()):
            HELD.append(
                sqlite3.connect(folder / "state" / "paper" / "ledger" / "ledger.db", isolation_level=None)
            )
            HELD[-1].execute("BEGIN IMMEDIATE")

    outside = Outside(
        ending=lambda: "", alive=alive, ready=lambda _status: None, tell=told.append,
        show=lambda document: told.append(json.dumps(plain(document))), progress=lambda *_: None,
        provenance={"time": "2024", "version": "1"}, environ={},
    )  # fmt: skip
    params = {"waits": (folder / "waits").read_text()} if (folder / "waits").exists() else {}
    request = TradeRequest(
        ("EURUSD",), (BUSY,), params, (parse_timeframe("M5"),), once=True, dry_run=(folder / "dry").exists()
    )
    return plain(paper.trade_paper(request, shop, outside).document)


def live(folder: Path, crash: str, answer: int) -> None:
    """The process itself: trades, and tells what came of it."""
    told: list[str] = []
    os.environ[crashpoints.VARIABLE] = "" if crash == "-" else crash
    try:
        found = {"code": 0, "document": trade(folder, told), "told": told}
    except IctError as error:
        found = {"code": int(error.code), "document": {}, "told": [*told, error.message]}
    os.write(answer, json.dumps(found).encode())
    os._exit(0)


def run(folder: Path, crash: str, seconds: str) -> dict[str, Any]:
    """One process from its beginning to its end."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        live(folder, crash, write)
    os.close(write)
    if seconds != "-":
        time.sleep(float(seconds))
        os.kill(child, signal.SIGKILL)
    text = b""
    while part := os.read(read, 65_536):
        text += part
    os.close(read)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return {"code": -os.WTERMSIG(status), "document": {}, "told": []}
    return json.loads(text) if text else {"code": 99, "document": {}, "told": ["no answer"]}


def main() -> None:
    """Answer line by line."""
    server_history._BLOCK = 2  # so that the file of history is added to nearly every time
    sys.stdout.write(json.dumps("ready") + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        folder, crash, seconds = line.split()
        sys.stdout.write(json.dumps(run(Path(folder), crash, seconds)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
