"""``ictcli trade`` on paper: the real loop, watched by a service manager, halted, doubled, ended."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ictcli.clock import monotonic, now_ns
from ictcli.commands.halting import who
from ictcli.ledger.address import paper_place
from ictcli.ledger.bodies import Alerted, AnyBody, Body, FromSpool, ModeSet, Released
from ictcli.ledger.chain import read_key
from ictcli.ledger.journal import open_journal
from ictcli.ledger.opening import reading
from ictcli.ledger.stored import entry_of
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import parse_timeframe
from ictcli.store.store import Store
from ictcli.trading.lock import LOGIN
from ictcli.trading.pulse import last_beat, pulse_file
from ictcli.trading.spool import lay
from ictcli.workspace import create
from tests.research.conftest import keep, random_walk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="systemd's protocol needs Unix sockets")
PROGRAM = [sys.executable, "-m", "ictcli"]
ASK = ["trade", "EURUSD", "--strategy", "fvg_retest", "-t", "M5", "--param", "windows=", "--json"]
CANARY = "canary-0d5f7c1e-of-a-password"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A workspace with a few days of five-minute bars."""
    create(tmp_path)
    store = Store(tmp_path / "data", tmp_path / "state", 0)
    keep(store, SeriesKey("walk", "EURUSD", parse_timeframe("M5")), random_walk(1, 600, 110_000, 5))
    return tmp_path


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """The service manager's ear."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.settimeout(60)
        yield ear


@pytest.fixture
def loop(desk: Path, manager: socket.socket) -> Iterator[subprocess.Popen[str]]:
    """A paper trader that told its manager that it is ready."""
    environ = os.environ | {
        "NOTIFY_SOCKET": str(manager.getsockname()), "WATCHDOG_USEC": "4000000", "DESK_PASSWORD": CANARY,
    }  # fmt: skip
    process = subprocess.Popen(
        [*PROGRAM, *ASK], cwd=desk, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert "READY=1" in heard(manager, "READY=1")
        yield process
    finally:
        process.kill()
        process.communicate()


def heard(manager: socket.socket, word: str) -> str:
    """Everything up to a word of the service."""
    text = ""
    while word not in text:
        text += manager.recv(4096).decode() + "\n"
    return text


def ictcli(desk: Path, *words: str) -> tuple[int, Any]:
    """Another run of the program: exit code and document."""
    done = subprocess.run([*PROGRAM, *words, "--json"], cwd=desk, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def written(desk: Path, kind: type[Body]) -> Any:
    """The first event of a kind, as soon as the trader has written it."""
    until = monotonic() + 30
    while monotonic() < until:
        for one in bodies(desk):
            if isinstance(one, kind):
                return one
        time.sleep(0.1)
    raise AssertionError(f"the ledger was told of no {kind.__name__}")


def bodies(desk: Path) -> list[AnyBody]:
    """Everything in the paper ledger."""
    with reading(paper_place(desk / "state").address) as stored:
        return [entry_of(event).body for event in stored.events()]


def readable_by_others(state: Path) -> list[str]:
    """Files of trading that not only their owner may read."""
    folders = ("paper", "graduation", "spool")
    files = [path for folder in folders for path in (state / folder).rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"ledger.db", "anchors.log", "terminal.bin"}
    assert any(path.suffix == ".checkpoint" for path in files)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in files if path.suffix != ".lock"}
    return [name for name, mode in modes.items() if mode & 0o077]


def lifted(desk: Path) -> str | None:
    """Reason of the mode that followed a breaker's; None while it holds."""
    modes = [one.reason for one in bodies(desk) if isinstance(one, ModeSet)]
    at = next(i for i, reason in enumerate(modes) if reason.startswith("breaker: "))
    return modes[at + 1] if len(modes) > at + 1 else None


def test_the_loop_is_watched_alone_on_its_account_halted_resumed_and_ended(
    desk: Path, manager: socket.socket, loop: subprocess.Popen[str]
) -> None:
    heard(manager, "WATCHDOG=1")
    assert 0 <= now_ns() - last_beat(pulse_file(desk / "state" / "control", LOGIN)) < 60 * 10**9
    code, refused = ictcli(desk, *ASK[:-1])
    assert code == 12
    assert f"is being traded by pid {loop.pid} on " in refused["error"]["message"]
    code, found = ictcli(desk, "halt", "--reason", "drill")
    (account,) = found["accounts"]
    assert (code, account["running"], account["cleared_by"]) == (0, True, "trader")
    _, seen = ictcli(desk, "status")
    trading = seen["trading"]
    assert trading["halt"]["reason"] == "drill"
    assert [one["running"] for one in trading["traders"]] == [True]
    assert [(one["ledger"], one["mode"]) for one in trading["ledgers"]] == [("paper", "paper")]
    assert ictcli(desk, "resume", "--reason", "drill over")[0] == 0
    heard(manager, "WATCHDOG=1")
    assert written(desk, Released) == Released(reason="drill over", by=who())
    key = read_key(desk / "state" / "secret.key")
    told = Alerted(severity="info", code="hello", text="from outside")
    file = lay(desk / "state" / "spool" / str(LOGIN), key, [told], "anna", 1)
    assert written(desk, FromSpool) == FromSpool(file=file.name, by="anna", ts=1)
    assert told in bodies(desk)
    loop.send_signal(signal.SIGTERM)
    assert "SIGTERM" in heard(manager, "STOPPING=1")
    out, err = loop.communicate(timeout=30)
    assert (loop.returncode, json.loads(out)["ended"]) == (0, "SIGTERM")
    assert not file.exists()
    files = [path.read_bytes() for path in desk.rglob("*") if path.is_file() and not path.is_socket()]
    assert CANARY.encode() not in b"".join([*files, out.encode(), err.encode()])


