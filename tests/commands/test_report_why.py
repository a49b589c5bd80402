"""``report --why`` as a user meets it: over a real run, and with what cannot be asked."""

import json
import shutil
from pathlib import Path

import pytest

from ictcli.__main__ import run
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import parse_timeframe
from ictcli.store.store import Store
from ictcli.workspace import create
from tests.research.conftest import keep, random_walk


@pytest.fixture(scope="module")
def backtested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one run; not to be changed."""
    folder = tmp_path_factory.mktemp("asked")
    create(folder)
    key = SeriesKey("walk", "EURUSD", parse_timeframe("M5"))
    keep(Store(folder / "data", folder / "state", 0), key, random_walk(1, 1_000, 110_000, 5))
    asked = ["--strategy", "fvg_retest", "-t", "M5", "--param", "windows=", "-q"]
    assert run(["-w", str(folder), "backtest", "EURUSD", *asked]) == 0
    return folder


@pytest.fixture
def traded(
    backtested: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """The open of the run's third trade; a copy of the workspace is the current directory."""
    shutil.copytree(backtested, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    capsys.readouterr()
    assert run(["report", "--format", "nl"]) == 0
    return str(json.loads(capsys.readouterr().out.splitlines()[2])["opened_at"])


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


def test_the_zone_behind_a_trade_is_told_as_it_was_known_then(
    traded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", "--why", "EURUSD", traded, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)["why"]
    (trade,), setup = answer["trades"], answer["setups"][0]
    cause = setup["zones"][0]
    side = {"long": "bull", "short": "bear"}[trade["side"]]
    assert (cause["role"], cause["kind"], cause["dir"], cause["state"]) == ("cause", "fvg", side, "tapped")
    (entry,) = [step for step in setup["steps"] if step["what"] == "enter"]
    assert cause["formed_at"][:16] == entry["formed_at"][:16] < entry["at"][:16]
    assert cause["formed_at"] < cause["confirmed_at"] <= entry["at"].replace("Z", ":00Z")
    assert float(cause["bottom"]) < float(cause["top"])
    stop = float(trade["stop"])
    assert stop < float(cause["bottom"]) if side == "bull" else stop > float(cause["top"])
    assert answer["doubts"] == []
    assert run(["report", "--why", "EURUSD", traded]) == 0
    text = capsys.readouterr().out
    assert f"  sits on {side} fvg {cause['bottom']} to {cause['top']}, formed" in text
    assert f"{trade['side']} stop {stop:g}" in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_set_up_that_was_not_traded_has_its_zone_and_its_reason(
    traded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", "--table", "signals", "--format", "nl"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    turned = next(row for row in rows if row["kind"] == "note")
    assert run(["report", "--why", "EURUSD", turned["signal_at"], "--json"]) == 0
    setups = {one["setup"]: one for one in json.loads(capsys.readouterr().out)["why"]["setups"]}
    own = setups[turned["setup_number"]]
    assert own["steps"][0]["reason"] == turned["reason"]
    assert own["zones"][0]["formed_at"][:16] == turned["formed_at"][:16]


def test_bars_that_have_changed_or_gone_are_doubts_and_no_failure(
    traded: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = SeriesKey("walk", "EURUSD", parse_timeframe("M5"))
    keep(Store(tmp_path / "data", tmp_path / "state", 0), key, random_walk(1, 1_100, 110_000, 5))
    assert run(["report", "--why", "EURUSD", traded]) == 0
    assert "Note: the stored bars have changed since the run." in capsys.readouterr().out
    shutil.rmtree(tmp_path / "data" / "bars")
    assert run(["report", "--why", "EURUSD", traded]) == 0
    text = capsys.readouterr().out
    assert "Note: no zones: " in text
    assert "In position: fvg_retest" in text
