"""``ictcli backtest``: verdict as exit code, one document, errors that say what to do."""

import json
from pathlib import Path

import pytest

from ictcli.__main__ import run
from ictcli.market.bars import SeriesKey
from ictcli.market.timeframes import TICK, parse_timeframe
from ictcli.store.store import Store
from ictcli.workspace import create
from tests.research.conftest import keep, random_walk
from tests.store.stored_bars import new_store, put, ticks_of_two_days

ASK = ("backtest", "EURUSD", "--strategy", "fvg_retest", "-t", "M5", "--param", "windows=")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with two weeks of five-minute bars."""
    create(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    store = Store(tmp_path / "data", tmp_path / "state", 0)
    keep(store, SeriesKey("walk", "EURUSD", parse_timeframe("M5")), random_walk(1, 3_000, 110_000, 5))
    return tmp_path


def test_stored_ticks_serve_where_there_are_no_bars(desk: Path) -> None:
    put(new_store(desk), SeriesKey("sim", "GBPUSD", TICK), ticks_of_two_days())
    assert run(["backtest", "GBPUSD", "-t", "M15", "--strategy", "fvg_retest"]) == 0


def gate(desk: Path, limit: str, *, min_n: int = 0) -> str:
    path = desk / "own.toml"
    path.write_text(f'[[checks]]\nmetric = "trades"\nop = ">="\nvalue = {limit}\nmin_n = {min_n}\n')
    return "own.toml"


def test_the_document_has_the_promised_keys(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ASK, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["command"] == "backtest"
    assert {"schema", "run", "strategy", "trades", "metrics", "gate", "provenance"} <= set(document)
    assert set(document["metrics"]["net_expectancy_r"]) == {"value", "low", "high", "n"}
    assert isinstance(document["metrics"]["net_profit"]["value"], str)
    assert document["gate"] is None
    assert document["provenance"]["argv"][0] == "backtest"


def test_people_get_a_table_and_the_next_command(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ASK]) == 0
    text = capsys.readouterr().out
    assert "expectancy" in text
    assert "Gate: none asked" in text
    assert "Report: ictcli report 2" in text


@pytest.mark.parametrize(
    ("limit", "min_n", "flags", "code", "verdict"),
    [
        ("1", 0, (), 0, "PASS"),
        ("1000000", 0, (), 3, "FAIL"),
        ("1000000", 0, ("--allow-inconclusive",), 3, "FAIL"),
        ("1", 1000000, (), 3, "INCONCLUSIVE"),
        ("1", 1000000, ("--allow-inconclusive",), 0, "INCONCLUSIVE"),
    ],
)
def test_only_a_passed_gate_exits_with_0(
    desk: Path,
    capsys: pytest.CaptureFixture[str],
    limit: str,
    min_n: int,
    flags: tuple[str, ...],
    code: int,
    verdict: str,
) -> None:
    assert run([*ASK, "--gate", gate(desk, limit, min_n=min_n), *flags, "--json"]) == code
    printed = capsys.readouterr()
    assert json.loads(printed.out)["gate"]["verdict"] == verdict
    assert ("found: the gate" in printed.err) == (code == 3)


def test_the_shipped_gate_is_found_in_the_workspace(
    desk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    below = desk / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    assert run([*ASK, "--gate", "config/gates.toml"]) == 3
    assert "net_expectancy_r (low) > 0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (("--strategy", "fvg_retst"), 2, "fvg_retest"),
        (("--param", "max_bar=3"), 2, "max_bars"),
        (("--param", "max_bars"), 2, "NAME=VALUE"),
        (("--param", "windows=x"), 4, "windows"),
        (("--param", "windows=05:00-05:00"), 4, "holds no time"),
        (("--param", "reward_risk=1e300"), 2, "reward_risk must be a number from 0.001 to 1000, not '1e300'"),
        (
            ("--param", "max_bars=99999999999999999999"),
            2,
            "max_bars must be a whole number from 0 to 1000000",
        ),
        (("--allow-inconclusive",), 2, "--gate FILE"),
        (("--source", "nowhere"), 5, "ictcli fetch EURUSD"),
        (("--start", "2030-01-01"), 5, "ictcli status"),
        (("--gate", "absent.toml"), 4, "absent.toml"),
        (("-s", "EURUSC"), 4, "EURUSD"),
    ],
)
def test_what_cannot_be_done_says_why_and_what_next(
    desk: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, ...], code: int, said: str
) -> None:
    asked = [part for part in ASK if "windows=" not in part and part != "--param"]
    assert run([*asked, *change]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert "Traceback" not in printed.err


def test_an_empty_balance_is_a_named_error(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (desk / "config" / "ictcli.toml").write_text('[account]\nbalance = "0"\n')
    assert run([*ASK]) == 4
    assert "balance" in capsys.readouterr().err


@pytest.mark.parametrize("again", ["fvg_retest", "own.py"])
def test_a_strategy_given_twice_is_refused(
    desk: Path, capsys: pytest.CaptureFixture[str], again: str
) -> None:
    (desk / "own.py").write_text(
        "import polars as pl\n\n\ndef signals(bars, detections):\n    return bars.filter(pl.lit(False))\n"
    )
    assert run(["backtest", "EURUSD", "--strategy", again, "--strategy", again, "-t", "M5"]) == 2
    said = capsys.readouterr().err
    assert "is given twice with equal parameters" in said
    assert "Name every strategy once." in said


def test_another_name_of_the_same_series_is_traded_once(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["backtest", "eurusd", *ASK[1:], "--json"]) == 0
    printed = capsys.readouterr()
    assert [one["symbol"] for one in json.loads(printed.out)["series"]] == ["EURUSD"]
    assert "taken once" in printed.err


COMPILES = """
import numba
import polars as pl

assert numba.njit(lambda n: n + 1)(1) == 2


def signals(bars, detections):
    return bars.filter(pl.lit(False))
"""


@pytest.mark.parametrize("quiet", [False, True])
def test_compiling_is_told_in_one_line_unless_quiet(
    desk: Path, capsys: pytest.CaptureFixture[str], quiet: bool
) -> None:
    (desk / "own.py").write_text(COMPILES)
    run(["backtest", "EURUSD", "--strategy", "own.py", "-t", "M5", *(["-q"] if quiet else [])])
    told = [line for line in capsys.readouterr().err.splitlines() if "compiling" in line]
    assert len(told) == (0 if quiet else 1)
    assert all("later runs start at once" in line for line in told)


@pytest.mark.parametrize(
    ("source", "timeframe"), [("walk", "M5"), ("other", "M5"), ("other", "M1"), ("walk", "H1")]
)
def test_money_is_converted_by_any_source_and_timeframe(
    desk: Path, capsys: pytest.CaptureFixture[str], source: str, timeframe: str
) -> None:
    store, minutes = Store(desk / "data", desk / "state", 0), {"M1": 1, "M5": 5, "H1": 60}[timeframe]
    bars = random_walk(2, 15_000 // minutes, 150_000, 3, minutes)
    keep(store, SeriesKey(source, "USDJPY", parse_timeframe(timeframe)), bars)
    (desk / "config" / "ictcli.toml").write_text('[account]\ncurrency = "JPY"\nbalance = "10000000"\n')
    assert run([*ASK, "--source", "walk", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["trades"] > 0


def test_missing_rates_name_what_to_fetch(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (desk / "config" / "ictcli.toml").write_text('[account]\ncurrency = "JPY"\n')
    assert run(ASK) == 4
    assert "Run `ictcli fetch USDJPY`" in capsys.readouterr().err
