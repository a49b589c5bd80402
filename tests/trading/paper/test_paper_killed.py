"""Paper trading that is killed anywhere ends where it would have: same deals, money and terminal."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from ictcli.brokers.simulated.server_saving import Saved
from ictcli.clock import now_ns
from ictcli.ledger.address import TERMINAL_FILE, paper_place
from ictcli.ledger.anchors import read_anchors
from ictcli.ledger.opening import reading
from ictcli.ledger.verification import verify
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import parse_timeframe
from ictcli.store.store import Store
from ictcli.trading.acknowledgement import acknowledgement
from ictcli.trading.control import control_folder
from ictcli.trading.crashpoints import POINTS
from ictcli.trading.latch import Latch
from ictcli.trading.lock import LOGIN
from ictcli.trading.paper_history import HistoryFile
from ictcli.trading.paper_state import read_state
from ictcli.workspace import create
from tests.research.conftest import keep, random_walk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are forked and killed")
ROOT = Path(__file__).parents[3]
KEY = SeriesKey("walk", "EURUSD", parse_timeframe("M5"))
FIRST, BARS = 300, 130
CONFIG = """
[trade]
warm_up = 200
checkpoint_bars = 40
[sizing]
method = "lots"
lots = 0.1
[account]
stop_out = 0
"""
SHOWN = {
    "orders": ("id", "action", "status", "ticket", "filled", "price", "stop", "target", "cancelling"),
    "fills": ("deal", "ticket", "position", "id", "side", "entry", "volume", "price", "profit", "swap", "ts"),
    "positions": ("position", "volume", "price", "realised", "stop", "target", "closed"),
    "cash": ("name", "amount", "ts"),
}


@dataclass
class Launcher:
    """Processes that trade."""

    process: subprocess.Popen[str]

    def __call__(self, folder: Path, crash: str = "-", seconds: str = "-") -> dict[str, Any]:
        """Run one; what came of it."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{folder} {crash} {seconds}\n")
        self.process.stdin.flush()
        found: dict[str, Any] = self.heard()
        return found

    def heard(self) -> Any:
        """Its next line."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the launcher ended"
        return json.loads(line)


@pytest.fixture(scope="module")
def launch() -> Iterator[Launcher]:
    """Starts traders."""
    command = [sys.executable, "-m", "tests.trading.paper.launcher"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    launcher = Launcher(process)
    assert launcher.heard() == "ready"
    yield launcher
    process.kill()
    process.communicate()


def stored(folder: Path, bars: int) -> None:
    """Let the store hold so many bars."""
    store = Store(folder / "data", folder / "state", 0)
    keep(store, KEY, random_walk(5, bars, 110_000, 5))


@pytest.fixture(scope="module")
def begun(launch: Launcher, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose trader has begun, and whose store has gone on since."""
    folder = tmp_path_factory.mktemp("paper") / "desk"
    create(folder)
    (folder / "config" / "ictcli.toml").write_text(CONFIG)
    stored(folder, FIRST)
    found = launch(folder)
    assert found["code"] == 0, found
    stored(folder, FIRST + BARS)
    return folder


@dataclass(frozen=True)
class End:
    """What a trader left behind."""

    tables: dict[str, list[tuple[str, ...]]]
    critical: list[tuple[Any, ...]]
    terminal: dict[str, Any]
    done: dict[int, tuple[int, int]]


def end_of(folder: Path) -> End:
    """Ledger and terminal; the ledger must be good."""
    place = paper_place(folder / "state")
    with reading(place.address) as stored_events:
        verify(stored_events, place.key, read_anchors(place.anchors, place.key)).require_good()
    assert place.address.file is not None
    with sqlite3.connect(place.address.file) as ledger:
        tables = {
            name: sorted(
                tuple(map(str, row)) for row in ledger.execute(f"SELECT {', '.join(columns)} FROM {name}")
            )
            for name, columns in SHOWN.items()
        }
        critical = ledger.execute("SELECT code, text FROM alerts WHERE severity = 'critical'").fetchall()
    ledger.close()
    paper = folder / "state" / "paper"
    kept = read_state(paper / TERMINAL_FILE)
    server = msgspec.msgpack.decode(kept.server, type=Saved)
    assert kept.history is not None
    blocks = HistoryFile(paper).read(kept.history)
    shown = msgspec.structs.asdict(server) | {"changes": 0, "blocks": blocks}
    return End(tables, critical, shown, kept.done)


