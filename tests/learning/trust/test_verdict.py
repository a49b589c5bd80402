"""Edge or no edge: every question can say no, nulls are refused, a planted signal is found."""

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from ictcli.errors import DataError
from ictcli.learning.trust.verdict import Evidence, judge, judge_all, skill_p_value, skill_scores
from ictcli.stats.sharpe import track_record
from ictcli.stats.sharpe_2026 import dsr_2026, psr_2026
from ictcli.stats.trials import trial_set
from tests.learning.trust.made import (
    Forecast,
    Market,
    daily_of,
    folded_evidence,
    null_evidence,
    planted_evidence,
    with_trials,
)

MARKETS: tuple[Market, ...] = ("walk", "garch", "bursts")
FORECASTS: tuple[Forecast, ...] = ("random", "slow", "learned")


def rejections(seeds: range, level: float) -> dict[tuple[Market, Forecast], int]:
    """How often the skill test falls on forecasts without skill, by market and forecast."""
    found: dict[tuple[Market, Forecast], int] = {}
    for market, forecast in product(MARKETS, FORECASTS):
        p_values = [skill_p_value(null_evidence(market, forecast, seed), seed) for seed in seeds]
        found[market, forecast] = sum(p is not None and p < level for p in p_values)
    return found


def test_forecasts_without_skill_are_rejected_as_often_as_the_level_says() -> None:
    found = rejections(range(20), 0.05)
    assert sum(found.values()) <= 18
    assert max(found.values()) <= 5


@pytest.mark.proof
def test_rejection_rate_without_skill_over_many_markets() -> None:
    """3,600 sets, nominal 5 %: 6 % overall is 2.8 standard errors away, 9 % of 400 by itself 3.7."""
    found = rejections(range(1000, 1400), 0.05)
    assert sum(found.values()) <= 0.06 * 3600
    assert sum(found.values()) >= 0.03 * 3600
    assert max(found.values()) <= 0.09 * 400


def test_hardly_a_null_is_called_an_edge() -> None:
    sets = [null_evidence(market, "slow", seed) for market in MARKETS for seed in range(20)]
    assert sum(judge(one, seed).verdict == "edge" for seed, one in enumerate(sets)) <= 4


def test_a_planted_signal_is_an_edge() -> None:
    found = judge(planted_evidence(0.2, 1), 1)
    assert found.verdict == "edge"
    assert found.accuracy.value == pytest.approx(0.564, abs=0.03)
    assert found.base_rate.value == 0.5 or found.base_rate.value == pytest.approx(0.5, abs=0.03)
    assert found.p_value is not None
    assert found.p_value < 0.01
    assert len(found.reasons) == 4
    assert not any("is not" in reason for reason in found.reasons)


def test_overlapping_labels_of_a_planted_signal_are_an_edge_too() -> None:
    wins = [judge(planted_evidence(0.2, seed, 8000, 8), seed).verdict == "edge" for seed in range(5)]
    assert sum(wins) >= 4


@pytest.mark.proof
def test_power_on_a_planted_signal() -> None:
    """Correlation 0.2: 3,000 independent events are nearly always enough, 500 often."""
    many = [judge(planted_evidence(0.2, seed), seed).verdict == "edge" for seed in range(200)]
    few = [judge(planted_evidence(0.2, seed, 500), seed).verdict == "edge" for seed in range(200)]
    overlapping = [judge(planted_evidence(0.2, seed, 8000, 8), seed).verdict == "edge" for seed in range(200)]
    assert sum(many) >= 195
    assert sum(few) >= 100
    assert sum(overlapping) >= 180


def test_costs_that_eat_the_edge_are_said() -> None:
    found = judge(planted_evidence(0.2, 1, cost=0.003), 1)
    assert found.verdict == "no edge"
    assert found.p_value is not None
    assert found.p_value < 0.01
    assert "is not above 0" in found.reasons[3]
    assert found.expectancy.high is not None
    assert found.expectancy.value == pytest.approx(0.0016 - 0.003, abs=0.0008)


