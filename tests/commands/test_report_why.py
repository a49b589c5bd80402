"""``report --why`` as a user meets it: over a real run, and with what cannot be asked."""

import json
from pathlib import Path

import pytest

from ictcli.__main__ import run
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import parse_timeframe
from ictcli.store.store import Store
from ictcli.workspace import create
from tests.research.conftest import keep, random_walk


@pytest.fixture
def traded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """A workspace with one run; the open of its first trade."""
    create(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    key = SeriesKey("walk", "EURUSD", parse_timeframe("M5"))
    keep(Store(tmp_path / "data", tmp_path / "state", 0), key, random_walk(1, 2_000, 110_000, 5))
    assert (
        run(["backtest", "EURUSD", "--strategy", "fvg_retest", "-t", "M5", "--param", "windows=", "-q"]) == 0
    )
    capsys.readouterr()
    assert run(["report", "--format", "nl"]) == 0
    return str(json.loads(capsys.readouterr().out.splitlines()[0])["opened_at"])


def test_a_trade_is_told_from_decision_to_close(traded: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--why", "EURUSD", traded, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)["why"]
    assert len(answer["trades"]) == 1
    (setup,) = answer["setups"]
    assert [step["what"] for step in setup["steps"]] == ["enter", "placed", "filled", "closed"]
    assert run(["report", "--why", "EURUSD", traded]) == 0
    assert "In position: fvg_retest" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "said"),
    [(("EURUSD", "yesterday"), "not an instant"), (("GBPUSD", "2024-01-09"), "no decisions of GBPUSD")],
)
def test_what_cannot_be_answered_is_a_usage_error(
    traded: str, asked: tuple[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert traded
    assert run(["report", "--why", *asked]) == 2
    assert said in capsys.readouterr().err


def test_an_answer_is_no_table_of_trades(traded: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--why", "EURUSD", traded, "--format", "csv"]) == 2
    assert "--why gives no csv" in capsys.readouterr().err
