"""The screen of a training: what was learned from, what came of it, what to do next."""

import pytest

from ictcli.reports.training_text import model_text, passed, ranged, training_text
from tests.reports.trainings import training


def test_a_model_fits_one_screen() -> None:
    model = training(several=True, strategy="fvg_retest")
    model["folds"] = [*model["folds"], *model["folds"][:2]]
    model["calibration"]["curve"] = [model["calibration"]["curve"][0]] * 10
    lines = model_text(model).splitlines()
    assert len(lines) <= 60
    assert sum("5 of 10 groups" in line for line in lines) == 1
    assert max(map(len, lines)) <= 100


def test_every_condition_of_an_edge_is_answered() -> None:
    text = model_text(training())
    assert "Verdict: NO EDGE (2 of 4 conditions hold, all must)" in text
    assert "  yes  better than the base rate  skill: p 0.0245" in text
    assert "  no   earns after costs          expectancy: -0.12 bp" in text


def test_trials_that_are_alike_have_nothing_to_overfit_by_choosing() -> None:
    model = training()
    model["evidence"] |= {"pbo": None, "trials": 4, "choices": 1}
    assert passed(model)[2]
    model["evidence"]["choices"] = 2
    assert not passed(model)[2]


def test_it_says_that_no_trade_was_taken() -> None:
    text = model_text(training(taken=0))
    assert "no trade taken: none promised a gain after costs" in text


def test_all_signals_stand_beside_those_taken() -> None:
    text = model_text(training(strategy="fvg_retest"))
    assert "-0.200 R [-0.300, -0.100]  a trade, if all 600 were taken" in text
    assert "120 taken of 600" in text
    assert "all signals" not in model_text(training())


def test_a_strategy_alone_stands_beside_what_is_taken_of_it() -> None:
    model = training(strategy="fvg_retest")
    half = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 120}
    model["scores"]["primary"] = {"count": 600, "precision": half | {"value": 0.41}, "net": half}
    model["scores"]["meta"] = {"count": 120, "precision": half, "recall": half | {"value": 0.2}, "net": half}
    text = model_text(model)
    assert "50.0 % [40.0, 60.0]  of the 120 taken; of all signals 41.0 % [40.0, 60.0]" in text
    assert "20.0 % [40.0, 60.0]  of the signals that earned are taken" in text


def test_results_without_a_stop_are_said_in_basis_points() -> None:
    model = training()
    model["scores"]["net"] = {"value": -1.234, "low": -2.0, "high": 0.5, "n": 120, "unit": "bp"}
    assert "-1.23 bp [-2.00, 0.50]" in model_text(model)
    assert "-1.23 bp [-2.00, 0.50]" in training_text({"models": [model, training()]}).split("All models")[1]


def test_paths_are_one_line() -> None:
    model = training()
    model["paths"] = {
        "count": 5,
        "accuracy": {"low": 0.49, "median": 0.51, "high": 0.52},
        "auc": {"low": 0.48, "median": 0.5, "high": 0.53},
        "net": {"low": None, "median": 1.0, "high": 2.5, "unit": "bp"},
    }
    line = "accuracy 49.0 % / 51.0 % / 52.0 %, AUC 0.480 / 0.500 / 0.530, net result - / 1.00 bp / 2.50 bp"
    assert f"5 paths, lowest / median / highest: {line}" in model_text(model)
    assert "paths" not in model_text(training())


def test_tuned_parameters_are_named() -> None:
    model = training()
    model["params"] = {"logistic": {"strength": 0.123456}, "forest": {}}
    text = model_text(model)
    assert "logistic  strength 0.1235" in text
    assert "forest    the defaults" in text


def test_an_ensemble_shows_its_gain_with_interval() -> None:
    text = model_text(training(several=True))
    assert "Lowers the log-loss of the best model, logistic: 0.00100 [-0.00100, 0.00300]" in text
    assert "raises the log-loss to 0.7" in text


def test_a_model_moved_by_nothing_says_so() -> None:
    model = training()
    model["importance"] = [{"name": "rsi", "share": 0.0}]
    assert "No feature moves it" in model_text(model)


def test_unchanged_inputs_take_two_lines() -> None:
    assert model_text(training() | {"up_to_date": True}).splitlines()[1].startswith("up to date: EURUSD-M15")


def test_several_models_end_with_one_line_each() -> None:
    text = training_text({"models": [training(), training() | {"symbol": "XAUUSD"}]})
    last = text.split("All models\n")[1].splitlines()
    assert [line.split()[0] for line in last[2:]] == ["EURUSD", "XAUUSD"]


@pytest.mark.parametrize(
    ("form", "said"),
    [("share", "52.0 % [50.0, 54.0]"), ("r", "0.520 R [0.500, 0.540]"), (".4f", "0.5200 [0.5000, 0.5400]")],
)
def test_numbers_carry_their_unit_and_interval(form: str, said: str) -> None:
    assert ranged({"value": 0.52, "low": 0.5, "high": 0.54}, form) == said
