"""Workspaces with ledgers, a database of another room and files of every kind, without a trader."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from ictcli.brokers.simulated.server_history import History
from ictcli.ledger.address import Place, find_place, paper_place
from ictcli.ledger.journal import open_journal
from ictcli.operations.backup_contents import Workspace
from ictcli.store.atomic import write_file
from ictcli.trading.paper_history import Extent
from ictcli.trading.paper_state import Kept
from ictcli.workspace import create
from tests.ledger.stories import NOW, start, trade

DAY = 86_400 * 10**9


def keep_terminal(path: Path, extent: Extent = Extent(1)) -> None:  # noqa: B008 - cannot change
    """What a paper terminal that never traded writes down, as far as it is read without a terminal."""
    history = History().save(whole=False)
    server = msgspec.msgpack.encode({"history": history})
    write_file(path, msgspec.msgpack.encode(Kept(server, {}, extent)), private=True)


def tell(place: Place, trades: range) -> None:
    """Write so many trades into a ledger, with a terminal beside it where it has one."""
    with open_journal(place, now=NOW, durable=False) as journal:
        for path in place.traces:
            keep_terminal(path)
        if not journal.last:
            journal.append([start()], NOW)
        for number in trades:
            journal.append([body for batch in trade(number) for body in batch], NOW + number)


def desk(folder: Path) -> Workspace:
    """A workspace of which all that counts is there, and all that can be made again."""
    create(folder)
    state, data = folder / "state", folder / "data"
    tell(find_place(state, {}), range(2))
    tell(paper_place(state), range(1))
    with closing(sqlite3.connect(state / "recon.db")) as other:
        other.execute("CREATE TABLE runs (run INTEGER)")
        other.execute("INSERT INTO runs VALUES (7)")
        other.commit()
    for name in (
        "state/live-7/1-1.checkpoint", "state/control/trade.7.json", "state/control/trade.7.lock",
        "state/graduation/fvg.json", "state/lockbox.jsonl", "state/locks/models.lock",
        "state/features/a.bin", "state/sweeps/b/part", "state/import/c", "state/replay/ledger.db",
        "state/logs/ictcli.jsonl", "state/ledger/backups/ledger-1.db", "state/ledger/replaced-1/ledger.db",
        "data/models/m/versions/1/card.json", "data/metrics/account=7/part-1.parquet",
        "data/runs/r1/run.json", "data/bars/source=x/manifest.json", "data/catalog.duckdb",
    ):  # fmt: skip
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return Workspace(folder, state, data, {})
