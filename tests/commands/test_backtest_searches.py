"""``ictcli backtest`` with searches, studies and checks: documents, exit codes, tables that fit."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from ictcli.__main__ import run
from tests.commands.test_backtest import ASK, desk, gate

__all__ = ["desk"]  # a fixture

SWEEP = (*ASK, "--sweep", "max_bars=12,24")

PEEKING = """
import polars as pl

DETECTORS = ()


def signals(bars, detections):
    return (
        bars.with_columns(rise=pl.col("close").shift(-3) - pl.col("close"))
        .filter(pl.col("rise") > 0.0005)
        .select("ts", side=pl.lit(1), stop=pl.col("close") - 0.002)
    )
"""


def test_a_sweep_prints_trials_and_neighbours(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*SWEEP, "--costs", "--null", "5", "--monte-carlo", "50"]) == 0
    text = capsys.readouterr().out
    assert "max_bars=24" in text
    assert "Neighbours of the best trial" in text
    assert "Random entries" in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_sweep_in_json_holds_search_and_studies(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*SWEEP, "--costs", "--null", "5", "--monte-carlo", "50", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["search"]["trials"] == 2
    assert {"dsr", "pbo", "spa_p", "top", "neighbours", "effective_trials"} <= set(document["search"])
    assert {"runs", "p", "low", "high"} <= set(document["null"])
    assert len(document["costs"]["cases"]) == 3
    assert document["monte_carlo"]["paths"] == 50
    assert document["asked"]["sweep"] == {"max_bars": ["12", "24"]}


def test_a_walk_forward_prints_folds_and_choices(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*SWEEP, "--walk-forward", "train=3D,test=2D,anchored"]) == 0
    text = capsys.readouterr().out
    assert "Walk-forward train=3D,test=2D,anchored: 4 folds, 2 trials each" in text
    assert "Parameter    Chosen" in text.replace("Parameter  ", "Parameter    ")
    assert "Metrics and gate know the test spans only" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 100


def test_the_report_tells_the_walk_again(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*SWEEP, "--walk-forward", "train=3D,test=2D", "-q"]) == 0
    capsys.readouterr()
    assert run(["report", "--full"]) == 0
    assert "Walk-forward train=3D,test=2D" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (("--sweep", "max_br=1,2"), 2, "Did you mean 'max_bars'?"),
        (("--sweep", "max_bars=3:1:1"), 2, "is empty"),
        (("--sweep", "max_bars=1:200001:1"), 2, "--random N"),
        (("--sweep", "max_bars=1,x"), 2, "max_bars must be a whole number"),
        (("--sweep", "max_bars=1,2", "--best-by", "sharp"), 2, "sharpe_daily"),
        (("--walk-forward", "train=12M,test=3M"), 5, "too short for one fold"),
        (("--walk-forward", "train=12M"), 2, "needs both"),
        (("--random", "5"), 2, "no ranges"),
        (("--best-by", "net_profit"), 2, "no trials"),
        (("--jobs", "2"), 2, "nothing to spread"),
        (("--walk-forward", "train=3D,test=2D", "--benchmark", "zero"), 2, "not the best of many"),
    ],
)
def test_what_cannot_be_searched_is_refused_by_name(
    desk: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], code: int, words: str
) -> None:
    assert run([*ASK, *more]) == code
    printed = capsys.readouterr()
    assert words in printed.err
    assert printed.out == ""


def test_a_step_that_does_not_look_ahead_says_so(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ASK, "--check-lookahead", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["lookahead"]
    assert found["checked"] > 100
    assert found["bars_checked"] == found["bars"] > 1000
    assert found["first"] is None


def test_an_expression_that_looks_ahead_is_refused_unasked(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "peeking.py").write_text(PEEKING)
    assert run(["backtest", "EURUSD", "--strategy", "peeking.py", "-t", "M5", "--json"]) == 3
    printed = capsys.readouterr()
    first = json.loads(printed.out)["lookahead"]["first"]
    assert first["column"] == "close"
    assert (first["strategy"], first["symbol"]) == ("peeking", "EURUSD")
    assert f"bar {first['bar']}" in printed.err
    assert not list((desk / "data").glob("runs/*/run.json"))


def test_files_for_machines_are_written_before_the_gate_speaks(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("out").mkdir()
    files = ("--junit", "out/junit.xml", "--summary", "out/summary.md")
    assert run([*ASK, "--gate", gate(desk, "1000000"), *files]) == 3
    suite = ET.parse(desk / "out" / "junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    assert (desk / "out" / "summary.md").read_text().startswith("## fvg")
    capsys.readouterr()
