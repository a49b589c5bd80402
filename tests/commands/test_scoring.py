"""detect --score on a real store in a real workspace."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ictcli.__main__ import run
from ictcli.clock import NS_PER_MINUTE
from ictcli.market.bars import SeriesKey, make_bars
from ictcli.market.timeframes import TIMEFRAMES
from ictcli.store.store import Store

START = 1_704_240_000 * 10**9  # Wednesday 2024-01-03 00:00 UTC
QUARTER = 15 * NS_PER_MINUTE
Ask = Callable[..., Any]
GATE = '[[alerts]]\nmetric = "capture"\nop = "{}"\nvalue = {}\n'


def put(workspace: Path, symbol: str, count: int, *, seed: int = 3) -> None:
    """Store a random walk of M15 bars, weekends and all."""
    rng = np.random.default_rng(seed)
    closes = 108_000 + np.cumsum(rng.integers(-12, 13, count))
    opens = np.concatenate(([108_000], closes[:-1]))
    highs = np.maximum(opens, closes) + rng.integers(0, 5, count)
    lows = np.minimum(opens, closes) - rng.integers(0, 5, count)
    ts = START + np.arange(count, dtype=np.int64) * QUARTER
    bars = make_bars(5, ts, ts + QUARTER, (opens, highs, lows, closes))
    store = Store(workspace / "data", workspace / "state", 0)
    with store.writer(SeriesKey("sim", symbol, TIMEFRAMES["M15"]), {}, now=START) as writer:
        writer.add(bars)
        writer.commit(lambda *_: [])


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run a detect command line in a workspace; its exit code, stdout and stderr."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "ictcli.toml").write_text("[backtest]\nresamples = 100\n")
    monkeypatch.chdir(tmp_path)
    put(tmp_path, "EURUSD", 700)

    def go(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["detect", *argv, "-t", "M15"])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return go


def document(ask: Ask, *argv: str, code: int = 0) -> dict[str, Any]:
    found, out, _ = ask(*argv, "--score", "--json")
    assert found == code
    result: dict[str, Any] = json.loads(out)
    return result


def test_kinds_are_scored_beside_chance_and_the_trivial_detector(ask: Ask) -> None:
    found = document(ask, "EURUSD", "--kind", "displacement,structure")
    kinds = [row["kind"] for row in found["scores"]]
    assert kinds == ["displacement", "structure.internal", "structure.swing", "range (baseline)"]
    capture = found["scores"][0]["metrics"]["capture"]
    assert capture["low"] <= capture["value"] <= capture["high"]
    assert found["scores"][0]["chance"]["shifted"]["capture"]["n"] == 1000
    assert found["gate"] is None


def test_the_same_command_prints_the_same_and_another_seed_does_not(ask: Ask) -> None:
    first = ask("EURUSD", "--kind", "displacement", "--score", "--json", "--seed", "4")
    assert ask("EURUSD", "--kind", "displacement", "--score", "--json", "--seed", "4") == first
    assert ask("EURUSD", "--kind", "displacement", "--score", "--json", "--seed", "5") != first


def test_several_symbols_in_one_run(ask: Ask, tmp_path: Path) -> None:
    put(tmp_path, "GBPUSD", 500, seed=4)
    rows = document(ask, "--kind", "displacement")["scores"]
    assert [row["series"] for row in rows[:3]] == [None, "sim/EURUSD/M15", "sim/GBPUSD/M15"]


def test_a_span_has_fewer_moves(ask: Ask) -> None:
    whole = document(ask, "EURUSD", "--kind", "displacement")["scores"][0]
    part = document(ask, "EURUSD", "--kind", "displacement", "--start", "2024-01-05")["scores"][0]
    assert 0 < part["counts"]["moves"] < whole["counts"]["moves"]


def test_costs_come_from_the_symbol(ask: Ask, tmp_path: Path) -> None:
    before = document(ask, "EURUSD", "--kind", "displacement")["scores"][0]["metrics"]["expectancy_r"]
    (tmp_path / "config" / "ictcli.toml").write_text("[backtest]\nresamples = 100\nslippage_points = 5\n")
    after = document(ask, "EURUSD", "--kind", "displacement")["scores"][0]["metrics"]["expectancy_r"]
    assert after["value"] < before["value"] - 0.1


def test_people_see_a_table_and_how_to_read_it(ask: Ask) -> None:
    code, out, _ = ask("EURUSD", "--kind", "displacement", "--score")
    assert code == 0
    assert out.startswith("kind")
    assert "range (baseline)" in out
    assert "False alerts are 1 - precision" in out


@pytest.mark.parametrize(
    ("op", "value", "code", "word"),
    [("<=", 0.9, 0, "PASS"), (">=", 0.9, 3, "FAIL"), (">=", 0.2, 3, "INCONCLUSIVE")],
)
def test_the_gate_decides_the_exit_code(
    ask: Ask, tmp_path: Path, op: str, value: float, code: int, word: str
) -> None:
    (tmp_path / "config" / "my.toml").write_text(GATE.format(op, value))
    argv = ("EURUSD", "--kind", "displacement", "--gate", "config/my.toml")
    found = document(ask, *argv, code=code)
    assert found["gate"] == {"file": "config/my.toml", "verdict": word}
    again, out, err = ask(*argv, "--score")
    assert again == code
    assert f"Gate {word}" in out
    assert ("gate" in err) is (code != 0)


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (["EURUSD", "--score", "--events"], 2, "--score shows no rows"),
        (["EURUSD", "--score", "--nl"], 2, "--score shows no rows"),
        (["EURUSD", "--score", "--verify"], 2, "--score shows no rows"),
        (["EURUSD", "--score", "--as-of", "2024-01-04"], 2, "--score shows no rows"),
        (["EURUSD", "--gate", "config/gates.toml"], 2, "Add --score"),
        (["EURUSD", "--seed", "1"], 2, "Add --score"),
        (["EURUSD", "--score", "--gate", "none.toml"], 4, "does not exist"),
        (["EURUSD", "--score", "--kind", "fvgs"], 2, "Did you mean fvg?"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_next_step(
    ask: Ask, argv: list[str], code: int, words: str
) -> None:
    found, _, err = ask(*argv)
    assert found == code
    assert words in err


def test_a_symbol_without_specification_has_no_costs_and_no_score(ask: Ask, tmp_path: Path) -> None:
    put(tmp_path, "QQQQQQ", 300)
    code, _, err = ask("QQQQQQ", "--score")
    assert code == 4
    assert "no specification" in err
