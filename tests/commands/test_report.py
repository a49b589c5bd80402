"""``ictcli report``: every format, to stdout and to a file."""

import csv
import io
import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
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
    folder = tmp_path_factory.mktemp("backtested")
    create(folder)
    store = Store(folder / "data", folder / "state", 0)
    keep(store, SeriesKey("walk", "EURUSD", parse_timeframe("M5")), random_walk(1, 2_000, 110_000, 5))
    what = ["--strategy", "fvg_retest", "-t", "M5", "--param", "windows=", "-q"]
    assert run(["-w", str(folder), "backtest", *what]) == 0
    return folder


@pytest.fixture
def traded(
    backtested: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """The id of the run in a copy of the workspace, which is the current directory."""
    shutil.copytree(backtested, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    capsys.readouterr()
    (name,) = Store(tmp_path / "data", tmp_path / "state", 0).runs.list()
    return name


def test_the_latest_run_is_shown_by_default(traded: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report"]) == 0
    text = capsys.readouterr().out
    assert traded in text
    assert len(text.splitlines()) <= 50
    assert text.startswith(("No edge", "A loss", "Edge shown", "Too few trades"))
    assert run(["report", traded]) == 0
    assert capsys.readouterr().out == text
    assert run(["report", "--full"]) == 0
    assert "Fill assumptions" in capsys.readouterr().out


def test_json_is_one_document_by_either_option(traded: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--json"]) == 0
    document = capsys.readouterr().out
    assert run(["report", "latest", "--format", "json"]) == 0
    assert capsys.readouterr().out == document
    assert json.loads(document)["run"] == traded
    assert json.loads(document)["command"] == "report"


@pytest.mark.parametrize("other", ["table", "csv", "parquet", "nl"])
def test_json_and_another_format_contradict_each_other(
    traded: str, other: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", traded, "--json", "--format", other]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["message"] == f"--json and --format {other} contradict each other"
    assert run(["report", traded, "--json", "--format", "json"]) == 0
    capsys.readouterr()
    assert run(["report", traded, "--json", "--out", "page.html"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["message"] == "--json and --out page.html contradict each other"
    assert not Path("page.html").exists()


def test_rows_and_csv_hold_every_trade(traded: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--json"]) == 0
    expected = json.loads(capsys.readouterr().out)["trades"]
    assert run(["report", "--format", "nl"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert run(["report", "--format", "csv", "--out", "-"]) == 0
    table = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == len(table) == expected
    assert [row["net"] for row in rows] == [row["net"] for row in table]
    assert {row["run"] for row in rows} == {traded}


def test_files_are_written_where_asked_and_stdout_stays_empty(
    traded: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("out").mkdir()
    assert run(["report", "--format", "parquet", "--out", "out/trades.parquet"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "wrote" in printed.err
    assert pq.read_table(tmp_path / "out" / "trades.parquet").column("run").to_pylist()[0] == traded


@pytest.mark.parametrize(
    ("table", "column"),
    [("trades", "net"), ("equity", "balance"), ("orders", "event"), ("signals", "outcome")],
)
def test_every_table_is_the_same_in_every_format(
    traded: str, table: str, column: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["report", "--table", table]
    assert run([*asked, "--format", "nl"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert run([*asked, "--out", "rows.csv"]) == 0
    assert run([*asked, "--out", "rows.parquet"]) == 0
    kept = pq.read_table("rows.parquet")
    with Path("rows.csv").open(encoding="utf-8") as file:
        table_rows = list(csv.DictReader(file))
    assert len(rows) == len(table_rows) == len(kept) > 0
    assert [row[column] or "" for row in rows] == [row[column] for row in table_rows]
    assert [str(value or "") for value in kept.column(column).to_pylist()] == [
        row[column] for row in table_rows
    ]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--table", "orders"), "--table orders is for rows, not for table"),
        (("--table", "orders", "--json"), "--table orders is for rows, not for json"),
        (("--full", "--format", "csv"), "--full is for the table, not for csv"),
        (("--full", "--compare", "latest"), "--full is for the table, not for --compare"),
        (("--compare", "latest", "--out", "x.csv"), "--compare gives no csv"),
        (("--compare", "latest", "--why", "EURUSD", "7d"), "--why and --compare contradict each other"),
        (("--compare", "latest"), "is compared with itself"),
        (("--open", "--format", "png"), "--open opens a page, not png"),
        (("--open", "--json"), "--open opens a page, not json"),
        (("--open", "--out", "-"), "--open opens a file, not stdout"),
        (("--dark",), "--dark is for png, not for table"),
        (("--out", "x.png", "--why", "EURUSD", "7d"), "--why gives no png"),
    ],
)
def test_options_without_effect_are_refused(
    traded: str, asked: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", *asked]) == 2
    assert said in capsys.readouterr().err


def test_a_run_is_compared_with_another(traded: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--param", "windows=", "--param", "reward_risk=3"]
    assert run(["backtest", "--strategy", "fvg_retest", "-t", "M5", *asked, "-q"]) == 0
    capsys.readouterr()
    assert run(["report", "--compare", traded, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["compare"]
    assert found["b"]["name"] == traded
    (differs,) = found["differs"]
    assert (differs["what"], float(differs["a"])) == ("fvg_retest.reward_risk", 3.0)
    assert run(["report", "--json"]) == 0
    kept = json.loads(capsys.readouterr().out)["metrics"]
    own = {row["metric"]: row["a"] for row in found["metrics"]}
    for name in ("trades", "net_profit", "net_expectancy_r", "sharpe_daily", "max_drawdown", "drawdown_days"):
        assert own[name] == pytest.approx(kept[name]), name
    assert run(["report", "--compare", traded]) == 0
    assert "B less A" in capsys.readouterr().out


def test_runs_of_different_symbols_are_not_compared(
    traded: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(tmp_path / "data", tmp_path / "state", 0)
    keep(store, SeriesKey("walk", "GBPUSD", parse_timeframe("M5")), random_walk(2, 600, 110_000, 5))
    asked = ["--strategy", "fvg_retest", "-t", "M5", "--param", "windows=", "-q"]
    assert run(["backtest", "GBPUSD", *asked]) == 0
    capsys.readouterr()
    assert run(["report", "--compare", traded]) == 2
    assert "no symbol in common: GBPUSD against EURUSD" in capsys.readouterr().err


def test_an_unknown_run_is_refused_with_the_latest_named(
    traded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", "no-such-run"]) == 5
    assert traded in capsys.readouterr().err


@pytest.mark.parametrize("damage", [{"series": []}, {"schema": 99}, {"metrics": {}}, {"confidence": "high"}])
def test_a_damaged_run_is_refused_not_guessed(
    traded: str, tmp_path: Path, damage: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "data" / "runs" / traded / "run.json"
    kept = json.loads(path.read_text())
    kept["document"].update(damage)
    path.write_text(json.dumps(kept))
    assert run(["report"]) == 5
    assert traded in capsys.readouterr().err


def test_without_runs_the_command_to_make_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    create(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert run(["report"]) == 5
    assert "ictcli backtest" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("report.foo", ".foo stands for no format"),
        (f"{'n' * 300}.html", "a file name of 305 characters is too long"),
        ("/proc/report.html", "no file can be made in /proc"),
        ("nowhere/report.html", "no such folder: nowhere"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_before_any_work(
    traded: str, out: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", "--out", out]) == 2
    assert said in capsys.readouterr().err


def test_a_table_may_be_a_text_and_any_ending_goes_with_a_format(
    traded: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", "--out", "report.txt"]) == 0
    assert run(["report", "--out", "report.foo", "--format", "table"]) == 0
    assert (tmp_path / "report.txt").read_text() == (tmp_path / "report.foo").read_text()


def test_variables_that_changed_a_run_are_told(
    traded: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ICTCLI_ACCOUNT__RISK_PER_TRADE", "0.002")
    assert run(["backtest", "--strategy", "fvg_retest", "-t", "M5", "--param", "windows=", "-q"]) == 0
    capsys.readouterr()
    for words in (["report"], ["report", "--full"]):
        assert run(words) == 0
        told = " ".join(capsys.readouterr().out.split())
        assert "ICTCLI_ACCOUNT__RISK_PER_TRADE=0.002 ictcli backtest" in told
