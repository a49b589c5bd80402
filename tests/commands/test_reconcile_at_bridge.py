"""``ictcli reconcile`` at a terminal in another process, beside whoever trades there."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from ictcli.__main__ import run
from ictcli.brokers.opening import open_broker
from ictcli.brokers.requests import Place
from ictcli.clock import NS_PER_DAY, now_ns
from ictcli.config.trading import BrokerConfig
from ictcli.ledger.address import find_place
from ictcli.ledger.bodies import Cash, Opened
from ictcli.ledger.journal import open_journal
from ictcli.reconcile.keeping import last_runs
from ictcli.trading.identity import magic_of
from ictcli.workspace import create
from tests.ledger.stories import start

TOKEN = "token-for-the-reconcile-at-bridge-tests-0123456789"
Printed = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A simulated terminal of its own process, in real time."""
    words = ["--port", "0", "--history", "2d", "--ahead", "1h", "--execution", "immediate", "--warm-up", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "ictcli.brokers.simulated.serve", *words],
        stderr=subprocess.PIPE, text=True, env=os.environ | {"ICTCLI_BRIDGE_TOKEN": TOKEN},
    )  # fmt: skip
    try:
        assert process.stderr is not None
        found = re.search(r"on port (\d+)", process.stderr.readline())
        assert found is not None
        yield int(found[1])
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def desk(tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace that trades there, which is the current directory."""
    create(tmp_path)
    configure(tmp_path, port)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    monkeypatch.delenv("ICTCLI_LEDGER_URL", raising=False)
    monkeypatch.setenv("ICTCLI_BRIDGE_TOKEN", TOKEN)
    return tmp_path


def configure(desk: Path, port: int) -> None:
    (desk / "config" / "ictcli.toml").write_text(
        f'[brokers.desk]\nterminal = "bridge"\nport = {port}\nlogin = 1\n[reconcile]\nlag = "0s"\n'
    )


def begin(desk: Path, account: int = 1) -> None:
    """The ledger of the account as the terminal has it from its beginning."""
    now, balance = now_ns() - NS_PER_DAY, Decimal("100000.00")
    named = structs.replace(start(account=account), server="ictcli-Simulated")
    money = Cash(key="opening", what="opening", amount=balance, ts=now)
    with open_journal(find_place(desk / "state", {}), now=now, durable=False) as journal:
        journal.append([named, Opened(balance=balance, deal=20_000_001), money], now)


def told(printed: Printed) -> Any:
    return json.loads(printed.readouterr().out)


def test_beside_a_trader_at_the_same_bridge_it_is_clean_until_somebody_else_orders(
    desk: Path, port: int, capsys: Printed
) -> None:
    begin(desk)
    broker = open_broker("desk", BrokerConfig(terminal="bridge", port=port, login=1), os.environ, seed=1)
    broker.connect()
    assert run(["reconcile", "--json"]) == 0
    found = told(capsys)
    assert (found["ledger"], found["against"], found["account"]) == ("broker", "desk", "ictcli-Simulated/1")
    assert found["balance"]["stated"] == found["balance"]["computed"] == "100000.00"
    quote, lot = broker.quote("BTCUSD"), broker.instrument("BTCUSD").volume_min
    far = (quote.bid / 2).quantize(quote.bid)
    outcome = broker.send(Place("BTCUSD", 1, "limit", lot, magic_of(3, 3), price=far))
    assert outcome.kind in {"done", "placed"}, outcome
    assert run(["reconcile", "--broker", "desk", "--json"]) == 9
    found = told(capsys)
    assert [(one["kind"], one["symbol"], one["policy"]) for one in found["findings"]] == [
        ("foreign", "BTCUSD", "flag")
    ]
    broker.close()
    assert run(["query", "SELECT symbol, digits, contract FROM reconcile_instruments", "--json"]) == 0
    assert [row["symbol"] for row in told(capsys)["rows"]] == ["BTCUSD"]


def test_a_terminal_that_is_logged_in_to_another_account_is_refused(desk: Path, capsys: Printed) -> None:
    begin(desk, account=7)
    assert run(["reconcile"]) == 5
    assert "the ledger tells nothing of account ictcli-Simulated/1" in capsys.readouterr().err


def test_a_broker_that_is_away_is_exit_6_and_prometheus_hears_of_it(desk: Path, capsys: Printed) -> None:
    begin(desk)
    configure(desk, 1)
    assert run(["reconcile", "--metrics", "m.prom"]) == 6
    assert capsys.readouterr().err.startswith("error: ")
    assert 'exit_code{ledger="broker",mode="ledger"} 6.0' in (desk / "m.prom").read_text()
    (kept,) = last_runs(desk / "state")
    assert (kept.result, kept.code) == ("failed", 6)
    assert run(["status"]) == 0
    assert re.search(r"broker ledger: last reconciled .*: failed \(.*\), STALE", capsys.readouterr().out)


def test_without_a_broker_it_says_how_to_name_one(desk: Path, capsys: Printed) -> None:
    begin(desk)
    (desk / "config" / "ictcli.toml").write_text("")
    assert run(["reconcile"]) == 4
    assert "--broker NAME" in capsys.readouterr().err
    assert run(["reconcile", "--broker", "nobody"]) == 4
    assert "no broker 'nobody' is configured" in capsys.readouterr().err
