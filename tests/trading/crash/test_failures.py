"""What breaks around a trader that lives: a state that is defined, never a guess."""

import shutil
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ictcli.errors import ExitCode
from ictcli.ledger.address import find_place
from tests.trading.crash.arena import Arena, arena, requested, wait_for


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """One terminal for all of these: each leaves the account explained."""
    with arena(tmp_path_factory.mktemp("failures")) as one:
        yield one


def ledger_file(folder: Path) -> Path:
    file = find_place(folder, {}).address.file
    assert file is not None
    return file


def require_explained(place: Arena) -> None:
    assert place.differences() == []


@pytest.mark.proof
def test_a_terminal_that_stands_still_leaves_no_second_order(place: Arena) -> None:
    process = place.trader(3.5)
    wait_for(place.folder / "report.json")
    time.sleep(0.3)
    place.terminal.send_signal(signal.SIGSTOP)
    time.sleep(1.5)
    place.terminal.send_signal(signal.SIGCONT)
    code, said = place.finish(process)
    assert code == 0, said
    require_explained(place)


def test_a_full_disk_ends_the_trader_and_the_next_start_is_right(place: Arena) -> None:
    code, said = place.live(10, "full")
    assert code == ExitCode.UNEXPECTED, said
    assert said.startswith("LedgerUnwritable")
    require_explained(place)


def test_a_locked_ledger_ends_the_trader_and_the_next_start_is_right(place: Arena) -> None:
    process = place.trader(10)
    wait_for(place.folder / "report.json")
    holder = sqlite3.connect(ledger_file(place.folder), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    before = len(requested(place.folder))
    code, said = place.finish(process)
    after = len(requested(place.folder))
    holder.execute("ROLLBACK")
    holder.close()
    assert code == ExitCode.UNEXPECTED, said
    assert said.startswith("LedgerUnwritable")
    assert after <= before + 2, "at most the request that was under way"
    require_explained(place)


def test_a_damaged_ledger_is_refused_and_nothing_is_sent(place: Arena, tmp_path: Path) -> None:
    place.live(1.0)
    shutil.copytree(place.folder, tmp_path, dirs_exist_ok=True)
    other = Arena(tmp_path, place.port, place.terminal)
    before = len(requested(place.folder))
    damaged = sqlite3.connect(ledger_file(tmp_path))
    damaged.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    damaged.close()
    content = bytearray(ledger_file(tmp_path).read_bytes())
    at = content.index(b'"kind":"intent"')
    content[at + 8 : at + 14] = b"INTENT"
    ledger_file(tmp_path).write_bytes(content)
    code, said = other.live(5)
    assert code == ExitCode.DATA, said
    assert said.startswith("LedgerCorrupt")
    assert len(requested(place.folder)) == before


@pytest.mark.proof
def test_a_second_trader_is_turned_away_with_the_name_of_the_first(place: Arena) -> None:
    first = place.trader(4)
    wait_for(place.folder / "report.json")
    code, said = place.finish(place.trader(5))
    assert code == ExitCode.BUSY, said
    assert str(first.pid) in said
    assert place.finish(first)[0] == 0
    require_explained(place)


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_a_clock_that_jumps_opens_nothing_and_loses_nothing(place: Arena, seconds: int) -> None:
    known = set(place.ledger().stories)
    code, said = place.live(2, f"jump={seconds}")
    assert code == 0, said
    require_explained(place)
    fresh = [story for name, story in place.ledger().stories.items() if name not in known]
    placed = [story.state for story in fresh if story.intent.action == "place"]
    assert "denied" in placed[-2:]
