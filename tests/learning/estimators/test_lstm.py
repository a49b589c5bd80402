import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ictcli.errors import ConfigError, DataError
from ictcli.learning.estimators.known import find
from ictcli.learning.estimators.lstm import ESTIMATOR, FittedLSTM, LSTMParams
from ictcli.learning.samples import Samples
from ictcli.models.sequence import load_sequence
from tests.learning.estimators.planted_sequence import FLIPPED, STEPS, planted_sequence

SMALL = {"units": 8, "batch": 64, "learning_rate": 0.01, "epochs": 40}
SHORT = {"units": 8, "batch": 64, "epochs": 2}

needs_torch = pytest.mark.skipif(
    find_spec("torch") is None, reason="torch, which trains the lstm, brings gigabytes and is not installed"
)


def split(samples: Samples, chance: NDArray[np.float64]) -> tuple[Samples, Samples, NDArray[np.float64]]:
    """The first two thirds to learn from; the last third to score, and its P(label = 1)."""
    border = 2 * len(samples) // 3
    after = np.arange(border + STEPS, len(samples))
    return samples.take(np.arange(border)), samples.take(after), chance[after]


def expected_accuracy(found: NDArray[np.float64], chance: NDArray[np.float64]) -> float:
    """Share of right answers that the rule itself would expect."""
    return float(np.where(found > 0.5, chance, 1 - chance).mean())


def last_row_accuracy(learn: Samples, test: Samples) -> float:
    """What trees on the last row get right."""
    trees = find_trees().fit(learn, {}, 1, 1)
    return float(((trees.probabilities(test) > 0.5) == test.labels).mean())


def find_trees() -> Any:
    return find("lightgbm")


@pytest.fixture(scope="module")
def planted() -> tuple[Samples, Samples, NDArray[np.float64]]:
    return split(*planted_sequence(2_400, 5, 1, side=True))


@pytest.fixture(scope="module")
def fitted(planted: tuple[Samples, Samples, NDArray[np.float64]]) -> FittedLSTM:
    pytest.importorskip("torch", reason="trains the lstm")
    return ESTIMATOR.fit(planted[0], SMALL, 1, 1)


def test_the_command_line_finds_it_by_name() -> None:
    assert find("lstm") is ESTIMATOR
    assert ESTIMATOR.needs == "lstm"


def test_the_defaults_are_200_units_4_heads_and_20_steps() -> None:
    params = LSTMParams()
    assert (params.units, params.heads, params.steps) == (200, 4, 20)
    assert set(ESTIMATOR.space()) <= set(params.__struct_fields__)


def test_it_learns_the_order_of_past_bars_that_trees_on_the_last_row_cannot_see(
    planted: tuple[Samples, Samples, NDArray[np.float64]], fitted: FittedLSTM
) -> None:
    learn, test, chance = planted
    found = fitted.probabilities(test)
    assert np.maximum(chance, 1 - chance).mean() >= 0.97
    assert expected_accuracy(found, chance) >= 0.95
    assert ((found > 0.5) == test.labels).mean() >= 0.95
    assert last_row_accuracy(learn, test) < 0.6


@pytest.mark.proof
@needs_torch
def test_at_full_size_it_reaches_95_of_100_where_98_can_be_known(proof_facts: dict[str, object]) -> None:
    learn, test, chance = split(*planted_sequence(12_000, 26, 1))
    fitted = ESTIMATOR.fit(learn, {"batch": 128, "epochs": 12}, 1, 1)
    found = fitted.probabilities(test)
    proof_facts["scored"] = len(test)
    proof_facts["accuracy"] = round(float(((found > 0.5) == test.labels).mean()), 4)
    proof_facts["expected_accuracy"] = round(expected_accuracy(found, chance), 4)
    proof_facts["trees_on_the_last_row"] = round(last_row_accuracy(learn, test), 4)
    assert np.allclose(np.maximum(chance, 1 - chance), 1 - FLIPPED)
    assert expected_accuracy(found, chance) >= 0.95
    assert ((found > 0.5) == test.labels).mean() >= 0.95
    assert last_row_accuracy(learn, test) < 0.55


def test_the_numbers_are_those_of_the_live_path_bit_for_bit(
    planted: tuple[Samples, Samples, NDArray[np.float64]], fitted: FittedLSTM
) -> None:
    test = planted[1].take(np.arange(40))
    member = load_sequence(fitted.files())
    found, taken = [], 0
    for row, extra in zip(test.rows.tolist(), test.extra, strict=True):
        for one in range(taken, row + 1):
            member.push(test.matrix[one])
        taken = row + 1
        found.append(member.probability(extra))
    assert np.array_equal(found, fitted.probabilities(test))


