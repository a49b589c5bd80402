"""All estimators alike: what every one of them promises."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ictcli.errors import ConfigError, DataError, UsageError
from ictcli.learning.estimators.known import ESTIMATORS, find, installed, require_installed
from ictcli.models.members import load_member
from tests.learning.estimators.planted import COLUMNS, accuracy, one_class, planted

ROWS = ("lightgbm", "xgboost", "forest", "logistic")
"""Estimators that look at one row."""

QUICK: dict[str, dict[str, Any]] = {
    "lightgbm": {"num_iterations": 30, "learning_rate": 0.1},
    "xgboost": {"num_boost_round": 30, "learning_rate": 0.1},
    "forest": {"n_estimators": 15},
    "logistic": {},
}


@pytest.fixture(autouse=True)
def libraries(request: pytest.FixtureRequest) -> None:
    if "xgboost" in request.node.name:
        pytest.importorskip("xgboost", reason="the extra xgboost is not installed")


def test_every_estimator_is_found_by_its_name() -> None:
    assert tuple(ESTIMATORS) == (*ROWS, "lstm")
    for name in ROWS:
        assert find(name).name == name
        assert find(name).needs == ("xgboost" if name == "xgboost" else "")


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="unknown model 'lightgmb'") as caught:
        find("lightgmb")
    assert caught.value.hint.startswith("Did you mean lightgbm? Known: lightgbm, xgboost")


@pytest.mark.parametrize(("name", "package"), [("lstm", "onnxruntime"), ("xgboost", "xgboost")])
def test_a_missing_package_is_told_with_its_extra(
    name: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    assert name not in installed(ESTIMATORS)
    assert set(ROWS) - {name} <= {*installed(ESTIMATORS), "xgboost"}
    require_installed(["lightgbm", "forest", "logistic"])
    with pytest.raises(ConfigError, match=f"training {name} needs .*{package}") as caught:
        require_installed(["lightgbm", name])
    assert caught.value.hint == f'Run `pip install "ictcli[{name}]"`.'


def test_knowing_the_names_imports_no_library() -> None:
    script = (
        "import sys\n"
        "from ictcli.learning.estimators.known import ESTIMATORS, find\n"
        "for name in list(ESTIMATORS)[:4]: find(name)\n"
        "print(sorted({'lightgbm', 'xgboost', 'sklearn', 'torch', 'pandas'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ROWS)
def test_a_planted_signal_is_found_and_credited_to_its_column(name: str) -> None:
    train, test = planted(2000, 1), planted(2000, 2)
    fitted = find(name).fit(train, QUICK[name], 3, 1)
    assert accuracy(test, fitted.probabilities(test)) > 0.63
    importance = fitted.importance(test)
    assert importance.shape == (COLUMNS,)
    assert importance.argmax() == 0
    assert importance[0] > 3 * np.sort(importance)[-2]


@pytest.mark.parametrize("name", ROWS)
def test_inputs_of_the_event_are_seen_behind_the_row(name: str) -> None:
    train, test = planted(2000, 4, extra=2), planted(2000, 5, extra=2)
    fitted = find(name).fit(train, QUICK[name], 3, 1)
    importance = fitted.importance(test)
    assert importance.shape == (COLUMNS + 2,)
    assert set(np.argsort(importance)[-2:].tolist()) == {0, COLUMNS}


@pytest.mark.parametrize("name", ROWS)
def test_two_trainings_give_the_same_files_whatever_the_threads(name: str) -> None:
    train = planted(1200, 6)
    runs = [find(name).fit(train, QUICK[name], 3, jobs).files() for jobs in (1, 2, 1)]
    assert runs[0] == runs[1] == runs[2]
    assert all(file.split(".")[0] == name for file in runs[0])


@pytest.mark.proof
@pytest.mark.parametrize("name", ROWS)
def test_threads_leave_no_trace_in_models_of_many_rows(name: str) -> None:
    train = planted(60_000, 6)
    params = {**QUICK[name], "n_estimators": 4} if name == "forest" else QUICK[name]
    runs = [find(name).fit(train, params, 3, jobs).files() for jobs in (1, 2, 3)]
    assert runs[0] == runs[1] == runs[2]


@pytest.mark.parametrize("name", ["lightgbm", "xgboost", "forest"])
def test_another_seed_gives_another_model(name: str) -> None:
    train = planted(1200, 6)
    assert (
        find(name).fit(train, QUICK[name], 3, 1).files() != find(name).fit(train, QUICK[name], 4, 1).files()
    )


@pytest.mark.parametrize("name", ROWS)
def test_the_files_serve_the_bits_that_training_reported(name: str) -> None:
    train, test = planted(800, 7, extra=1), planted(300, 8, extra=1)
    fitted = find(name).fit(train, QUICK[name], 3, 1)
    told = fitted.probabilities(test)
    member = load_member(name, fitted.files(), COLUMNS + 1)
    assert np.array_equal(member.probabilities(test.matrix, test.rows, test.extra), told)
    live = []
    for row, extra in zip(test.rows, test.extra, strict=True):
        member.push(test.matrix[row])
        live.append(member.probability(extra))
    assert np.array_equal(live, told)


@pytest.mark.parametrize("name", ROWS)
def test_weights_count(name: str) -> None:
    train = planted(2000, 9, strength=0.9)
    against = train.rows // 2 % 2 == 0
    spoiled = replace(train, labels=np.where(against, 1 - train.labels, train.labels))
    test = planted(1000, 10, strength=0.9)
    for heavy, right in ((~against, True), (against, False)):
        weighted = replace(spoiled, weights=np.where(heavy, 1.0, 0.02))
        told = find(name).fit(weighted, QUICK[name], 3, 1).probabilities(test)
        assert (accuracy(test, told) > 0.7) is right
        assert (accuracy(test, told) < 0.3) is not right


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("label", [0, 1])
def test_an_empty_class_is_named(name: str, label: int) -> None:
    with pytest.raises(DataError, match=f"empty class: none of 300 .* label {1 - label}"):
        find(name).fit(one_class(label), QUICK[name], 3, 1)


@pytest.mark.parametrize("name", ROWS)
def test_unknown_parameters_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"the model {name} has no parameter 'oracle'") as caught:
        find(name).fit(planted(300, 1), {"oracle": 1}, 3, 1)
    assert caught.value.hint.startswith("Known: ")


@pytest.mark.parametrize(
    ("name", "params", "match"),
    [
        ("lightgbm", {"num_leaves": 1}, "num_leaves must be"),
        ("xgboost", {"subsample": 0}, "subsample must be"),
        ("forest", {"max_features": "most"}, "max_features must be"),
        ("logistic", {"C": "much"}, "C must be"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(name: str, params: dict[str, Any], match: str) -> None:
    with pytest.raises(ConfigError, match=f"the model {name}: .*{match}"):
        find(name).fit(planted(300, 1), params, 3, 1)


def test_a_mistyped_parameter_gets_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        find("lightgbm").fit(planted(300, 1), {"num_leafs": 4}, 3, 1)
    assert caught.value.hint == "Did you mean 'num_leaves'?"


@pytest.mark.parametrize("name", ROWS)
def test_both_ends_of_what_tuning_may_vary_can_be_trained(name: str) -> None:
    train = planted(400, 11)
    for end in (0, 1):
        params = {}
        for key, values in find(name).space().items():
            params[key] = values[0 if isinstance(values, tuple) and end == 0 else end]
        small = {
            key: min(value, 40) for key, value in params.items() if key in ("num_iterations", "n_estimators")
        }
        small |= {key: 40 for key in params if key == "num_boost_round"}
        told = find(name).fit(train, {**params, **small}, 3, 1).probabilities(train)
        assert ((told > 0) & (told < 1)).all()


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("count", [30, 700])
def test_where_nothing_can_be_learned_the_answer_is_the_share_of_the_labels(name: str, count: int) -> None:
    samples = planted(count, 12)
    empty = replace(samples, matrix=np.zeros_like(samples.matrix))
    fitted = find(name).fit(empty, {}, 3, 1)
    told = fitted.probabilities(empty)
    assert np.ptp(told) == 0.0
    assert told[0] == pytest.approx(samples.labels.mean(), abs=0.01)
    assert not fitted.importance(empty).any()