def test_other_series_without_skill_raise_the_p_value() -> None:
    weak = next(
        one
        for one in (planted_evidence(0.06, seed, 1500) for seed in range(50))
        if 0.01 < (skill_p_value(one, 1) or 1) < 0.03
    )
    alone = judge(weak, 1)
    among = judge(weak, 1, [0.7, 0.4, None, 0.9])
    assert alone.p_adjusted == alone.p_value
    assert among.p_adjusted == pytest.approx(5 * (alone.p_value or 0))
    assert among.series == 5
    assert among.verdict == "no edge"
    assert "over 5 series, is not below" in among.reasons[0]


def test_series_that_are_up_to_date_stay_among_the_tests() -> None:
    series = {"a": planted_evidence(0.2, 1), "b": null_evidence("walk", "random", 2)}
    found = judge_all(series, 3, [0.4, None])
    assert found["a"] == judge(series["a"], 3, [found["b"].p_value, 0.4, None])
    assert (found["a"].series, found["b"].series) == (4, 4)


def test_series_are_adjusted_for_each_other() -> None:
    series = {"a": planted_evidence(0.2, 1), "b": null_evidence("walk", "random", 2)}
    found = judge_all(series, 3)
    assert found["a"] == judge(series["a"], 3, [found["b"].p_value])
    assert found["a"].verdict == "edge"
    assert found["b"].verdict == "no edge"
    assert found["b"].series == 2


def test_a_search_is_held_against_what_it_found() -> None:
    found = planted_evidence(0.2, 1, trials=12)
    verdict = judge(found, 1)
    assert verdict.pbo == 0.0
    assert verdict.choices == 12
    assert verdict.trials == 12
    record, trials = track_record(daily_of(found)), trial_set(found.trials)
    assert verdict.effective_trials == pytest.approx(trials.effective_trials)
    expected = dsr_2026(record, trials.effective_trials, trials.sharpe_variance)
    alone = psr_2026(record)
    assert expected is not None
    assert alone is not None
    assert verdict.dsr == min(expected, alone)
    assert verdict.verdict == "edge"


def test_the_best_of_many_lucky_trials_is_no_edge() -> None:
    edges = 0
    for seed in range(20):
        generator = np.random.default_rng([seed, 9])
        one = null_evidence("walk", "random", seed)
        days = len(np.unique(one.day))
        daily = generator.normal(0, 0.03, (days, 50))
        best = daily[:, daily.mean(axis=0).argmax()]
        first = np.unique(one.day, return_index=True)[1]
        net = np.zeros(len(one.day))
        net[first] = best
        lucky = with_trials(replace(one, net=net, probability=np.where(one.label == 1, 0.6, 0.4)), daily)
        verdict = judge(lucky, seed)
        assert verdict.p_value is not None
        assert verdict.p_value < 0.01
        edges += verdict.verdict == "edge"
    assert edges <= 1


def test_trials_that_are_nearly_alike_do_not_turn_shared_luck_into_skill() -> None:
    one = planted_evidence(0.0, 4, 2000)
    daily = daily_of(one)[:, None] + np.random.default_rng(1).normal(0, 1e-5, (len(daily_of(one)), 6))
    verdict = judge(with_trials(one, daily), 1)
    assert verdict.effective_trials == pytest.approx(1.0, abs=0.01)
    assert verdict.dsr is not None
    assert verdict.dsr <= (psr_2026(track_record(daily_of(one))) or 1) + 1e-12


def test_logged_trials_whose_results_are_lost_count_all_the_same() -> None:
    found = planted_evidence(0.2, 1, trials=12)
    few, many = judge(found, 1), judge(replace(found, trial_count=1000), 1)
    assert many.effective_trials > 50 * few.effective_trials
    lost = judge(replace(planted_evidence(0.2, 1), trial_count=5), 1)
    assert lost.dsr is None
    assert lost.pbo is None
    assert lost.verdict == "no edge"
    assert "undefined" in lost.reasons[1]