def test_what_is_served_is_what_was_trained(
    planted: tuple[Samples, Samples, NDArray[np.float64]], fitted: FittedLSTM
) -> None:
    torch = pytest.importorskip("torch", reason="trains the lstm")
    from ictcli.learning.estimators import lstm_net

    test = planted[1]
    with torch.no_grad():
        windows = lstm_net.Windows(test, fitted.shape.steps).inputs(np.arange(len(test)))
        odds = lstm_net.log_odds(lstm_net.rebuild(fitted.shape, fitted.weights), fitted.shape, *windows)
        trained = torch.sigmoid(odds.double()).numpy()
    assert np.abs(trained - fitted.probabilities(test)).max() <= 1e-6


@needs_torch
def test_the_threads_and_random_numbers_of_the_process_leave_no_trace_and_are_left_alone() -> None:
    import torch

    samples, _ = planted_sequence(400, 3, 2)
    first = ESTIMATOR.fit(samples, SHORT, 7, 1)
    torch.manual_seed(99)
    before, threads = torch.random.get_rng_state(), torch.get_num_threads()
    again = ESTIMATOR.fit(samples, SHORT, 7, 2)
    assert again.files() == first.files()
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()
    assert ESTIMATOR.fit(samples, SHORT, 8, 1).files() != first.files()


@pytest.mark.proof
@needs_torch
def test_two_processes_train_the_same_bytes_at_full_size() -> None:
    program = (
        "import hashlib\n"
        "from ictcli.learning.estimators.lstm import ESTIMATOR\n"
        "from tests.learning.estimators.planted_sequence import planted_sequence\n"
        "fitted = ESTIMATOR.fit(planted_sequence(1500, 26, 1)[0], {'epochs': 2}, 1, 2)\n"
        "print(hashlib.sha256(b''.join(v for _, v in sorted(fitted.files().items()))).hexdigest())\n"
    )
    command = [sys.executable, "-c", program]
    found = {subprocess.run(command, capture_output=True, check=True, text=True).stdout for _ in range(2)}
    assert len(found) == 1


@needs_torch
def test_samples_without_19_rows_before_them_are_left_out_and_get_no_probability() -> None:
    samples, _ = planted_sequence(400, 3, 2)
    early = Samples(
        samples.matrix,
        np.concatenate([[0, STEPS - 2], samples.rows]),
        np.zeros((len(samples) + 2, 0)),
        np.concatenate([[1, 0], samples.labels]),
        np.concatenate([[1.0, 1.0], samples.weights]),
    )
    fitted = ESTIMATOR.fit(early, SHORT, 1, 1)
    assert fitted.files() == ESTIMATOR.fit(samples, SHORT, 1, 1).files()
    found = fitted.probabilities(early)
    assert np.isnan(found[:2]).all()
    assert np.isfinite(found[2:]).all()


@needs_torch
def test_the_order_in_which_samples_are_given_does_not_matter() -> None:
    samples, _ = planted_sequence(400, 3, 2)
    backwards = samples.take(np.arange(len(samples))[::-1])
    assert ESTIMATOR.fit(backwards, SHORT, 1, 1).files() == ESTIMATOR.fit(samples, SHORT, 1, 1).files()


@needs_torch
def test_labels_within_the_gap_before_the_held_out_part_are_never_learnt() -> None:
    samples, _ = planted_sequence(400, 3, 2)
    first = samples.rows[len(samples) - round(0.15 * len(samples))]
    inside = (samples.rows >= first - 100) & (samples.rows < first)
    assert inside.any()
    turned = Samples(
        samples.matrix,
        samples.rows,
        samples.extra,
        np.where(inside, 1 - samples.labels, samples.labels),
        samples.weights,
    )
    params = {**SHORT, "gap": 100}
    assert ESTIMATOR.fit(turned, params, 1, 1).files() == ESTIMATOR.fit(samples, params, 1, 1).files()
    params["gap"] = 0
    assert ESTIMATOR.fit(turned, params, 1, 1).files() != ESTIMATOR.fit(samples, params, 1, 1).files()


