"""Strategies from files and packages: found, checked, or refused with the place that is wrong."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.plan import Settings
from ictcli.errors import ConfigError, IctError, UsageError
from ictcli.strategies import loading
from ictcli.strategies.decide import decide
from ictcli.strategies.expression import Expression
from ictcli.strategies.known import STRATEGIES
from ictcli.strategies.loading import load
from ictcli.strategies.protocol import Strategy
from tests.strategies.drawing import bars_of

STEP = """
import msgspec
import numpy as np
from ictcli.kernels import kernel
from ictcli.strategies.decisions import MOST_DECISIONS_PER_BAR, enter
from ictcli.strategies.protocol import Strategy

STATE = np.dtype([("seen", np.int64)])

class Params(msgspec.Struct, frozen=True):
    every: int = 2

def init_state(params, bar_ns):
    return np.zeros(1, STATE)

@kernel
def step(state, decisions, count, bar):
    state["seen"] += 1
    if state["seen"] % 2 == 0:
        count = enter(decisions, count, bar["bar"], state["seen"], 1, bar["low"] - 1, 0)
        decisions[count - 1]["reason"] = 1
    return count

@kernel
def run(states, decisions, bars, first):
    count = 0
    for i in range(first, len(bars)):
        if len(decisions) - count < MOST_DECISIONS_PER_BAR:
            return i, count
        count = step(states[0], decisions, count, bars[i])
    return len(bars), count

STRATEGY = Strategy(
    name="{name}", version=1, summary="buy every second bar", params=Params, state=STATE,
    init_state=init_state, step=step, run=run, reasons=("", "second bar"),
)
"""
EXPRESSION = '''
"""Buy every bar."""
import polars as pl

DETECTORS = ()

def signals(bars, detections):
    return bars.select("ts", side=1, stop=pl.col("low") - 1)

def others(bars, detections):
    """Sell every bar."""
    return bars.select("ts", side=-1, stop=pl.col("high") + 1)
'''


def written(folder: Path, text: str, name: str = "mine.py") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_shipped_names_come_first() -> None:
    assert load("model2022") is STRATEGIES["model2022"]


def test_a_step_of_a_file_runs_compiled(tmp_path: Path) -> None:
    found = load(str(written(tmp_path, STEP.replace("{name}", "mine"))))
    assert isinstance(found, Strategy)
    rows = [(100, 101, 99, 100)] * 5
    decisions = decide(found, found.params(), bars_of(rows), Settings(NS_PER_MINUTE))
    assert decisions[["bar", "stop"]].tolist() == [(1, 98), (3, 98)]


def test_two_files_of_the_same_name_do_not_mix(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first = load(str(written(tmp_path, STEP.replace("{name}", "mine"))))
    second = load(str(written(tmp_path / "other", STEP.replace("{name}", "yours"))))
    assert (first.name, second.name) == ("mine", "yours")


def test_an_expression_is_found_by_its_function_or_by_name(tmp_path: Path) -> None:
    path = written(tmp_path, EXPRESSION)
    found, other = load(str(path)), load(f"{path}:others")
    assert isinstance(found, Expression)
    assert isinstance(other, Expression)
    assert (found.name, found.summary, found.detectors) == ("mine", "Buy every bar.", ())
    assert (other.name, other.summary) == ("others", "Sell every bar.")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = (1,\n\n", r"mine\.py, line 1: SyntaxError: '\(' was never closed"),
        ("a = 1\nimport nothing_of_this_name\n", r"mine\.py, line 2: ModuleNotFoundError: No module named"),
        ("a = 1\n\nb = a / 0\n", r"mine\.py, line 3: ZeroDivisionError"),
        ("raise SystemExit(3)\n", r"mine\.py, line 1: SystemExit: 3"),
        ("a = 1\n", r"mine\.py defines neither STRATEGY nor signals"),
        ("STRATEGY = 5\n", r"STRATEGY is neither a Strategy nor a function, but int"),
        ("class signals: ...\n", r"signals is neither a Strategy nor a function, but type"),
        (EXPRESSION + "STRATEGY = 5\n", r"mine\.py defines both STRATEGY and signals"),
        (EXPRESSION.replace("DETECTORS = ()", "DETECTORS = ('fvgg',)"), r"DETECTORS names 'fvgg'"),
        (STEP.replace("version=1, ", ""), r"line \d+: TypeError: .*missing .* 'version'"),
        (STEP.replace("version=1, ", "version=1, colour=2, "), r"line \d+: TypeError: .*'colour'"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    path = written(tmp_path, text.replace("{name}", "mine"))
    with pytest.raises(ConfigError, match=words):
        load(str(path))
    assert not [name for name in sys.modules if name.startswith("ictcli_strategy_mine") and "Error" in words]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name="{name}"', 'name="My Setup"', "name 'My Setup' is not of small letters"),
        ('name="{name}"', 'name="model2022"', "name 'model2022' is taken by a shipped strategy"),
        ("reasons=(", 'sees="ticks", reasons=(', "sees is 'ticks'"),
        ("reasons=(", 'sees="prices", reasons=(', "state have a field 'bar'"),
        ('reasons=("", "second bar")', 'reasons=("second bar",)', "reasons must begin with an empty text"),
        ("step=step", "step=5", "step and run must be functions"),
        ("state=STATE", "state=np.dtype(np.int64)", "state is not a structured numpy dtype"),
        ("params=Params", "params=dict", "params is not a msgspec.Struct class"),
        ("every: int = 2", "every: int", "parameters and state cannot be made: TypeError"),
        (
            "return np.zeros(1, STATE)",
            "return np.zeros(2, STATE)",
            "init_state does not give an array of one",
        ),
    ],
)
def test_fields_that_do_not_fit_are_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in STEP
    path = written(tmp_path, STEP.replace(old, new).replace("{name}", "mine"))
    with pytest.raises(ConfigError, match=words):
        load(str(path))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nothing.py", "no such strategy file"),
        ("model2023", "unknown strategy 'model2023'"),
        ("", "unknown strategy"),
    ],
)
def test_what_does_not_exist_is_a_usage_error(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        load(str(tmp_path / text) if text.endswith(".py") else text)


def test_a_missing_name_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="defines no nothing"):
        load(f"{written(tmp_path, EXPRESSION)}:nothing")


def test_entry_points_are_loaded_and_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package is a real one on the path; only the list of installed packages is replaced."""
    (tmp_path / "offered").mkdir()
    written(tmp_path / "offered", STEP.replace("{name}", "offered"), "__init__.py")
    monkeypatch.syspath_prepend(str(tmp_path))
    values = {"offered": "offered:STRATEGY", "broken": "offered:NOTHING", "odd": "offered:Params"}
    points = [EntryPoint(name, value, loading.GROUP) for name, value in values.items()]
    monkeypatch.setattr(loading, "entry_points", lambda group: [one for one in points if one.group == group])
    assert load("offered").name == "offered"
    for name, words in (("broken", "cannot be loaded: AttributeError"), ("odd", "is not a Strategy, but")):
        with pytest.raises(IctError, match=words):
            load(name)
    with pytest.raises(UsageError, match="unknown strategy") as refused:
        load("ofered")
    assert "Did you mean offered?" in refused.value.hint
