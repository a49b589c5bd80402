"""A paper session that may not open anything says so at its start, at its end, and what to do."""

from pathlib import Path

import pytest

from ictcli.__main__ import run
from ictcli.clock import now_ns
from ictcli.ledger.address import paper_place
from ictcli.ledger.bodies import ModeSet
from ictcli.ledger.journal import open_journal
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import parse_timeframe
from ictcli.store.store import Store
from ictcli.workspace import create
from tests.research.conftest import keep, random_walk

LINE = ["trade", "EURUSD", "--strategy", "sma_cross", "-t", "M5", "--once"]
REASON = "breaker: 5 orders in a row were refused"


def test_a_restricted_session_says_so_at_both_ends_and_in_its_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    create(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    store = Store(tmp_path / "data", tmp_path / "state", 0)
    keep(store, SeriesKey("walk", "EURUSD", parse_timeframe("M5")), random_walk(1, 300, 110_000, 5))
    assert run(LINE) == 0
    shown = capsys.readouterr()
    assert "trading is" not in shown.err
    assert "0 paper trades, net 0" in shown.out
    with open_journal(paper_place(tmp_path / "state"), now=now_ns(), durable=False) as journal:
        journal.append([ModeSet(mode="reducing", reason=REASON)], now_ns())
    assert run(LINE) == 0
    shown = capsys.readouterr()
    said = f"trading is reducing, only what shrinks exposure is sent: {REASON}; "
    assert shown.err.count(said) == 2
    assert "lift it with `ictcli resume`" in shown.err
    rows = {line.split()[0]: line for line in shown.out.splitlines() if line.split()}
    assert rows["state"].split()[1] == "reducing"
    assert REASON in rows["state_reason"]