@pytest.fixture(scope="module")
def whole(launch: Launcher, begun: Path) -> End:
    """The end of a trader that nothing interrupted."""
    folder = begun.with_name("whole")
    shutil.copytree(begun, folder)
    found = launch(folder)
    assert found["code"] == 0, found
    end = end_of(folder)
    assert len(end.tables["fills"]) > 30
    assert min(len(own) for own in end.terminal["blocks"]) > 10
    return end


def files_of(folder: Path) -> dict[str, bytes]:
    """What a workspace keeps for good."""
    passing = {".lock", ".db-shm", ".db-wal"}
    paths = [one for one in (folder / "state" / "paper").rglob("*") if one.is_file()]
    paths += [one for one in (folder / "data").rglob("*") if one.is_file()]
    return {str(one.relative_to(folder)): one.read_bytes() for one in paths if one.suffix not in passing}


def open_positions(end: End) -> list[tuple[str, ...]]:
    """Those of a ledger that are open."""
    return [row for row in end.tables["positions"] if Decimal(row[1])]


def differences(end: End, whole: End) -> list[str]:
    """What is not as it would have been."""
    found = [f"critical: {one}" for one in end.critical]
    for name, rows in whole.tables.items():
        found += [f"{name} lacks {row}" for row in rows if row not in end.tables[name]]
        found += [f"{name} has {row}" for row in end.tables[name] if row not in rows]
    found += [f"terminal: {name}" for name, value in whole.terminal.items() if end.terminal[name] != value]
    return found + ([] if end.done == whole.done else [f"steps: {end.done}, not {whole.done}"])


def trial(launch: Launcher, begun: Path, kills: list[tuple[str, str]], name: str) -> End:
    """Kill a trader now and then, and let the last one finish."""
    folder = begun.with_name(name)
    shutil.copytree(begun, folder)
    for crash, seconds in kills:
        found = launch(folder, crash, seconds)
        assert found["code"] in {0, -signal.SIGKILL}, found
    found = launch(folder)
    assert found["code"] == 0, found
    assert (found["document"]["state"], found["document"]["unresolved"]) == ("active", [])
    end = end_of(folder)
    shutil.rmtree(folder)
    return end


def test_a_trader_killed_at_several_places_ends_as_if_it_had_not_been(
    launch: Launcher, begun: Path, whole: End
) -> None:
    kills = [("after_sent:3", "-"), ("after_send:30", "-"), ("after_record:9", "-")]
    assert differences(trial(launch, begun, kills, "several"), whole) == []


def test_a_dry_run_shows_each_request_once_and_leaves_no_trace(
    launch: Launcher, begun: Path, whole: End
) -> None:
    folder = begun.with_name("dry")
    shutil.copytree(begun, folder)
    (folder / "dry").touch()
    before = files_of(folder)
    found = launch(folder)
    assert (found["code"], found["document"]["ended"]) == (0, "nothing is left")
    shown = [json.loads(line) for line in found["told"] if line.startswith("{")]
    assert len(shown) > 20
    assert len({json.dumps(one, sort_keys=True) for one in shown}) == len(shown)
    assert files_of(folder) == before
    (folder / "dry").unlink()
    assert launch(folder)["code"] == 0
    assert differences(end_of(folder), whole) == []


@pytest.mark.proof
def test_a_trader_killed_between_bars_takes_other_sizes_up_and_decides_no_bar_twice(
    launch: Launcher, begun: Path
) -> None:
    folder = begun.with_name("edited")
    shutil.copytree(begun, folder)
    assert launch(folder, "after_send:2")["code"] == -signal.SIGKILL
    configuration = folder / "config" / "ictcli.toml"
    configuration.write_text(CONFIG.replace("lots = 0.1", "lots = 0.3"))
    refused = launch(folder)
    assert refused["code"] == 11, refused
    assert "were changed since the trader was killed" in refused["told"][-1]
    configuration.write_text(CONFIG)
    assert launch(folder, "after_look:40")["code"] in {0, -signal.SIGKILL}
    assert launch(folder)["code"] == 0
    end = end_of(folder)
    names = [row[0] for row in end.tables["orders"]]
    assert len(set(names)) == len(names)
    assert end.critical == []