def test_what_cannot_be_answered_is_no_edge() -> None:
    found = judge(planted_evidence(0.9, 1, 12), 1)
    assert found.verdict == "no edge"
    assert found.p_value is None
    assert found.p_adjusted == 1.0
    idle = planted_evidence(0.2, 1)
    idle = replace(idle, side=np.zeros_like(idle.side))
    verdict = judge(idle, 1)
    assert verdict.verdict == "no edge"
    assert verdict.expectancy == type(verdict.expectancy)(None, None, None, 0)
    assert verdict.dsr is None
    none = replace(idle, probability=np.full(len(idle.day), math.nan))
    assert judge(none, 1).skill is None
    empty = planted_evidence(0.2, 1)
    columns = {name: getattr(empty, name)[:0] for name in Evidence.__slots__[:9]}
    empty = replace(empty, **columns)
    assert judge(empty, 1).verdict == "no edge"


def test_a_forecast_that_repeats_the_base_rate_has_no_p_value() -> None:
    one = planted_evidence(0.2, 1)
    assert skill_p_value(replace(one, probability=one.base.copy()), 1) is None


def test_what_was_abstained_from_is_no_trade() -> None:
    one = planted_evidence(0.2, 1)
    side = np.where(np.abs(one.probability - 0.5) > 0.1, one.side, 0)
    net = np.where(side == 0, 99.0, one.net)
    verdict = judge(replace(one, side=side, net=net), 1)
    assert verdict.expectancy.n == int((side != 0).sum())
    assert verdict.expectancy.value == pytest.approx(one.net[side != 0].mean())


def test_few_trades_bound_nothing_however_alike_they_are() -> None:
    one = planted_evidence(0.2, 1)
    for trades, bounded in ((3, False), (29, False), (30, True)):
        side = np.zeros(len(one.day), np.int64)
        side[:: len(side) // trades][:trades] = 1
        side[np.flatnonzero(side)[trades:]] = 0
        net = np.where(side != 0, 0.01 + 1e-5 * one.net, 0.0)
        found = judge(replace(one, side=side, net=net), 1).expectancy
        assert found.n == trades
        assert (found.low is not None) is bounded


def test_expectancy_speaks_basis_points() -> None:
    found = judge(planted_evidence(0.2, 1), 1)
    assert found.expectancy.value is not None
    assert f"expectancy: {1e4 * found.expectancy.value:+.2f} bp a trade" in found.reasons[3]


def test_skill_is_what_the_forecast_says_beyond_its_own_level() -> None:
    p = np.array([0.6, 0.7, math.nan, 0.5])
    out = skill_scores(p, np.array([1, 1, 1, 0]), np.full(4, 0.4))
    assert out[[0, 1, 3]] == pytest.approx([0, 0.1 * 0.6, -0.15 * -0.4])
    assert math.isnan(out[2])


def test_each_fold_has_a_level_of_its_own() -> None:
    base = np.repeat([0.4, 0.6], 30)
    flat = np.where(base < 0.5, 0.41, 0.59)
    labels = np.where(base < 0.5, 1, 0)
    assert not skill_scores(flat, labels, base).any()


def test_no_later_forecast_moves_an_earlier_skill_s_sign() -> None:
    one = planted_evidence(0.2, 3, 200)
    later = one.probability.copy()
    later[100:] = later[100:][::-1]
    before = skill_scores(one.probability, one.label, one.base)[:100]
    assert np.sign(skill_scores(later, one.label, one.base)[:100]).tolist() == np.sign(before).tolist()


def calibrated_rejections(seeds: range) -> int:
    """How often the skill test falls on cross-fitted calibrations of noise, two markets per seed."""
    found = [skill_p_value(folded_evidence(market, seed), seed) for seed in seeds for market in MARKETS[:2]]
    return sum(p is not None and p < 0.05 for p in found)


def test_calibration_across_folds_does_not_look_like_skill() -> None:
    assert calibrated_rejections(range(20)) <= 5


@pytest.mark.proof
def test_rejection_rate_of_calibrated_noise() -> None:
    """600 sets; against the base rate itself, a third of them would be rejected."""
    assert calibrated_rejections(range(100, 400)) <= 0.07 * 600


def test_evidence_that_does_not_fit_together_is_refused() -> None:
    one = planted_evidence(0.2, 1, 100)
    with pytest.raises(DataError, match="different length"):
        judge(replace(one, day=one.day[:-1]), 1)
    with pytest.raises(DataError, match="1 trials are logged for 3 columns"):
        judge(replace(one, trials=np.zeros((5, 3))), 1)