@needs_torch
def test_training_ends_when_the_held_out_log_loss_no_longer_falls() -> None:
    samples, _ = planted_sequence(400, 3, 2)
    coins = replace(samples, labels=np.random.default_rng(1).integers(0, 2, 400))
    stopped = {**SHORT, "learning_rate": 0.02, "patience": 1}
    files = [ESTIMATOR.fit(coins, {**stopped, "epochs": most}, 1, 1).files() for most in (15, 30)]
    assert files[0] == files[1]


@needs_torch
def test_a_sample_counts_by_its_weight() -> None:
    learn, test, chance = split(*planted_sequence(1_800, 3, 3))
    wrong = np.random.default_rng(1).random(len(learn)) < 0.6
    labels = np.where(wrong, 1 - learn.labels, learn.labels)
    light = replace(learn, labels=labels, weights=np.where(wrong, 1e-3, 1.0))
    even = replace(learn, labels=labels)
    assert expected_accuracy(ESTIMATOR.fit(light, SMALL, 1, 1).probabilities(test), chance) > 0.9
    assert expected_accuracy(ESTIMATOR.fit(even, SMALL, 1, 1).probabilities(test), chance) < 0.6


def test_attention_weights_of_every_decision_add_up_to_one(
    planted: tuple[Samples, Samples, NDArray[np.float64]], fitted: FittedLSTM
) -> None:
    seen = fitted.attention(planted[1].take(np.arange(30)))
    assert seen.shape == (30, 4, STEPS)
    assert np.allclose(seen.sum(axis=2), 1.0, atol=1e-6)


def test_importance_names_the_columns_that_carry_the_signal(
    planted: tuple[Samples, Samples, NDArray[np.float64]], fitted: FittedLSTM
) -> None:
    found = fitted.importance(planted[1])
    assert found.shape == (6,)
    assert set(np.argsort(found)[-3:].tolist()) == {0, 1, 5}


def test_contributions_add_up_to_the_log_odds_above_the_base_line(
    planted: tuple[Samples, Samples, NDArray[np.float64]], fitted: FittedLSTM
) -> None:
    torch = pytest.importorskip("torch", reason="trains the lstm")
    from ictcli.learning.estimators import lstm_net

    test = planted[1].take(np.arange(30))
    parts = lstm_net.integrated_gradients(fitted.shape, fitted.weights, test, points=256)
    net = lstm_net.rebuild(fitted.shape, fitted.weights)
    rows, extra = lstm_net.Windows(test, STEPS).inputs(np.arange(30))
    with torch.no_grad():
        ends = [
            lstm_net.log_odds(net, fitted.shape, *one)
            for one in ((rows, extra), (torch.zeros_like(rows), torch.zeros_like(extra)))
        ]
    wanted = (ends[0] - ends[1]).numpy()
    assert np.abs(parts.sum(axis=1) - wanted).mean() < 0.05 * np.abs(wanted).mean()


@needs_torch
def test_nothing_can_be_explained_without_a_whole_window(fitted: FittedLSTM) -> None:
    early = Samples(np.zeros((5, 5)), np.array([3]), np.ones((1, 1)), np.array([1]), np.ones(1))
    with pytest.raises(DataError, match="no sample has 19 rows before it"):
        fitted.importance(early)


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"unit": 8}, "no parameter 'unit'"),
        ({"units": 10}, "units must be a multiple of heads"),
        ({"steps": 1}, "steps"),
        ({"dropout": 1.0}, "dropout"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(params: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        ESTIMATOR.fit(planted_sequence(100, 2, 1)[0], params, 1, 1)


@needs_torch
def test_too_few_samples_before_the_held_out_part_are_refused() -> None:
    samples, _ = planted_sequence(60, 2, 1)
    with pytest.raises(DataError, match="too few samples for an lstm"):
        ESTIMATOR.fit(samples, SHORT, 1, 1)


@needs_torch
def test_a_label_that_does_not_occur_is_refused() -> None:
    samples, _ = planted_sequence(300, 2, 1)
    ones = Samples(samples.matrix, samples.rows, samples.extra, np.ones_like(samples.labels), samples.weights)
    with pytest.raises(DataError, match="empty class"):
        ESTIMATOR.fit(ones, SHORT, 1, 1)


def test_without_torch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ConfigError, match="needs torch") as caught:
        ESTIMATOR.fit(planted_sequence(100, 2, 1)[0], {}, 1, 1)
    assert caught.value.hint == 'Run `pip install "ictcli[lstm]"`.'