def test_a_stop_that_asks_for_flat_positions_is_obeyed_by_the_trader_itself(
    launch: Launcher, begun: Path, whole: End
) -> None:
    assert open_positions(whole)
    folder = begun.with_name("flattened")
    shutil.copytree(begun.with_name("whole"), folder)
    latch = Latch(control_folder(folder / "state"))
    halt = latch.engage("drill", "test", now_ns(), flatten=True)
    stored(folder, FIRST + BARS + 30)
    found = launch(folder)
    assert found["code"] == 0, found
    said = acknowledgement(control_folder(folder / "state"), LOGIN, halt.epoch)
    assert said is not None
    assert (said.stage, said.positions, said.unresolved) == ("done", 0, 0)
    flat = end_of(folder)
    assert open_positions(flat) == []
    added = [row for row in flat.tables["orders"] if row not in whole.tables["orders"] and row[1] == "place"]
    assert {row[2] for row in added} <= {"denied", "cancelled"}
    latch.release("over", "test", now_ns())
    stored(folder, FIRST + BARS + 100)
    assert launch(folder)["code"] == 0
    assert len(end_of(folder).tables["fills"]) > len(flat.tables["fills"])


@pytest.mark.proof
def test_another_set_up_goes_on_with_the_money_that_the_last_one_left(
    launch: Launcher, begun: Path, whole: End
) -> None:
    folder = begun.with_name("other")
    shutil.copytree(begun.with_name("whole"), folder)
    (folder / "waits").write_text("5")
    assert launch(folder)["code"] == 11
    latch = Latch(control_folder(folder / "state"))
    latch.engage("drill", "test", now_ns(), flatten=True)
    (folder / "waits").unlink()
    stored(folder, FIRST + BARS + 30)
    assert launch(folder)["code"] == 0
    latch.release("over", "test", now_ns())
    (folder / "waits").write_text("5")
    found = launch(folder)
    assert (found["code"], found["document"]["state"]) == (0, "active"), found
    money = sum(Decimal(row[1]) for row in end_of(folder).tables["cash"])
    assert Decimal(found["document"]["balance"]) == money
    stored(folder, FIRST + BARS + 130)
    found = launch(folder)
    assert (found["code"], found["document"]["state"]) == (0, "active"), found
    end = end_of(folder)
    assert len(end.tables["fills"]) > len(whole.tables["fills"])
    assert Decimal(found["document"]["balance"]) == sum(Decimal(row[1]) for row in end.tables["cash"])
    assert {code for code, _ in end.critical} == {"halted"}


@pytest.mark.proof
@pytest.mark.parametrize("bars", [1, 7, 20, 33, 60])
def test_a_ledger_that_refuses_ends_the_trader_and_the_next_one_takes_in_what_it_kept(
    launch: Launcher, begun: Path, whole: End, bars: int, record_property: Callable[[str, object], None]
) -> None:
    folder = begun.with_name(f"refused{bars}")
    shutil.copytree(begun, folder)
    (folder / "lock_after").write_text(str(bars))
    found = launch(folder)
    assert found["code"] == 1, found
    assert any("the ledger takes nothing more" in line for line in found["told"])
    (folder / "lock_after").unlink()
    spilled = paper_place(folder / "state").spill
    record_property("spilled", spilled.read_text().count("\n") if spilled.exists() else 0)
    assert launch(folder)["code"] == 0
    assert not spilled.exists()
    assert differences(end_of(folder), whole) == []


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(120))
def test_a_trader_killed_anywhere_ends_as_if_it_had_not_been(
    launch: Launcher, begun: Path, whole: End, seed: int, record_property: Callable[[str, object], None]
) -> None:
    random = Random(seed)
    kills = []
    for _ in range(random.randint(1, 3)):
        timed = random.random() < 0.3
        point = f"{random.choice(POINTS)}:{random.randint(1, 150)}"
        kills.append(("-", f"{random.uniform(0.05, 1.5):.3f}") if timed else (point, "-"))
    record_property("kills", len(kills))
    assert differences(trial(launch, begun, kills, f"seed{seed}"), whole) == []
