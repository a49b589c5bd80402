"""``ictcli trade`` on several timeframes of one symbol."""

import csv
from pathlib import Path

import pytest

from ictcli.__main__ import run
from ictcli.clock import iso
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import parse_timeframe
from ictcli.store.store import Store
from ictcli.workspace import create
from tests.research.conftest import keep, random_walk

ASK = ["trade", "EURUSD", "--strategy", "sma_cross", "--param", "fast=3", "--param", "slow=8"]
FREE = """
[sizing]
method = "lots"
lots = "0.1"
throttle = 0.0
[risk]
losses_in_a_row = 0
orders_per_day = 0
"""
"""Lots that do not follow the balance, and no limit that one timeframe could reach for the other."""

M5 = parse_timeframe("M5")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with a few days of five-minute bars."""
    create(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    store = Store(tmp_path / "data", tmp_path / "state", 0)
    keep(store, SeriesKey("walk", "EURUSD", parse_timeframe("M5")), random_walk(1, 900, 110_000, 5))
    return tmp_path


def trades(capsys: pytest.CaptureFixture[str], *timeframes: str) -> set[tuple[str, ...]]:
    """What a replay on these timeframes trades."""
    asked = [word for name in timeframes for word in ("-t", name)]
    assert run([*ASK, *asked, "--replay", "..2200-01-01", "--json"]) == 0
    capsys.readouterr()
    return finished("replay", capsys)


def finished(ledger: str, capsys: pytest.CaptureFixture[str]) -> set[tuple[str, ...]]:
    """The trades of a ledger."""
    assert run(["report", ledger, "--format", "csv"]) == 0
    rows = csv.DictReader(capsys.readouterr().out.splitlines())
    kept = ("timeframe", "opened_at", "closed_at", "side", "entry", "exit", "volume", "net")
    return {tuple(row[name] for name in kept) for row in rows}


def test_each_timeframe_trades_as_it_would_alone(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (desk / "config" / "ictcli.toml").write_text(FREE, encoding="utf-8")
    short, long = trades(capsys, "M5"), trades(capsys, "M15")
    assert len(short) > 10
    assert len(long) > 3
    assert trades(capsys, "M15", "M5") == short | long


def test_an_account_that_nets_takes_one_timeframe(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (desk / "config" / "ictcli.toml").write_text('[account]\nmode = "netting"\n', encoding="utf-8")
    assert run([*ASK, "-t", "M5", "-t", "M15", "--once"]) == 2
    assert "the account nets: 2 timeframes" in capsys.readouterr().err


def test_bars_that_arrive_bit_by_bit_trade_on_both_timeframes_as_a_replay_does(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "config" / "ictcli.toml").write_text(FREE, encoding="utf-8")
    store, key = Store(desk / "data", desk / "state", 0), SeriesKey("arriving", "EURUSD", M5)
    bars = random_walk(2, 950, 110_000, 5)
    ask = [*ASK, "--source", "arriving", "-t", "M5", "-t", "M15"]
    for end in (300, 301, 303, 601, 950):
        keep(store, key, bars.slice(0, end))
        assert run([*ask, "--paper", "--once", "--json"]) == 0
    began = iso(int(bars.ts[300]))
    assert run([*ask, "--replay", f"{began}..2200-01-01", "--json"]) == 0
    capsys.readouterr()
    warm = iso(int(bars.ts[330]))  # a replay's averages begin with its first bar, those of paper before it
    paper, replayed = (
        {row for row in finished(ledger, capsys) if row[1] >= warm} for ledger in ("paper", "replay")
    )
    assert len(paper) > 10
    assert {row[0] for row in paper} == {"M5", "M15"}
    assert paper == replayed
