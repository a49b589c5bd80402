"""``ictcli halt`` at a broker in another process, with no trader to help and with answers that get lost."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ictcli.brokers.mt5.adapter import Mt5Broker
from ictcli.brokers.opening import open_broker
from ictcli.brokers.reports import Evidence
from ictcli.brokers.requests import Place
from ictcli.clock import NS_PER_DAY, monotonic, now_ns
from ictcli.config.trading import BrokerConfig
from ictcli.ledger.address import find_place
from ictcli.ledger.bodies import Emergency
from ictcli.ledger.chain import read_key
from ictcli.ledger.journal import open_journal
from ictcli.trading.identity import intent_id, magic_of
from ictcli.trading.latch import Latch
from ictcli.trading.spool import waiting
from ictcli.workspace import create
from tests.ledger.stories import start

TOKEN = "canary-token-4f6d1c0a9b8e7d6c5b4a39281706f5e4"
PASSWORD = "canary-password-Zx81!q"
SECRETS = {"ICTCLI_BRIDGE_TOKEN": TOKEN, "DESK_PASSWORD": PASSWORD}
FOREIGN, STAMP = 99, 1_700_000_000_000
"""Numbers of other programs; the second is an instant in milliseconds."""
NAME = intent_id(1, "mine", "BTCUSD", 1, 0, "place")
Serve = Callable[..., int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a simulated terminal in a process of its own; gives its port."""
    with ExitStack() as stack:

        def started(*options: str) -> int:
            words = ["--port", "0", "--history", "1h", "--ahead", "1h", "--execution", "immediate"]
            process = subprocess.Popen(
                [sys.executable, "-m", "ictcli.brokers.simulated.serve", *words, "--warm-up", "0", *options],
                stderr=subprocess.PIPE,
                text=True,
                env=os.environ | {"ICTCLI_BRIDGE_TOKEN": TOKEN},
            )
            stack.callback(process.communicate)
            stack.callback(process.kill)
            assert process.stderr is not None
            found = re.search(r"on port (\d+)", process.stderr.readline())
            assert found is not None
            return int(found[1])

        yield started


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    folder = tmp_path / "desk"
    create(folder)
    return folder


def configure(desk: Path, port: int) -> None:
    """The workspace trades at the bridge on a port."""
    (desk / "config" / "ictcli.toml").write_text(
        f'[brokers.desk]\nterminal = "bridge"\nport = {port}\nlogin = 1\n'
        'password_env = "DESK_PASSWORD"\n[trade]\nbroker = "desk"\n'
    )


def broker_at(port: int) -> Mt5Broker:
    """A session of our own."""
    config = BrokerConfig(terminal="bridge", port=port, login=1)
    broker = open_broker("desk", config, {"ICTCLI_BRIDGE_TOKEN": TOKEN}, seed=1)
    broker.connect()
    return broker


def trade_something(port: int) -> None:
    """Two positions and a resting order of ours, one position each of two other programs."""
    broker = broker_at(port)
    quote = broker.quote("BTCUSD")
    lot = broker.instrument("BTCUSD").volume_min
    asked = ((1, magic_of(3, 1), NAME), (-1, magic_of(4, 2), NAME), (1, FOREIGN, ""), (1, STAMP, "grid"))
    for side, magic, comment in asked:
        outcome = broker.send(Place("BTCUSD", side, "market", lot, magic, deviation=1000, comment=comment))
        assert outcome.kind == "done", outcome
    far = (quote.bid * Decimal("0.5")).quantize(Decimal(1))
    outcome = broker.send(Place("BTCUSD", 1, "limit", lot, magic_of(3, 3), price=far, comment=NAME))
    assert outcome.kind in {"done", "placed"}, outcome
    broker.close()


def books(port: int) -> Evidence:
    """What the broker has now."""
    broker = broker_at(port)
    evidence = broker.evidence(now_ns() - NS_PER_DAY)
    broker.close()
    assert evidence.complete
    return evidence