def test_once_handles_what_there_is_and_begins_no_second_account_where_the_terminal_is_lost(
    desk: Path,
) -> None:
    code, found = ictcli(desk, *ASK[:-1], "--once")
    assert (code, found["mode"]) == (0, "paper")
    (graduation,) = found["graduation"]
    assert graduation["graduated"] is False
    assert readable_by_others(desk / "state") == []
    terminal = desk / "state" / "paper" / "terminal.bin"
    kept = terminal.read_bytes()
    terminal.unlink()
    code, refused = ictcli(desk, *ASK[:-1], "--once")
    assert (code, "terminal.bin is missing" in refused["error"]["message"]) == (5, True)
    assert "move all of state/paper away" in refused["error"]["hint"]
    assert not terminal.exists()
    terminal.write_bytes(kept)
    ledger = desk / "state" / "paper" / "ledger"
    shutil.move(ledger, desk / "lost")
    code, refused = ictcli(desk, *ASK[:-1], "--once")
    assert (code, "terminal.bin knows of its account" in refused["error"]["message"]) == (5, True)
    assert terminal.read_bytes() == kept
    shutil.rmtree(ledger)
    shutil.move(desk / "lost", ledger)
    events = len(bodies(desk))
    forge_an_event_long_before_the_last_anchor(desk)
    code, refused = ictcli(desk, *ASK[:-1], "--once")
    assert (code, "it was changed after it was written" in refused["error"]["message"]) == (5, True)
    assert len(bodies(desk)) == events


def forge_an_event_long_before_the_last_anchor(desk: Path) -> None:
    with closing(sqlite3.connect(desk / "state" / "paper" / "ledger" / "ledger.db")) as forged:
        names = [name for (name,) in forged.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for name in names:
            forged.execute(f'DROP TRIGGER "{name}"')
        changed = forged.execute("UPDATE events SET ts = ts + 1 WHERE seq = 2")
        assert changed.rowcount == 1
        forged.commit()


def test_a_stop_holds_for_a_session_of_cron(desk: Path) -> None:
    assert ictcli(desk, "halt")[0] == 0
    code, refused = ictcli(desk, *ASK[:-1], "--once")
    assert (code, refused["error"]["name"]) == (11, "PolicyRefused")


@pytest.mark.proof
def test_a_breaker_that_a_person_lifted_is_lifted_at_the_next_start(desk: Path) -> None:
    assert ictcli(desk, *ASK[:-1], "--once")[0] == 0
    with open_journal(paper_place(desk / "state"), now=now_ns()) as journal:
        journal.append([ModeSet(mode="reducing", reason="breaker: 5 orders in a row were refused")], now_ns())
    assert ictcli(desk, *ASK[:-1], "--once")[0] == 0
    assert lifted(desk) is None
    assert ictcli(desk, "resume", "--reason", "margin was added")[0] == 0
    assert ictcli(desk, *ASK[:-1], "--once")[0] == 0
    (ledger,) = ictcli(desk, "status")[1]["trading"]["ledgers"]
    assert (ledger["allowed"], lifted(desk)) == ("active", f"resumed by {who()}: margin was added")
    assert not list((desk / "state" / "spool").rglob("*.json"))


@pytest.mark.proof
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_first_start_that_compiles_asks_for_time_and_ends_when_it_is_told_to(
    desk: Path, manager: socket.socket, number: int, code: int, proof_facts: dict[str, object]
) -> None:
    environ = os.environ | {
        "NOTIFY_SOCKET": str(manager.getsockname()), "ICTCLI_CACHE_DIR": str(desk / "cold"),
    }  # fmt: skip
    with subprocess.Popen(
        [*PROGRAM, *ASK], cwd=desk, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert "EXTEND_TIMEOUT_USEC=600000000" in heard(manager, "compiling kernels")
        time.sleep(3)
        began = monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        took = monotonic() - began
    proof_facts["seconds from signal to end"] = round(took, 2)
    assert process.returncode == code, err
    assert took < 3
    assert json.loads(out)["ended"] == ("Ctrl-C" if number == signal.SIGINT else "SIGTERM")
    assert not (desk / "state" / "paper" / "terminal.bin").exists()
    with reading(paper_place(desk / "state").address) as stored:
        assert list(stored.events()) == []
