"""A column that knows the future stops the run and is named; one that truly foretells does not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.__main__ import run
from ictcli.errors import DataError
from ictcli.features.cache import MARK, SUFFIX, keep
from ictcli.features.matrix import Matrix
from ictcli.features.registry import find_set
from ictcli.learning.trial_log import read_attempts
from ictcli.market.bars import Bars
from ictcli.workspace import create
from tests.learning.proofs.desk import Plant, desk, registry, trained
from tests.learning.proofs.null_worlds import garch, real, walk

Floats = NDArray[np.float64]
Market = Callable[[Path, int], Bars]

COUNT = 3_000
BLOCK = slice(0, 8)
"""Returns, RSI, MACD and Bollinger: the columns that slip together."""
PLACE = "roll"
"""The column that is replaced."""


def moves_of(bars: Bars) -> Floats:
    """Log return of every bar, close to close."""
    closes = np.log(bars.close.astype(np.float64))
    return np.diff(closes, prepend=closes[0])


def _with(matrix: Matrix, column: Floats) -> Floats:
    values = matrix.values.copy()
    values[:, matrix.names.index(PLACE)] = column
    return values


def next_bar(matrix: Matrix, bars: Bars) -> Floats:
    """The return of the bar after the decision."""
    return _with(matrix, np.append(moves_of(bars)[1:], 0.0))


def slipped(matrix: Matrix, bars: Bars) -> Floats:
    """A block of features that is one bar late in time, so one bar ahead in knowledge."""
    values = matrix.values.copy()
    values[:-1, BLOCK] = matrix.values[1:, BLOCK]
    return values


def centred(matrix: Matrix, bars: Bars) -> Floats:
    """The close against the mean of five closes, two of them later."""
    closes = np.log(bars.close.astype(np.float64))
    padded = np.pad(closes, 2, mode="edge")
    return _with(matrix, closes - np.convolve(padded, np.ones(5) / 5, "valid"))


LEAKS: dict[str, Plant] = {"next_bar": next_bar, "slipped_block": slipped, "centred_average": centred}


def suspects(leak: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The columns that one leak has spoiled."""
    return names[BLOCK] if leak == "slipped_block" else (PLACE,)


def foretelling(seed: int, rho: float) -> Plant:
    """A column that has correlation ``rho`` with the direction of the next bar, honestly come by."""

    def plant(matrix: Matrix, bars: Bars) -> Floats:
        ahead = np.sign(np.append(moves_of(bars)[1:], 0.0))
        noise = np.random.default_rng([seed, 9]).normal(size=len(ahead))
        return _with(matrix, rho * ahead + np.sqrt(1 - rho * rho) * noise)

    return plant


MARKETS: dict[str, Market] = {
    "random_walk": lambda data, seed: walk(seed, COUNT),
    "garch": lambda data, seed: garch(seed, COUNT),
    "real": lambda data, seed: real(data, seed, COUNT),
}
LABELS: dict[str, dict[str, Any]] = {
    "barriers": {},
    "horizon": {"label": "horizon", "horizon": 12},
    "trend": {"label": "trend", "horizon": 40},
}
QUICK: dict[str, Any] = {"models": ("logistic",), "folds": 3, "calibration": "identity"}


def why_stopped(folder: Path, bars: Bars, leak: str, plan: dict[str, Any]) -> str:
    """The message that stops the run; nothing is registered."""
    bench = desk(folder, bars, LEAKS[leak])
    before = registry(bench)
    with pytest.raises(DataError) as stopped:
        trained(bench, **plan)
    assert registry(bench) == before
    (log,) = (bench.state / "attempts").glob("*.jsonl")
    assert all(one.stopped for one in read_attempts(log))
    return stopped.value.message


def named(message: str, leak: str, names: tuple[str, ...]) -> bool:
    """Whether the first column that a message blames is one that the leak has spoiled."""
    start = "implausible accuracy: column "
    return message.startswith(start) and message.removeprefix(start).split()[0] in suspects(leak, names)


@pytest.fixture(scope="module")
def names() -> tuple[str, ...]:
    """Columns of the default set."""
    return find_set("core26").names


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_stops_the_run_and_is_named(leak: str, names: tuple[str, ...], tmp_path: Path) -> None:
    assert named(why_stopped(tmp_path, walk(7, COUNT), leak, QUICK), leak, names)


def test_a_column_that_truly_foretells_is_not_stopped_and_is_found(tmp_path: Path) -> None:
    plan = {**QUICK, "label": "horizon", "horizon": 1}
    model = trained(desk(tmp_path, walk(7, COUNT), foretelling(7, 0.2)), **plan)
    assert model["importance"][0]["name"] == PLACE
    assert model["evidence"]["p_value"] < 0.05


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with simulated bars whose features are on disk."""
    folder = tmp_path_factory.mktemp("leaks")
    create(folder)
    span = ("--start", "2024-01-01", "--end", "2024-01-16")
    assert run(["-w", str(folder), "fetch", "EURUSD", "--source", "sim", *span, "-q"]) == 0
    assert run(["-w", str(folder), *ASK, "--seed", "2", "-q"]) == 0
    return folder


ASK = ("train", "EURUSD", "-t", "M5", "--model", "logistic", "--folds", "3", "--every", "2")


def test_the_command_refuses_with_the_column_and_registers_nothing(
    market: Path, names: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Features on disk are spoiled as a faulty feature would have written them."""
    (path,) = (market / "state/features").glob(f"*{SUFFIX}")
    header = len(MARK) + 64 + 32
    values = np.frombuffer(path.read_bytes()[header:], "<f8").reshape(-1, len(names) + 1).copy()
    at = names.index("ret1")
    values[:-1, names.index(PLACE)] = values[1:, at]
    keep(path, path.name.removesuffix(SUFFIX), values)
    before = sorted(one.as_posix() for one in (market / "data/models").rglob("*"))
    assert run(["-w", str(market), *ASK, "--json"]) == 5
    message = json.loads(capsys.readouterr().out)["error"]["message"]
    assert message.startswith(f"implausible accuracy: column {PLACE} ranks the direction of the next bar")
    assert sorted(one.as_posix() for one in (market / "data/models").rglob("*")) == before


@pytest.mark.proof
@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("market_of", MARKETS)
def test_leaks_of_twenty_seeds_are_all_caught(
    market_of: str,
    label: str,
    names: tuple[str, ...],
    real_data: Path,
    tmp_path: Path,
    proof_facts: dict[str, object],
) -> None:
    missed = []
    for seed in range(20):
        bars = MARKETS[market_of](real_data, seed)
        for leak in LEAKS:
            message = why_stopped(tmp_path / f"{seed}{leak}", bars, leak, QUICK | LABELS[label])
            if not named(message, leak, names):
                missed.append(f"{seed} {leak}: {message}")
    proof_facts |= {"leaks": 20 * len(LEAKS), "not_named": missed}
    assert not missed


@pytest.mark.proof
@pytest.mark.parametrize("market_of", MARKETS)
def test_true_signals_of_twenty_seeds_are_never_stopped(
    market_of: str, real_data: Path, tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    plan = {**QUICK, "label": "horizon", "horizon": 1}
    p_values = []
    for seed in range(20):
        bars = MARKETS[market_of](real_data, seed)
        model = trained(desk(tmp_path / f"{seed}", bars, foretelling(seed, 0.2)), **plan)
        p_values.append(model["evidence"]["p_value"])
    found = sum(p is not None and p < 0.05 for p in p_values)
    proof_facts |= {"seeds": 20, "rho": 0.2, "stopped": 0, "p_below_0.05": found, "p_values": p_values}
    assert found >= 18