def halt(desk: Path, *words: str) -> tuple[int, Any, str]:
    """The real program: exit code, document, stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "ictcli", "halt", "--json", *words],
        cwd=desk, env=os.environ | SECRETS, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout), done.stderr


def test_orders_are_cancelled_and_with_flatten_positions_closed_until_flat(serve: Serve, desk: Path) -> None:
    port = serve()
    configure(desk, port)
    trade_something(port)
    began = monotonic()
    code, found, _ = halt(desk)
    assert monotonic() - began < 5
    (account,) = found["accounts"]
    assert (code, account["cancelled"], account["closed"], account["cleared_by"]) == (0, 1, 0, "session")
    held = books(port)
    assert (len(held.open_orders), len(held.positions)) == (0, 4)
    code, found, _ = halt(desk, "--flatten")
    (account,) = found["accounts"]
    assert (code, account["closed"], account["positions"], account["foreign"]) == (0, 2, [], 2)
    assert [one.magic for one in books(port).positions] == [FOREIGN, STAMP]
    spooled, broken = waiting(desk / "state" / "spool" / "1", read_key(desk / "state" / "secret.key"))
    done = [body for one in spooled for body in one.bodies if isinstance(body, Emergency)]
    assert [body.what for body in done] == ["cancel", "close", "close"]
    assert broken == []


def test_answers_that_get_lost_neither_close_twice_nor_leave_anything(serve: Serve, desk: Path) -> None:
    port = serve("--faults", *["none"] * 5, "lost_done", "lost", "lost_done", "--rates", "none=1")
    configure(desk, port)
    trade_something(port)
    code, found, _ = halt(desk, "--flatten")
    assert (code, found["accounts"][0]["unknown"]) == (0, [])
    held = books(port)
    assert ([one.magic for one in held.positions], held.open_orders) == ([FOREIGN, STAMP], ())
    closing = [deal for deal in held.deals if deal.entry != "in"]
    assert len(closing) == 2


def test_no_secret_shows_anywhere(serve: Serve, desk: Path, tmp_path: Path) -> None:
    port = serve()
    configure(desk, port)
    trade_something(port)
    shown = tmp_path / "shown"
    with shown.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "ictcli", "halt", "--flatten", "-v"],
            cwd=desk, env=os.environ | SECRETS, stdout=out, stderr=out,
        )  # fmt: skip
        lines = set()
        while process.poll() is None:
            lines.add(_command_line(process.pid))
            time.sleep(0.01)
    assert process.returncode == 0
    everything = b"".join(path.read_bytes() for path in [shown, *desk.rglob("*")] if path.is_file())
    everything += b"".join(lines)
    for secret in SECRETS.values():
        assert secret.encode() not in everything
    assert b"halt" in everything


def test_no_secret_shows_when_the_token_is_wrong_or_the_password_is_missing(serve: Serve, desk: Path) -> None:
    configure(desk, serve())
    wrong = "another-canary-9d8c7b6a5f4e3d2c1b0a99887766"
    for changed in ({"ICTCLI_BRIDGE_TOKEN": wrong}, {"DESK_PASSWORD": ""}):
        done = subprocess.run(
            [sys.executable, "-m", "ictcli", "halt", "-v"],
            cwd=desk, env=os.environ | SECRETS | changed, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode in {4, 6}
        for secret in (*SECRETS.values(), wrong):
            assert secret not in done.stdout + done.stderr
    assert Latch(desk / "state" / "control").reason() is not None


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_a_lost_control_folder_does_not_hide_the_account_from_a_stop(serve: Serve, desk: Path) -> None:
    port = serve()
    configure(desk, port)
    config = desk / "config" / "ictcli.toml"
    config.write_text(config.read_text().replace('broker = "desk"', ""))
    trade_something(port)
    with open_journal(find_place(desk / "state", {}), now=now_ns(), durable=False) as journal:
        journal.append([start(account=1)], now_ns())
    code, found, _ = halt(desk, "--flatten")
    (account,) = found["accounts"]
    assert (code, account["account"], account["broker"], account["closed"]) == (0, 1, "desk", 2)
    assert [one.magic for one in books(port).positions] == [FOREIGN, STAMP]
