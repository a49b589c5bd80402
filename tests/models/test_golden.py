"""Golden rows: a version says today what it said when it was trained, or says that it does not."""

import math
from pathlib import Path

import numpy as np
import pytest

from ictcli.errors import DataError
from ictcli.models.arrays import pack, unpack
from ictcli.models.golden import Golden, decode_golden, encode_golden, golden_rows, replay
from tests.models.sample_models import Floats, Int64, Logistic, files_of, load_logistic, store_in, stored

NONE = np.zeros((64, 0))


class MeanOfFive:
    """Looks at the five bars up to the event's own, as a model of sequences does."""

    def probabilities(self, matrix: Floats, rows: Int64, extra: Floats) -> Floats:
        return np.array([matrix[row - 4 : row + 1].mean() for row in rows])


def model_and_golden(seed: int = 1) -> tuple[Logistic, Golden]:
    rng = np.random.default_rng(seed)
    model = Logistic(rng.normal(size=3))
    matrix = rng.normal(size=(100, 3))
    return model, golden_rows(model, matrix, np.arange(0, 100, 2), np.zeros((50, 0)), most=8, history=5)


def test_the_same_model_gives_the_same_bits() -> None:
    model, golden = model_and_golden()
    assert replay(golden, model) == 0.0
    assert replay(decode_golden(encode_golden(golden), "x"), model) == 0.0


def test_a_stored_version_replays_bit_for_bit(tmp_path: Path) -> None:
    version = stored(store_in(tmp_path), 1)
    golden = decode_golden(version.read("golden.npz"), "golden.npz")
    assert replay(golden, load_logistic(version)) == 0.0


def test_another_model_is_noticed_and_by_how_much() -> None:
    model, golden = model_and_golden()
    shifted = Logistic(model.weights + 0.01)
    given = shifted.probabilities(golden.matrix, golden.rows, golden.extra)
    assert replay(golden, shifted) == float(np.abs(given - golden.expected).max()) > 1e-6


def test_a_probability_that_has_become_nan_is_infinitely_far_and_nan_that_stays_is_not() -> None:
    model, golden = model_and_golden()
    broken = Logistic(np.array([math.nan, 0.0, 0.0]))
    assert replay(golden, broken) == math.inf
    silent = Golden(golden.matrix, golden.rows, golden.extra, np.full(len(golden.rows), math.nan))
    assert replay(silent, broken) == 0.0
    assert replay(silent, model) == math.inf


def test_the_rows_are_spread_over_all_events_and_keep_what_came_before_them() -> None:
    matrix = np.random.default_rng(2).normal(size=(100, 3))
    rows = np.arange(0, 100, 2)
    golden = golden_rows(MeanOfFive(), matrix, rows, np.zeros((50, 0)), most=8, history=5)
    whole = MeanOfFive().probabilities(matrix, rows[rows >= 4], NONE)
    assert golden.expected[0] == whole[0]
    assert golden.expected[-1] == whole[-1]
    assert len(golden.rows) == 8
    assert golden.matrix.shape == (40, 3)


def test_fewer_events_than_wanted_are_all_taken_once() -> None:
    matrix = np.arange(30.0).reshape(10, 3) / 30
    side = np.array([[1.0], [-1.0]])
    golden = golden_rows(Logistic(np.ones(3)), matrix, np.array([6, 9]), side, most=64, history=5)
    assert golden.extra.tolist() == [[1.0], [-1.0]]
    assert np.array_equal(golden.matrix[golden.rows], matrix[[6, 9]])
    with pytest.raises(DataError, match="bars before it"):
        golden_rows(Logistic(np.ones(3)), matrix, np.array([2]), side[:1], history=5)


def test_equal_rows_give_equal_bytes() -> None:
    assert encode_golden(model_and_golden()[1]) == encode_golden(model_and_golden()[1])
    assert files_of(3) == files_of(3)


@pytest.mark.parametrize(
    "change",
    [
        {"rows": np.array([0.5])},
        {"rows": np.arange(0, dtype=np.int64)},
        {"rows": np.array([-1] + [0] * 7)},
        {"rows": np.array([40] + [0] * 7)},
        {"expected": np.zeros(3)},
        {"matrix": np.zeros(5)},
        {"extra": np.zeros((2, 0))},
        {"other": np.zeros(3)},
    ],
)
def test_rows_that_do_not_fit_together_are_refused(change: dict[str, Floats]) -> None:
    arrays = unpack(encode_golden(model_and_golden()[1]), "x")
    with pytest.raises(DataError, match=r"golden\.npz"):
        decode_golden(pack({**arrays, **change}), "golden.npz")
