"""Members: loaded from bytes alone, the same numbers for a table and bar by bar."""

import math
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ictcli.errors import DataError
from ictcli.models.forest.storing import encode
from ictcli.models.linear import Linear
from ictcli.models.members import load_member
from tests.models.forest.trained import COLUMNS, KINDS, Native, market

Floats = NDArray[np.float64]

LINEAR = Linear(intercept=0.25, coefficients=(0.5, -1.0, 0.125, 0.0, 2.0))


@pytest.fixture(scope="module")
def natives() -> dict[str, Native]:
    return {kind: train(*market(500, 1)) for kind, train in KINDS.items()}


@pytest.fixture(scope="module")
def files(natives: dict[str, Native]) -> dict[str, dict[str, bytes]]:
    forests = {kind: {f"{kind}.npz": encode(native.forest)} for kind, native in natives.items()}
    return forests | {"logistic": {"logistic.json": LINEAR.encode()}}


@pytest.mark.jit_off
@pytest.mark.parametrize("kind", [*KINDS, "logistic"])
@pytest.mark.parametrize("extra", [0, 1, 2])
def test_a_bar_alone_gets_the_bits_of_the_table(
    files: dict[str, dict[str, bytes]], kind: str, extra: int
) -> None:
    member = load_member(kind, files[kind], COLUMNS)
    table, _ = market(400, 2)
    body, side = table[:, : COLUMNS - extra], table[:, COLUMNS - extra :]
    rows = np.arange(399, -1, -3)
    told = member.probabilities(body, rows, side[rows])
    live = []
    for row in rows:
        member.push(body[row])
        live.append(member.probability(np.ascontiguousarray(side[row])))
    assert member.name == kind
    assert np.array_equal(told, live)
    assert len(set(live)) > 20


@pytest.mark.parametrize("kind", KINDS)
def test_trees_give_the_bits_of_their_library(
    files: dict[str, dict[str, bytes]], natives: dict[str, Native], kind: str
) -> None:
    table, _ = market(400, 3)
    member = load_member(kind, files[kind], COLUMNS)
    told = member.probabilities(table, np.arange(400), np.zeros((400, 0)))
    assert np.array_equal(told, natives[kind].predict(table))


def test_a_logistic_regression_is_a_weighted_sum_and_a_sigmoid(files: dict[str, dict[str, bytes]]) -> None:
    member = load_member("logistic", files["logistic"], COLUMNS)
    member.push(np.array([1.0, 0.5, 2.0, 9.0]))
    assert member.probability(np.array([0.5])) == 1 / (1 + math.exp(-1.5))
    assert member.probability(np.array([-400.0])) == pytest.approx(math.exp(0.5 - 800))


@settings(max_examples=50, deadline=None)
@given(
    weights=st.lists(st.floats(-50, 50), min_size=2, max_size=6),
    values=st.lists(st.floats(-8, 8), min_size=5, max_size=5),
)
def test_any_logistic_regression_comes_back_from_its_file(weights: list[float], values: list[float]) -> None:
    linear = Linear(intercept=weights[0], coefficients=tuple(weights[1:]))
    assert Linear.decode(linear.encode()) == linear
    member = load_member("logistic", {"logistic.json": linear.encode()}, len(weights) - 1)
    member.push(np.array(values[: len(weights) - 1]))
    assert 0.0 <= member.probability(np.zeros(0)) <= 1.0


def test_a_row_may_be_written_over_once_it_was_pushed(files: dict[str, dict[str, bytes]]) -> None:
    member = load_member("lightgbm", files["lightgbm"], COLUMNS)
    row = np.zeros(COLUMNS)
    member.push(row)
    before = member.probability(np.zeros(0))
    row[:] = 3.0
    assert member.probability(np.zeros(0)) == before
    member.push(row)
    after = member.probability(np.zeros(0))
    assert after != before
    row[:] = 0.0
    assert member.probability(np.zeros(0)) == after


def test_before_the_first_bar_there_is_no_number(files: dict[str, dict[str, bytes]]) -> None:
    assert math.isnan(load_member("forest", files["forest"], COLUMNS).probability(np.zeros(0)))


def test_rows_of_another_width_are_refused(files: dict[str, dict[str, bytes]]) -> None:
    with pytest.raises(DataError, match="made for 5 inputs, there are 4"):
        load_member("forest", files["forest"], 4)
    member = load_member("forest", files["forest"], COLUMNS)
    with pytest.raises(DataError, match="takes 5 inputs, not 5 features and 1 more"):
        member.probabilities(np.zeros((3, 5)), np.arange(3), np.zeros((3, 1)))
    member.push(np.zeros(5))
    with pytest.raises(DataError, match="takes 5 inputs"):
        member.probability(np.zeros(1))


@pytest.mark.parametrize(("rows", "extra"), [([0, 3], 2), ([-1, 0], 2), ([0, 1], 3)])
def test_events_outside_the_features_are_refused(
    files: dict[str, dict[str, bytes]], rows: list[int], extra: int
) -> None:
    member = load_member("xgboost", files["xgboost"], COLUMNS)
    with pytest.raises(DataError, match="outside"):
        member.probabilities(np.zeros((3, 5)), np.array(rows), np.zeros((extra, 0)))


def test_no_events_give_no_numbers(files: dict[str, dict[str, bytes]]) -> None:
    member = load_member("xgboost", files["xgboost"], COLUMNS)
    assert len(member.probabilities(np.zeros((3, 5)), np.zeros(0, np.int64), np.zeros((0, 0)))) == 0


@pytest.mark.parametrize(
    ("spoil", "kind", "match"),
    [
        (lambda data: {}, "forest", r"forest\.npz is missing"),
        (lambda data: {}, "logistic", r"logistic\.json is missing"),
        (lambda data: {"forest.npz": data[:-1]}, "forest", "damaged"),
        (lambda data: {"logistic.json": b"{"}, "logistic", "damaged"),
        (lambda data: {"logistic.json": b'{"intercept": 1}'}, "logistic", "damaged"),
        (lambda data: {"oracle.npz": data}, "oracle", "unknown kind"),
    ],
)
def test_missing_and_damaged_files_are_named(
    files: dict[str, dict[str, bytes]], spoil: Callable[[bytes], dict[str, bytes]], kind: str, match: str
) -> None:
    with pytest.raises(DataError, match=match):
        load_member(kind, spoil(files["forest"]["forest.npz"]), COLUMNS)


def test_serving_imports_none_of_the_libraries_that_train() -> None:
    script = (
        "import importlib, pkgutil, sys\n"
        "import ictcli.models\n"
        "for one in pkgutil.walk_packages(ictcli.models.__path__, 'ictcli.models.'):\n"
        "    importlib.import_module(one.name)\n"
        "from ictcli.models.linear import Linear\n"
        "data = Linear(intercept=0.0, coefficients=(1.0,)).encode()\n"
        "ictcli.models.members.load_member('logistic', {'logistic.json': data}, 1)\n"
        "heavy = {'lightgbm', 'xgboost', 'sklearn', 'torch', 'onnxruntime', 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)), 'ictcli.models.members' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[] True"
