"""``trade --replay --speed max`` keeps the run that ``backtest`` keeps: trades, balance, fees."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ictcli.__main__ import run
from ictcli.store.runs import RunStore
from ictcli.workspace import create

PAIR = ("EURUSD", "EURJPY")
STRATEGIES = ("--strategy", "fvg_retest", "--strategy", "turtle_soup", "-t", "M15")
MEASURED = {"run", "spread", "slippage", "slippage_points", "spread_cost", "slippage_cost", "ambiguous"}
"""Columns of trades that name the run, or that a trader measures and a backtest assumes (docs/parity.md)."""


def played(folder: Path, start: str, end: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Play a span both ways and compare; the document of the trader."""
    at = ("-w", str(folder))
    create(folder)
    fetch = ("fetch", *PAIR, "USDJPY", "--source", "sim", "--start", start, "--end", end, "-q")
    assert run([*at, *fetch]) == 0
    capsys.readouterr()
    asked = (*PAIR, *STRATEGIES, "--json", "-q")
    assert run([*at, "trade", *asked, "--replay", f"{start}..{end}", "--speed", "max"]) == 0
    traded: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert run([*at, "backtest", *asked, "--start", start, "--end", end]) == 0
    tested = json.loads(capsys.readouterr().out)
    runs = RunStore(folder / "data")
    ours, theirs = runs.load(traded["run"]).table("trades"), runs.load(tested["run"]).table("trades")
    assert ours is not None
    assert theirs is not None
    names = [name for name in theirs.column_names if name not in MEASURED]
    assert {"commission", "fees", "swap", "net"} & set(names)
    assert ours.select(names).to_pylist() == theirs.select(names).to_pylist()
    profit = {key: tested["metrics"][key]["value"] for key in ("net_profit", "total_costs")}
    ours_document = runs.load(traded["run"]).document
    assert profit == {key: ours_document["metrics"][key]["value"] for key in profit}
    if traded["positions"]:  # a backtest closes at its end what a broker still holds
        assert traded["balance"] != traded["equity"]
    else:
        assert Decimal(traded["balance"]) == Decimal(100_000) + Decimal(profit["net_profit"])
    assert (traded["unresolved"], traded["trades"]) == ([], len(theirs))
    return traded


def test_days_of_replay_equal_their_backtest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    traded = played(tmp_path, "2024-01-08", "2024-01-11", capsys)
    assert traded["trades"] > 10
    assert traded["positions"] == []


@pytest.mark.proof
def test_a_year_of_replay_equals_its_backtest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], record_property: Callable[[str, object], None]
) -> None:
    traded = played(tmp_path, "2024-01-01", "2025-01-01", capsys)
    for name in ("bars", "orders", "fills", "trades", "balance"):
        record_property(name, traded[name])
    record_property("mismatches", 0)
